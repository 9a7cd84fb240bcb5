/**
 * Conversations that outlive their runs: in IndexedDB in a page, in memory elsewhere. Agents with a `conversation` load it and append to
 * it.
 *
 * @import { ConversationExport, ConversationHit, ConversationInfo, MessageLike, StoredConversation } from "../types.js"
 */

import { connect } from "../runtime/boot.js";
import { ConfigError } from "../errors.js";
import { toCamel, toSnake } from "../bridge/spelling.js";

/** The method by which a store describes itself to Python. */
export const STORE = Symbol("staysail.conversations");

let lastId = 0;

export class Conversations {
  #store;

  /**
   * @param {string} [name] of the database; ":memory:" keeps conversations as long as Python runs. By default the database that agents use
   */
  constructor(name) {
    if (name !== undefined && (typeof name !== "string" || !name))
      throw new ConfigError("Conversations takes the name they are kept under");
    this.#store = name === undefined ? null : { id: name === ":memory:" ? `:memory:${++lastId}` : name, name };
  }

  /** Lists the conversations, last used first. @returns {Promise<ConversationInfo[]>} */
  list() {
    return this.#call("list");
  }

  /**
   * Loads a conversation. An unknown one is empty.
   * @param {string} id
   * @returns {Promise<StoredConversation>}
   */
  load(id) {
    return this.#call("load", { id });
  }

  /**
   * Appends an exchange, whole or not at all. The first exchange begins the conversation.
   * @param {string} id
   * @param {MessageLike | readonly MessageLike[]} messages
   * @returns {Promise<void>}
   */
  append(id, messages) {
    return this.#call("append", { id, messages: toSnake(messages) });
  }

  /**
   * Finds messages and titles that hold every word of a text.
   * @param {string} text
   * @param {{limit?: number}} [options]
   * @returns {Promise<ConversationHit[]>}
   */
  search(text, { limit = 50 } = {}) {
    return this.#call("search", { text, limit });
  }

  /**
   * Copies the first `at` messages, or all; fewer where the copy would part a tool call from its result.
   * @param {string} id
   * @param {number} [at]
   * @param {{title?: string}} [options]
   * @returns {Promise<string>} the copy's id
   */
  fork(id, at, { title } = {}) {
    return this.#call("fork", { id, at: at ?? null, title: title ?? null });
  }

  /**
   * Removes the message `at` and all later ones.
   * @param {string} id
   * @param {number} at
   * @returns {Promise<void>}
   */
  cut(id, at) {
    return this.#call("cut", { id, at });
  }

  /**
   * Puts messages in the place of those from `at` on, and stores what a chat knows of their other versions, in one write.
   * @param {string} id
   * @param {number} at
   * @param {MessageLike | readonly MessageLike[]} messages
   * @param {string} versions JSON text, which `versions` returns
   * @returns {Promise<void>}
   */
  replace(id, at, messages, versions) {
    return this.#call("replace", { id, at, messages: toSnake(messages), versions });
  }

  /**
   * Returns what `replace` stored of other versions, if anything.
   * @param {string} id
   * @returns {Promise<string | null>}
   */
  versions(id) {
    return this.#call("versions", { id });
  }

  /**
   * Returns what `putQuestion` stored, if anything.
   * @param {string} id
   * @returns {Promise<string | null>}
   */
  question(id) {
    return this.#call("question", { id });
  }

  /**
   * Stores a question that has no answer yet, beside the messages. A chat shows it again.
   * @param {string} id
   * @param {string} question JSON text, or "" for none
   * @param {MessageLike} [message] begins an unknown conversation, with its first line as the title
   * @returns {Promise<void>}
   */
  putQuestion(id, question, message) {
    return this.#call("put_question", { id, question, messages: toSnake(message ? [message] : []) });
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
   * Exports one conversation, or all, as plain JSON.
   * @param {string} [id]
   * @returns {Promise<ConversationExport>}
   */
  async export(id) {
    return (await this.#call("export", { id: id ?? null })).output;
  }

  /**
   * Imports the output of `export`, as data or as text, whole or not at all.
   * @param {ConversationExport | string} data
   * @returns {Promise<string[]>} the ids: new ones where the old ones are taken
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
