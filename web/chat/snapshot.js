/**
 * The snapshot of a chat's state.
 *
 * @import { ApprovalRequest, Content, Usage } from "../types.js"
 * @import { Steering } from "../agent/steering.js"
 * @import { RunView } from "./fold.js"
 * @import { ChatMessage, ChatSnapshot } from "./types.js"
 *
 * @typedef {object} ChatState
 * @property {ChatMessage[]} past messages of the runs before
 * @property {RunView | undefined} run the run that is under way, or the last one
 * @property {boolean} isRunning
 * @property {boolean} isPaused whether the run paused for approvals
 * @property {boolean} isRestoring
 * @property {Steering} steering
 * @property {Error | undefined} error
 * @property {Usage} usage of the runs before
 */

import { requestsIn } from "./parts.js";
import { addUsage } from "./usage.js";

/**
 * @param {ChatState} state
 * @param {ChatSnapshot | undefined} before the snapshot before
 * @returns {ChatSnapshot}
 */
export function takeSnapshot(state, before) {
  const { past, run, isRunning, isPaused, steering, error } = state;
  const messages = run ? [...past, ...run.messages] : past;
  const last = messages.at(-1);
  const approvals = (isRunning || isPaused) && last ? requestsIn(last.parts) : [];
  const pending = steering.pending.map(({ id, content, when }) => ({ id, prompt: /** @type {Content} */ (content), when }));
  const told = (run?.queued ?? []).filter(({ id }) => !pending.some((queued) => queued.id === id));
  const usage = run ? addUsage(state.usage, run.usage) : state.usage;
  const isSame = before && JSON.stringify(before.usage) === JSON.stringify(usage);
  return {
    messages,
    status: statusOf(state, last, approvals),
    approvals,
    queued: [...told, ...pending],
    error,
    usage: isSame ? before.usage : usage,
  };
}

/**
 * @param {ChatState} state
 * @param {ChatMessage | undefined} last
 * @param {ApprovalRequest[]} approvals
 * @returns {ChatSnapshot["status"]}
 */
function statusOf({ isRestoring, isRunning, error }, last, approvals) {
  if (isRestoring) return "restoring";
  if (approvals.length) return "awaiting-approval";
  if (!isRunning) return error ? "error" : "ready";
  return last?.role === "assistant" && last.parts.some(({ type }) => type !== "step") ? "streaming" : "submitted";
}
