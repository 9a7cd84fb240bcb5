/**
 * The messages of an assistant-ui thread as a history of staysail.
 *
 * @import { ApprovalAnswer, Message, Part } from "../types.js"
 * @import { UiKept, UiMessage, UiToolCall } from "./types.js"
 */

/**
 * @param {readonly UiMessage[]} messages
 * @returns {Message[]}
 */
export function readThread(messages) {
  return messages.flatMap((message) => {
    if (message.role !== "assistant") return [{ role: message.role, content: readContent(message) }];
    return keptOf(message).messages ?? readAnswer(message.content);
  });
}

/**
 * @param {UiMessage} message
 * @returns {UiKept}
 */
export function keptOf({ metadata }) {
  return metadata?.custom?.staysail ?? {};
}

/**
 * Reads a user's message with its attachments.
 * @param {UiMessage} message
 * @returns {Part[]}
 */
export function readContent({ content, attachments = [] }) {
  return [...attachments.flatMap((attachment) => attachment.content), ...content].flatMap(readPart);
}

/**
 * @param {any} part
 * @returns {Part[]}
 */
function readPart(part) {
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text }];
    case "image":
      return [{ type: "image", ...readAddress(part.image, "image/png") }];
    case "audio":
      return [{ type: "audio", data: part.audio.data, mediaType: part.audio.format === "mp3" ? "audio/mpeg" : "audio/wav" }];
    case "file":
      return [{ type: "file", ...readAddress(part.data, part.mimeType), ...(part.filename ? { name: part.filename } : {}) }];
  }
  return [];
}

/**
 * @param {string} text an address, or base64 text
 * @param {string} mediaType of base64 text
 */
function readAddress(text, mediaType) {
  const [, type, data] = /^data:([^;,]*)[^,]*;base64,(.*)$/s.exec(text) ?? [];
  if (data !== undefined) return { data, mediaType: type || mediaType };
  return /^\w+:/.test(text) ? { url: text, mediaType } : { data: text, mediaType };
}

/**
 * Reads an answer that another adapter gave.
 * @param {readonly any[]} content
 * @returns {Message[]}
 */
function readAnswer(content) {
  const calls = /** @type {UiToolCall[]} */ (content.filter(({ type }) => type === "tool-call"));
  /** @type {Part[]} */
  const parts = content.flatMap((part) => (part.type === "text" ? [{ type: "text", text: part.text }] : []));
  /** @type {Part[]} */
  const called = calls.map(({ toolCallId: id, toolName: name, args }) => ({ type: "tool_call", id, name, arguments: args ?? {} }));
  /** @type {Part[]} */
  const results = calls
    .filter(({ result }) => result !== undefined)
    .map(({ toolCallId: id, toolName: name, result, isError }) => {
      const text = typeof result === "string" ? result : JSON.stringify(result);
      return { type: "tool_result", id, name, content: [{ type: "text", text }], isError: isError ?? false };
    });
  if (!called.length) return parts.length ? [{ role: "assistant", content: parts }] : [];
  return [
    { role: "assistant", content: called },
    { role: "tool", content: results },
    ...(parts.length ? [{ role: /** @type {const} */ ("assistant"), content: parts }] : []),
  ];
}

/**
 * Returns the answers to approval requests that a message holds, by the requests' ids; undefined where it holds none.
 * @param {UiMessage} message
 * @returns {Record<string, ApprovalAnswer> | undefined}
 */
export function readApprovals({ content }) {
  const answered = content.filter(
    ({ type, approval, result }) => type === "tool-call" && typeof approval?.approved === "boolean" && result === undefined,
  );
  if (!answered.length) return undefined;
  return Object.fromEntries(
    answered.map(({ approval }) => [approval.id, approval.approved ? true : { refuse: approval.reason ?? approval.text ?? "" }]),
  );
}
