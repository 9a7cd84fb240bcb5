/**
 * The parts of a message, folded from events: the one place where that is done. Nothing is changed in place, so that a part which did not
 * change is the same object as before.
 *
 * @import { AgentEvent, ApprovalRequest, ToolProgress, ToolResult } from "../types.js"
 * @import { ChatPart, ChatProgress, ChatReasoning, ChatStep, ChatText, ChatTool } from "./types.js"
 */

import { readPartialJson } from "./partial-json.js";

/**
 * Returns the parts with an event in them.
 * @param {ChatPart[]} parts
 * @param {AgentEvent} event
 * @returns {ChatPart[]} the same array where the event changes nothing
 */
export function foldParts(parts, event) {
  switch (event.type) {
    case "text_delta":
      return grow(parts, "text", event.text);
    case "reasoning_delta":
      return grow(parts, "reasoning", event.text);
    case "tool_call_delta":
      return withCall(parts, event, (call) =>
        tool(call, { id: event.id || call.id, name: event.name || call.name, argumentsText: call.argumentsText + event.argumentsDelta }),
      );
    case "tool_call_done":
      return withCall(parts, { index: -1, ...event }, (call) =>
        tool(call, { ...called(event), id: event.id || call.id, state: "running" }),
      );
    case "tool_progress":
      return withTool(parts, event.callId, event.name, (call) => tool(call, { progress: [...call.progress, progressOf(event)] }));
    case "tool_result":
      return withTool(parts, event.id, event.name, (call) => finish(call, event));
    case "approval_needed":
      return ask(parts, event.request);
    case "nested_event":
      return withTool(parts, event.callId, event.agent, (call) => tool(call, { parts: foldParts(call.parts, event.event) }));
    case "step_started":
      return startStep(parts, event.step);
    case "step_done":
      return endStep(parts, event);
    case "source_found":
      return add(parts, { type: "source", source: event.source });
    case "file_created":
      return add(parts, { type: "file", file: event.part });
    case "retry_scheduled":
    case "request_adjusted":
    case "model_changed":
    case "handed_over":
      return add(parts, { type: "notice", event });
    case "run_done":
      return closeText(parts);
    default:
      return parts;
  }
}

/**
 * Returns the parts of a message that grows no more: calls without a result are marked as stopped.
 * @param {ChatPart[]} parts
 * @returns {ChatPart[]}
 */
export function closeParts(parts) {
  return mapParts(closeText(parts), (part) => (part.type === "tool" && isOpen(part) ? stopTool(part) : part));
}

/**
 * Returns the requests of the calls that wait for an approval.
 * @param {ChatPart[]} parts
 * @returns {ApprovalRequest[]}
 */
export function requestsIn(parts) {
  return parts.flatMap((part) =>
    part.type === "tool" ? [...(part.state === "asking" && part.request ? [part.request] : []), ...requestsIn(part.parts)] : [],
  );
}

/**
 * Returns the parts once a request has an answer: an approved call runs, a refused one waits for the result that says so.
 * @param {ChatPart[]} parts
 * @param {string} id of the request
 * @param {Record<string, unknown>} [args] the arguments that take the place of the model's
 * @returns {ChatPart[]}
 */
export function settleRequest(parts, id, args) {
  return mapParts(parts, (part) => {
    if (part.type !== "tool") return part;
    if (part.request?.id === id && part.state === "asking")
      return tool(part, { state: "running", request: undefined, ...(args && { argumentsText: JSON.stringify(args), given: args }) });
    const nested = settleRequest(part.parts, id, args);
    return nested === part.parts ? part : tool(part, { parts: nested });
  });
}

/** @param {ChatTool} call */
const isOpen = (call) => call.state === "writing" || call.state === "running" || call.state === "asking";

/**
 * @param {ChatTool} call
 * @returns {ChatTool}
 */
const stopTool = (call) => tool(call, { state: "stopped", request: undefined, parts: closeParts(call.parts) });

