/**
 * The conversation as data: the turns, the history that goes with the next prompt, and the tokens
 * spent. A turn remembers the history it began with, so the last one can be taken back and asked again.
 *
 * @import { ChatEvent, Message, Part, Prompt, Source, TextPart, Usage } from "./types.js"
 */

import { sourcesOf } from "./citations.js";
import { addUsage, noUsage } from "./usage.js";

/**
 * @typedef {object} Turn
 * @property {Prompt} prompt
 * @property {Message[]} before
 * @property {string} text what the model has said so far
 * @property {Usage} usage
 * @property {Source[]} sources what the answer rests on
 * @property {Message[] | undefined} messages the whole exchange, once the run has given it
 */

export class Conversation {
  /** @type {Message[]} */
  history = [];
  usage = noUsage();

  /**
   * @param {Prompt} prompt
   * @returns {Turn}
   */
  begin(prompt) {
    return { prompt, before: this.history, text: "", usage: noUsage(), sources: [], messages: undefined };
  }

  /**
   * @param {Turn} turn
   * @param {ChatEvent} event
   */
  take(turn, event) {
    if (event.type === "text_delta") turn.text += event.text;
    if (event.type === "run_done") {
      turn.messages = event.reply.messages;
      turn.sources = sourcesOf(event.reply);
    }
    if (event.type === "step_done") {
      turn.usage = addUsage(turn.usage, event.usage);
      this.usage = addUsage(this.usage, event.usage);
    }
  }

  /**
   * The run ended, well or not.
   * @param {Turn} turn
   * @param {any} [error]
   */
  end(turn, error) {
    if (turn.messages) this.history = turn.messages;
    // A run that was cut off with its tool calls answered can be gone on with.
    else if (error?.history?.length > turn.before.length && error.history.at(-1)?.role !== "user") this.history = error.history;
    else if (turn.text) this.history = [...turn.before, userMessage(turn.prompt), assistantMessage(turn.text)];
  }

  /** As if the turn had not been; the tokens stay spent. @param {Turn} turn */
  takeBack(turn) {
    this.history = turn.before;
  }

  clear() {
    this.history = [];
    this.usage = noUsage();
  }
}

/**
 * @param {Prompt} prompt
 * @returns {Message}
 */
export function userMessage(prompt) {
  return { role: "user", content: typeof prompt === "string" ? [{ type: "text", text: prompt }] : prompt };
}

/**
 * @param {string} text
 * @returns {Message}
 */
function assistantMessage(text) {
  return { role: "assistant", content: [{ type: "text", text }] };
}

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
