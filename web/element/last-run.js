/**
 * The run that a durable chat keeps: the last one, which holds what was said before it.
 *
 * @import { ChatAgent, ChatEvent, ApprovalAnswer, ApprovalRequest } from "./types.js"
 * @typedef {(agent: ChatAgent, options: {signal: AbortSignal, approve: (request: ApprovalRequest) => Promise<ApprovalAnswer>}) => AsyncIterable<ChatEvent>} Begin
 */

/** Once whoever made the element has set what it needs. @param {() => void} work */
export function onceSet(work) {
  if (document.readyState === "complete") setTimeout(work);
  else window.addEventListener("load", () => setTimeout(work), { once: true });
}

/**
 * From an earlier life of the page, or in another tab.
 * @param {ChatAgent} agent @param {boolean} unended only one that has not ended
 * @returns {Promise<{prompt: string, begin: Begin} | undefined>} begin: goes on with it, or shows how it ended
 */
export async function findLastRun(agent, unended) {
  const [run] = (await agent.runs?.()) ?? [];
  if (!run) return undefined;
  const goesOn = run.state === "running" || run.state === "paused";
  if (unended && !goesOn) return undefined;
  const how = goesOn ? "resumeStream" : "watch";
  return { prompt: run.prompt, begin: (taking, options) => /** @type {Required<ChatAgent>} */ (taking)[how](run.id, options) };
}

/** @param {ChatAgent} agent @param {string} [kept] */
export async function forgetRuns(agent, kept) {
  for (const { id, owned } of (await agent.runs?.()) ?? []) if (id !== kept && !owned) await agent.forgetRun?.(id);
}
