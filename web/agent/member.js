/**
 * Agents as other agents see them.
 *
 * @import { AgentOptions } from "../types.js"
 *
 * @typedef {{id: string, provider?: string, options: AgentOptions}} Member provider: fixed by a subpath
 * @typedef {{[MEMBER](): Member}} AgentLike an agent that others can call, as `Agent` is
 */

/** The method by which an agent describes itself to the agents that call it. */
export const MEMBER = Symbol("staysail.member");
