/**
 * An agent's events as the content of an assistant-ui message, which is given whole each time.
 *
 * @import { AgentEvent, FinishReason, Message, Part, Source, ToolResult } from "../types.js"
 * @import { UiKept, UiPart, UiResult, UiStatus, UiToolCall } from "./types.js"
 */

/** @type {Partial<Record<FinishReason, UiStatus>>} */
const STATUSES = {
  stop: { type: "complete", reason: "stop" },
  paused: { type: "requires-action", reason: "tool-calls" },
  length: { type: "incomplete", reason: "length" },
  content_filter: { type: "incomplete", reason: "content-filter" },
  error: { type: "incomplete", reason: "error" },
};

export class ContentFold {
  /** @type {UiPart[]} */
  #parts = [];
  /** Where the parts of the step under way begin. */
  #begin = 0;
  #step = 0;
  /** Messages of the run so far. @type {Message[]} */
  #messages = [];
  /** @type {UiKept} */
  #kept = {};

  /**
   * Takes an event. Returns the content so far, where the event changed it.
   * @param {AgentEvent<any>} event
   * @returns {UiResult | undefined}
   */
  take(event) {
    switch (event.type) {
      case "run_started":
        this.#kept.runId = event.runId;
        return this.#result();
      case "step_started":
        if (event.step === this.#step) this.#parts.length = this.#begin;
        this.#step = event.step;
        this.#begin = this.#parts.length;
        return undefined;
      case "text_delta":
        return this.#grow("text", event.text);
      case "reasoning_delta":
        return this.#grow("reasoning", event.text);
      case "tool_call_delta":
        return this.#call(event.id, event.name, (call) => ({ ...call, argsText: call.argsText + event.argumentsDelta }));
      case "tool_call_done": {
        const { id, name, arguments: args } = event;
        const argsText = typeof args === "string" ? args : JSON.stringify(args);
        return this.#call(id, name, (call) => ({ ...call, args: typeof args === "string" ? {} : args, argsText }));
      }
      case "approval_needed": {
        const { id, agent, tool } = event.request;
        const approval = { id, ...(agent ? { prompt: `${agent} calls ${tool}` } : {}) };
        return this.#call(id.split("/")[0], tool, (call) => ({ ...call, approval }));
      }
      case "tool_progress":
        if (event.stream !== "progress") return undefined;
        return this.#call(event.callId, event.name, (call) => ({ ...call, result: event.value ?? event.text, isPreliminary: true }));
      case "tool_result":
        this.#take(event);
        for (const source of event.sources) this.#source(source);
        return this.#result();
      case "source_found":
        this.#source(event.source);
        return this.#result();
      case "file_created":
        this.#file(event.part);
        return this.#result();
      case "step_done":
        if (event.message) this.#messages.push(event.message);
        return undefined;
      case "run_done": {
        const { reply } = event;
        this.#kept = { ...this.#kept, usage: reply.usage, run: reply.pending?.length ? (reply.runId ?? reply.run) : null };
        return this.#result(STATUSES[reply.finishReason] ?? { type: "incomplete", reason: "other" });
      }
    }
    return undefined;
  }

  /**
   * Takes the messages of the part of the run that the message holds already.
   * @param {Message[]} messages
   */
  resume(messages) {
    this.#messages = [...messages];
    this.#parts = [];
    this.#begin = 0;
    this.#step = 0;
  }

  /**
   * @param {UiStatus} [status]
   * @returns {UiResult}
   */
  #result(status) {
    const staysail = { ...this.#kept, messages: [...this.#messages] };
    return { content: [...this.#parts], metadata: { custom: { staysail } }, ...(status ? { status } : {}) };
  }

  /**
   * @param {"text" | "reasoning"} type
   * @param {string} text
   */
  #grow(type, text) {
    const last = this.#parts.at(-1);
    if (last && last.type === type && this.#parts.length > this.#begin)
      this.#parts[this.#parts.length - 1] = { type, text: last.text + text };
    else this.#parts.push({ type, text });
    return this.#result();
  }

  /**
   * @param {string} toolCallId
   * @param {string} toolName
   * @param {(call: UiToolCall) => UiToolCall} change
   */
  #call(toolCallId, toolName, change) {
    const at = this.#parts.findLastIndex((part) => part.type === "tool-call" && part.toolCallId === toolCallId);
    const known = /** @type {UiToolCall | undefined} */ (this.#parts[at]);
    const changed = change(known ?? { type: "tool-call", toolCallId, toolName, args: {}, argsText: "" });
    if (known) this.#parts[at] = changed;
    else this.#parts.push(changed);
    return this.#result();
  }

  /** @param {ToolResult} result */
  #take({ id, name, content, isError, value, text, hosted }) {
    this.#call(id, name, ({ isPreliminary: _, ...call }) => ({ ...call, result: value ?? text, ...(isError ? { isError } : {}) }));
    if (hosted) return;
    /** @type {Part} */
    const output = { type: "tool_result", id, name, content, ...(isError ? { isError } : {}) };
    const last = this.#messages.at(-1);
    if (last?.role === "tool") this.#messages[this.#messages.length - 1] = { ...last, content: [...last.content, output] };
    else this.#messages.push({ role: "tool", content: [output] });
  }

  /** @param {Source} found */
  #source({ id, source, document }) {
    if (this.#parts.some((part) => part.type === "source" && part.id === id)) return;
    const { title } = /** @type {{title?: unknown}} */ (document?.metadata ?? {});
    const named = typeof title === "string" ? title : undefined;
    const url = [source, id].find((place) => typeof place === "string" && /^https?:/.test(place));
    if (url) this.#parts.push({ type: "source", sourceType: "url", id, url, ...(named ? { title: named } : {}) });
    else
      this.#parts.push({
        type: "source",
        sourceType: "document",
        id,
        title: named ?? source ?? id,
        mediaType: "text/plain",
        ...(source ? { filename: source } : {}),
      });
  }

  /** @param {Part} part */
  #file(part) {
    if (part.type !== "image" && part.type !== "audio" && part.type !== "file") return;
    const mimeType = part.mediaType ?? (part.type === "image" ? "image/png" : "application/octet-stream");
    const url = part.url ?? `data:${mimeType};base64,${part.data}`;
    this.#parts.push(part.type === "image" ? { type: "image", image: url } : { type: "file", data: url, mimeType });
  }
}
