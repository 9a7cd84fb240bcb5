/**
 * A transport for `useChat` of the AI SDK that runs an agent in the page, in place of a route on a server.
 *
 * @import { AgentEvent, CallOptions } from "../types.js"
 * @import { ChatRequest, KeyStorage, StaysailMetadata, TransportOptions, UIChunk, UIMessageLike } from "./types.js"
 * @import { AgentLike } from "../agent/agent-like.js"
 */

import { ConfigError, messageOf } from "../errors.js";
import { ChunkWriter } from "./chunks.js";
import { readApprovals, readMessages, readUserParts } from "./history.js";

/** A run under way, as it is stored for its chat. @typedef {{runId: string, messageId: string}} Underway */

const NAMES = ["agent", "options", "messageMetadata", "onError", "storage", "generateId"];
/** Runs under way where there is no `localStorage`. @type {Map<string, string>} */
const memory = new Map();

/**
 * A ChatTransport. `useChat({ transport: new StaysailTransport({ agent }) })` needs no server. With a durable agent an answer goes on after a
 * reload: `useChat({ transport, resume: true })`.
 */
export class StaysailTransport {
  /** A stream that is reconnected to gives the whole answer again. */
  resumeStreamIsReplay = true;

  #options;
  #storage;

  /** @param {TransportOptions} options */
  constructor(options) {
    const unknown = Object.keys(options ?? {}).find((name) => !NAMES.includes(name));
    if (unknown) throw new ConfigError(`there is no option "${unknown}"; there are: ${NAMES.join(", ")}`);
    if (!options?.agent) throw new ConfigError("StaysailTransport takes {agent}: an Agent, or a function that returns one");
    this.#options = options;
    this.#storage = options.storage ?? findStorage();
  }

