/**
 * The input of an AG-UI run as a prompt with a history, or as the continuation of a paused run.
 *
 * @import { ApprovalAnswer, Message, Part, PausedRun } from "../types.js"
 * @import { AgUiMessage, AgUiPart, RunInput } from "./types.js"
 */

import { ConfigError } from "../errors.js";
import { carriedBy } from "./events.js";

/**
 * @typedef {{prompt: Part[], history: Message[]}} NewRun
 * @typedef {{run: PausedRun | string, approvals: Record<string, ApprovalAnswer>}} Continued
 * @param {RunInput} input
 * @returns {NewRun | Continued}
 */
export function readInput({ messages, resume = [] }) {
  const at = messages.findLastIndex(({ role }) => role === "assistant");
  const results = messages.slice(at + 1).filter(({ role }) => role === "tool");
  const run = at >= 0 ? carriedBy(messages[at]).run : undefined;
  if (resume.length || (run && results.length && results.length === messages.length - at - 1)) {
    if (!run) throw new ConfigError("there is no paused run to resume: keep encryptedValue with the messages");
    const answered = results.map((message) => [message.toolCallId, { result: readResult(message) }]);
    const decided = resume.map(({ interruptId, status, payload }) => [interruptId, readAnswer(status, payload)]);
    return { run: /** @type {PausedRun | string} */ (run), approvals: Object.fromEntries([...answered, ...decided]) };
  }
  const last = messages.at(-1);
  if (last?.role !== "user")
    throw new ConfigError("the last message of an AG-UI run is the user's, or the result of a tool that the page runs");
  return { prompt: readContent(last.content), history: readMessages(messages.slice(0, -1)) };
}

/**
 * Reads the answer to an interrupt: {approved, reason}, true or false, or an answer as `approvals` takes it.
 * @param {"resolved" | "cancelled"} status
 * @param {any} payload
 * @returns {ApprovalAnswer}
 */
function readAnswer(status, payload) {
  if (status === "cancelled") return { refuse: payload?.reason ?? "" };
  if (typeof payload === "boolean") return payload;
  if (payload && "approved" in payload) {
    if (!payload.approved) return { refuse: payload.reason ?? "" };
    return payload.arguments ? { approve: true, arguments: payload.arguments } : true;
  }
  return payload ?? true;
}

/**
 * @param {AgUiMessage[]} messages
 * @returns {Message[]}
 */
function readMessages(messages) {
  /** @type {Message[]} */
  const out = [];
  /** Names of tools by the ids of their calls. @type {Map<string, string>} */
  const names = new Map();
  for (const message of messages) {
    const { role } = message;
    if (role === "user") out.push({ role, content: readContent(message.content) });
    else if (role === "system" || role === "developer") out.push({ role: "system", content: readContent(message.content) });
    else if (role === "assistant") {
      for (const { id, function: called } of message.toolCalls ?? []) names.set(id, called.name);
      const read = carriedBy(message).message ?? readAssistant(message);
      if (read.content.length) out.push(read);
    } else if (role === "tool") {
      const id = message.toolCallId ?? "";
      /** @type {Part} */
      const part = {
        type: "tool_result",
        id,
        name: names.get(id) ?? "",
        content: readContent(message.content),
        isError: Boolean(message.error),
      };
      const last = out.at(-1);
      if (last?.role === "tool") last.content.push(part);
      else out.push({ role, content: [part] });
    }
  }
  return out;
}

/**
 * @param {AgUiMessage} message
 * @returns {Message}
 */
function readAssistant({ content, toolCalls = [] }) {
  /** @type {Part[]} */
  const calls = toolCalls.map(({ id, function: { name, arguments: args } }) => ({ type: "tool_call", id, name, arguments: args || {} }));
  return { role: "assistant", content: [...readContent(content), ...calls] };
}

/** @param {AgUiMessage} message */
function readResult({ content, error }) {
  if (error) return `Error: ${error}`;
  return typeof content === "string" ? content : { content: readContent(content) };
}

/**
 * @param {string | AgUiPart[] | undefined} content
 * @returns {Part[]}
 */
function readContent(content) {
  if (!content) return [];
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map(readPart);
}

/**
 * @param {AgUiPart} part
 * @returns {Part}
 */
function readPart(part) {
  if (part.type === "text") return { type: "text", text: part.text };
  const { type, value, mimeType: mediaType } = part.source;
  const kind = part.type === "image" || part.type === "audio" ? part.type : "file";
  const source = type === "data" ? { data: value } : type === "url" ? { url: value } : { fileId: value };
  return { type: kind, ...source, ...(mediaType ? { mediaType } : {}) };
}
