/**
 * Agents at the service of others. A call describes every agent it may come to need; each is known by its id there, and what Python calls
 * back names the agent on whose behalf.
 *
 * @import { Agent } from "./agent.js"
 * @import { AgentOptions, CallOptions, Delegate, ToolApproval } from "../types.js"
 * @import { Handler, Handlers, Peer } from "../bridge/rpc.js"
 * @import { BoundTool } from "./tools.js"
 */

import { ConfigError } from "../errors.js";
import { describeAgent } from "./options.js";

/** How an agent describes itself to those that delegate to it. */
export const MEMBER = Symbol("staysail.member");
const DELEGATION = Symbol("staysail.delegation");

/**
 * @typedef {{id: string, provider?: string, options: AgentOptions}} Member
 * @typedef {{agent: Agent<any> | (() => Agent<any>), kind: "tool" | "handoff", name?: string, description?: string, events?: boolean,
 *   needsApproval?: ToolApproval, idempotent?: boolean, options?: CallOptions}} Delegation
 */

/**
 * A tool that hands the conversation over: the run goes on with the other agent's model, preamble and tools, and keeps its history, limits
 * and hooks.
 * @param {Agent<any> | (() => Agent<any>)} agent or a function that gives it, for agents that know one another
 * @param {{name?: string, description?: string}} [options] name: of the tool; by default transfer_to_ and the agent's
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
  return /** @type {Delegate} */ ({ name: delegation.name, [DELEGATION]: delegation });
}

/** A tool's name from an agent's. @param {string} name */
export function word(name) {
  return name
    .replaceAll(/[^\p{L}\p{N}_]+/gu, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase();
}

/**
 * Nothing where it is no delegate.
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

/** All agents of one call. */
export class Crew {
  #prompt;
  #peer;
  /** @type {Record<string, unknown>} */
  agents = {};
  /** @type {Map<string, Handlers>} */
  #handlers = new Map();
  /** @type {Map<object, string>} */
  #joined = new Map();

  /**
   * @param {string} prompt
   * @param {Peer} peer
   */
  constructor(prompt, peer) {
    this.#prompt = prompt;
    this.#peer = peer;
  }

  /**
   * @param {string} id
   * @param {Omit<Member, "id">} member
   */
  async add(id, { provider, options }) {
    if (id in this.agents) return;
    this.agents[id] = null; // one that it delegates to may lead back to it
    const { agent, handlers } = await describeAgent(options, { provider, id, prompt: this.#prompt, peer: this.#peer, crew: this });
    this.agents[id] = agent;
    this.#handlers.set(id, handlers);
  }

  /**
   * The id of the agent behind a tool.
   * @param {object} tool
   * @param {Delegation} delegation
   * @returns {Promise<string>}
   */
  async join(tool, { agent, kind, options = {} }) {
    const member = (typeof agent === "function" ? agent() : agent)[MEMBER]();
    const id = kind === "handoff" ? member.id : (this.#joined.get(tool) ?? `${member.id}/${this.#joined.size + 1}`);
    this.#joined.set(tool, id);
    await this.add(id, { ...member, options: { ...member.options, ...options } });
    return id;
  }

  /** What Python may call back, by the agent on whose behalf. @returns {Handlers} */
  handlers() {
    const names = new Set([...this.#handlers.values()].flatMap((handlers) => Object.keys(handlers)));
    /**
     * @param {string} name
     * @returns {Handler}
     */
    const handle = (name) => (params, context) => /** @type {Handlers} */ (this.#handlers.get(params.owner))[name](params, context);
    return Object.fromEntries([...names].map((name) => [name, handle(name)]));
  }
}
