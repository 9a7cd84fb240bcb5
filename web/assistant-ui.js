/**
 * staysail under assistant-ui: a ChatModelAdapter for `useLocalRuntime`, and a thread's history. The package does not depend on it.
 *
 * @import { AgentEvent, CallOptions } from "./types.js"
 * @import { AssistantOptions, HistoryItem, TextStorage, UiResult, UiRunOptions } from "./assistant-ui/types.js"
 */

import { keptOf, readApprovals, readContent, readThread } from "./assistant-ui/messages.js";
import { ContentFold } from "./assistant-ui/parts.js";
import { ConfigError } from "./errors.js";

/**
 * Returns a ChatModelAdapter: `useLocalRuntime(chatModelAdapter({ agent }), { adapters: { history } })`.
 * @param {AssistantOptions & {history?: ReturnType<typeof threadHistory>}} given history: keeps the id of a durable run under way, which goes
 *   on after a reload
 */
export function chatModelAdapter(given) {
  if (!given?.agent) throw new ConfigError("chatModelAdapter takes {agent}: an Agent, or a function that returns one");
  return {
    /**
     * @param {UiRunOptions} run
     * @returns {AsyncGenerator<UiResult, void>}
     */
    async *run(run) {
      const { agent, options } = await prepare(given, run);
      const current = run.unstable_getMessage?.();
      const approvals = current && readApprovals(current);
      const { run: paused, messages = [] } = current ? keptOf(current) : {};
      const { history: thread } = given;
      const fold = new ContentFold();
      if (approvals && paused) {
        const events = agent.resumeStream(paused, { ...options, approvals });
        return yield* kept(resumed(events, fold, messages, typeof paused === "string"), thread);
      }
      const last = run.messages.at(-1);
      if (last?.role !== "user") throw new ConfigError("the last message of the thread is the user's");
      const history = readThread(run.messages.slice(0, -1));
      yield* kept(folded(agent.stream(readContent(last), { conversation: null, ...options, history }), fold), thread);
    },
  };
}

/**
 * @param {AssistantOptions} given
 * @param {UiRunOptions} run
 */
async function prepare({ agent, options }, run) {
  const chosen = (typeof options === "function" ? await options(run) : options) ?? {};
  return {
    agent: typeof agent === "function" ? await agent(run) : agent,
    options: /** @type {CallOptions} */ ({ ...chosen, signal: run.abortSignal }),
  };
}

/**
 * @param {AsyncIterable<AgentEvent<any>>} events
 * @param {ContentFold} fold
 * @returns {AsyncGenerator<UiResult, void>}
 */
async function* folded(events, fold) {
  for await (const event of events) {
    const result = fold.take(event);
    if (result) yield result;
  }
}

/**
 * Yields the content that follows an answered approval request. A durable run's earlier events come first and are left out.
 * @param {AsyncIterable<AgentEvent<any>>} events
 * @param {ContentFold} fold
 * @param {import("./types.js").Message[]} messages of the run so far
 * @param {boolean} replays
 * @returns {AsyncGenerator<UiResult, void>}
 */
async function* resumed(events, fold, messages, replays) {
  fold.resume(messages);
  let isNew = !replays;
  for await (const event of events) {
    const result = fold.take(event);
    if (isNew && result) yield result;
    if (!isNew && event.type === "replay_done") {
      isNew = true;
      fold.resume(messages);
    }
  }
}

/**
 * Notes the durable run that the results come from, for as long as it is under way.
 * @param {AsyncIterable<UiResult>} results
 * @param {ReturnType<typeof threadHistory> | undefined} thread
 * @returns {AsyncGenerator<UiResult, void>}
 */
async function* kept(results, thread) {
  /** @type {string | undefined} */
  let noted;
  for await (const result of results) {
    const { runId } = keptOf(/** @type {any} */ (result));
    if (thread && runId && runId !== noted) await thread.noteRun((noted = runId));
    if (thread && noted && result.status) await thread.noteRun(null);
    yield result;
  }
}

/**
 * Returns a ThreadHistoryAdapter that keeps a thread's messages as text. With a durable agent an answer that a reload cut off goes on.
 * @param {{id: string, storage?: TextStorage} & Partial<AssistantOptions>} given id: the thread's. storage: `localStorage` by default, which
 *   holds some 5 MB in all. agent: the durable agent whose answers go on
 */
export function threadHistory({ id, storage = globalThis.localStorage, agent, options }) {
  if (!id) throw new ConfigError("threadHistory takes {id}: the thread's");
  if (!storage) throw new ConfigError("threadHistory needs {storage} where there is no localStorage: getItem and setItem");
  const key = `staysail:thread:${id}`;
  const read = async () => /** @type {HistoryItem[]} */ (JSON.parse((await storage.getItem(key)) ?? "[]"));
  /** Writes come one after another. @type {Promise<unknown>} */
  let written = Promise.resolve();
  /** @param {HistoryItem} item */
  const write = (item) => {
    const next = written.then(async () => {
      const items = await read();
      const at = items.findIndex(({ message }) => message.id === item.message.id);
      if (at < 0) items.push(item);
      else items[at] = item;
      await storage.setItem(key, JSON.stringify(items));
    });
    written = next.catch(() => {});
    return next;
  };
  return {
    scopeId: id,
    /**
     * Notes the durable run under way, or that none is.
     * @param {string | null} runId
     */
    noteRun: async (runId) => void (await storage.setItem(`${key}:run`, runId ?? "")),
    async load() {
      const underway = agent && (await storage.getItem(`${key}:run`));
      const messages = (await read()).map(({ message, ...rest }) => ({
        ...rest,
        message: { ...message, createdAt: new Date(message.createdAt) },
      }));
      const last = messages.at(-1)?.message;
      return { headId: last?.id ?? null, messages, ...(underway && last?.role === "user" ? { unstable_resume: true } : {}) };
    },
    /**
     * Goes on with the durable run that a reload cut off.
     * @param {UiRunOptions} run
     * @returns {AsyncGenerator<UiResult, void>}
     */
    async *resume(run) {
      const underway = await storage.getItem(`${key}:run`);
      if (!agent || !underway) return;
      const prepared = await prepare({ agent, options }, run);
      for await (const result of folded(prepared.agent.resumeStream(underway, prepared.options), new ContentFold())) {
        if (result.status) await storage.setItem(`${key}:run`, "");
        yield result;
      }
    },
    append: write,
    update: write,
  };
}