  /**
   * Runs the agent on the last message, or goes on with a run whose approval requests the last message answers.
   * @param {ChatRequest & {abortSignal: AbortSignal | undefined}} request
   * @returns {Promise<ReadableStream<UIChunk>>}
   */
  async sendMessages({ abortSignal, ...request }) {
    const { chatId, messages, messageId } = request;
    const agent = await this.#agent(request);
    const answered = messages.findLast(({ id, role }) => role === "assistant" && (messageId === undefined || id === messageId));
    const approvals = answered && answered === messages.at(-1) ? readApprovals(answered) : undefined;
    const options = await this.#runOptions(request);
    if (answered && approvals) {
      const run = pausedRun(answered);
      const start = (/** @type {AbortSignal} */ signal) => agent.resumeStream(run, { ...options, approvals, signal });
      return this.#stream(start, {
        chatId,
        messageId: answered.id,
        abortSignal,
        skips: typeof run === "string",
        answered: Object.keys(approvals),
      });
    }
    const last = messages.at(-1);
    if (last?.role !== "user")
      throw new ConfigError("the last message is neither the user's nor one with answered approvals: there is nothing to send");
    const history = readMessages(messages.slice(0, -1));
    const start = (/** @type {AbortSignal} */ signal) =>
      agent.stream(readUserParts(last.parts), { conversation: null, ...options, history, signal });
    return this.#stream(start, { chatId, messageId: this.#options.generateId?.() ?? crypto.randomUUID(), abortSignal });
  }

  /**
   * Gives the answer of a durable run that is under way or was cut off, from its beginning, and goes on with it. Returns null where the chat
   * has none.
   * @param {Pick<ChatRequest, "chatId" | "body" | "headers" | "metadata"> & {abortSignal?: AbortSignal}} request
   * @returns {Promise<ReadableStream<UIChunk> | null>}
   */
  async reconnectToStream({ abortSignal, ...rest }) {
    const underway = this.#underway(rest.chatId);
    if (!underway) return null;
    /** @type {ChatRequest} */
    const request = { ...rest, trigger: "submit-message", messageId: underway.messageId, messages: [] };
    const agent = await this.#agent(request);
    const options = await this.#runOptions(request);
    const start = (/** @type {AbortSignal} */ signal) => agent.resumeStream(underway.runId, { ...options, signal });
    try {
      return await this.#stream(start, { chatId: rest.chatId, messageId: underway.messageId, abortSignal, waits: true });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#keep(rest.chatId, undefined); // the run is no longer on record
      return null;
    }
  }

  /**
   * @param {ChatRequest} request
   * @returns {Promise<AgentLike>}
   */
  async #agent(request) {
    const { agent } = this.#options;
    return typeof agent === "function" ? agent(request) : agent;
  }

  /**
   * @param {ChatRequest} request
   * @returns {Promise<CallOptions>}
   */
  async #runOptions(request) {
    const { options } = this.#options;
    return (typeof options === "function" ? await options(request) : options) ?? {};
  }

  /**
   * @param {(signal: AbortSignal) => AsyncIterable<AgentEvent<any>>} start
   * @param {{chatId: string, messageId: string, abortSignal: AbortSignal | undefined, skips?: boolean, waits?: boolean, answered?: string[]}} about skips: the
   *   events before `replay_done` are in the message already. waits: for the first event, whose error is thrown. answered: ids of the approval
   *   requests that are answered now
   * @returns {Promise<ReadableStream<UIChunk>>}
   */
  async #stream(start, { chatId, messageId, abortSignal, skips = false, waits = false, answered }) {
    const left = new AbortController();
    const signal = abortSignal ? AbortSignal.any([abortSignal, left.signal]) : left.signal;
    const events = start(signal)[Symbol.asyncIterator]();
    let first = waits ? await events.next() : undefined;
    const next = async () => {
      const event = first ?? (await events.next());
      first = undefined;
      return event;
    };
    const chunks = this.#chunks(next, { chatId, messageId, skips, signal, answered });
    return new ReadableStream(
      {
        async pull(controller) {
          const { done, value } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          left.abort();
          await events.return?.();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * @param {() => Promise<IteratorResult<AgentEvent<any>>>} next
   * @param {{chatId: string, messageId: string, skips: boolean, signal: AbortSignal, answered?: string[]}} about
   * @returns {AsyncGenerator<UIChunk, void>}
   */
  async *#chunks(next, { chatId, messageId, skips, signal, answered }) {
    const writer = new ChunkWriter(this.#options.messageMetadata, answered);
    let skipping = skips;
    try {
      yield { type: "start", messageId };
      for (let { done, value: event } = await next(); !done; { done, value: event } = await next()) {
        if (event.type === "run_started") this.#keep(chatId, { runId: event.runId, messageId });
        if (event.type === "run_done" && !event.reply.pending?.length) this.#keep(chatId, undefined);
        const chunks = [...writer.read(event)];
        if (!skipping) yield* chunks;
        if (event.type === "replay_done") skipping = false;
      }
    } catch (error) {
      this.#keep(chatId, undefined);
      yield* writer.close();
      if (signal.aborted) yield { type: "abort" };
      else yield { type: "error", errorText: this.#options.onError?.(error) ?? messageOf(error) };
    }
  }

  /**
   * @param {string} chatId
   * @returns {Underway | undefined}
   */
  #underway(chatId) {
    try {
      return JSON.parse(this.#storage.getItem(keyOf(chatId)) ?? "null") ?? undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Stores which run of a chat is under way. A full or forbidden storage costs the reconnecting, not the answer.
   * @param {string} chatId
   * @param {Underway | undefined} underway
   */
  #keep(chatId, underway) {
    try {
      if (underway) this.#storage.setItem(keyOf(chatId), JSON.stringify(underway));
      else this.#storage.removeItem(keyOf(chatId));
    } catch {
      // as said above
    }
  }
}

/** @param {string} chatId */
const keyOf = (chatId) => `staysail:run-of-chat:${chatId}`;

/** @returns {KeyStorage} */
function findStorage() {
  try {
    if (typeof document !== "undefined" && globalThis.localStorage) return globalThis.localStorage;
  } catch {
    // a page without storage
  }
  return {
    getItem: (key) => memory.get(key) ?? null,
    setItem: (key, value) => void memory.set(key, value),
    removeItem: (key) => void memory.delete(key),
  };
}

/**
 * Returns the paused run of a message: a durable run's id, or the run itself.
 * @param {UIMessageLike} message
 */
function pausedRun({ metadata }) {
  const { runId, run } = /** @type {StaysailMetadata} */ (metadata ?? {});
  const found = runId ?? run;
  if (!found) throw new ConfigError("the paused run is gone: keep the metadata of messages together with their parts");
  return found;
}
