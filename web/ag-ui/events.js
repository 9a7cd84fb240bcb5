/**
 * An agent's events as events of AG-UI.
 *
 * How it works. Each step of a run is a step of AG-UI with one assistant message, to which its text and its tool calls belong. What providers
 * want echoed (signatures, ids of items) is the `encryptedValue` of that message, from which input.js reads the message back; a run that
 * pauses is there too. Events that AG-UI has no form for are CUSTOM events named `staysail.<type>`.
 *
 * @import { AgentEvent, ApprovalRequest, Message, Part, Reply, ToolResult, Usage } from "../types.js"
 * @import { AgUiEvent, AgUiPart, RunInput } from "./types.js"
 */

/** What an assistant message carries in its `encryptedValue`, as JSON. @typedef {{message?: Message, run?: unknown}} Carried */

export class AgUiWriter {
  #input;
  #pageTools;
  #step = 0;
  #message = "";
  /** The text or reasoning message that is open. @type {{kind: "text" | "reasoning", id: string} | undefined} */
  #block;
  #blocks = 0;
  /** Ids of the text messages that began. @type {Set<string>} */
  #texts = new Set();
  /** Ids of the calls that began, and whether each has ended. @type {Map<string, boolean>} */
  #calls = new Map();
  /** The last message whose echo is to be carried, by its id here. @type {{id: string, message: Message} | undefined} */
  #last;

  /**
   * @param {RunInput} input
   * @param {Set<string>} pageTools names of the tools that the page runs itself
   */
  constructor(input, pageTools) {
    this.#input = input;
    this.#pageTools = pageTools;
    this.forget();
  }

  /** Forgets the events of earlier runs: the client has them already. */
  forget() {
    const last = this.#input.messages.findLast(({ role }) => role === "assistant");
    const { message } = carriedBy(last);
    this.#last = last && message ? { id: last.id, message } : undefined;
    this.#block = undefined;
    this.#step = 0;
  }

  /** @returns {AgUiEvent} */
  start() {
    const { threadId, runId } = this.#input;
    return { type: "RUN_STARTED", threadId, runId };
  }

