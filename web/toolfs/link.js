/**
 * The connection of one ToolFS to Python: sessions, calls, and the state that another interpreter gets after a crash.
 *
 * @import { Peer } from "../bridge/rpc.js"
 * @import { Grant, SessionOptions } from "./types.js"
 */

import { connect } from "../runtime/boot.js";
import { ConfigError } from "../errors.js";
import { toCamel } from "../bridge/spelling.js";

let lastId = 0;

/** The permissions of a program or an agent, and what it has used of them. Created by `toolfs.session`. */
export class Session {
  /** @param {SessionOptions} options */
  constructor({ name, paths, hosts, calls, sizeBytes, seconds, memory, secrets, ...others }) {
    const unknown = Object.keys(others)[0];
    if (unknown)
      throw new ConfigError(
        `a session has no option "${unknown}"; it has name, paths, hosts, calls, sizeBytes, seconds, memory and secrets`,
      );
    if (typeof name !== "string" || !name) throw new ConfigError("a session has a name, which the audit tells");
    this.name = name;
    /** The session as Python reads it. */
    this.described = {
      id: `${name}-${++lastId}`,
      name,
      ...describeGrant({ paths, hosts, calls, sizeBytes, seconds }),
      memory,
      secrets: secrets ?? [],
    };
  }
}

export class Link {
  id = `toolfs-${++lastId}`;
  /** Calls whose effect lasts until they are undone, in order. @type {Map<string, [method: string, params: object]>} */
  #kept = new Map();
  /** @type {WeakMap<Peer, Promise<void>>} */
  #announced = new WeakMap();

  /**
   * @param {string} operation
   * @param {Session} session
   * @param {unknown[]} args
   * @param {object} [options]
   * @param {(value: any) => any} [read]
   * @returns {Promise<any>}
   */
  async call(operation, session, args, options = {}, read = readValue) {
    if (!(session instanceof Session))
      throw new ConfigError('give a session: toolfs.session({name: "agent", paths: {"/toolfs/data": "read list"}})');
    const last = args.at(-1);
    const given = last instanceof Uint8Array ? { args: args.slice(0, -1), $bytes: last } : { args };
    return read(await this.ask("toolfs.call", { operation, session: session.described, options, ...given }));
  }

  /**
   * @param {string} method
   * @param {object} [params]
   * @returns {Promise<any>}
   */
  async ask(method, params = {}) {
    return this.on(await this.peer(), method, params);
  }

  /**
   * @param {Peer} peer
   * @param {string} method
   * @param {object} [params]
   * @returns {Promise<any>}
   */
  on(peer, method, params = {}) {
    return peer.call(method, { id: this.id, ...params });
  }

  /**
   * Makes a call now, and again in the next interpreter.
   * @param {string} key
   * @param {string} method
   * @param {object} params
   * @returns {Promise<any>}
   */
  async keep(key, method, params) {
    const answer = await this.ask(method, params);
    this.#kept.set(key, [method, params]);
    return answer;
  }

  /** @param {string} key */
  forget(key) {
    this.#kept.delete(key);
  }

  /** Returns the interpreter, once it knows this ToolFS. @returns {Promise<Peer>} */
  async peer() {
    const peer = await connect();
    if (!this.#announced.has(peer)) {
      const telling = (async () => {
        for (const [method, params] of this.#kept.values()) await this.on(peer, method, params);
      })();
      telling.catch(() => this.#announced.delete(peer));
      this.#announced.set(peer, telling);
    }
    await this.#announced.get(peer);
    return peer;
  }
}

/** The link of each open ToolFS. @type {WeakMap<object, Link>} */
export const links = new WeakMap();

/** @param {Grant} grant */
export function describeGrant({ paths, hosts, calls, sizeBytes, seconds }) {
  return { paths: paths ?? {}, hosts: hosts ?? {}, calls: calls ?? null, size_bytes: sizeBytes ?? null, seconds: seconds ?? null };
}

/** @param {any} value */
function readValue(value) {
  return value?.$bytes instanceof Uint8Array ? value.$bytes : toCamel(value);
}
