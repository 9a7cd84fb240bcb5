/**
 * Reads JSON text of which only the beginning is there: the arguments of a tool call while a model writes them.
 *
 * How it works. The text is read up to its end; open strings, lists and objects are closed there. A number, a keyword or a key that is not
 * complete is left out, because what it will be is not known; a string may still grow.
 */

const LITERALS = /** @type {const} */ ({ true: true, false: false, null: null });
const ESCAPES = /** @type {Record<string, string>} */ ({ b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" });
/** Thrown inside where the text ends in a value that is not known yet. */
const UNKNOWN = Symbol("unknown");
/** Levels of lists and objects; Python takes no deeper arguments. */
const MOST_LEVELS = 100;

/**
 * @param {string} text the beginning of a JSON text
 * @returns {unknown} its value as far as it goes; undefined where nothing is known, where the text is not JSON, and where it nests deeper
 *   than 100 levels
 */
export function readPartialJson(text) {
  const value = read(text);
  return value === UNKNOWN || isDeeper(value, MOST_LEVELS) ? undefined : value;
}

/** @param {string} text */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return new Reader(text).read();
  }
}

/**
 * @param {unknown} value
 * @param {number} levels
 * @returns {boolean}
 */
function isDeeper(value, levels) {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

class Reader {
  #text;
  #at = 0;

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
  }

  /**
   * @param {number} [level]
   * @returns {unknown}
   */
  read(level = 0) {
    this.#skip();
    const next = this.#text[this.#at];
    if (level > MOST_LEVELS) return UNKNOWN;
    if (next === "{") return this.#object(level + 1);
    if (next === "[") return this.#list(level + 1);
    if (next === '"') return this.#string().value;
    return this.#word();
  }

  #skip() {
    while (/\s/.test(this.#text[this.#at] ?? "x")) this.#at++;
  }

  get #atEnd() {
    this.#skip();
    return this.#at >= this.#text.length;
  }

  /** @param {number} level */
  #object(level) {
    /** @type {Record<string, unknown>} */
    const found = {};
    this.#at++;
    while (!this.#atEnd && this.#text[this.#at] !== "}") {
      if (this.#text[this.#at] !== '"') break;
      const key = this.#string();
      if (!key.whole || this.#atEnd || this.#text[this.#at] !== ":") break;
      this.#at++;
      const value = this.read(level);
      if (value === UNKNOWN) break;
      Object.defineProperty(found, key.value, { value, enumerable: true, configurable: true, writable: true }); // also "__proto__"
      if (this.#atEnd || this.#text[this.#at] !== ",") break;
      this.#at++;
    }
    if (this.#text[this.#at] === "}") this.#at++;
    else this.#at = this.#text.length;
    return found;
  }

  /** @param {number} level */
  #list(level) {
    /** @type {unknown[]} */
    const found = [];
    this.#at++;
    while (!this.#atEnd && this.#text[this.#at] !== "]") {
      const value = this.read(level);
      if (value === UNKNOWN) break;
      found.push(value);
      if (this.#atEnd || this.#text[this.#at] !== ",") break;
      this.#at++;
    }
    if (this.#text[this.#at] === "]") this.#at++;
    else this.#at = this.#text.length;
    return found;
  }

  #string() {
    let value = "";
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at];
      if (letter === '"') {
        this.#at++;
        return { value, whole: true };
      }
      if (letter !== "\\") {
        value += letter;
        continue;
      }
      const escaped = this.#text[++this.#at];
      if (escaped === undefined) break;
      if (escaped !== "u") {
        value += ESCAPES[escaped] ?? escaped;
        continue;
      }
      const digits = this.#text.slice(this.#at + 1, this.#at + 5);
      if (digits.length < 4) break;
      value += String.fromCharCode(Number.parseInt(digits, 16));
      this.#at += 4;
    }
    this.#at = this.#text.length;
    return { value: value.isWellFormed?.() === false ? value.slice(0, -1) : value, whole: false };
  }

  #word() {
    const begins = this.#at;
    while (/[\w+.-]/.test(this.#text[this.#at] ?? " ")) this.#at++;
    const word = this.#text.slice(begins, this.#at);
    const ended = this.#at < this.#text.length; // else more of it may come
    if (ended && word in LITERALS) return LITERALS[/** @type {keyof typeof LITERALS} */ (word)];
    return ended && word && Number.isFinite(Number(word)) ? Number(word) : UNKNOWN;
  }
}
