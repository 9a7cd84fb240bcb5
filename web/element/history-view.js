/**
 * The turns of a session's history, with what may be done with them: edit a question, go to another version of it, copy the conversation.
 *
 * @import { Chat } from "../chat/chat.js"
 * @import { Exchange } from "./conversation.js"
 * @import { Owner } from "./owner.js"
 * @import { ToolViews } from "./tool-views.js"
 * @import { TurnList } from "./turn-list.js"
 * @import { TurnActions, TurnView } from "./turn-view.js"
 * @import { Message, Prompt } from "./types.js"
 *
 * @typedef {object} ShownSession
 * @property {Chat} chat
 * @property {TurnList} turns
 * @property {() => Promise<boolean>} retry
 * @property {(view: TurnView | undefined) => void} drawAgain sets the view that the next run is drawn in
 */

import { readHistory } from "../chat/history.js";
import { exchanges } from "./conversation.js";

export class HistoryView {
  #session;
  #owner;
  #tools;

  /**
   * @param {ShownSession} session
   * @param {Owner} owner
   * @param {ToolViews} tools
   */
  constructor(session, owner, tools) {
    this.#session = session;
    this.#owner = owner;
    this.#tools = tools;
  }

  /**
   * Draws turns of the history.
   * @param {Message[]} messages
   * @param {number} [from] the place of the first message to draw
   */
  draw(messages, from) {
    const questions = new Map(this.#messages.filter(({ role }) => role === "user").map((message) => [message.at, message]));
    this.#session.turns.draw(
      messages,
      {
        actions: (exchange, view) => ({ ...this.actions(() => this.#idAt(exchange), view), fork: this.forkAt(exchange.end) }),
        versions: ({ at }) => questions.get(at) ?? {},
        drawTools: (view, answer) => this.#tools.draw(view, partsOfLast(answer), this.#owner.toolViews),
      },
      from,
    );
  }

  /** Draws the calls that have a view now, and had none when they were drawn. */
  drawMissingTools() {
    for (const { at, answer } of exchanges(this.#session.chat.history)) {
      const view = this.#session.turns.viewAt(at);
      if (view) this.#tools.drawMissing(view, partsOfLast(answer), this.#owner.toolViews);
    }
  }

  /**
   * Returns what may be done with a turn.
   * @param {() => string | undefined} id of the user's message
   * @param {() => TurnView} view
   * @returns {TurnActions}
   */
  actions(id, view) {
    return {
      retry: () => void this.#session.retry(),
      announce: (text) => this.#owner.announce(this.#session, text),
      cite: (source) => this.#owner.cite(source),
      focus: () => this.#owner.focus(),
      edit: (prompt) => this.#edit(id(), view(), prompt),
      showVersion: (version) => void this.#showVersion(id(), view(), version),
    };
  }

  /** Returns the action that goes on in a copy of the first `at` messages; undefined where the chat is not kept. @param {number} at */
  forkAt(at) {
    const { chat } = this.#session;
    if (chat.conversation === undefined) return undefined;
    return async () => {
      if (chat.isRunning) return;
      try {
        this.#owner.open((await chat.fork(at)).conversation);
        this.#owner.announce(this.#session, "This is a copy of the conversation up to here.");
        this.#owner.focus();
      } catch (error) {
        this.#dispatchError(error);
      }
    };
  }

  /**
   * Puts another prompt in the place of a question.
   * @param {string | undefined} id
   * @param {TurnView} view
   * @param {Prompt} prompt
   * @returns {Promise<string>} why it is not sent, else ""
   */
  async #edit(id, view, prompt) {
    const { chat } = this.#session;
    if (chat.isRunning) return "An answer is under way: wait for it, or stop it.";
    if (id === undefined) return "This message cannot be found any more.";
    this.#session.drawAgain(view);
    this.#owner.focus();
    void chat.edit(id, prompt).catch((error) => {
      this.#session.drawAgain(undefined);
      this.#dispatchError(error);
    });
    return "";
  }

  /**
   * Goes to another version of a question, and draws what followed it.
   * @param {string | undefined} id
   * @param {TurnView} view
   * @param {number} version
   */
  async #showVersion(id, view, version) {
    const { chat, turns } = this.#session;
    const message = this.#messages.find((one) => one.id === id);
    if (!message || chat.isRunning) return;
    const before = message.version ?? 1;
    try {
      if (!(await chat.showVersion(message.id, version))) return;
      turns.endBefore(view);
      this.draw(chat.history, message.at);
      turns.viewAt(message.at ?? 0)?.question?.focusVersions(version > before);
      this.#owner.announce(this.#session, `Version ${version} of ${message.versions}`);
    } catch (error) {
      this.#dispatchError(error);
    }
  }

  /** @param {unknown} error */
  #dispatchError(error) {
    this.#owner.tell(this.#session, "staysail-error", { error });
  }

  get #messages() {
    return this.#session.chat.getSnapshot().messages;
  }

  /** @param {Exchange} exchange */
  #idAt({ at }) {
    return this.#messages.find((message) => message.role === "user" && message.at === at)?.id;
  }
}

/** @param {Message[]} answer */
const partsOfLast = (answer) => readHistory(answer).at(-1)?.parts ?? [];
