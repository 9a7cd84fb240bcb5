/**
 * An agent's events as chunks of the AI SDK's user interface.
 *
 * How it works. A step of a run is a step of the message. Text and reasoning are blocks that end where another kind begins. Tool results come
 * after the model's answer and still belong to its step, so that a step is finished when the next one begins. What providers want echoed
 * (signatures, ids of items) is known when the answer is whole. So the last block of a step, and the inputs of its tool calls, end with
 * `step_done`, and the last of them carries the step's message as `providerMetadata.staysail.message`, from which history.js reads it back.
 * Events without a chunk are transient `data-staysail-event` chunks, which reach `onData` alone.
 *
 * @import { AgentEvent, ApprovalRequest, FinishReason, Message, Part, Source, ToolResult } from "../types.js"
 * @import { ProviderMetadata, StaysailMetadata, UIChunk, UIFinishReason } from "./types.js"
 */

/** The words before a person's reason in a refused call's result. */
const REFUSED = /^The user refused this call[:.] ?/;
/** @type {Partial<Record<FinishReason, UIFinishReason>>} */
const REASONS = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
  paused: "tool-calls",
  error: "error",
};

export class ChunkWriter {
  #metadata;
  #answered;
  #step = 0;
  /** The block that is open. @type {{kind: "text" | "reasoning", id: string} | undefined} */
  #block;
  #blocks = 0;
  /** Ids of the calls whose input began. @type {Set<string>} */
  #calls = new Set();
  /** Inputs that are whole and wait for the end of the answer. @type {Extract<UIChunk, {type: "tool-input-available"}>[]} */
  #inputs = [];
  /** Approval requests without an answer in the chunks so far, by the ids of their calls. @type {Map<string, string>} */
  #requested = new Map();
  /** Ids of the sources that have a chunk. @type {Set<string>} */
  #sources = new Set();

  /**
   * @param {((event: AgentEvent<any>) => object | undefined) | undefined} metadata
   * @param {string[]} answered ids of the approval requests whose answers the message holds
   */
  constructor(metadata, answered = []) {
    this.#metadata = metadata;
    this.#answered = new Set(answered);
  }

  /**
   * @param {AgentEvent<any>} event
   * @returns {Iterable<UIChunk>}
   */
  *read(event) {
    yield* this.#write(event);
    const messageMetadata = this.#metadata?.(event);
    if (messageMetadata) yield { type: "message-metadata", messageMetadata };
  }

