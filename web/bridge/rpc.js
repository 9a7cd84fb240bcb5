/**
 * Calls between the page and Python, in both directions. py/staysail/bridge/peer.py is the other end. Messages cross as JSON text:
 *
 *     call    {id, method, params, parent}   caller → callee. parent: the callee's own call, on behalf of which this call is made
 *     pull    {id, count}                    caller → callee: room for so many more values of a streaming call
 *     cancel  {id}                           caller → callee: stop
 *     event   {id, values}                   callee → caller: values of a streaming call, as many as came at once
 *     done    {id, value}                    callee → caller, the last message of a call
 *     fault   {id, error}                    callee → caller, the last message of a call that failed
 *
 * Every call ends in exactly one `done` or `fault`. When the connection breaks, every call ends with the error given to `close`. A message
 * that cannot be read fails the call that its beginning names: both sides begin a message with {"type":…,"id":…. One array of bytes may
 * come beside a message: the field `$bytes` of a call's params, of its value, or of an event's only value.
 * @typedef {{type: "call", id: number, method: string, params: any, parent?: number | null}} CallMessage
 * @typedef {{type: "pull", id: number, count: number}} PullMessage
 * @typedef {{type: "cancel", id: number}} CancelMessage
 * @typedef {{type: "event", id: number, values: any[]}} EventMessage
 * @typedef {{type: "done", id: number, value?: any}} DoneMessage
 * @typedef {{type: "fault", id: number, error: ErrorRecord}} FaultMessage
 * @typedef {CallMessage | PullMessage | CancelMessage | EventMessage | DoneMessage | FaultMessage} RpcMessage
 *
 * Sends a message to the other side.
 * @typedef {(text: string, bytes?: Uint8Array) => void} Send
 *
 * @typedef {import("./calls.js").Handler} Handler
 * @typedef {import("./calls.js").Handlers} Handlers
 * @typedef {{signal?: AbortSignal, handlers?: Handlers}} CallOptions
 *
 * @import { ErrorRecord } from "../errors.js"
 * @import { Reader } from "./calls.js"
 */

import { toBase64 } from "./base64.js";
import { IncomingCall, Inbox, OutgoingCall, abortReason } from "./calls.js";
import { ConfigError, InterpreterError, StaysailError, fromRecord, messageOf, toRecord } from "../errors.js";

