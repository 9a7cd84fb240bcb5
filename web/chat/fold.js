/**
 * The messages of one run, folded from its events: the prompt and the answer, and a further pair for each message that the run took while it
 * was under way. A resumed run repeats its events from `run_started` on, which begins the fold again.
 *
 * @import { AgentEvent, Message, Reply, Usage } from "../types.js"
 * @import { ChatMessage, ChatPart, QueuedPrompt } from "./types.js"
 *
 * @typedef {object} RunView
 * @property {number} first the number of its first message, for ids
 * @property {number | undefined} at the place of its prompt in the history
 * @property {ChatMessage[]} messages
 * @property {Message[] | undefined} before the history before the prompt, known from `run_started` on
 * @property {string | undefined} runId of a durable run
 * @property {QueuedPrompt[]} queued messages of the record that wait
 * @property {Usage} usage
 * @property {Reply | undefined} reply
 */

import { userMessage } from "./history.js";
import { closeParts, foldParts } from "./parts.js";
import { addUsage, noUsage } from "./usage.js";

/**
 * Begins the view of a run.
 * @param {Message["content"] | string} prompt
 * @param {number} [first] messages before it
 * @param {number} [at] the place of its prompt in the history
 * @returns {RunView}
 */
export function beginRun(prompt, first = 0, at = undefined) {
  const messages = pair(prompt, first, at);
  return { first, at, messages, before: undefined, runId: undefined, queued: [], usage: noUsage(), reply: undefined };
}

/**
 * Returns the view of a run with an event in it.
 * @param {RunView} run
 * @param {AgentEvent} event
 * @returns {RunView}
 */
export function foldRun(run, event) {
  switch (event.type) {
    case "run_started": {
      const at = event.messages.length - 1;
      const messages = pair(event.messages.at(-1)?.content ?? "", run.first, at);
      return {
        ...run,
        at,
        messages,
        before: event.messages.slice(0, -1),
        runId: event.runId,
        queued: [],
        usage: noUsage(),
        reply: undefined,
      };
    }
    case "message_queued": {
      const { id, when, message } = event;
      return { ...run, queued: [...run.queued, { id, prompt: message.content, when }] };
    }
    case "message_delivered": {
      const done = endMessages(run.messages, "done");
      const last = done.at(-1);
      const kept = last?.role === "assistant" && !last.parts.length ? done.slice(0, -1) : done;
      const messages = [...kept, ...pair(event.message.content, run.first + kept.length)];
      return { ...run, messages, queued: run.queued.filter(({ id }) => id !== event.id) };
    }
    case "run_done":
      return { ...withParts(run, (parts) => foldParts(parts, event)), reply: event.reply, usage: event.reply.usage ?? run.usage };
    case "step_done": {
      const grown = withParts(run, (parts) => foldParts(parts, event));
      const last = /** @type {ChatMessage} */ (grown.messages.at(-1));
      const counted = { ...last, usage: addUsage(last.usage ?? noUsage(), event.usage) };
      return { ...grown, messages: grown.messages.with(-1, counted), usage: addUsage(run.usage, event.usage) };
    }
    default:
      return withParts(run, (parts) => {
        try {
          return foldParts(parts, event);
        } catch (error) {
          console.warn("staysail: an event could not be read", error); // the other events are shown
          return parts;
        }
      });
  }
}

/**
 * Returns the view of a run that is over.
 * @param {RunView} run
 * @param {"done" | "stopped" | "failed"} status
 * @param {Error} [error]
 * @returns {RunView}
 */
export function endRun(run, status, error) {
  return { ...run, messages: endMessages(run.messages, status, error) };
}

/**
 * Returns the messages of a resumed run: the last one streams again.
 * @param {ChatMessage[]} messages
 * @returns {ChatMessage[]}
 */
export function reopen(messages) {
  const last = messages.at(-1);
  if (!last || last.status === "streaming") return messages;
  const { error: _, ...rest } = last;
  return messages.with(-1, { ...rest, status: "streaming" });
}

/**
 * Returns the view of a run with other parts in its answer.
 * @param {RunView} run
 * @param {(parts: ChatPart[]) => ChatPart[]} change returns the answer's parts
 * @returns {RunView}
 */
export function withParts(run, change) {
  const last = /** @type {ChatMessage} */ (run.messages.at(-1));
  const parts = change(last.parts);
  return parts === last.parts ? run : { ...run, messages: run.messages.with(-1, { ...last, parts }) };
}

/**
 * @param {ChatMessage[]} messages
 * @param {"done" | "stopped" | "failed"} status
 * @param {Error} [error]
 */
function endMessages(messages, status, error) {
  const last = messages.at(-1);
  if (last?.status !== "streaming") return messages;
  return messages.with(-1, { ...last, status, parts: closeParts(last.parts), ...(error ? { error } : {}) });
}

/**
 * @param {Message["content"] | string} prompt
 * @param {number} first
 * @param {number} [at]
 * @returns {ChatMessage[]}
 */
function pair(prompt, first, at) {
  const user = userMessage(prompt, `${first + 1}`);
  return [
    at === undefined ? user : { ...user, at, end: at + 1 },
    { id: `${first + 2}`, role: "assistant", parts: [], status: "streaming" },
  ];
}
