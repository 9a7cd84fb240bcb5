/**
 * Versions of a user's message: an edit or a repetition begins a branch, and the branches before it are kept, each with the messages that followed.
 *
 * How it works. The history holds the branch that is shown. A place at which branches part is a point; it holds the others, each as the
 * messages from the point on and the points further on that belonged to them, so going to a branch puts back what was seen there. A kept
 * conversation stores the points as JSON text in its note "versions".
 *
 * @import { Message } from "../types.js"
 * @import { KeptConversation } from "./kept.js"
 * @import { ChatMessage } from "./types.js"
 *
 * @typedef {object} Branch
 * @property {Message[]} messages the user's message and all that followed
 * @property {Point[]} points among them
 *
 * @typedef {object} Point
 * @property {number} at the place of the user's message in the history
 * @property {number} shown the position of the branch that the history holds
 * @property {(Branch | null)[]} branches in the order in which they began; null for the one that is shown
 */

export class Versions {
  #kept;
  /** @type {Point[]} */
  #points = [];
  /** Stores the branch that is shown and not stored. @type {(() => Promise<void>) | undefined} */
  #putBack;

  /** @param {KeptConversation} kept */
  constructor(kept) {
    this.#kept = kept;
  }

  /** Forgets all versions: the history is another one. */
  clear() {
    this.#points = [];
    this.#putBack = undefined;
  }

  /**
   * Loads the versions of a kept history. Where nothing is known of the last version, as the page was left before it had an answer, the
   * one before is shown. It is stored with the next change, and not before: another tab may be at work on the answer.
   * @param {Message[]} history
   * @param {() => Promise<boolean>} isLastShown whether the last version can be shown: a durable run goes on with it, or its question is known
   * @returns {Promise<Message[]>} the history that is shown
   */
  async load(history, isLastShown) {
    const at = history.length;
    this.#points = readPoints(await this.#kept.versions(), at);
    const version = (this.#points.find((point) => point.at === at)?.branches.findLastIndex(Boolean) ?? -1) + 1;
    const branch = turnTo(this.#points, history, at, version);
    if (!branch || (await isLastShown())) return history;
    this.#points = branch.points;
    this.#putBack = () => this.#kept.replace(at, branch.messages, JSON.stringify(branch.points));
    return [...history, ...branch.messages];
  }

  /** Stores the branch that is shown and not stored. */
  async save() {
    const putBack = this.#putBack;
    this.#putBack = undefined;
    await putBack?.();
  }

  /**
   * Begins another version of a user's message. Returns the history before it.
   * @param {Message[]} history
   * @param {number} at the place of the message
   */
  begin(history, at) {
    return this.#replace(history, at, { messages: [], points: branchOff(this.#points, history, at) });
  }

  /**
   * Removes a user's message and all that followed it, with its versions. Returns the history before it.
   * @param {Message[]} history
   * @param {number} at
   */
  cut(history, at) {
    return this.#replace(history, at, { messages: [], points: this.#points.filter((point) => point.at < at) });
  }

  /**
   * Goes to a version of a user's message. Returns the history with it.
   * @param {Message[]} history
   * @param {number} at
   * @param {number} version from 1
   */
  async show(history, at, version) {
    const branch = turnTo(this.#points, history, at, version);
    return branch ? this.#replace(history, at, branch) : history;
  }

  /**
   * Whether a message has this version, and another version is shown.
   * @param {number | undefined} at
   * @param {number} version
   */
  has(at, version) {
    return Boolean(this.#points.find((point) => point.at === at)?.branches[version - 1]);
  }

  /**
   * Returns the messages, the user's ones with their versions.
   * @param {ChatMessage[]} messages
   */
  count(messages) {
    return this.#points.length
      ? messages.map((message) => (message.role === "user" ? { ...message, ...versionAt(this.#points, message.at) } : message))
      : messages;
  }

  /**
   * @param {Message[]} history
   * @param {number} at
   * @param {Branch} branch
   */
  async #replace(history, at, { messages, points }) {
    await this.save();
    if (history.length > at || messages.length) await this.#kept.replace(at, messages, JSON.stringify(points));
    this.#points = points;
    return [...history.slice(0, at), ...messages];
  }
}

/**
 * Returns the points once another branch begins. A branch without messages is not kept.
 * @param {Point[]} points
 * @param {Message[]} history
 * @param {number} at where it begins
 * @returns {Point[]}
 */
function branchOff(points, history, at) {
  const { before, branches } = leave(points, history, at);
  return branches.length ? [...before, { at, shown: branches.length, branches: [...branches, null] }] : before;
}

/**
 * Returns the messages of another branch, from its point on, and the points once it is shown.
 * @param {Point[]} points
 * @param {Message[]} history
 * @param {number} at
 * @param {number} version 1 for the first branch
 * @returns {Branch | undefined} undefined where there is no such branch, and for the one that is shown
 */
function turnTo(points, history, at, version) {
  const branch = points.find((point) => point.at === at)?.branches[version - 1];
  if (!branch) return undefined;
  const { before, branches } = leave(points, history, at);
  const shown = branches.indexOf(branch);
  /** @type {Point} */
  const point = { at, shown, branches: branches.map((one) => (one === branch ? null : one)) };
  const rest = branches.length > 1 ? [point] : [];
  return { messages: branch.messages, points: [...before, ...rest, ...branch.points] };
}

/**
 * Returns the points before a place, and the branches at it with the one that is shown.
 * @param {Point[]} points
 * @param {Message[]} history
 * @param {number} at
 */
function leave(points, history, at) {
  const point = points.find((one) => one.at === at);
  const left = { messages: history.slice(at), points: points.filter((one) => one.at > at) };
  const branches = (point?.branches ?? [null]).map((branch) => branch ?? left).filter(({ messages }) => messages.length);
  return { before: points.filter((one) => one.at < at), branches };
}

/**
 * Returns which version of how many a user's message is; nothing where it is the only one.
 * @param {Point[]} points
 * @param {number | undefined} at
 * @returns {{version?: number, versions?: number}}
 */
function versionAt(points, at) {
  const point = points.find((one) => one.at === at);
  return point ? { version: point.shown + 1, versions: point.branches.length } : {};
}

/**
 * Reads points that were stored with a history. Points behind its end are left out, but for one at the end: its branch was lost before an
 * answer came.
 * @param {string | null | undefined} text
 * @param {number} length of the history
 * @returns {Point[]}
 */
function readPoints(text, length) {
  try {
    const points = /** @type {Point[]} */ (JSON.parse(text ?? "[]"));
    return points.filter(({ at, shown, branches }) => at <= length && branches.length > 1 && branches[shown] === null);
  } catch {
    return []; // damaged, or of another version of the package
  }
}
