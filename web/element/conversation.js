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
 * Each user's message with what followed it, and where that ends among all messages.
 * @param {Message[]} messages
 * @returns {[Message["content"] | undefined, Message[], number][]}
 */
export function exchanges(messages) {
  /** @type {[Message["content"] | undefined, Message[], number][]} */
  const found = [];
  for (const [at, message] of messages.entries()) {
    if (typeof message !== "object" || message === null || message.role === "system") continue;
    if (message.role === "user") found.push([message.content, [], at]);
    const exchange = found.at(-1) ?? found[found.push([undefined, [], at]) - 1];
    if (message.role !== "user") exchange[1].push(message);
    exchange[2] = at + 1;
  }
  return found;
}
