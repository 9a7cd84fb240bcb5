/**
 * The chat's place in a store of conversations: what is restored from it, and what is taken back in it. The agent itself appends each run.
 *
 * @import { Conversations } from "../agent/conversations.js"
 * @import { StoredConversation } from "../types.js"
 */

export class KeptConversation {
  /** Which one; undefined: nothing is kept. @type {string | undefined} */
  id;
  /** The page's own store, else that of the package. @type {Conversations | undefined} */
  given;
  /** @type {Conversations | undefined} */
  #own;

  /** What the agent is told. */
  options() {
    return { conversation: this.id ?? null, ...(this.given && { conversations: this.given }) };
  }

  /** @returns {Promise<Conversations>} */
  async store() {
    if (this.given) return this.given;
    const { Conversations } = await import("../agent/conversations.js"); // not before there is something to keep
    return (this.#own ??= new Conversations());
  }

  /**
   * @param {string} id
   * @returns {Promise<StoredConversation>}
   */
  async load(id) {
    return (await this.store()).load(id);
  }

  /** As if the messages from `at` on had not been. @param {number} at */
  async takeBack(at) {
    if (this.id) await (await this.store()).cut(this.id, at);
  }

  /**
   * @param {number} at
   * @returns {Promise<string>}
   */
  async fork(at) {
    return (await this.store()).fork(/** @type {string} */ (this.id), at);
  }
}

export function newConversationId() {
  return crypto.randomUUID();
}
