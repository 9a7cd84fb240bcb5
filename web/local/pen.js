/**
 * The text that guided decoding writes: which part of it the model has not seen, and which of several continuations the model finds likeliest.
 *
 * @import { Candidate, TokenSource } from "./types.js"
 */

/** Numbers of candidates to test, one after the other, until a candidate is legal. */
const WIDTHS = [64, 1024, Infinity];

export class Pen {
  /** The text so far. */
  text = "";
  /** The end of it that the model has not seen. */
  pending = "";
  /** Whether the budget ran out before the end. */
  hurried = false;
  #left;
  #source;

  /**
   * @param {TokenSource} source
   * @param {number} maxTokens tokens the model may choose
   */
  constructor(source, maxTokens) {
    this.#source = source;
    this.#left = maxTokens;
  }

  /** Returns a place for `rewind`. */
  mark() {
    return { text: this.text, pending: this.pending, mark: this.#source.mark() };
  }

  /** Goes back to a place. @param {ReturnType<Pen["mark"]>} place */
  async rewind({ text, pending, mark }) {
    await this.#source.rewind(mark);
    this.text = text;
    this.pending = pending;
  }

  /** Appends text. The model sees it with the next `flush`. @param {string} text */
  force(text) {
    this.text += text;
    this.pending += text;
  }

  /** Shows the model the text that it has not seen. @param {boolean} [keepSpace] models read " word" as one token: leave a closing space to what comes next */
  async flush(keepSpace = false) {
    const kept = keepSpace && this.pending.endsWith(" ") ? " " : "";
    const text = kept ? this.pending.slice(0, -1) : this.pending;
    if (text) await this.#source.force(text);
    this.pending = kept;
  }

  /** Appends a token that the model chose. @param {Candidate} candidate */
  async take(candidate) {
    this.#left--;
    await this.#source.take(candidate);
  }

  /** Whether the budget is used up. */
  spent() {
    if (this.#left <= 0) this.hurried = true;
    return this.#left <= 0;
  }

  /**
   * Returns the result of the test for the likeliest candidate that passes.
   * @template T
   * @param {(candidate: Candidate) => T | undefined} test
   * @param {(piece: Uint8Array) => number} [factor] on a candidate's probability, looked at among the likeliest only
   * @returns {Promise<T | undefined>}
   */
  async firstLegal(test, factor) {
    let seen = 0;
    for (const width of WIDTHS) {
      const candidates = await this.#source.candidates(width);
      const fresh = candidates.slice(seen);
      if (factor && seen === 0) fresh.splice(0, fresh.length, ...favoured(fresh, factor));
      for (const candidate of fresh) {
        const found = test(candidate);
        if (found !== undefined) return found;
      }
      if (candidates.length < width) return undefined;
      seen = candidates.length;
    }
    return undefined;
  }

  /**
   * Returns the position of the group of texts that the model would go on with. Writes nothing.
   * @param {string[][]} groups
   * @returns {Promise<number>}
   */
  async foresee(groups) {
    await this.flush(true);
    const before = this.mark();
    const { chosen } = await this.#decide(groups);
    await this.rewind(before);
    return chosen;
  }

  /**
   * Writes the likeliest of `texts`. Returns its position.
   * @param {string[]} texts
   * @param {number[]} [factors]
   * @returns {Promise<number>}
   */
  async choose(texts, factors) {
    if (texts.length === 1) {
      this.force(texts[0]);
      return 0;
    }
    await this.flush(true);
    const { chosen, rest } = await this.#decide(
      texts.map((text) => [text]),
      factors,
    );
    this.text += texts[chosen];
    this.pending = decode([...rest]);
    return chosen;
  }

  /**
   * Goes on token by token, until one group is left, or one group has more of the probability than the tokens that it shares with others.
   * Whole tokens of the chosen text may have been taken; `rest` is what of it the model has not seen.
   * @param {string[][]} groups
   * @param {number[]} [factors]
   * @returns {Promise<{chosen: number, rest: Uint8Array}>}
   */
  async #decide(groups, factors = groups.map(() => 1)) {
    let live = groups.map((texts, chosen) => ({ chosen, rests: texts.map((text) => encode(this.pending + text)) }));
    for (;;) {
      const { own: plain, shared } = await this.#masses(live.map((group) => group.rests));
      const own = plain.map((mass, at) => mass * factors[live[at].chosen]);
      const most = Math.max(...own);
      const best = live[own.indexOf(most)];
      if (live.length === 1 || !shared || shared.p <= most) return { chosen: best.chosen, rest: best.rests[0] };
      const { bytes } = shared.candidate;
      await this.take(shared.candidate);
      this.pending = "";
      live = live
        .map(({ chosen, rests }) => ({
          chosen,
          rests: rests.filter((rest) => covers(rest, bytes)).map((rest) => rest.subarray(bytes.length)),
        }))
        .filter(({ rests }) => rests.length > 0);
    }
  }