/**
 * Returns a tool call with changes. Its arguments are read from their text when somebody asks for them.
 * @param {Omit<ChatTool, "arguments">} call
 * @param {Partial<Omit<ChatTool, "arguments">> & {given?: unknown}} [changes] given: the arguments as a value
 * @returns {ChatTool}
 */
function tool(call, changes = {}) {
  const { type, id, name, index, state, argumentsText, hosted, progress, parts } = { ...fields(call), ...changes };
  const request = "request" in changes ? changes.request : call.request;
  const result = "result" in changes ? changes.result : call.result;
  const same =
    argumentsText === call.argumentsText && !("given" in changes) ? Object.getOwnPropertyDescriptor(call, "arguments") : undefined;
  /** @type {any} */
  const made = { type, id, name, index, state, argumentsText, hosted, progress, parts };
  if (request) made.request = request;
  if (result) made.result = result;
  return Object.defineProperty(made, "arguments", same ?? ("given" in changes ? constant(changes.given) : lazily(argumentsText)));
}

/** @param {Omit<ChatTool, "arguments">} call its fields but the arguments, which are not read for it */
function fields({ type, id, name, index, state, argumentsText, hosted, progress, parts }) {
  return { type, id, name, index, state, argumentsText, hosted, progress, parts };
}

/** @param {unknown} value */
const constant = (value) => ({ value, enumerable: true, configurable: true });

/** @param {string} text */
function lazily(text) {
  /** @type {{value: unknown} | undefined} */
  let read;
  return {
    get: () => {
      read ??= { value: text ? readPartialJson(text) : undefined };
      return read.value;
    },
    enumerable: true,
    configurable: true,
  };
}

/**
 * @param {string} id
 * @param {string} name
 * @param {number} index
 * @returns {ChatTool}
 */
export function newTool(id, name, index) {
  const call = { type: /** @type {const} */ ("tool"), id, name, index, state: /** @type {const} */ ("writing"), argumentsText: "" };
  return tool({ ...call, hosted: false, progress: [], parts: [] });
}

/** @param {{name: string, arguments: unknown, hosted?: boolean}} call whose arguments are complete */
function called({ name, arguments: given, hosted = false }) {
  return { name, hosted, given, argumentsText: typeof given === "string" ? given : (JSON.stringify(given) ?? "") };
}

/**
 * @param {ChatTool} call
 * @param {{name: string, arguments: unknown, hosted?: boolean}} whole
 * @returns {ChatTool}
 */
export const runTool = (call, whole) => tool(call, { ...called(whole), state: "running" });

/**
 * @param {ChatTool} call
 * @param {Pick<ToolResult, "text" | "content" | "isError"> & Partial<ToolResult>} event
 * @returns {ChatTool}
 */
export function finish(call, { text, content, isError, durationS = 0, sources = [], value, refused = false, hosted = call.hosted }) {
  const result = { text, content, isError, durationS, sources, refused, ...(value === undefined ? {} : { value }) };
  const parts = mapParts(closeText(call.parts), (part) =>
    part.type === "tool" && isOpen(part) ? tool(part, { state: "done", request: undefined }) : part,
  );
  return tool(call, { state: isError ? "failed" : "done", request: undefined, hosted, result, parts });
}

/**
 * @param {ToolProgress} event
 * @returns {ChatProgress}
 */
function progressOf({ stream, text, part, value }) {
  return { stream, text, ...(part ? { part } : {}), ...(value == null ? {} : { value }) };
}

/**
 * @param {ChatPart[]} parts
 * @param {ChatPart} part
 */
const add = (parts, part) => [...closeText(parts), part];

/**
 * @param {ChatPart[]} parts
 * @param {number} at
 * @param {ChatPart} part
 */
const replace = (parts, at, part) => parts.with(at, part);

/**
 * @param {ChatPart[]} parts
 * @param {(part: ChatPart) => ChatPart} change
 * @returns {ChatPart[]} the same array where no part changed
 */
function mapParts(parts, change) {
  const changed = parts.map(change);
  return changed.every((part, at) => part === parts[at]) ? parts : changed;
}

