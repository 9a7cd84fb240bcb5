/**
 * Renders a conversation for a small model: text turns only, as few tokens as can be, never more than its context holds.
 *
 * Chat templates know system, user and assistant (many of them nothing else, and only in alternation), so a tool call becomes
 * what the assistant said and its result becomes what the user brings.
 *
 * @import { Message, Part, ToolResultPart } from "./types.js"
 * @typedef {{role: "system" | "user" | "assistant", content: string}} ChatMessage
 */

import { LocalModelError } from "./errors.js";

const RESULT_CUT = " …";

/**
 * @param {Message[]} messages
 * @param {{formatTokens: (messages: ChatMessage[]) => Promise<number[]>, room: number, preamble?: string}} options
 *   `room`: tokens the prompt may have. `preamble`: the system text where the conversation has none.
 * @returns {Promise<number[]>}
 */
export async function promptTokens(messages, { formatTokens, room, preamble }) {
  const system =
    messages
      .filter((message) => message.role === "system")
      .map(textOf)
      .join("\n\n") || preamble;
  let turns = splitTurns(messages);
  let resultChars = Infinity;
  for (;;) {
    const tokens = await formatTokens(chatMessages(system, turns.flat(), resultChars));
    if (tokens.length <= room) return tokens;
    const excess = tokens.length - room;
    if (turns.length > 1) {
      turns = turns.slice(turnsToDrop(turns, excess));
    } else if (longestResult(turns) > 200 && resultChars > 200) {
      resultChars = Math.max(200, Math.floor(Math.min(resultChars, longestResult(turns)) / 2));
    } else {
      throw new LocalModelError(
        "context_overflow",
        `The last message is ${excess} tokens too long for this model. Shorten it, or split the work.`,
      );
    }
  }
}

/**
 * @param {string | undefined} system
 * @param {Message[]} messages
 * @param {number} [resultChars] tool results are cut to so many characters
 * @returns {ChatMessage[]}
 */
export function chatMessages(system, messages, resultChars = Infinity) {
  /** @type {ChatMessage[]} */
  const chat = system ? [{ role: "system", content: system }] : [];
  for (const message of messages) {
    if (message.role === "system") continue;
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = message.content
      .map((part) => renderPart(part, resultChars))
      .filter(Boolean)
      .join("\n");
    const last = chat[chat.length - 1];
    if (last?.role === role) last.content += `\n${content}`;
    else chat.push({ role, content });
  }
  const request = lastRequest(messages);
  if (messages[messages.length - 1]?.role === "tool" && request) {
    chat[chat.length - 1].content += `\nUsing this, answer in one sentence: ${request}`;
  }
  return chat;
}

/**
 * Returns the texts of the user's messages, the oldest first.
 * @param {Message[]} messages
 * @returns {string[]}
 */
export function requestsOf(messages) {
  return messages.filter((each) => each.role === "user").map(textOf);
}

/**
 * Returns the text of the user's last message.
 * @param {Message[]} messages
 * @returns {string}
 */
export function lastRequest(messages) {
  return requestsOf(messages).pop() ?? "";
}

/**
 * @param {Message} message
 * @returns {string}
 */
function textOf(message) {
  return message.content
    .map((part) => (part.type === "text" ? part.text : ""))
    .filter(Boolean)
    .join("\n");
}

/**
 * @param {Part} part
 * @param {number} resultChars
 * @returns {string}
 */
function renderPart(part, resultChars) {
  switch (part.type) {
    case "text":
      return part.text;
    case "tool_call":
      return `${part.name}(${JSON.stringify(part.arguments ?? {})})`;
    case "tool_result": {
      const text = resultText(part);
      return `Result of ${part.name ?? "the tool"}${part.is_error ? ", which failed" : ""}: ${text.length > resultChars ? text.slice(0, resultChars) + RESULT_CUT : text}`;
    }
    default:
      throw new LocalModelError(
        "bad_request",
        `The local model reads text only, not ${JSON.stringify(/** @type {{type: string}} */ (part).type)} parts.`,
      );
  }
}

/**
 * @param {ToolResultPart} part
 * @returns {string}
 */
function resultText(part) {
  return part.content.map((each) => each.text).join("\n");
}

/**
 * A turn is a user's message and all that follows it, so cutting between turns never parts a tool call from its result.
 * @param {Message[]} messages
 * @returns {Message[][]}
 */
function splitTurns(messages) {
  /** @type {Message[][]} */
  const turns = [];
  for (const message of messages) {
    if (message.role === "system") continue;
    if (message.role === "user" || turns.length === 0) turns.push([]);
    turns[turns.length - 1].push(message);
  }
  return turns;
}

/**
 * How many of the oldest turns to try without: a character is at most about one token, so this never drops far too many.
 * @param {Message[][]} turns
 * @param {number} excess
 */
function turnsToDrop(turns, excess) {
  let dropped = 0;
  let chars = 0;
  while (dropped < turns.length - 1 && (dropped === 0 || chars < excess)) {
    chars += JSON.stringify(turns[dropped]).length;
    dropped++;
  }
  return dropped;
}

/** @param {Message[][]} turns */
function longestResult(turns) {
  const sizes = turns
    .flat(2)
    .map((message) => Math.max(0, ...message.content.map((part) => (part.type === "tool_result" ? resultText(part).length : 0))));
  return Math.max(0, ...sizes);
}