  /**
   * Returns the probability of the next token by the groups whose texts begin with it: `own` of one group alone, `shared` of several (with the likeliest
   * such token). A text that has ended is as likely as anything that goes on with none of the others.
   * @param {Uint8Array[][]} groups
   * @returns {Promise<{own: number[], shared: {candidate: Candidate, p: number} | undefined}>}
   */
  async #masses(groups) {
    const own = groups.map(() => 0);
    const ended = groups.findIndex((rests) => rests.some((rest) => rest.length === 0));
    for (const width of WIDTHS) {
      own.fill(0);
      /** @type {{candidate: Candidate, p: number} | undefined} */
      let shared;
      const candidates = await this.#source.candidates(width);
      for (const candidate of candidates) {
        const p = candidate.p || Number.MIN_VALUE; // a probability may underflow; the order still tells
        const owners = candidate.end || candidate.bytes.length === 0 ? [] : ownersOf(candidate.bytes, groups);
        if (owners.length === 0 && ended >= 0) own[ended] += p;
        else if (owners.length === 1) own[owners[0]] += p;
        else if (owners.length > 1) shared = { candidate: shared?.candidate ?? candidate, p: (shared?.p ?? 0) + p };
      }
      if (shared || own.some((mass) => mass > 0) || candidates.length < width) return { own, shared };
    }
    return { own, shared: undefined };
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param {string} text */
export function encode(text) {
  return encoder.encode(text);
}

/** @param {number[]} bytes */
export function decode(bytes) {
  return decoder.decode(Uint8Array.from(bytes));
}

/**
 * @param {Candidate[]} candidates
 * @param {(piece: Uint8Array) => number} factor
 */
function favoured(candidates, factor) {
  const weighed = candidates.map((candidate) => ({ candidate, weight: candidate.p * (candidate.end ? 1 : factor(candidate.bytes)) }));
  return weighed.sort((a, b) => b.weight - a.weight).map(({ candidate }) => candidate);
}

/**
 * Whether one of two byte strings begins with the other.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
function agree(a, b) {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/**
 * Returns the groups with a text that goes on with `piece`. A piece that runs past several texts is of the longest: the others would
 * have had to end before.
 * @param {Uint8Array} piece
 * @param {Uint8Array[][]} groups
 * @returns {number[]}
 */
function ownersOf(piece, groups) {
  const covering = groups.flatMap((rests, at) => (rests.some((rest) => covers(rest, piece)) ? [at] : []));
  if (covering.length) return covering;
  const lengths = groups.map((rests) =>
    Math.max(0, ...rests.filter((rest) => rest.length > 0 && agree(rest, piece)).map((rest) => rest.length)),
  );
  const longest = Math.max(...lengths);
  return longest > 0 ? [lengths.indexOf(longest)] : [];
}

/**
 * Whether `text` begins with all of `piece`.
 * @param {Uint8Array} text
 * @param {Uint8Array} piece
 */
function covers(text, piece) {
  return text.length >= piece.length && agree(text, piece);
}
