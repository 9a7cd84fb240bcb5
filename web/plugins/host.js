/**
 * Loads plugins and calls them, each in a worker of its own. Python decides what a plugin may do; this only runs it.
 *
 * @import { About, Spec } from "./types.js"
 * @import { Thread } from "./thread.js"
 *
 * Answers what a plugin asks: JSON text and bytes in, JSON text and bytes out.
 * @typedef {(method: string, params: string, body: Uint8Array) => Promise<[head: string, body: Uint8Array]>} Answering
 */

import { PluginError, PluginFault } from "./faults.js";
import { reply, sharedMemory } from "./line.js";
import { openThread } from "./thread.js";

const MOST_MODULES = 16;
/** Least heap of a plugin's JavaScript in Node. */
const LEAST_HEAP_BYTES = 64 << 20;

/** Compiled modules by the hash of their bytes, the last used one last. @type {Map<string, WebAssembly.Module>} */
const compiled = new Map();

/**
 * @param {string} hash
 * @param {WebAssembly.Module} module
 */
function keep(hash, module) {
  compiled.delete(hash);
  compiled.set(hash, module);
  for (const oldest of compiled.keys()) {
    if (compiled.size <= MOST_MODULES) break;
    compiled.delete(oldest);
  }
}

/**
 * Rejects with a PluginFault for what cannot be compiled, lacks an import or fails while it starts.
 * @param {Spec} spec
 * @param {Uint8Array<ArrayBuffer>} bytes WASM, its memory capped already, or JavaScript source
 * @param {(text: string) => void} [log]
 */
export async function loadPlugin(spec, bytes, log = (text) => console.debug(`plugin ${spec.name}: ${text}`)) {
  const plugin = new LoadedPlugin(spec, spec.kind === "wasm" ? await findCode(bytes) : { source: new TextDecoder().decode(bytes) }, log);
  await plugin.start();
  return plugin;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<Code>}
 */
async function findCode(bytes) {
  const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].join();
  const module = compiled.get(hash);
  return module ? { hash, module } : { hash, bytes };
}

/** A plugin's code: WASM, compiled by a worker before or not, or JavaScript. @typedef {{hash?: string, module?: WebAssembly.Module, bytes?: Uint8Array, source?: string}} Code */

export class LoadedPlugin {
  /** @type {About} */
  about = {};
  #spec;
  #code;
  #log;
  /** @type {Worker | undefined} */
  #worker;
  /** @type {any} */
  #config;

  /**
   * @param {Spec} spec
   * @param {Code} code
   * @param {(text: string) => void} log
   */
  constructor(spec, code, log) {
    this.#spec = spec;
    this.#code = code;
    this.#log = log;
  }

  /** Compiles and starts it in a new worker, within the time that a plugin has for its start. */
  async start() {
    const worker = new Worker(this.#spec, this.#log);
    this.#worker = worker;
    const { timeout_ms } = this.#spec;
    const timer = setTimeout(() => worker.end(`it did not start within ${timeout_ms / 1000} s`), timeout_ms);
    try {
      await worker.open();
      const { hash, ...code } = this.#code;
      const { about, module } = await worker.send({ type: "start", spec: this.#spec, ...code, shared: worker.shared });
      this.about = about;
      if (hash && module) {
        this.#code = { hash, module };
        keep(hash, module);
      }
      if (this.#config !== undefined) await worker.send({ type: "init", config: this.#config });
    } catch (error) {
      if (worker === this.#worker) this.stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Kept, for when the plugin has to be started again. @param {any} config */
  async init(config) {
    if (!this.#worker) await this.start();
    await /** @type {Worker} */ (this.#worker).send({ type: "init", config });
    this.#config = config;
  }

  /**
   * Not before the call before has ended. Rejects with a PluginError, or with a PluginFault; the next call then has a new instance.
   * @param {string} text the request
   * @param {Answering} answering
   * @returns {Promise<string>} the response
   */
  async execute(text, answering) {
    if (!this.#worker) await this.start();
    const worker = /** @type {Worker} */ (this.#worker);
    try {
      return await worker.send({ type: "execute", text }, answering);
    } catch (error) {
      if (worker === this.#worker && !(error instanceof PluginError)) this.stop();
      throw error;
    }
  }

  /** Ends it, in the middle of a call too; the next call starts it again. */
  stop() {
    this.#worker?.end("it was ended");
    this.#worker = undefined;
  }
}

class Worker {
  shared = sharedMemory();
  #spec;
  #log;
  /** @type {Thread | undefined} */
  #thread;
  /** @type {PluginFault | undefined} */
  #ended;
  /** @type {{resolve: (value: any) => void, reject: (error: Error) => void} | undefined} */
  #pending;
  /** @type {Answering | undefined} */
  #answering;

  /**
   * @param {Spec} spec
   * @param {(text: string) => void} log
   */
  constructor(spec, log) {
    this.#spec = spec;
    this.#log = log;
  }

  /** @returns {Promise<void>} */
  open() {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      const heapBytes = Math.max(LEAST_HEAP_BYTES, this.#spec.memory_bytes);
      const opening = openThread(
        (message) => this.#receive(message),
        (why) => this.end(`it crashed: ${why}`),
        heapBytes,
      );
      opening.then((thread) => {
        this.#thread = thread;
        if (this.#ended) thread.end();
      }, reject);
    });
  }

  /**
   * @param {any} message
   * @param {Answering} [answering]
   * @returns {Promise<any>}
   */
  send(message, answering) {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#answering = answering;
      this.#thread?.hold(true);
      this.#thread?.post(message);
    });
  }

  /** @param {string} why */
  end(why) {
    if (this.#ended) return;
    this.#ended = new PluginFault(why);
    this.#thread?.end();
    this.#settle((pending) => pending.reject(/** @type {PluginFault} */ (this.#ended)));
  }

  /** @param {any} message */
  #receive(message) {
    switch (message.type) {
      case "log":
        return this.#log(message.text);
      case "ask":
        return void this.#answer(message);
      case "fault":
        return this.#settle((pending) => pending.reject(new (message.goesOn ? PluginError : PluginFault)(message.message)));
      default:
        return this.#settle((pending) => pending.resolve(message.value));
    }
  }

  /** @param {{id: number, method: string, params: string, body: Uint8Array}} ask */
  async #answer({ id, method, params, body }) {
    let head = JSON.stringify({ ok: false, code: "refused", message: "files and the network are there for calls alone" });
    let bytes = new Uint8Array();
    if (this.#answering) [head, bytes] = /** @type {[string, Uint8Array<ArrayBuffer>]} */ (await this.#answering(method, params, body));
    if (this.#ended) return;
    if (this.shared && id === 0) reply(this.shared, head, bytes);
    else this.#thread?.post({ type: "answer", id, head, bytes });
  }

  /** @param {(pending: {resolve: (value: any) => void, reject: (error: Error) => void}) => void} how */
  #settle(how) {
    const pending = this.#pending;
    this.#pending = this.#answering = undefined;
    this.#thread?.hold(false);
    if (pending) how(pending);
  }
}
