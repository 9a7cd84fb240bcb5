/**
 * Agents as tools of other agents, and handoffs from one agent to another.
 *
 * @import { Delegate } from "../types.js"
 * @import { AgentLike } from "./member.js"
 * @import { BoundTool, Delegation } from "./tool-types.js"
 */

import { ConfigError } from "../errors.js";
import { MEMBER } from "./member.js";

const DELEGATION = Symbol("staysail.delegation");

/**
 * Makes a tool that hands the conversation over: the run goes on with the other agent's model, preamble and tools, and keeps its history,
 * limits and hooks.
 * @param {AgentLike | (() => AgentLike)} agent the agent, or a function that returns it, for agents that hand over to each other
 * @param {{name?: string, description?: string}} [options] name: of the tool; by default transfer_to_ and the agent's name
 * @returns {Delegate}
 */
export function handoff(agent, { name, description } = {}) {
  if (typeof agent === "function" && !name) throw new ConfigError("a handoff by a function needs a name");
  const known = typeof agent === "function" ? "" : agent[MEMBER]().options.name;
  return delegate({ agent, kind: "handoff", name: name ?? (known ? `transfer_to_${word(known)}` : ""), description });
}

/**
 * @param {Delegation} delegation
 * @returns {Delegate}
 */
export function delegate(delegation) {
  if (!delegation.name)
    throw new ConfigError('an agent that others call needs a name: new Agent({name: "translator", …}), or the tool one of its own');
  return /** @type {any} */ ({ name: delegation.name, [DELEGATION]: delegation });
}

/** Returns a tool's name for an agent's name. @param {string} name */
export function word(name) {
  return name
    .replaceAll(/[^\p{L}\p{N}_]+/gu, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase();
}

/**
 * Returns the tool of a delegate, or nothing for any other tool.
 * @param {object} tool
 * @returns {BoundTool | undefined}
 */
export function bindDelegate(tool) {
  const delegation = /** @type {Delegation | undefined} */ (/** @type {any} */ (tool)[DELEGATION]);
  if (!delegation) return undefined;
  const { name = "", description = "", kind, events = false, needsApproval, idempotent } = delegation;
  return {
    name,
    needsApproval,
    async define(_prompt, _peer, crew) {
      const agent = await crew.join(tool, delegation);
      return { name, description, parameters: {}, agent, kind, events, idempotent };
    },
    call() {
      throw new ConfigError(`${name} is an agent: Python calls it itself`);
    },
  };
}