/** Milliseconds that a cancelled call waits for its last message, which brings the answer so far. */
const GRACE_MS = 1000;
/** The beginning of every message. */
const HEAD = /^\{"type":"(\w+)","id":(\d+)/;

export class Peer {
  #send;
  #services;
  #onBroken;
  /** @type {Map<number, OutgoingCall>} */
  #outgoing = new Map();
  /** @type {Map<number, IncomingCall>} */
  #incoming = new Map();
  #lastId = 0;
  /** @type {Error | undefined} */
  #closed;
  /** Streams that were dropped without being read to their end. @type {FinalizationRegistry<number>} */
  #dropped = new FinalizationRegistry((id) => this.#leave(id));

  /**
   * @param {Send} send
   * @param {Handlers} [services] methods that the other side may call at any time
   * @param {(error: InterpreterError) => void} [onBroken] called for an unreadable message that names no call
   */
  constructor(send, services = {}, onBroken = (error) => this.close(error)) {
    this.#send = send;
    this.#services = services;
    this.#onBroken = onBroken;
  }

  /** The number of calls that have not ended. */
  get pending() {
    return this.#outgoing.size;
  }

  /**
   * @param {string} method
   * @param {unknown} params
   * @param {CallOptions} [options]
   * @returns {Promise<any>}
   */
  call(method, params, options = {}) {
    return new Promise((resolve, reject) => {
      this.#begin(method, params, options, { event: () => {}, end: (error, value) => (error ? reject(error) : resolve(value)) });
    });
  }

  /**
   * Makes a streaming call. It starts at the first `next`; leaving the loop ends it.
   * @param {string} method
   * @param {unknown} params
   * @param {CallOptions} [options]
   * @returns {AsyncIterableIterator<any>}
   */
  stream(method, params, options = {}) {
    const values = new Inbox();
    let id = 0;
    const begin = () => {
      id = this.#begin(method, params, options, values);
      this.#dropped.register(iterator, id, iterator);
    };
    const room = (/** @type {number} */ count) => this.#post({ type: "pull", id, count });
    const end = () => {
      this.#dropped.unregister(iterator);
      this.#leave(id);
    };
    /** @type {AsyncIterableIterator<any>} */
    const iterator = {
      async next() {
        if (!id && !values.ended) begin();
        return values.next(room);
      },
      async return(value) {
        values.close();
        end();
        return { done: true, value };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    return iterator;
  }

  /**
   * Takes one message from the other side. Never throws: an unreadable message fails its call.
   * @param {string} text
   * @param {Uint8Array} [bytes]
   */
  receive(text, bytes) {
    try {
      /** @type {RpcMessage} */
      const message = JSON.parse(text);
      if (bytes) payload(message).$bytes = bytes;
      this.#take(message);
    } catch (cause) {
      this.#refuse(text, cause);
    }
  }

  /** @param {RpcMessage} message */
  #take(message) {
    switch (message.type) {
      case "event":
        return this.#outgoing.get(message.id)?.reader.event(message.values);
      case "done":
        return this.#end(message.id, undefined, message.value);
      case "fault":
        return this.#end(message.id, message.error);
      case "call":
        return void this.#serve(message);
      case "pull":
        return this.#incoming.get(message.id)?.addRoom(message.count);
      case "cancel":
        return this.#incoming.get(message.id)?.abort();
    }
  }

  /**
   * Fails the call that an unreadable message belongs to.
   * @param {string} text
   * @param {unknown} cause
   */
  #refuse(text, cause) {
    const [, type, digits] = HEAD.exec(text) ?? [];
    const id = Number(digits);
    const error = new InterpreterError(`a message between JavaScript and Python could not be read: ${messageOf(cause)}`, {
      code: "bad_message",
      cause,
    });
    if (type === "call") return this.#post({ type: "fault", id, error: toRecord(error) });
    if (type !== "event" && type !== "done" && type !== "fault") return this.#onBroken(error);
    this.#leave(id, error);
  }

  /** Ends the connection: every pending call fails with `error`, and so does every later call. @param {Error} error */
  close(error) {
    if (this.#closed) return;
    this.#closed = error;
    for (const call of this.#outgoing.values()) call.finish(error);
    this.#outgoing.clear();
    for (const call of this.#incoming.values()) call.abort();
    this.#incoming.clear();
  }

  /**
   * @param {string} method
   * @param {unknown} params
   * @param {CallOptions} options
   * @param {Reader} reader
   * @returns {number} the call's id; 0 when it failed before it began
   */
  #begin(method, params, { signal, handlers }, reader) {
    const failed = this.#closed ?? (signal?.aborted ? abortReason(signal) : undefined);
    if (failed !== undefined) {
      reader.end(failed, undefined);
      return 0;
    }
    const id = ++this.#lastId;
    const call = new OutgoingCall(reader, signal, handlers, () => {
      this.#post({ type: "cancel", id });
      setTimeout(() => this.#end(id, { name: "RunCancelled", message: "the run was cancelled" }), GRACE_MS);
    });
    this.#outgoing.set(id, call);
    try {
      this.#post({ type: "call", id, method, params });
    } catch (error) {
      this.#outgoing.delete(id);
      const why = `${method} was not called, because its parameters cannot be written as JSON: ${messageOf(error)}`;
      call.finish(error instanceof StaysailError ? error : new ConfigError(why, { cause: error }));
      return 0;
    }
    return id;
  }

  /**
   * @param {number} id
   * @param {ErrorRecord} [error]
   * @param {unknown} [value]
   */
  #end(id, error, value) {
    const call = this.#outgoing.get(id);
    this.#outgoing.delete(id);
    call?.finish(error && fromRecord(error, call.thrown[error.thrown ?? -1]), value);
  }

  /**
   * Gives up a call whose result nobody wants, or nobody can read.
   * @param {number} id
   * @param {Error} [error]
   */
  #leave(id, error) {
    const call = this.#outgoing.get(id);
    if (!call) return;
    this.#outgoing.delete(id);
    call.finish(error);
    this.#post({ type: "cancel", id });
  }

  /** @param {CallMessage} message */
  async #serve({ id, method, params, parent }) {
    const call = new IncomingCall();
    const parentCall = parent ? this.#outgoing.get(parent) : undefined;
    this.#incoming.set(id, call);
    try {
      const known = parentCall?.handlers ?? {};
      const handler = Object.hasOwn(known, method)
        ? known[method]
        : Object.hasOwn(this.#services, method)
          ? this.#services[method]
          : undefined;
      if (!handler) throw new StaysailError(`nothing here answers ${method}; the call it belongs to may be over`, { code: "gone" });
      const result = await handler(params, { signal: call.signal });
      if (isAsyncIterable(result)) {
        const value = await call.pump(result, (values) => this.#post({ type: "event", id, values }));
        this.#post({ type: "done", id, value: value ?? null });
      } else {
        this.#post({ type: "done", id, value: result ?? null });
      }
    } catch (error) {
      const thrown = parentCall && parentCall.thrown.push(error) - 1;
      this.#post({ type: "fault", id, error: { ...toRecord(error), thrown } });
    } finally {
      this.#incoming.delete(id);
    }
  }

  /** @param {RpcMessage} message */
  #post(message) {
    const bytes = payload(message)?.$bytes;
    const beside = bytes instanceof Uint8Array ? bytes : undefined;
    const text = JSON.stringify(message, (_, value) => (beside && value === beside ? undefined : plain(value)));
    if (!this.#closed) this.#send(text, beside);
  }
}

/**
 * @param {unknown} value
 * @returns {value is AsyncIterable<any>}
 */
function isAsyncIterable(value) {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/**
 * Returns the part of a message that bytes may come beside.
 * @param {RpcMessage} message
 * @returns {any}
 */
function payload(message) {
  if (message.type === "event") return message.values[0];
  return message.type === "call" ? message.params : message.type === "done" ? message.value : undefined;
}

/**
 * Prepares a value for JSON: bytes that do not travel beside the message become base64, integers of any size become numbers.
 * @param {unknown} value
 */
function plain(value) {
  if (value instanceof ArrayBuffer) value = new Uint8Array(value);
  if (value instanceof Uint8Array) return toBase64(value);
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) return [.../** @type {Float32Array} */ (value)];
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (typeof value !== "bigint") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
