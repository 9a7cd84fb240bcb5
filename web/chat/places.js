/**
 * The places of a chat's messages in the model's history.
 *
 * @import { Message } from "../types.js"
 * @import { ChatMessage } from "./types.js"
 * @import { RunView } from "./fold.js"
 */

import { textOf } from "./history.js";

/**
 * Returns the messages of a run with their places in the history.
 * @param {ChatMessage[]} messages
 * @param {Message[]} history
 * @param {number} from the place of the prompt
 * @returns {ChatMessage[]}
 */
export function placed(messages, history, from) {
  const prompts = messages.filter(({ role }) => role === "user");
  const starts = prompts.map((message, nth) => (nth ? findPrompt(message, history, from + 1) : from));
  if (starts.some((start) => start === undefined || start >= history.length)) return messages;
  return messages.map((message) => {
    const nth = prompts.findLastIndex((prompt) => Number(prompt.id) <= Number(message.id));
    const start = /** @type {number} */ (starts[nth]);
    const end = starts[nth + 1] ?? history.length;
    return message.role === "user" ? { ...message, at: start, end: start + 1 } : { ...message, at: start + 1, end };
  });
}

/**
 * Returns the place of a user's message in the history, from a place on; undefined where it is not found.
 * @param {ChatMessage} message
 * @param {Message[]} history
 * @param {number} from
 */
function findPrompt(message, history, from) {
  const wanted = JSON.stringify(message.prompt);
  const at = history.findIndex((other, place) => place >= from && other.role === "user" && JSON.stringify(other.content) === wanted);
  return at < 0 ? undefined : at;
}

/**
 * Returns the history of a run without a reply: of its error, or else of the text that was shown.
 * @param {any} error
 * @param {RunView | undefined} run
 * @param {Message[]} before the history before the run
 * @returns {Message[] | undefined} undefined where there is no text
 */
export function brokenHistory(error, run, before) {
  const known = error?.history;
  if (Array.isArray(known) && known.length > before.length && known.at(-1)?.role !== "user") return known;
  const [prompt, answer] = run?.messages.slice(-2) ?? [];
  const text = textOf(answer);
  if (!prompt || !text) return undefined;
  return [
    ...before,
    { role: "user", content: /** @type {Message["content"]} */ (prompt.prompt) },
    { role: "assistant", content: [{ type: "text", text }] },
  ];
}
