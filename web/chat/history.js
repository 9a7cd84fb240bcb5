/**
 * Messages of a history as a chat shows them, and back.
 *
 * @import { Message, Part, Source, ToolResultPart } from "../types.js"
 * @import { ChatMessage, ChatPart, ChatTool } from "./types.js"
 */

import { closeParts, closeText, finish, newTool, runTool } from "./parts.js";

/**
 * Returns a user's message.
 * @param {Message["content"] | string} prompt
 * @param {string} id
 * @returns {ChatMessage}
 */
export function userMessage(prompt, id) {
  const content = partsOf({ content: prompt });
  return { id, role: "user", parts: content.map(shown), status: "done", prompt: content };
}

/**
 * Returns the messages of a history: each user's message, and what followed it as one message of the assistant.
 * @param {Message[]} history
 * @returns {ChatMessage[]}
 */
export function readHistory(history) {
  /** @type {ChatMessage[]} */
  const found = [];
  let step = 0;
  for (const [at, message] of history.entries()) {
    if (typeof message !== "object" || message === null || message.role === "system") continue;
    if (message.role === "user") {
      found.push({ ...userMessage(message.content, `${found.length + 1}`), at, end: at + 1 });
      step = 0;
      continue;
    }
    let last = found.at(-1);
    if (last?.role !== "assistant") {
      last = { id: `${found.length + 1}`, role: "assistant", parts: [], status: "done", at };
      found.push(last);
    }
    if (message.role === "assistant") last.parts = [...closeText(last.parts), { type: "step", step: ++step }];
    for (const part of partsOf(message)) last.parts = replay(last.parts, part);
    if (message.role === "assistant") {
      const sources = /** @type {Source[]} */ (Array.isArray(message.extra?.sources) ? message.extra.sources : []);
      last.parts = [...closeText(last.parts), ...sources.map((source) => ({ type: /** @type {const} */ ("source"), source }))];
    }
    last.end = at + 1;
  }
  return found.map((message) => ({ ...message, parts: closeParts(message.parts) }));
}

/**
 * Returns the text of a message's parts.
 * @param {ChatMessage | undefined} message
 * @returns {string}
 */
export function textOf(message) {
  return (message?.parts ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
}

/**
 * Parts of a message of any origin: content may be text; values that are no parts are left out.
 * @param {any} message
 * @returns {Part[]}
 */
export function partsOf(message) {
  const content = message?.content;
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content) ? content.filter((part) => typeof part === "object" && part !== null) : [];
}

/**
 * @param {Part} part
 * @returns {ChatPart}
 */
function shown(part) {
  if (part.type === "text" || part.type === "refusal") return { type: "text", text: String(part.text), state: "done" };
  if (part.type === "image" || part.type === "audio" || part.type === "file") return { type: "file", file: part };
  return { type: "unknown", value: part };
}

/**
 * @param {ChatPart[]} parts
 * @param {Part} part of an assistant's or a tool's message
 * @returns {ChatPart[]}
 */
function replay(parts, part) {
  const last = parts.at(-1);
  switch (part.type) {
    case "text":
    case "refusal": {
      const text = String(part.text);
      if (last?.type === "text" && last.state === "streaming") return parts.with(-1, { ...last, text: last.text + text });
      return text ? [...closeText(parts), { type: "text", text, state: "streaming" }] : parts;
    }
    case "reasoning": {
      const text = String(part.text ?? ""); // empty where only its provider can read it
      if (last?.type === "reasoning" && last.state === "streaming") return parts.with(-1, { ...last, text: last.text + text });
      return text ? [...closeText(parts), { type: "reasoning", text, state: "streaming" }] : parts;
    }
    case "opaque":
      return parts;
    case "tool_call": {
      const step = parts.findLastIndex((other) => other.type === "step");
      const index = parts.filter((other, at) => at > step && other.type === "tool").length;
      return [...closeText(parts), runTool(newTool(String(part.id), String(part.name), index), part)];
    }
    case "tool_result":
      return answered(parts, part);
    default:
      return [...closeText(parts), shown(part)];
  }
}

/**
 * @param {ChatPart[]} parts
 * @param {ToolResultPart} result
 */
function answered(parts, result) {
  const content = partsOf(result);
  const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
  const id = String(result.id);
  const at = parts.findLastIndex((part) => part.type === "tool" && part.id === id && !part.result);
  const call = at < 0 ? newTool(id, String(result.name ?? "tool"), 0) : /** @type {ChatTool} */ (parts[at]);
  const value = result.extra?.value; // beside the parts; undefined where they tell it
  const done = finish(call, { text, content, isError: result.isError ?? false, value });
  return at < 0 ? [...closeText(parts), done] : parts.with(at, done);
}
