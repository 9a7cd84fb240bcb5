/**
 * The durable runs of a chat: finds the last one, which may be under way, and deletes runs.
 *
 * @import { AgentEvent } from "../types.js"
 * @import { ChatAgent, ChatCall } from "./types.js"
 * @typedef {(agent: ChatAgent, options: ChatCall) => AsyncIterable<AgentEvent>} Begin
 */

/**
 * Returns the prompt of the last run, which a page before a reload or another tab began, and a function that resumes it or shows its end.
 * @param {ChatAgent} agent
 * @param {string} [conversation] the conversation of the run. It holds the runs that have ended, so those are not shown again
 * @returns {Promise<{prompt: string, begin: Begin} | undefined>}
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
 * Returns a function that resumes the last run where it failed, so that its tool calls are not repeated.
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
 * Deletes the runs of a chat that no tab carries out.
 * @param {ChatAgent} agent
 * @param {string} [conversation]
 * @param {string} [kept] the id of a run that stays
 */
export async function forgetRuns(agent, conversation, kept) {
  for (const { id, owned } of await runsOf(agent, conversation)) if (id !== kept && !owned) await agent.forgetRun?.(id);
}

/**
 * Returns the runs on record, the newest first; none for an agent without a record.
 * @param {ChatAgent} agent
 * @param {string} [conversation]
 */
async function runsOf(agent, conversation) {
  try {
    return ((await agent.runs?.()) ?? []).filter((run) => (run.conversation ?? undefined) === conversation);
  } catch (error) {
    if (/** @type {any} */ (error)?.code === "config") return []; // the agent keeps no runs
    throw error;
  }
}
