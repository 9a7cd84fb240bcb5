/** Chats that go on while another is looked at, and what their rows in a list tell. */

/**
 * @import { Session } from "./session.js"
 * @import { Activity } from "./types.js"
 */

export class Background {
  /** By the ids of their conversations. @type {Map<string, Session>} */
  #sessions = new Map();
  /** What was told last. @type {Map<string, Activity>} */
  #states = new Map();
  #tell;

  /** @param {(id: string, state: Activity) => void} tell is called when a chat does something else than before */
  constructor(tell) {
    this.#tell = tell;
  }

  /**
   * Keeps a chat that is left, where something of it would be lost otherwise: a run, a failure that the store does not hold, messages that wait.
   * @param {Session} session
   * @returns {boolean} whether it is kept
   */
  add(session) {
    const { conversation } = session.chat;
    if (conversation === undefined || !(session.activity || session.waiting.length)) return false;
    this.#sessions.set(conversation, session);
    return true;
  }

  /**
   * Takes a chat out: it is looked at.
   * @param {string | undefined} id
   * @returns {Session | undefined} undefined where the store has all of it
   */
  take(id) {
    if (id === undefined) return undefined;
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    this.#set(id, session?.activity ?? "");
    return session;
  }

  /** Ends what a chat does, and forgets it. @param {string} id */
  async end(id) {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    this.#set(id, "");
    await session?.end();
  }

  /**
   * Notes what a chat does.
   * @param {Session} session
   * @param {boolean} isShown
   * @returns {Activity}
   */
  note(session, isShown) {
    const { conversation: id } = session.chat;
    if (id === undefined || (!isShown && this.#sessions.get(id) !== session)) return "";
    const state = session.activity || (isShown ? "" : "news");
    if (state === "news" && !session.waiting.length) this.#sessions.delete(id); // the store has the answer
    this.#set(id, state);
    return state;
  }

  /**
   * Lists the chats that have something to tell.
   * @param {Session} shown
   * @returns {{id: string, state: Activity, title: string}[]} title: the first words, of a chat that the store may not hold yet; else ""
   */
  list(shown) {
    const sessions = new Map(this.#sessions).set(shown.chat.conversation ?? "", shown);
    return [...this.#states].map(([id, state]) => ({ id, state, title: sessions.get(id)?.title ?? "" }));
  }

  stop() {
    for (const session of this.#sessions.values()) session.chat.stop();
  }

  /**
   * @param {string} id
   * @param {Activity} state
   */
  #set(id, state) {
    if ((this.#states.get(id) ?? "") === state) return;
    if (state) this.#states.set(id, state);
    else this.#states.delete(id);
    this.#tell(id, state);
  }
}
