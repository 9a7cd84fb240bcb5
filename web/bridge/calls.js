/**
 * The calls of a connection that have not ended: what each side keeps of one.
 *
 * A method that the other side may call: it returns a value, a promise of a value, or an async iterable for a stream.
 * @typedef {(params: any, context: {signal: AbortSignal}) => unknown} Handler
 * @typedef {Record<string, Handler>} Handlers
 */

import { RunCancelled } from "../errors.js";

/** Most values of a stream that may be on their way; the same as in peer.py. */
const ROOM = 512;

/** The reader of a call. `end` is called once. @typedef {{event(values: any[]): void, end(error: unknown, value: unknown): void}} Reader */

/** A call that this side made. */
export class OutgoingCall {
  #stop;
  #signal;
  /** Errors that handlers threw: an error of the other side that comes of one has it as its cause. @type {unknown[]} */
  thrown = [];

  /**
   * @param {Reader} reader
   * @param {AbortSignal | undefined} signal
   * @param {Handlers | undefined} handlers
   * @param {() => void} cancel
   */
  constructor(reader, signal, handlers, cancel) {
    this.reader = reader;
    this.handlers = handlers;
    this.#signal = signal;
    this.#stop = cancel;
    signal?.addEventListener("abort", cancel, { once: true });
  }

  /**
   * @param {unknown} error
   * @param {unknown} [value]
   */
  finish(error, value) {
    this.#signal?.removeEventListener("abort", this.#stop);
    this.reader.end(error instanceof RunCancelled && this.#signal?.aborted ? abortReason(this.#signal, error) : error, value);
  }
}

/** A call that the other side made. */
export class IncomingCall {
  #controller = new AbortController();
  #room = ROOM;
  #hasRoom = () => {};

  get signal() {
    return this.#controller.signal;
  }

  abort() {
    this.#controller.abort();
    this.#hasRoom();
  }

  /** @param {number} count */
  addRoom(count) {
    this.#room += count;
    this.#hasRoom();
  }

  /**
   * @param {AsyncIterable<any>} values
   * @param {(batch: any[]) => void} post
   * @returns {Promise<any>} the value that the iterable returns at its end
   */
  async pump(values, post) {
    const iterator = values[Symbol.asyncIterator]();
    let ended = false;
    try {
      while (!this.signal.aborted) {
        const { done, value } = await iterator.next();
        ended = Boolean(done);
        if (done) return value;
        if (this.signal.aborted) return;
        post([value]);
        this.#room -= 1;
        while (this.#room <= 0 && !this.signal.aborted) await new Promise((resolve) => (this.#hasRoom = () => resolve(undefined)));
      }
    } catch (error) {
      ended = true;
      throw error;
    } finally {
      if (!ended) await iterator.return?.();
    }
  }
}

/** The values of a stream, from their arrival until they are read. @implements {Reader} */
export class Inbox {
  /** @type {any[]} */
  #values = [];
  #position = 0;
  #taken = 0;
  /** @type {{error: unknown} | undefined} */
  #end;
  /** @type {(() => void)[]} */
  #waiting = [];

  get ended() {
    return this.#end !== undefined;
  }

  /** @param {any[]} values */
  event(values) {
    this.#values = this.#position < this.#values.length ? this.#values.slice(this.#position).concat(values) : values;
    this.#position = 0;
    this.#wake();
  }

  /** @param {unknown} error */
  end(error) {
    this.#end ??= { error };
    this.#wake();
  }

  close() {
    this.#values = [];
    this.#end = { error: undefined };
    this.#wake();
  }

  /**
   * @param {(count: number) => void} room tells the other side how many values were read
   * @returns {Promise<IteratorResult<any>>}
   */
  async next(room) {
    while (this.#position >= this.#values.length) {
      if (this.#end) {
        const { error } = this.#end;
        this.#end = { error: undefined };
        if (error !== undefined) throw error;
        return { done: true, value: undefined };
      }
      await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
    }
    if (++this.#taken >= ROOM / 2) {
      if (!this.#end) room(this.#taken);
      this.#taken = 0;
    }
    return { done: false, value: this.#values[this.#position++] };
  }

  #wake() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/**
 * Returns the error that a cancelled call fails with: the signal's own reason, as fetch's promise has it. Where that is the browser's usual
 * reason, a RunCancelled of the same name, with the history and usage so far.
 * @param {AbortSignal} signal
 * @param {RunCancelled} [error]
 * @returns {unknown}
 */
export function abortReason(signal, error) {
  const { reason } = signal;
  if (!(reason instanceof DOMException)) return reason;
  const stopped = new RunCancelled(error?.message ?? "the run was cancelled", {
    history: error?.history,
    usage: error?.usage,
    cause: reason,
  });
  stopped.name = reason.name;
  return stopped;
}
