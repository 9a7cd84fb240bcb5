/**
 * Where the chat's agent comes from: the page's own, or one made from the element's settings when it is next needed.
 *
 * @import { AgentOptions, Tool } from "../types.js"
 * @import { ChatAgent } from "./types.js"
 * @typedef {Tool[] | null | undefined | (() => Tool[] | Promise<Tool[]>)} ToolSource a function is called once Python is up, so it may ask for Python's tools
 */

export class AgentSource {
  /** @type {ChatAgent | undefined} the page's own; settings are then not used */
  given;
  /** @type {Partial<AgentOptions>} */
  #options = {};
  /** @type {ToolSource} */
  #tools;
  /** Whether the agent made last has any. */
  hasTools = false;
  /** @type {ChatAgent | undefined} */
  #made;

  /**
   * @template {keyof AgentOptions} N
   * @param {N} name @param {AgentOptions[N]} value undefined leaves it out
   */
  set(name, value) {
    this.#options[name] = value;
    this.#made = undefined;
  }

  /** @template {keyof AgentOptions} N @param {N} name @returns {Partial<AgentOptions>[N]} */
  get(name) {
    return this.#options[name];
  }

  get tools() {
    return this.#tools;
  }

  set tools(value) {
    this.#tools = value;
    this.#made = undefined;
  }

  /** Throws ConfigError where the settings cannot work. @returns {Promise<ChatAgent>} */
  async agent() {
    if (this.given) return this.given;
    if (!this.#made) {
      const { Agent } = await import("../index.js"); // not before there is something to ask it
      const set = Object.fromEntries(Object.entries(this.#options).filter(([, value]) => value !== undefined && value !== ""));
      const tools = typeof this.#tools === "function" ? await this.#tools() : this.#tools;
      this.#made = new Agent(/** @type {AgentOptions} */ ({ ...set, tools }));
      this.hasTools = Boolean(tools?.length);
    }
    return this.#made;
  }
}