  /**
   * @param {AgentEvent<any>} event
   * @returns {Iterable<UIChunk>}
   */
  *#write(event) {
    switch (event.type) {
      case "run_started":
        return yield metadata({ runId: event.runId });
      case "replay_done":
        return;
      case "step_started":
        return yield* this.#begin(event.step);
      case "text_delta":
        return yield* this.#delta("text", event.text);
      case "reasoning_delta":
        return yield* this.#delta("reasoning", event.text);
      case "tool_call_delta":
        return yield* this.#input(event.id, event.name, event.argumentsDelta);
      case "tool_call_done": {
        yield* this.#endBlock();
        this.#calls.add(event.id);
        const { id: toolCallId, name: toolName, arguments: input, hosted } = event;
        if (hosted) yield { type: "tool-input-available", toolCallId, toolName, input, providerExecuted: true };
        else this.#inputs.push({ type: "tool-input-available", toolCallId, toolName, input });
        return;
      }
      case "approval_needed":
        return yield this.#ask(event.request);
      case "tool_result":
        return yield* this.#result(event);
      case "source_found":
        return yield* this.#source(event.source);
      case "file_created":
        return yield* this.#file(event.part);
      case "message_delivered":
        return yield { type: "steering-message", id: event.id, parts: writeUserParts(event.message) };
      case "step_done":
        return yield* this.#endAnswer(event.message);
      case "run_done":
        return yield* this.#finish(event.reply);
      case "tool_progress":
        if (event.stream === "progress") {
          const { callId: toolCallId, value, text } = event;
          return yield { type: "tool-output-available", toolCallId, output: value ?? text, preliminary: true };
        }
    }
    yield { type: "data-staysail-event", data: event, transient: true };
  }

  /**
   * Ends the model's answer of a step.
   * @param {Message | null} message
   * @returns {Iterable<UIChunk>}
   */
  *#endAnswer(message) {
    const carried = message && isMore(message) ? { providerMetadata: { staysail: { message } } } : {};
    const last = this.#inputs.pop();
    const inputs = this.#inputs;
    this.#inputs = [];
    if (last) {
      yield* this.#endBlock();
      yield* inputs;
      yield { ...last, ...carried };
    } else if (this.#block) yield* this.#endBlock(carried);
    else if (carried.providerMetadata) yield { type: "custom", kind: "staysail.message", ...carried };
  }

  /** Closes what is open, at the end of the run or where it broke off. @returns {Iterable<UIChunk>} */
  *close() {
    yield* this.#endBlock();
    this.#inputs = [];
    if (this.#step) yield { type: "finish-step" };
    this.#step = 0;
  }

  /**
   * @param {number} step
   * @returns {Iterable<UIChunk>}
   */
  *#begin(step) {
    if (step === this.#step) {
      this.#block = undefined;
      this.#inputs = [];
      return yield { type: "reset-step" };
    }
    yield* this.close();
    this.#step = step;
    yield { type: "start-step" };
  }

  /**
   * @param {"text" | "reasoning"} kind
   * @param {string} delta
   * @returns {Iterable<UIChunk>}
   */
  *#delta(kind, delta) {
    if (this.#block?.kind !== kind) {
      yield* this.#endBlock();
      this.#block = { kind, id: `${kind}-${++this.#blocks}` };
      yield { type: `${kind}-start`, id: this.#block.id };
    }
    yield { type: `${kind}-delta`, id: this.#block.id, delta };
  }

  /**
   * @param {{providerMetadata?: ProviderMetadata}} [carried]
   * @returns {Iterable<UIChunk>}
   */
  *#endBlock(carried = {}) {
    if (this.#block) yield { type: `${this.#block.kind}-end`, id: this.#block.id, ...carried };
    this.#block = undefined;
  }

  /**
   * @param {string} toolCallId
   * @param {string} toolName
   * @param {string} inputTextDelta
   * @returns {Iterable<UIChunk>}
   */
  *#input(toolCallId, toolName, inputTextDelta) {
    yield* this.#endBlock();
    if (!this.#calls.has(toolCallId)) yield { type: "tool-input-start", toolCallId, toolName };
    this.#calls.add(toolCallId);
    if (inputTextDelta) yield { type: "tool-input-delta", toolCallId, inputTextDelta };
  }

  /**
   * Writes an approval request. The request of an agent within a tool is shown at the tool's call.
   * @param {ApprovalRequest} request
   * @returns {UIChunk}
   */
  #ask(request) {
    const { id: approvalId, agent, tool, uncertain } = request;
    const begins = (/** @type {string} */ id) => approvalId.startsWith(`${id}/`) || approvalId.startsWith(`${id}#`);
    const toolCallId = this.#calls.has(approvalId) ? approvalId : ([...this.#calls].find(begins) ?? approvalId.split("/")[0]);
    if (!this.#answered.has(approvalId)) this.#requested.set(toolCallId, approvalId);
    const reason = agent ? `${agent} calls ${tool}` : uncertain ? "The call was cut off and may have taken effect" : undefined;
    return { type: "tool-approval-request", approvalId, toolCallId, approvalDescriptor: request, ...(reason ? { reason } : {}) };
  }

  /**
   * @param {ToolResult} result
   * @returns {Iterable<UIChunk>}
   */
  *#result(result) {
    const { id: toolCallId, isError, refused, hosted, text, sources } = result;
    const approvalId = this.#requested.get(toolCallId);
    if (approvalId)
      yield { type: "tool-approval-response", approvalId, approved: !refused, ...(refused ? { reason: text.replace(REFUSED, "") } : {}) };
    this.#requested.delete(toolCallId);
    const executed = hosted ? { providerExecuted: true } : {};
    if (refused) yield { type: "tool-output-denied", toolCallId };
    else if (isError) yield { type: "tool-output-error", toolCallId, errorText: text, ...executed };
    else yield { type: "tool-output-available", toolCallId, output: outputOf(result), ...executed };
    for (const source of sources) yield* this.#source(source);
  }

  /**
   * @param {Source} found
   * @returns {Iterable<UIChunk>}
   */
  *#source(found) {
    const { id: sourceId, source, document, score, span } = found;
    if (this.#sources.has(sourceId)) return;
    this.#sources.add(sourceId);
    const named = /** @type {{title?: unknown, media_type?: unknown}} */ (document?.metadata ?? {});
    const title = typeof named.title === "string" ? named.title : undefined;
    const address = [source, sourceId].find((place) => typeof place === "string" && /^https?:/.test(place));
    const about = { score, text: document?.text ?? "", ...(span ? { span: [...span] } : {}) };
    const providerMetadata = { staysail: about };
    if (address) yield { type: "source-url", sourceId, url: address, ...(title ? { title } : {}), providerMetadata };
    else {
      const mediaType = typeof named.media_type === "string" ? named.media_type : "text/plain";
      const filename = source ? { filename: source } : {};
      yield { type: "source-document", sourceId, mediaType, title: title ?? source ?? sourceId, ...filename, providerMetadata };
    }
  }

  /**
   * @param {Part} part
   * @returns {Iterable<UIChunk>}
   */
  *#file(part) {
    const written = writeFile(part);
    if (written) yield written;
  }

  /**
   * @param {import("../types.js").Reply<any>} reply
   * @returns {Iterable<UIChunk>}
   */
  *#finish({ usage, finishReason, runId, run, warnings }) {
    yield* this.close();
    /** @type {StaysailMetadata} */
    const messageMetadata = {
      usage,
      finishReason,
      ...(runId ? { runId } : { run: run ?? null }),
      ...(warnings.length ? { warnings } : {}),
    };
    if (!runId && !run) delete messageMetadata.run;
    yield { type: "finish", finishReason: REASONS[finishReason] ?? "other", messageMetadata };
  }
}

