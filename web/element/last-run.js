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
 * @param {ChatAgent} agent
 * @param {string} [conversation] whose it is; that holds the runs that have ended itself
 * @returns {Promise<{prompt: string, begin: Begin} | undefined>} begin: goes on with it, or shows how it ended
 */
export async function findLastRun(agent, conversation) {
  const [run] = await runsOf(agent, conversation);
  if (!run) return undefined;
  const goesOn = run.state === "running" || run.state === "paused";
  if (conversation !== undefined && !goesOn) return undefined;
  const how = goesOn ? "resumeStream" : "watch";
  return { prompt: run.prompt, begin: (taking, options) => /** @type {Required<ChatAgent>} */ (taking)[how](run.id, options) };
}

/**
 * What goes on with a run that failed, so that nothing that it did is done twice; nothing where there is none.
 * @param {ChatAgent} agent
 * @param {string} [conversation]
 * @returns {Promise<Begin | undefined>}
 */
export async function findFailedRun(agent, conversation) {
  const [run] = await runsOf(agent, conversation);
  if (run?.state !== "failed") return undefined;
  return (taking, options) => /** @type {Required<ChatAgent>} */ (taking).resumeStream(run.id, options);
}

/**
 * @param {ChatAgent} agent
 * @param {string} [conversation]
 * @param {string} [kept] the one that stays
 */
export async function forgetRuns(agent, conversation, kept) {
  for (const { id, owned } of await runsOf(agent, conversation)) if (id !== kept && !owned) await agent.forgetRun?.(id);
}

/**
 * @param {ChatAgent} agent
 * @param {string} [conversation]
 */
async function runsOf(agent, conversation) {
  return ((await agent.runs?.()) ?? []).filter((run) => (run.conversation ?? undefined) === conversation);
}
