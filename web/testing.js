/**
 * Agents for the tests of components: they follow a script, or replay a stream, without Python and without a network.
 *
 * @import { ChatAgent, ChatCall, Prompt } from "./chat/types.js"
 * @import { AgentEvent, Message, Part, Reply, ToolCallPart, ToolResultPart, Usage } from "./types.js"
 *
 * @typedef {string | (string | ScriptedCall | Part)[] | Error | {events: readonly AgentEvent[]} | ((prompt: Prompt, options: Partial<ChatCall>) => AsyncIterable<AgentEvent>)} ScriptedAnswer
 * what a prompt is answered with: text; texts, parts and tool calls in order; an error to throw; recorded events; or a generator of events
 * @typedef {{name: string, arguments: Record<string, unknown>, result: unknown, isError: boolean}} ScriptedCall
 */

const NO_USAGE = { inputTokens: 0, outputTokens: 0, totalTokens: 0, cachedInputTokens: 0, cacheCreationInputTokens: 0, reasoningTokens: 0 };

/**
 * A tool call and its result, for an answer of a ScriptedAgent. No tool runs.
 * @param {string} name
 * @param {Record<string, unknown>} [args]
 * @param {unknown} [result] text, or any JSON value
 * @param {{isError?: boolean}} [options]
 * @returns {ScriptedCall}
 */
export function scriptedCall(name, args = {}, result = "", { isError = false } = {}) {
  return { name, arguments: args, result, isError };
}

/**
 * An agent that answers prompts in the order of its script, with the events and the reply of a real agent. `createChat`, the hooks of
 * frameworks and `<staysail-chat>` take it in an agent's place.
 *
 *     const agent = new ScriptedAgent(["Hello.", [scriptedCall("weather", { city: "Oslo" }, "7 °C"), "It is 7 °C."]]);
 *     render(<Chat agent={agent} />);
 *     agent.calls[0].prompt; // the prompt of its first call
 *
 * @implements {ChatAgent}
 */
export class ScriptedAgent {
  /** The prompts so far, with the options of each. @type {{prompt: Prompt, options: Partial<ChatCall>}[]} */
  calls = [];
  /** @type {ScriptedAnswer[]} */
  #answers;
  #delayMs;

  /**
   * @param {readonly ScriptedAnswer[]} answers
   * @param {{delayMs?: number}} [options] delayMs: the time before each event, 0 if left out
   */
  constructor(answers, { delayMs = 0 } = {}) {
    this.#answers = [...answers];
    this.#delayMs = delayMs;
  }

  /**
   * @param {Prompt} prompt
   * @param {Partial<ChatCall>} [options]
   * @returns {AsyncGenerator<AgentEvent>}
   */
  async *stream(prompt, options = {}) {
    this.calls.push({ prompt, options });
    const answer = this.#answers.shift();
    if (answer === undefined) throw new Error(`the script has ${this.calls.length - 1} answers, and there was a further prompt`);
    for await (const event of play(answer, prompt, options)) {
      await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
      options.signal?.throwIfAborted();
      yield event;
    }
  }

  /**
   * @param {Prompt} prompt
   * @param {Partial<ChatCall>} [options]
   * @returns {Promise<Reply>}
   */
  async run(prompt, options) {
    for await (const event of this.stream(prompt, options)) if (event.type === "run_done") return event.reply;
    throw new Error("the events of this answer end without run_done");
  }

  /**
   * @param {Prompt} prompt
   * @param {Partial<ChatCall>} [options]
   * @returns {Promise<string>} the answer's text
   */
  async prompt(prompt, options) {
    return (await this.run(prompt, options)).text;
  }
}

/**
 * Returns the events of a real agent's stream as plain data, for `{ events }` in the script of a ScriptedAgent or for a file of a test.
 * @param {AsyncIterable<AgentEvent>} stream
 * @returns {Promise<AgentEvent[]>}
 */