/**
 * @param {StaysailMetadata} messageMetadata
 * @returns {UIChunk}
 */
const metadata = (messageMetadata) => ({ type: "message-metadata", messageMetadata });

/**
 * Returns a tool's output: the value that it returned, its text, or its parts as {content}.
 * @param {ToolResult} result
 */
export function outputOf(result) {
  if (result.value !== undefined) return result.value;
  if (result.text === "null" && !result.hosted) return null;
  return result.content.every(({ type }) => type === "text") ? result.text : { content: result.content };
}

/** Whether a message has more than its texts, calls and files: parts and fields that providers want echoed. @param {Message} message */
function isMore({ content }) {
  return content.some((part) => {
    if (part.type === "opaque" || part.type === "refusal") return true;
    if (part.type === "reasoning" && (part.signature || part.redacted || !part.text)) return true;
    return Object.keys(part.extra ?? {}).length > 0;
  });
}

/**
 * @param {Part} part
 * @returns {{type: "file", url: string, mediaType: string} | undefined}
 */
export function writeFile(part) {
  if (part.type !== "image" && part.type !== "audio" && part.type !== "file") return undefined;
  const mediaType = part.mediaType ?? (part.type === "image" ? "image/png" : "application/octet-stream");
  const url = part.url ?? (typeof part.data === "string" ? `data:${mediaType};base64,${part.data}` : undefined);
  return url ? { type: "file", url, mediaType } : undefined;
}

/**
 * @param {Message} message
 * @returns {Extract<UIChunk, {type: "steering-message"}>["parts"]}
 */
function writeUserParts({ content }) {
  /** @type {ReturnType<typeof writeUserParts>} */
  const parts = [];
  for (const part of content) {
    const file = writeFile(part);
    if (part.type === "text") parts.push({ type: "text", text: part.text });
    else if (file) parts.push(file);
  }
  return parts;
}