  /**
   * @param {AgentEvent<any>} event
   * @returns {Iterable<AgUiEvent>}
   */
  *read(event) {
    switch (event.type) {
      case "replay_done":
      case "run_started":
        return;
      case "step_started":
        return yield* this.#begin(event.step);
      case "text_delta":
        return yield* this.#delta("text", event.text);
      case "reasoning_delta":
        return yield* this.#delta("reasoning", event.text);
      case "tool_call_delta":
        return yield* this.#argumentsOf(event.id, event.name, event.argumentsDelta);
      case "tool_call_done": {
        const { id, name, arguments: args } = event;
        if (!this.#calls.has(id)) yield* this.#argumentsOf(id, name, typeof args === "string" ? args : JSON.stringify(args));
        return yield* this.#endCall(id);
      }
      case "tool_result":
        return yield* this.#result(event);
      case "step_done":
        yield* this.#endBlock();
        for (const id of this.#calls.keys()) yield* this.#endCall(id);
        if (event.message) this.#last = { id: this.#message, message: event.message };
        if (event.message && isMore(event.message)) yield carry(this.#message, { message: event.message });
        return;
      case "approval_needed":
        return;
      case "run_done":
        return yield* this.#finish(event.reply);
    }
    yield { type: "CUSTOM", name: `staysail.${event.type}`, value: event };
  }

  /**
   * Ends what is open where a run broke off.
   * @param {string} message
   * @param {string} [code]
   * @returns {Iterable<AgUiEvent>}
   */
  *fail(message, code) {
    yield* this.#endBlock();
    for (const id of this.#calls.keys()) yield* this.#endCall(id);
    yield { type: "RUN_ERROR", message, ...(code ? { code } : {}) };
  }

  /**
   * @param {number} step
   * @returns {Iterable<AgUiEvent>}
   */
  *#begin(step) {
    yield* this.#endStep();
    this.#step = step;
    this.#message = `${this.#input.runId}-${step}-${this.#blocks++}`;
    yield { type: "STEP_STARTED", stepName: `step ${step}` };
  }

  /** @returns {Iterable<AgUiEvent>} */
  *#endStep() {
    yield* this.#endBlock();
    if (this.#step) yield { type: "STEP_FINISHED", stepName: `step ${this.#step}` };
    this.#step = 0;
  }

  /**
   * @param {"text" | "reasoning"} kind
   * @param {string} delta
   * @returns {Iterable<AgUiEvent>}
   */
  *#delta(kind, delta) {
    if (!delta) return;
    if (this.#block?.kind !== kind) {
      yield* this.#endBlock();
      yield* this.#open(kind);
    }
    const messageId = /** @type {{id: string}} */ (this.#block).id;
    yield { type: kind === "text" ? "TEXT_MESSAGE_CONTENT" : "REASONING_MESSAGE_CONTENT", messageId, delta };
  }

  /**
   * Opens a message. The first text of a step is the step's message; a further text and reasoning are messages of their own.
   * @param {"text" | "reasoning"} kind
   * @returns {Iterable<AgUiEvent>}
   */
  *#open(kind) {
    const isFirst = kind === "text" && !this.#texts.has(this.#message);
    const id = isFirst ? this.#message : `${this.#message}-${this.#blocks++}`;
    this.#block = { kind, id };
    if (kind === "text") {
      this.#texts.add(id);
      yield { type: "TEXT_MESSAGE_START", messageId: id, role: "assistant" };
    } else {
      yield { type: "REASONING_START", messageId: id };
      yield { type: "REASONING_MESSAGE_START", messageId: id, role: "reasoning" };
    }
  }

  /** @returns {Iterable<AgUiEvent>} */
  *#endBlock() {
    const block = this.#block;
    this.#block = undefined;
    if (!block) return;
    const { kind, id: messageId } = block;
    yield { type: kind === "text" ? "TEXT_MESSAGE_END" : "REASONING_MESSAGE_END", messageId };
    if (kind === "reasoning") yield { type: "REASONING_END", messageId };
  }

  /**
   * @param {string} toolCallId
   * @param {string} toolCallName
   * @param {string} delta
   * @returns {Iterable<AgUiEvent>}
   */
  *#argumentsOf(toolCallId, toolCallName, delta) {
    yield* this.#endBlock();
    if (!this.#calls.has(toolCallId)) yield { type: "TOOL_CALL_START", toolCallId, toolCallName, parentMessageId: this.#message };
    this.#calls.set(toolCallId, this.#calls.get(toolCallId) ?? false);
    if (delta) yield { type: "TOOL_CALL_ARGS", toolCallId, delta };
  }

  /**
   * @param {string} toolCallId
   * @returns {Iterable<AgUiEvent>}
   */
  *#endCall(toolCallId) {
    if (this.#calls.get(toolCallId) !== false) return;
    this.#calls.set(toolCallId, true);
    yield { type: "TOOL_CALL_END", toolCallId };
  }

  /**
   * @param {ToolResult} result
   * @returns {Iterable<AgUiEvent>}
   */
  *#result({ id: toolCallId, name, content }) {
    if (this.#pageTools.has(name)) return; // the page has it already
    yield { type: "TOOL_CALL_RESULT", messageId: `${toolCallId}-result`, toolCallId, content: writeContent(content), role: "tool" };
  }

  /**
   * @param {Reply<any>} reply
   * @returns {Iterable<AgUiEvent>}
   */
  *#finish({ text, output, pending = [], run, runId: durableId, usage, finishReason, warnings }) {
    const waiting = pending.filter(({ tool, agent }) => agent || !this.#pageTools.has(tool));
    if (pending.length && this.#last) yield carry(this.#last.id, { message: this.#last.message, run: durableId ?? run });
    yield* this.#endStep();
    const { threadId, runId } = this.#input;
    // Calls of the page's own tools stand in events before; clients before 1.0 refuse `pendingToolCallIds`, which is optional.
    const outcome = waiting.length ? { type: "interrupt", interrupts: waiting.map(writeInterrupt) } : { type: "success" };
    const result = { text, output, finishReason, ...(warnings.length ? { warnings } : {}), ...(durableId ? { runId: durableId } : {}) };
    yield { type: "RUN_FINISHED", threadId, runId, outcome, usage: [writeUsage(usage)], result };
  }
}

/**
 * Returns what a message carries for this package.
 * @param {import("./types.js").AgUiMessage | undefined} message
 * @returns {Carried}
 */
export function carriedBy(message) {
  try {
    return message?.encryptedValue ? JSON.parse(message.encryptedValue) : {};
  } catch {
    return {}; // another agent's
  }
}

/**
 * @param {string} entityId
 * @param {Carried} carried
 * @returns {AgUiEvent}
 */
const carry = (entityId, carried) => ({
  type: "REASONING_ENCRYPTED_VALUE",
  subtype: "message",
  entityId,
  encryptedValue: JSON.stringify(carried),
});

/**
 * Whether a message has more than its texts and calls.
 * @param {Message} message
 */
function isMore({ content }) {
  return content.some((part) => !["text", "tool_call"].includes(part.type) || Object.keys(part.extra ?? {}).length > 0);
}

/** @param {ApprovalRequest} request */
function writeInterrupt({ id, tool, arguments: args, agent, uncertain, expiresAt }) {
  const doubt = uncertain ? " It was cut off and may have taken effect." : "";
  return {
    id,
    reason: "tool_call",
    message: `${agent ? `${agent} wants` : "The agent wants"} to call ${tool}.${doubt}`,
    toolCallId: id.split("/")[0],
    responseSchema: { type: "object", properties: { approved: { type: "boolean" }, reason: { type: "string" } }, required: ["approved"] },
    ...(expiresAt ? { expiresAt: new Date(expiresAt * 1000).toISOString() } : {}),
    metadata: { tool, arguments: args },
  };
}

/** @param {Usage} usage */
function writeUsage({ inputTokens, outputTokens, totalTokens, reasoningTokens, cachedInputTokens, cacheCreationInputTokens }) {
  return { inputTokens, outputTokens, totalTokens, reasoningTokens, cachedInputTokens, cacheWriteInputTokens: cacheCreationInputTokens };
}

/**
 * @param {Part[]} content
 * @returns {string | AgUiPart[]}
 */
function writeContent(content) {
  const texts = content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  if (texts.length === content.length) return texts.join("");
  return content.flatMap((part) => writePart(part) ?? []);
}

/**
 * @param {Part} part
 * @returns {AgUiPart | undefined}
 */
function writePart(part) {
  if (part.type === "text") return { type: "text", text: part.text };
  if (part.type !== "image" && part.type !== "audio" && part.type !== "file") return undefined;
  const type = part.type === "file" ? "document" : part.type;
  const mimeType = part.mediaType ?? "application/octet-stream";
  if (part.url) return { type, source: { type: "url", value: part.url, mimeType } };
  return typeof part.data === "string" ? { type, source: { type: "data", value: part.data, mimeType } } : undefined;
}
