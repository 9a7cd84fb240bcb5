/**
 * The line on which a plugin asks its host for files and the network. WASM cannot wait for a promise by itself, so there are two ways:
 *
 * - memory shared with the host: the worker sleeps in `Atomics.wait` until the answer is there. In Node, and in pages that are
 *   cross-origin isolated (served with COOP and COEP headers);
 * - JSPI, where the browser has it: the host function suspends the plugin.
 *
 * Host functions are written once, as generators that yield what they ask: `const {value, bytes} = yield ["read", {path}]`.
 *
 * The shared memory: [state, length of the head, length of the body, -] as 32-bit numbers, then the head (JSON) and the body. It grows.
 *
 * @typedef {{ok: true, value?: any} | {ok: false, code: string, message: string}} Head
 * @typedef {Head & {bytes: Uint8Array}} Answer
 * @typedef {[method: string, params: object, body?: Uint8Array]} Question
 * @typedef {Generator<Question, any, Answer>} Asking
 * @typedef {{id: number, method: string, params: string, body: Uint8Array}} Ask
 */

import { PluginFault } from "./faults.js";

const HEAD_BYTES = 16;
const FIRST_BYTES = 1 << 16;
/** Larger than the largest file that a host gives. */
const MOST_BYTES = (64 << 20) + FIRST_BYTES;
const ISOLATE = globalThis.crossOriginIsolated
  ? "this browser shares no memory between threads, though the page is isolated"
  : "serve the page with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
const NOTHING = new Uint8Array();
/** Most characters of a question beside its body: a path, or the headers of a request. */
const MOST_QUESTION = 1 << 16;
/** @type {Answer} */
const TOO_LONG = { ok: false, code: "bad_request", message: `a question has at most ${MOST_QUESTION} characters`, bytes: NOTHING };

/** Memory for answers, where a plugin can wait for it. @returns {SharedArrayBuffer | undefined} */
export function sharedMemory() {
  const possible = typeof SharedArrayBuffer !== "undefined" && "grow" in SharedArrayBuffer.prototype;
  return possible ? new SharedArrayBuffer(FIRST_BYTES, { maxByteLength: MOST_BYTES }) : undefined;
}

/**
 * The host's side.
 * @param {SharedArrayBuffer} shared
 * @param {string} head
 * @param {Uint8Array} body
 */
export function reply(shared, head, body) {
  let text = new TextEncoder().encode(head);
  if (HEAD_BYTES + text.length + body.length > MOST_BYTES) {
    text = new TextEncoder().encode(JSON.stringify({ ok: false, code: "limit", message: "the answer is too big for a plugin" }));
    body = NOTHING;
  }
  const needed = HEAD_BYTES + text.length + body.length;
  if (shared.byteLength < needed) shared.grow(needed);
  new Uint8Array(shared).set(text, HEAD_BYTES);
  new Uint8Array(shared).set(body, HEAD_BYTES + text.length);
  const state = new Int32Array(shared, 0, 4);
  state[1] = text.length;
  state[2] = body.length;
  Atomics.store(state, 0, 1);
  Atomics.notify(state, 0);
}

/** The plugin's side. */
export class Line {
  #shared;
  #post;
  #lastId = 0;
  /** @type {Map<number, (answer: Answer) => void>} */
  #waiting = new Map();

  /**
   * @param {SharedArrayBuffer | undefined} shared
   * @param {(ask: Ask) => void} post
   */
  constructor(shared, post) {
    this.#shared = shared;
    this.#post = post;
  }

  get suspends() {
    return !this.#shared && "Suspending" in WebAssembly;
  }

  /**
   * Waits for the answer.
   * @param {Question} question
   * @returns {Answer}
   */
  askNow([method, params, body = NOTHING]) {
    const text = JSON.stringify(params);
    if (text.length > MOST_QUESTION) return TOO_LONG;
    if (!this.#shared) throw new PluginFault(`a plugin of this kind cannot reach files here: ${ISOLATE}`);
    const state = new Int32Array(this.#shared, 0, 4);
    Atomics.store(state, 0, 0);
    this.#post({ id: 0, method, params: text, body });
    Atomics.wait(state, 0, 0);
    const head = new Uint8Array(this.#shared).slice(HEAD_BYTES, HEAD_BYTES + state[1]); // a decoder takes no shared memory
    const bytes = new Uint8Array(this.#shared).slice(HEAD_BYTES + state[1], HEAD_BYTES + state[1] + state[2]);
    return { ...JSON.parse(new TextDecoder().decode(head)), bytes };
  }

  /**
   * @param {Question} question
   * @returns {Promise<Answer>}
   */
  ask([method, params, body = NOTHING]) {
    const text = JSON.stringify(params);
    if (text.length > MOST_QUESTION) return Promise.resolve(TOO_LONG);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#post({ id, method, params: text, body });
    });
  }

  /**
   * An answer to `ask`.
   * @param {number} id
   * @param {string} head
   * @param {Uint8Array} bytes
   */
  take(id, head, bytes) {
    this.#waiting.get(id)?.({ ...JSON.parse(head), bytes });
    this.#waiting.delete(id);
  }

  /**
   * A host function for WASM.
   * @param {(...args: any[]) => Asking} asking
   * @returns {any}
   */
  hostFunction(asking) {
    if (this.#shared) {
      return (/** @type {any[]} */ ...args) => {
        const steps = asking(...args);
        let step = steps.next();
        while (!step.done) step = steps.next(this.askNow(step.value));
        return step.value;
      };
    }
    const suspending = async (/** @type {any[]} */ ...args) => {
      const steps = asking(...args);
      let step = steps.next();
      while (!step.done) step = steps.next(await this.ask(step.value));
      return step.value;
    };
    // @ts-expect-error: newer than TypeScript's library
    if (this.suspends) return new WebAssembly.Suspending(suspending);
    return () => {
      throw new PluginFault(`a plugin cannot reach files and the network here: this browser has no JSPI; ${ISOLATE}`);
    };
  }

  /**
   * An exported function, to be awaited.
   * @param {Function} exported
   * @returns {(...args: any[]) => any}
   */
  exported(exported) {
    // @ts-expect-error: newer than TypeScript's library
    return this.suspends ? WebAssembly.promising(exported) : exported;
  }
}
