/**
 * The conversation that a chat is kept as: it is loaded from the store, and edits change it there. The agent itself appends each run.
 *
 * @import { Conversations } from "../agent/conversations.js"
 * @import { Message, MessageLike } from "../types.js"
 */

export class KeptConversation {
  #options;
  /** @type {Conversations | undefined} */
  #own;

  /** @param {{conversation?: string, conversations?: Conversations}} options conversation: its id; undefined: nothing is kept */
  constructor(options) {
    this.id = options.conversation;
    this.#options = options;
  }

  /** The developer's own store; by default the package's. */
  get #given() {
    return this.#options.conversations;
  }

  /**
   * Returns the options by which an agent finds the conversation, or the history where nothing is kept.
   * @param {Message[]} history
   */
  options(history) {
    if (this.id === undefined) return { history };
    return { conversation: this.id, ...(this.#given && { conversations: this.#given }) };
  }

  /** @returns {Promise<Conversations>} */
  async #store() {
    if (this.#given) return this.#given;
    const { Conversations } = await import("../agent/conversations.js"); // loaded once there is a conversation to keep
    return (this.#own ??= new Conversations());
  }

  /** Loads the conversation. An unknown one is empty. */
  async load() {
    return (await this.#store()).load(this.#id);
  }

  /**
   * Puts messages in the place of those from `at` on, and stores their other versions.
   * @param {number} at
   * @param {Message[]} messages
   * @param {string} versions
   */
  async replace(at, messages, versions) {
    if (this.id !== undefined) await (await this.#store()).replace(this.id, at, messages, versions);
  }

  /** Loads what `replace` stored of other versions. */
  async versions() {
    return (await this.#store()).versions(this.#id);
  }

  /** Loads the question that has no answer yet, as JSON text. */
  async question() {
    return (await this.#store()).question?.(this.#id); // the developer's own store may have no such method
  }

  /**
   * Stores the question that has no answer yet.
   * @param {string} question JSON text, or "" for none
   * @param {MessageLike} [message] names the conversation where it is new
   */
  async putQuestion(question, message) {
    if (this.id !== undefined) await (await this.#store()).putQuestion?.(this.id, question, message);
  }

  /** Appends messages. @param {Message[]} messages */
  async append(messages) {
    await (await this.#store()).append(this.#id, messages);
  }

  /**
   * Copies the first `at` messages. Returns the copy's id.
   * @param {number} at
   * @returns {Promise<string>}
   */
  async fork(at) {
    return (await this.#store()).fork(this.#id, at);
  }

  get #id() {
    return /** @type {string} */ (this.id);
  }
}
