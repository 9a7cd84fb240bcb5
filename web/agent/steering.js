/**
 * Messages for a run that is under way: the model reads them at its next step, or after its answer.
 *
 * @import { Content } from "../types.js"
 * @import { Peer } from "../bridge/rpc.js"
 * @typedef {{id: string, content: Content, when: "next_step" | "after"}} WaitingMessage
 */

import { ConfigError } from "../errors.js";
import { toSnake } from "../bridge/spelling.js";

/** The property by which an agent connects a Steering with a run. */
export const STEERING = Symbol("staysail.steering");
const WHENS = ["next_step", "after"];

/**
 * Sends messages to a run that is under way: `agent.stream(prompt, { steering })`, and meanwhile `steering.send("…")`. A Steering serves one
 * run at a time. Messages that were sent before a run begins, or that a run ended without, wait for the next run.
 */
export class Steering {
  #id = crypto.randomUUID();
  /** @type {Map<string, WaitingMessage>} */
  #pending = new Map();
  /** @type {Peer | undefined} */
  #peer;

  /** The messages that no run has delivered yet, in the order in which they were sent. @returns {WaitingMessage[]} */
  get pending() {
    return [...this.#pending.values()];
  }

  /**
   * Sends a message to the run. Returns the message's id.
   * @param {Content} content
   * @param {{when?: "next_step" | "after", id?: string}} [options] when: "next_step", the default: the model reads the message in its next
   *   call, also where its answer was complete. "after": the model reads it once it has answered, and then answers again.
   * @returns {string}
   */
  send(content, { when = "next_step", id = crypto.randomUUID() } = {}) {
    if (!WHENS.includes(when)) throw new ConfigError(`when is "next_step" or "after", not ${JSON.stringify(when)}`);
    if (typeof content === "string" ? !content.trim() : !content || (Array.isArray(content) && !content.length))
      throw new ConfigError("a message to a run cannot be empty");
    const waiting = { id, content, when };
    this.#pending.set(id, waiting);
    this.#steer({ message: describe(waiting) });
    return id;
  }

  /**
   * Takes a message back, unless it is part of a run already.
   * @param {string} id
   * @returns {boolean} whether it was pending
   */
  withdraw(id) {
    this.#steer({ withdraw: id });
    return this.#pending.delete(id);
  }

  /** @param {Record<string, unknown>} params */
  #steer(params) {
    this.#peer?.call("agent.steer", { steering: this.#id, ...params }).catch(() => {}); // the run is over: the message stays pending
  }

  /** @internal */
  get [STEERING]() {
    return {
      attach: (/** @type {Peer} */ peer) => {
        if (this.#peer) throw new ConfigError("this Steering serves a run already; give each run its own");
        this.#peer = peer;
        return { id: this.#id, messages: this.pending.map(describe) };
      },
      deliver: (/** @type {string} */ id) => void this.#pending.delete(id),
      detach: () => {
        this.#peer = undefined;
      },
    };
  }
}

/** @param {WaitingMessage} waiting */
const describe = ({ id, content, when }) => ({ id, content: toSnake(content), when });
