/**
 * staysail under AG-UI, the protocol of CopilotKit and other clients: an agent in the page, without a server.
 *
 * @import { AgentEvent, PlainTool } from "./types.js"
 * @import { Member } from "./agent/member.js"
 * @import { AgUiEvent, AgUiOptions, RunInput } from "./ag-ui/types.js"
 */

import { AgUiWriter } from "./ag-ui/events.js";
import { readInput } from "./ag-ui/input.js";
import { MEMBER } from "./agent/member.js";
import { ConfigError, messageOf } from "./errors.js";

/**
 * Runs an agent on the input of an AG-UI run. Yields the run's events of AG-UI, also for an error; an aborted run just ends.
 * @param {AgUiOptions} given
 * @param {RunInput} input
 * @param {{signal?: AbortSignal | null}} [context]
 * @returns {AsyncGenerator<AgUiEvent, void>}
 */
export async function* agUiEvents(given, input, { signal } = {}) {
  const writer = new AgUiWriter(input, new Set((input.tools ?? []).map(({ name }) => name)));
  yield writer.start();
  try {
    let skipping = false;
    for await (const event of await run(given, input, signal, () => (skipping = true))) {
      const events = [...writer.read(event)];
      if (!skipping) yield* events;
      if (skipping && event.type === "replay_done") {
        skipping = false;
        writer.forget();
      }
    }
  } catch (error) {
    if (signal?.aborted) return;
    const { code } = /** @type {{code?: unknown}} */ (error);
    yield* writer.fail(messageOf(error), typeof code === "string" ? code : undefined);
  }
}

/**
 * @param {AgUiOptions} given
 * @param {RunInput} input
 * @param {AbortSignal | null | undefined} signal
 * @param {() => void} skip called where the run's earlier events come again
 * @returns {Promise<AsyncIterable<AgentEvent<any>>>}
 */
async function run(given, input, signal, skip) {
  const agent = typeof given.agent === "function" ? await given.agent(input) : given.agent;
  const chosen = (typeof given.options === "function" ? await given.options(input) : given.options) ?? {};
  const own = /** @type {{[MEMBER]?: () => Member}} */ (agent)[MEMBER]?.().options;
  const pageTools = (input.tools ?? []).map(pageTool);
  const documents = (input.context ?? []).map(({ description, value }) => ({ id: description, text: value }));
  const context = chosen.context ?? own?.context ?? [];
  const options = {
    ...chosen,
    ...(pageTools.length ? { tools: [...(chosen.tools ?? own?.tools ?? []), ...pageTools] } : {}),
    ...(documents.length ? { context: [...(typeof context === "string" ? [context] : context), ...documents] } : {}),
    signal,
  };
  const read = readInput(input);
  if (!("run" in read)) return agent.stream(read.prompt, { conversation: null, ...options, history: read.history });
  if (typeof read.run === "string") skip();
  return agent.resumeStream(read.run, { ...options, approvals: read.approvals });
}

/**
 * A tool that the page runs: its call pauses the run, and its result comes with the next input.
 * @param {{name: string, description: string, parameters?: any}} tool
 * @returns {PlainTool}
 */
function pageTool({ name, description, parameters }) {
  const execute = () => {
    throw new ConfigError(`${name} is run by the page`);
  };
  return { name, description, parameters: parameters ?? { type: "object", properties: {} }, needsApproval: true, execute };
}

/**
 * Returns a function in place of `fetch` that answers the requests of AG-UI's HttpAgent with an agent in the page.
 * @param {AgUiOptions} given
 * @returns {(url: string, init?: {body?: any, signal?: AbortSignal | null}) => Promise<Response>}
 */
export function agUiFetch(given) {
  if (!given?.agent) throw new ConfigError("agUiFetch takes {agent}: an Agent, or a function that returns one");
  return async (_url, init = {}) => {
    const left = new AbortController();
    const signal = init.signal ? AbortSignal.any([init.signal, left.signal]) : left.signal;
    const events = agUiEvents(given, JSON.parse(String(init.body)), { signal });
    const encoder = new TextEncoder();
    const body = new ReadableStream({
      async pull(controller) {
        const { done, value } = await events.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(`data: ${JSON.stringify(value)}\n\n`));
      },
      async cancel() {
        left.abort();
        await events.return();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}

/**
 * Returns an agent of AG-UI: an instance of `HttpAgent` of `@ag-ui/client` whose requests an agent in the page answers.
 * @template A
 * @param {new (config: any) => A} HttpAgent the class of `@ag-ui/client`
 * @param {AgUiOptions & {[field: string]: any}} options further fields, such as `agentId`, `threadId` and `initialMessages`, are HttpAgent's
 * @returns {A}
 */
export function agUiAgent(HttpAgent, { agent, options, ...config }) {
  return new HttpAgent({ url: "/staysail-in-the-page", ...config, fetch: agUiFetch({ agent, options }) });
}