/**
 * @param {ChatPart[]} parts
 * @param {"text" | "reasoning"} type
 * @param {string} text
 * @returns {ChatPart[]}
 */
function grow(parts, type, text) {
  const last = parts.at(-1);
  if (last?.type === type && last.state === "streaming") return replace(parts, parts.length - 1, { ...last, text: last.text + text });
  return text ? add(parts, /** @type {ChatText | ChatReasoning} */ ({ type, text, state: "streaming" })) : parts;
}

/**
 * Ends the text at the end.
 * @param {ChatPart[]} parts
 * @returns {ChatPart[]}
 */
export function closeText(parts) {
  const last = parts.at(-1);
  const grows = last && (last.type === "text" || last.type === "reasoning") && last.state === "streaming";
  return grows ? replace(parts, parts.length - 1, { ...last, state: "done" }) : parts;
}

/**
 * Changes the call that the model is writing, or adds it. Its id may come after its first piece.
 * @param {ChatPart[]} parts
 * @param {{id: string, name: string, index: number}} event
 * @param {(call: ChatTool) => ChatTool} change
 */
function withCall(parts, { id, name, index }, change) {
  const begin = parts.findLastIndex((part) => part.type === "step");
  const at = parts.findLastIndex((part, position) => {
    if (position < begin || part.type !== "tool" || part.result) return false;
    return id && part.id ? part.id === id : part.state === "writing" && (index < 0 ? part.name === name : part.index === index);
  });
  if (at >= 0) return replace(parts, at, change(/** @type {ChatTool} */ (parts[at])));
  const count = parts.filter((part, position) => position > begin && part.type === "tool").length;
  return add(parts, change(newTool(id, name, index < 0 ? count : index)));
}

/**
 * Changes the last call with this id, one without a result before others, or adds it.
 * @param {ChatPart[]} parts
 * @param {string} id
 * @param {string} name
 * @param {(call: ChatTool) => ChatTool} change
 */
function withTool(parts, id, name, change) {
  const open = parts.findLastIndex((part) => part.type === "tool" && part.id === id && !part.result);
  const at = open >= 0 ? open : parts.findLastIndex((part) => part.type === "tool" && part.id === id);
  if (at >= 0) return replace(parts, at, change(/** @type {ChatTool} */ (parts[at])));
  return add(parts, change(tool(newTool(id, name, 0), { state: "running" })));
}

/**
 * Marks the call that a request is about. A request of an agent's tool has the ids of both calls, with a slash between them.
 * @param {ChatPart[]} parts
 * @param {ApprovalRequest} request
 * @param {string} [id] of the call among these parts
 * @returns {ChatPart[]}
 */
function ask(parts, request, id = request.id) {
  const outer =
    request.agent === undefined ? undefined : parts.find((part) => part.type === "tool" && !part.result && id.startsWith(`${part.id}/`));
  if (outer?.type === "tool") {
    const rest = id.slice(outer.id.length + 1);
    return withTool(parts, outer.id, outer.name, (call) => tool(call, { parts: ask(call.parts, request, rest) }));
  }
  const text = JSON.stringify(request.arguments);
  return withTool(parts, id, request.tool, (call) =>
    tool(call, { state: "asking", request, argumentsText: text, given: request.arguments }),
  );
}

/**
 * Begins a step. A step that begins again takes the place of its first attempt.
 * @param {ChatPart[]} parts
 * @param {number} step
 */
function startStep(parts, step) {
  const at = parts.findLastIndex((part) => part.type === "step" && part.step === step);
  return add(at < 0 ? parts : parts.slice(0, at), { type: "step", step });
}

/**
 * @param {ChatPart[]} parts
 * @param {AgentEvent & {type: "step_done"}} event
 */
function endStep(parts, { step, finishReason, usage }) {
  const closed = closeText(parts);
  const at = closed.findLastIndex((part) => part.type === "step" && part.step === step);
  /** @type {ChatStep} */
  const done = { type: "step", step, finishReason, usage };
  return at < 0 ? [...closed, done] : replace(closed, at, done);
}
