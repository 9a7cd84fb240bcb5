/**
 * Conversations that outlive their runs: in IndexedDB in a page, in memory elsewhere. Agents with a `conversation` load and append to them.
 *
 * @import { ConversationExport, ConversationHit, ConversationInfo, MessageLike, StoredConversation } from "../types.js"
 */

import { connect } from "../runtime/boot.js";
import { ConfigError } from "../errors.js";
import { toCamel, toSnake } from "../bridge/spelling.js";

/** How a store describes itself to Python. */
export const STORE = Symbol("staysail.conversations");

let lastId = 0;

export class Conversations {
  #store;

  /** @param {string} [name] what they are kept under; ":memory:" for as long as Python runs. By default those that agents use of themselves */
  constructor(name) {
    if (name !== undefined && (typeof name !== "string" || !name))
      throw new ConfigError("Conversations takes the name they are kept under");
    this.#store = name === undefined ? null : { id: name === ":memory:" ? `:memory:${++lastId}` : name, name };
  }

  /** Those used last come first. @returns {Promise<ConversationInfo[]>} */
  list() {
    return this.#call("list");
  }

  /**
   * One that is not there yet is empty.
   * @param {string} id
   * @returns {Promise<StoredConversation>}
   */
  load(id) {
    return this.#call("load", { id });
  }

  /**
   * Adds an exchange, whole or not at all; the first begins the conversation.
   * @param {string} id
   * @param {MessageLike | readonly MessageLike[]} messages
   * @returns {Promise<void>}
   */
  append(id, messages) {
    return this.#call("append", { id, messages: toSnake(messages) });
  }

  /**
   * Messages and titles that hold every word.
   * @param {string} text
   * @param {{limit?: number}} [options]
   * @returns {Promise<ConversationHit[]>}
   */
  search(text, { limit = 50 } = {}) {
    return this.#call("search", { text, limit });
  }

  /**
   * A copy of the first `at` messages, or of all; fewer where that would part a tool call from its result.
   * @param {string} id
   * @param {number} [at]
   * @param {{title?: string}} [options]
   * @returns {Promise<string>} its id
   */
  fork(id, at, { title } = {}) {
    return this.#call("fork", { id, at: at ?? null, title: title ?? null });
  }

  /**
   * Takes back all from the message `at` on.
   * @param {string} id
   * @param {number} at
   * @returns {Promise<void>}
   */
  cut(id, at) {
    return this.#call("cut", { id, at });
  }

  /**
   * @param {string} id
   * @param {string} title
   * @returns {Promise<void>}
   */
  rename(id, title) {
    return this.#call("rename", { id, title });
  }

  /**
   * @param {string} id
   * @returns {Promise<void>}
   */
  delete(id) {
    return this.#call("delete", { id });
  }

  /**
   * Plain JSON of one, or of all.
   * @param {string} [id]
   * @returns {Promise<ConversationExport>}
   */
  async export(id) {
    return (await this.#call("export", { id: id ?? null })).output;
  }

  /**
   * Takes what `export` gave, as data or as text, all or nothing.
   * @param {ConversationExport | string} data
   * @returns {Promise<string[]>} the ids: new ones where theirs are taken
   */
  import(data) {
    return this.#call("import_", { output: data });
  }

  [STORE]() {
    return this.#store;
  }

  /**
   * @param {string} method
   * @param {Record<string, unknown>} [params]
   * @returns {Promise<any>}
   */
  async #call(method, params) {
    const peer = await connect();
    return toCamel(await peer.call(`conversations.${method}`, { store: this.#store, ...params }));
  }
}
