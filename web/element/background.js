/** Chats that go on in the background while another is shown, and their activities, which a list of chats shows. */

/**
 * @import { Session } from "./session.js"
 * @import { Activity } from "./types.js"
 */

export class Background {
  /** The sessions by the ids of their conversations. @type {Map<string, Session>} */
  #sessions = new Map();
  /** The last known activity of each. @type {Map<string, Activity>} */
  #states = new Map();
  #tell;

  /** @param {(id: string, state: Activity) => void} tell called when a chat's activity changes */
  constructor(tell) {
    this.#tell = tell;
  }

  /**
   * Keeps a chat that is left, where it has a run, a failure that the store does not hold, or messages that wait.
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
   * Takes a chat out, to be shown.
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

  /** Ends a chat's run, and forgets the chat. @param {string} id */
  async end(id) {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    this.#set(id, "");
    await session?.end();
  }

  /**
   * Notes a chat's activity. Returns it.
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
   * Lists the chats with an activity.
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