export async function recordEvents(stream) {
  const events = [];
  for await (const event of stream) events.push(JSON.parse(JSON.stringify(event)));
  return events;
}

/**
 * @param {ScriptedAnswer} answer
 * @param {Prompt} prompt
 * @param {Partial<ChatCall>} options
 * @returns {AsyncGenerator<AgentEvent>}
 */
async function* play(answer, prompt, options) {
  if (answer instanceof Error) throw answer;
  if (typeof answer === "function") yield* answer(prompt, options);
  else if (typeof answer === "string") yield* perform([answer], prompt, options);
  else if ("events" in answer) yield* answer.events;
  else yield* perform(answer, prompt, options);
}

/**
 * Yields the events of an answer in parts: each tool call ends a step.
 * @param {(string | ScriptedCall | Part)[]} items
 * @param {Prompt} prompt
 * @param {Partial<ChatCall>} options
 * @returns {AsyncGenerator<AgentEvent>}
 */
async function* perform(items, prompt, options) {
  const message = /** @type {Message} */ ({
    role: "user",
    content: typeof prompt === "string" ? [{ type: "text", text: prompt }] : prompt,
  });
  const messages = /** @type {Message[]} */ ([...(options.history ?? []), message]);
  const steps = /** @type {any[]} */ ([]);
  let parts = /** @type {Part[]} */ ([]);
  let number = 0;
  const end = function* () {
    const message = /** @type {Message} */ ({ role: "assistant", content: parts });
    const called = parts.some(({ type }) => type === "tool_call");
    steps.push({ usage: NO_USAGE, finishReason: called ? "tool_calls" : "stop", toolResults: [] });
    messages.push(message);
    parts = [];
    yield/** @type {AgentEvent} */ ({
      type: "step_done",
      step: steps.length,
      usage: NO_USAGE,
      finishReason: called ? "tool_calls" : "stop",
      requestId: null,
      message,
    });
  };
  for (const item of items) {
    if (!parts.length) yield { type: "step_started", step: steps.length + 1 };
    if (typeof item === "string") {
      for (const text of item.split(/(?<=\s)(?=\S)/)) yield { type: "text_delta", text };
      parts.push({ type: "text", text: item });
    } else if ("result" in item) {
      const call = /** @type {ToolCallPart} */ ({ type: "tool_call", id: `call_${++number}`, name: item.name, arguments: item.arguments });
      parts.push(call);
      yield { ...call, type: "tool_call_done", hosted: false };
      yield* end();
      yield* answerCall(call, item, messages);
    } else {
      parts.push(item);
      if (item.type === "reasoning") yield { type: "reasoning_delta", text: item.text ?? "" };
      if (item.type === "image" || item.type === "audio" || item.type === "file") yield { type: "file_created", part: item };
    }
  }
  if (parts.length) yield* end();
  const text = messages.at(-1)?.role === "assistant" ? textOf(messages.at(-1)) : "";
  const usage = /** @type {Usage} */ (NO_USAGE);
  const reply = { text, output: text, messages, usage, finishReason: "stop", steps, requestIds: [], warnings: [] };
  yield/** @type {AgentEvent} */ ({ type: "run_done", reply });
}

/**
 * @param {ToolCallPart} call
 * @param {ScriptedCall} scripted
 * @param {Message[]} messages
 * @returns {Generator<AgentEvent>}
 */
function* answerCall({ id, name }, { result, isError }, messages) {
  const text = typeof result === "string" ? result : JSON.stringify(result);
  const content = /** @type {Part[]} */ ([{ type: "text", text }]);
  messages.push({ role: "tool", content: [/** @type {ToolResultPart} */ ({ type: "tool_result", id, name, content, isError })] });
  const value = typeof result === "string" ? {} : { value: result };
  yield { type: "tool_result", id, name, content, isError, durationS: 0, text, sources: [], hosted: false, refused: false, ...value };
}

/** @param {Message | undefined} message */
function textOf(message) {
  return (message?.content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
}
