/**
 * BERT's uncased WordPiece: lower case, accents off, punctuation and CJK characters alone, then longest match first.
 * Follows https://github.com/google-research/bert (tokenization.py); checked against Hugging Face's tokenizers.
 */

const CLS = "[CLS]";
const SEP = "[SEP]";
const UNKNOWN = "[UNK]";
const LONGEST_WORD = 100;

// Control and format characters vanish, but for tab and the two ends of line, which are white space.
const NOISE = /[\0\ufffd]|(?![\t\n\r])\p{C}/gu;
// BERT counts every ASCII symbol as punctuation, whatever Unicode says of it.
const PUNCTUATION = /[!-/:-@[-`{-~]|\p{P}/gu;
const CJK =
  /[\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\u{f900}-\u{faff}\u{2f800}-\u{2fa1f}]/gu;

export class WordPiece {
  /** @type {Map<string, number>} */
  #ids = new Map();

  /** @param {string} vocabulary one token a line; the line number is its id */
  constructor(vocabulary) {
    vocabulary
      .trimEnd()
      .split("\n")
      .forEach((token, id) => this.#ids.set(token.trimEnd(), id));
  }

  /**
   * @param {string} text
   * @param {number} limit longest result, its [CLS] and [SEP] included; the end is cut off
   * @returns {number[]}
   */
  encode(text, limit) {
    const ids = [this.#id(CLS)];
    for (const word of words(text)) {
      ids.push(...this.#pieces(word));
      if (ids.length >= limit) break;
    }
    return [...ids.slice(0, limit - 1), this.#id(SEP)];
  }

  /**
   * @param {string} word
   * @returns {number[]}
   */
  #pieces(word) {
    const letters = [...word];
    if (letters.length > LONGEST_WORD) return [this.#id(UNKNOWN)];
    const ids = [];
    for (let start = 0; start < letters.length; ) {
      let end = letters.length;
      let id;
      for (; end > start && id === undefined; end--) {
        id = this.#ids.get((start ? "##" : "") + letters.slice(start, end).join(""));
      }
      if (id === undefined) return [this.#id(UNKNOWN)]; // one part unknown makes the whole word so
      ids.push(id);
      start = end + 1;
    }
    return ids;
  }

  /**
   * @param {string} token
   * @returns {number}
   */
  #id(token) {
    const id = this.#ids.get(token);
    if (id === undefined) throw new Error(`The vocabulary has no ${token}.`);
    return id;
  }
}

/**
 * @param {string} text
 * @returns {string[]}
 */
function words(text) {
  return text
    .replace(NOISE, "")
    .replace(CJK, " $& ")
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .replace(/\P{Ll}/gu, (letter) => letter.toLowerCase()) // letter by letter: a sigma that ends a word is no other here
    .replace(PUNCTUATION, " $& ")
    .split(/\s+/u)
    .filter(Boolean);
}
