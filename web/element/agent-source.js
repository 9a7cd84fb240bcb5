/**
 * Where the chat's agent comes from: the page's own, or one made from the element's settings when it is next needed, once Python is up.
 *
 * @import { AgentOptions, Tool } from "../types.js"
 * @import { PythonStart } from "./python-start.js"
 * @import { Startup } from "./startup.js"
 * @import { ChatAgent } from "./types.js"
 * @typedef {Tool[] | null | undefined | (() => Tool[] | Promise<Tool[]>)} ToolSource a function is called once Python is up, so it may ask for Python's tools
 */

import { unlessAborted } from "../agent/unless-aborted.js";
import { isLocal, loadLocalModel } from "./local-start.js";

export class AgentSource {
  #python;
  #startup;
  /** @type {ChatAgent | undefined} the page's own agent, in place of the settings */
  given;
  /** @type {Partial<AgentOptions>} */
  #options = {};
  /** @type {ToolSource} */
  #tools;
  /** Whether the last agent has tools. */
  #hasTools = false;
  /** @type {ChatAgent | undefined} */
  #made;
  /** Counts changes of the settings: an agent that was being made of former settings is used once. */
  #version = 0;

  /**
   * @param {PythonStart} python
   * @param {Startup} startup
   */
  constructor(python, startup) {
    this.#python = python;
    this.#startup = startup;
  }

  /**
   * @template {keyof AgentOptions} N
   * @param {N} name
   * @param {AgentOptions[N]} value undefined leaves it out
   */
  set(name, value) {
    this.#options[name] = value;
    this.#change();
  }

  /**
   * @template {keyof AgentOptions} N
   * @param {N} name
   * @returns {Partial<AgentOptions>[N]}
   */
  get(name) {
    return this.#options[name];
  }

  /** "provider:model"; "" for a model that is an object, and for several models. */
  get modelName() {
    const given = this.get("model");
    const model = Array.isArray(given) && given.length === 1 ? given[0] : given;
    const name = typeof model === "object" && model !== null && "model" in model ? model.model : model;
    return !this.given && typeof name === "string" ? name : "";
  }

  get tools() {
    return this.#tools;
  }

  set tools(value) {
    this.#tools = value;
    this.#change();
  }

  #change() {
    this.#made = undefined;
    this.#version++;
  }

  /** Throws ConfigError where the settings cannot work. @returns {Promise<ChatAgent>} */
  async agent() {
    if (this.given) return this.given;
    if (this.#made) return this.#made;
    const version = this.#version;
    const given = this.#tools;
    const { Agent } = await import("../index.js"); // loaded with the first message
    const tools = typeof given === "function" ? await given() : given;
    // Read last, because a page may set more while it finds its tools.
    const set = Object.fromEntries(Object.entries(this.#options).filter(([, value]) => value !== undefined && value !== ""));
    const made = new Agent(/** @type {AgentOptions} */ ({ ...set, tools }));
    this.#hasTools = Boolean(tools?.length);
    if (version === this.#version) this.#made = made;
    return made;
  }

  /** The words for the user before an answer begins: what it waits for. */
  get waitingFor() {
    if (this.given || this.#python.ready) return "Thinking";
    return "Python is still starting. Your message goes out as soon as it is up.";
  }

  /** Starts Python ahead of the first message. */
  warm() {
    if (!this.given) this.#python.start().catch(() => {}); // a failure is shown by the view of Python's start
  }

  /**
   * Returns the agent, once Python and the model in the page are ready.
   * @param {(what: string) => void} wait called with words for the user: what the answer waits for
   * @param {AbortSignal} signal
   */
  async prepare(wait, signal) {
    if (!this.given) {
      await unlessAborted(this.#python.start(), signal);
      wait("Thinking");
    }
    const agent = await unlessAborted(this.agent(), signal);
    const given = this.get("model");
    const models = (Array.isArray(given) ? given : [given]).map((item) => (typeof item === "object" ? item.model : item));
    const model = models.find((name) => name && isLocal(name));
    if (!this.given && model) {
      wait("The model in this page is being made ready");
      await loadLocalModel(model, this.#startup, { tools: this.#hasTools, signal });
      wait("Thinking");
    }
    return agent;
  }
}
