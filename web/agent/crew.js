/**
 * The agents of one call: the agent that was called and every agent that it may delegate to. The call describes all of them to Python, each
 * under an id, and each call that Python makes back names the agent on whose behalf it is made.
 *
 * @import { Handler, Handlers, Peer } from "../bridge/rpc.js"
 * @import { Member } from "./member.js"
 * @import { Delegation } from "./tool-types.js"
 */

import { MEMBER } from "./member.js";
import { describeAgent } from "./options.js";

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
    this.agents[id] = null; // an agent that it delegates to may lead back to it
    const { agent, handlers } = await describeAgent(options, { provider, id, prompt: this.#prompt, peer: this.#peer, crew: this });
    this.agents[id] = agent;
    this.#handlers.set(id, handlers);
  }

  /**
   * Returns the id of the agent behind a tool.
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

  /** Returns the functions that Python may call, which find the agent on whose behalf each call is made. @returns {Handlers} */
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
