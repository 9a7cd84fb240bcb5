/**
 * Messages of a conversation, as the element draws them.
 *
 * @import { Message, Part, Prompt, Source, TextPart, Usage } from "./types.js"
 */

import { partsOf } from "../chat/history.js";

export { partsOf };

/**
 * @typedef {object} Turn
 * @property {Prompt} prompt
 * @property {string} text what the model has said so far
 * @property {Usage} usage
 * @property {Source[]} sources what the answer rests on
 * @property {Message[]} [messages] the whole exchange, once the run has given it
 */

/**
 * @param {Message["content"]} content
 * @returns {string}
 */
export function textOf(content) {
  return partsOf({ content })
    .filter((part) => part.type === "text")
    .map((part) => /** @type {TextPart} */ (part).text)
    .join("");
}

/**
 * @typedef {object} Exchange a user's message with what followed it
 * @property {Message["content"] | undefined} prompt undefined where an answer stands first
 * @property {Message[]} answer
 * @property {number} at where it begins among all messages
 * @property {number} end where it ends
 */

/**
 * @param {Message[]} messages
 * @returns {Exchange[]}
 */
export function exchanges(messages) {
  /** @type {Exchange[]} */
  const found = [];
  for (const [at, message] of messages.entries()) {
    if (typeof message !== "object" || message === null || message.role === "system") continue;
    const isPrompt = message.role === "user";
    if (isPrompt || !found.length) found.push({ prompt: isPrompt ? message.content : undefined, answer: [], at, end: at });
    const exchange = /** @type {Exchange} */ (found.at(-1));
    if (!isPrompt) exchange.answer.push(message);
    exchange.end = at + 1;
  }
  return found;
}
