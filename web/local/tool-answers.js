/**
 * Corrects a small model's answer to a tool's result. Such a model often copies the call instead of answering, gets a figure wrong, or refuses
 * what has just been done. Then the result itself is the answer.
 *
 * @import { Message, ToolDefinition } from "./types.js"
 */

/** Characters of results that are short enough to be an answer. */
const MOST_RESULT = 400;
const NUMBER = /\d+(?:,\d{3})*(?:\.\d+)?/g;
const DIGITS = /\d+(?:\.\d+)?/g;
const REFUSAL = /\b(?:sorry|apologi[sz]e|cannot|can['’]t|unable to|not able to|do(?:es)? not have|don['’]t have|as an ai)\b/i;

/** The end of a sentence, or of a line. */
const SENTENCE = /^[\s\S]*?(?:[.!?](?=\s)|\n)/;

/** An answer to tools' results while it is written: its sentences, up to the first one that is wrong. */
export class ToolAnswer {
  /** Whether no more of the model's words are wanted. */
  isOver = false;
  #messages;
  #tools;
  #said = "";
  #held = "";

  /**
   * @param {Message[]} messages up to the results
   * @param {ToolDefinition[]} tools
   */
  constructor(messages, tools) {
    this.#messages = messages;
    this.#tools = tools;
  }

  /**
   * Takes the next piece of the model's words. Returns what can be shown.
   * @param {string} text
   * @param {boolean} isLast
   */
  take(text, isLast) {
    this.#held += text;
    let shown = "";
    while (!this.isOver) {
      const sentence = SENTENCE.exec(this.#held)?.[0] ?? (isLast || isCall(this.#held, this.#names) ? this.#held : undefined);
      if (sentence === undefined || (!sentence && this.#said)) break;
      const better = correctAnswer(sentence, this.#messages, this.#tools);
      if (better !== undefined && sentence.trim()) {
        console.debug("staysail: a tool's result stands in for what the small model said of it:", sentence);
      }
      if (better !== undefined && (sentence.trim() || isLast)) {
        this.isOver = true;
        return shown + (this.#said.trim() ? "" : better);
      }
      this.#held = this.#held.slice(sentence.length);
      this.#said += sentence;
      shown += sentence;
      if (!this.#held) break;
    }
    return shown;
  }

  get #names() {
    return this.#tools.map(({ name }) => name);
  }
}

/**
 * Returns the answer in place of a model's words after a tool's result; undefined where the words will do.
 * @param {string} words
 * @param {Message[]} messages up to the results
 * @param {ToolDefinition[]} tools
 * @returns {string | undefined}
 */
export function correctAnswer(words, messages, tools) {
  const last = messages.findLastIndex(({ role }) => role === "user");
  const parts = messages.slice(last + 1).flatMap(({ content }) => content);
  const results = parts.flatMap((part) => (part.type === "tool_result" ? [part] : []));
  const texts = results.map(({ content }) => content.map(({ text }) => text).join("\n"));
  const answer = texts.map(inWords).join("\n");
  if (!answer) return undefined;
  const called = parts.flatMap((part) => (part.type === "tool_call" ? [part.name] : []));
  if (!words.trim() || isCall(words, [...called, ...tools.map(({ name }) => name)])) return cut(answer);
  if (answer.length > MOST_RESULT || results.some(({ is_error: failed }) => failed)) return undefined;
  const given = JSON.stringify(messages.slice(last));
  const known = new Set([...numbersIn(given), ...(given.match(DIGITS) ?? [])]); // "100,200" may be one number or two
  const isWrong = numbersIn(words).some((number) => !known.has(number));
  return isWrong || REFUSAL.test(words) ? answer : undefined;
}

/**
 * Whether a text is, or begins with, a call or its arguments rather than words.
 * @param {string} text
 * @param {string[]} names of tools
 */
function isCall(text, names) {
  const bare = text.replace(/^[\s`*"']+/, "");
  if (/^[[{]/.test(bare)) return true;
  return names.some((name) => new RegExp(`(?:^|[^\\w])${name.replace(/\W/g, "\\$&")}\\s*\\(`).test(bare) || bare.startsWith(`${name}:`));
}

/** @param {string} text without the numbers of a list */
const numbersIn = (text) => (text.replace(/^\s*\d+[.)]\s/gm, "").match(NUMBER) ?? []).map((number) => number.replaceAll(",", ""));

/**
 * Returns a result in words: the fields of an object, one after the other.
 * @param {string} text
 */
function inWords(text) {
  try {
    const value = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return String(text);
    return Object.entries(value)
      .map(([name, one]) => `${name.replaceAll("_", " ")}: ${Array.isArray(one) ? one.map(plain).join(", ") : plain(one)}`)
      .join("; ");
  } catch {
    return text.trim();
  }
}

/** @param {unknown} value */
const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** @param {string} text */
const cut = (text) => (text.length > MOST_RESULT ? `${text.slice(0, MOST_RESULT)} …` : text);
