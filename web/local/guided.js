/**
 * Guided decoding: a language model fills a JSON Schema, and what comes out always parses and fits.
 *
 * How it works. The walker writes everything the schema already decides (braces, names, commas) and asks the model only for the
 * rest. Where a few texts are possible (an enum, the next name, going on or closing) it takes the one to which the model gives
 * most probability. Inside strings and numbers it takes the model's most likely token that keeps the text legal; a closing quote
 * may come anywhere inside a token, and a text that goes round in a circle is closed. What the walker decides is put off in `#pending` and given to the model in one piece, because
 * models read text best when it is cut into tokens as they are used to. When the token budget is spent, the value is closed by
 * the shortest legal way.
 *
 * @import { Candidate, Schema, TokenSource } from "./types.js"
 * @import { ArrayShape, NumberShape, ObjectShape, Property, Shape, StringShape } from "./schema.js"
 */

import { LocalModelError } from "./errors.js";
import { STRING_START, beginsNumber, isNumber, isWhole, nearestNumber, scanString } from "./json-text.js";
import { badSchema, equal, shapesOf } from "./schema.js";

/** How many candidates to look at, until one of them is legal. */
const WIDTHS = [64, 1024, Infinity];
/** Where the schema sets no bound. */
const MAX_ITEMS = 16;
const MAX_EXTRA_PROPERTIES = 8;
/** From this depth on only what is required is written; from the second on, a schema that still goes down has no end. */
const DEEP = 8;
const TOO_DEEP = 40;

/**
 * @typedef {object} GuidedOptions
 * @property {number} [maxTokens] tokens the model may choose; what is left then is closed as shortly as the schema allows
 * @property {(text: string) => void} [onText] called with each piece of JSON text once it is final
 * @property {(property: Property, object: Record<string, unknown>) => boolean | undefined} [include]
 *   whether to write an optional property; nothing leaves it to the model
 * @property {(text: string, whole: boolean, listed: boolean) => number} [favour]
 *   a factor on the probability of a string that begins with `text`, or, where `whole`, is `text`; 1 by default.
 *   `listed`: it is one of the values that the schema lists
 */

/**
 * @param {TokenSource} source
 * @param {Schema} schema
 * @param {GuidedOptions} [options]
 * @returns {Promise<{value: unknown, text: string, cut: boolean}>} `cut`: the budget was spent before the model was done
 */
export async function generateJSON(source, schema, options = {}) {
  const walker = new Walker(source, schema, options);
  const text = await walker.run();
  return { value: JSON.parse(text), text, cut: walker.hurried };
}

class Walker {
  #source;
  #root;
  #left;
  #onText;
  #include;
  #favour;
  #text = "";
  #told = 0;
  #pending = "";
  #trials = 0;
  hurried = false;

  /** @param {TokenSource} source @param {Schema} schema @param {GuidedOptions} options */
  constructor(source, schema, { maxTokens = 512, onText = () => {}, include = () => undefined, favour = () => 1 }) {
    this.#source = source;
    this.#root = schema;
    this.#left = maxTokens;
    this.#onText = onText;
    this.#include = include;
    this.#favour = favour;
  }

  async run() {
    await this.#value(this.#root, 0);
    this.#tell();
    return this.#text;
  }

  /** @param {Schema} schema @param {number} depth @returns {Promise<unknown>} */
  async #value(schema, depth) {
    if (depth > TOO_DEEP) throw badSchema("it goes down without end");
    const shapes = shapesOf(schema, this.#root);
    if (shapes.length === 0) throw badSchema("no value fits it");
    const start = this.#text.length;
    await this.#write(await this.#pick(shapes, depth), depth);
    if (!this.#trials) this.#tell();
    return JSON.parse(this.#text.slice(start));
  }

  /** @param {Shape} shape @param {number} depth */
  async #write(shape, depth) {
    switch (shape.kind) {
      case "literal":
        return void (await this.#choose(
          shape.values.map((value) => JSON.stringify(value)),
          shape.values.map((value) => (typeof value === "string" ? this.#favour(value, true, true) : 1)),
        ));
      case "string":
        return this.#string(shape);
      case "number":
        return this.#number(shape);
      case "array":
        return this.#array(shape, depth);
      case "object":
        return this.#object(shape, depth);
    }
  }

  // Which of several shapes

  /** @param {Shape[]} shapes @param {number} depth @returns {Promise<Shape>} */
  async #pick(shapes, depth) {
    if (shapes.length === 1) return shapes[0];
    if (this.#hurry() || depth >= DEEP) return shapes.slice().sort((a, b) => effort(a) - effort(b))[0];
    const beginnings = shapes.map(openersOf);
    const objects = shapes.flatMap((shape) => (shape.kind === "object" ? [shape] : []));
    const groups = beginnings.filter((texts, at) => !beginnings.slice(0, at).some((other) => other[0] === texts[0]));
    const [opener] = groups.length === 1 ? groups[0] : groups[await this.#foresee(groups)];
    const chosen = shapes.filter((_, at) => beginnings[at][0] === opener);
    return chosen.length > 1 && opener === "{" ? this.#pickObject(objects) : chosen[0];
  }

  /** Objects start alike: let the model choose by what tells them apart, then go back and write that one. @param {ObjectShape[]} shapes @returns {Promise<ObjectShape>} */
  async #pickObject(shapes) {
    const beginnings = tellingBeginnings(shapes, this.#root);
    if (!beginnings) return shapes[0];
    const state = [this.#text, this.#pending];
    await this.#flush(true);
    const mark = this.#source.mark();
    this.#trials++;
    const chosen = await this.#choose(beginnings);
    this.#trials--;
    [this.#text, this.#pending] = state;
    await this.#source.rewind(mark);
    this.#pending = this.#pending.endsWith(" ") ? " " : "";
    const { properties, ...rest } = shapes[chosen];
    const first = properties.find(({ name }) => beginnings[chosen].startsWith(`{${JSON.stringify(name)}`));
    return first ? { ...rest, properties: [{ ...first, required: true }, ...properties.filter((each) => each !== first)] } : shapes[chosen];
  }

  // Objects and arrays

  /** @param {ObjectShape} shape @param {number} depth */
  async #object(shape, depth) {
    /** @type {Record<string, unknown>} */
    const written = Object.create(null);
    let count = 0;
    this.#force("{");
    let left = shape.properties;
    while (left.length) {
      const property = await this.#nextProperty(shape, left, written, count, depth);
      if (!property) break;
      left = left.slice(left.indexOf(property) + 1);
      written[property.name] = await this.#value(property.schema, depth + 1);
      count++;
    }
    while (shape.extra !== false && count < shape.maxProperties && (await this.#wantsExtra(shape, count, depth))) {
      this.#force(count ? ', "' : '"');
      const name = await this.#name(written);
      this.#force(": ");
      written[name] = await this.#value(shape.extra, depth + 1);
      count++;
    }
    if (count < shape.minProperties) throw badSchema("it asks for more properties than it names");
    this.#force("}");
  }

  /**
   * Write the next property's name and give the property; nothing if the object ends here.
   * @param {ObjectShape} shape
   * @param {Property[]} left
   * @param {Record<string, unknown>} written
   * @param {number} count
   * @param {number} depth
   * @returns {Promise<Property | undefined>}
   */
  async #nextProperty(shape, left, written, count, depth) {
    const owed = left.filter((each) => each.required).length;
    const needed = shape.minProperties - count;
    const skipping = this.#hurry() || depth >= DEEP || count + owed >= shape.maxProperties;
    /** @type {Property[]} */
    const possible = [];
    let mayEnd = true;
    for (const property of left) {
      const owes = property.required || left.length - left.indexOf(property) <= needed;
      const wanted = owes || (skipping ? false : this.#include(property, written));
      if (wanted !== false) possible.push(property);
      if (wanted) {
        mayEnd = false; // no later property before this one
        break;
      }
    }
    const texts = possible.map(({ name }) => `${count ? ", " : ""}${JSON.stringify(name)}: `);
    if (mayEnd) texts.push("}");
    const chosen = texts.length === 1 ? 0 : await this.#foresee(texts.map((text) => [text]));
    if (chosen < possible.length) this.#force(texts[chosen]);
    return possible[chosen];
  }

  /** @param {ObjectShape} shape @param {number} count @param {number} depth */
  async #wantsExtra(shape, count, depth) {
    if (count < shape.minProperties) return true;
    // An object that names its properties is done with them, unless its schema says what others there may be.
    if (shape.extra === true || this.#hurry() || depth >= DEEP || count >= MAX_EXTRA_PROPERTIES) return false;
    return (await this.#foresee([[count ? ', "' : '"'], ["}"]])) === 0;
  }

  /** A name not yet used. @param {Record<string, unknown>} written @returns {Promise<string>} */
  async #name(written) {
    const start = this.#text.length - 1;
    await this.#stringBody({ kind: "string", minLength: 1, maxLength: 64 });
    const name = JSON.parse(this.#text.slice(start));
    if (!(name in written)) return name;
    let number = 2;
    while (`${name}_${number}` in written) number++;
    this.#text = this.#text.slice(0, -1);
    this.#pending = this.#pending.slice(0, -1);
    this.#force(`_${number}"`);
    return `${name}_${number}`;
  }

  /** @param {ArrayShape} shape @param {number} depth */
  async #array(shape, depth) {
    /** @type {unknown[]} */
    const items = [];
    this.#force("[");
    while (items.length < Math.max(shape.minItems, Math.min(shape.maxItems, MAX_ITEMS))) {
      const schema = shape.prefix[items.length] ?? shape.items;
      const separator = items.length ? ", " : "";
      if (items.length >= shape.minItems && !(await this.#wantsItem(schema, separator, depth))) break;
      const before = { text: this.#text, pending: this.#pending, mark: this.#source.mark() };
      this.#trials += shape.unique ? 1 : 0;
      this.#force(separator);
      const item = await this.#value(await this.#unused(schema, items, shape.unique), depth + 1);
      this.#trials -= shape.unique ? 1 : 0;
      if (shape.unique && items.some((other) => equal(other, item))) {
        if (items.length < shape.minItems) throw badSchema("it asks for different items, and the model repeats itself");
        await this.#source.rewind(before.mark);
        [this.#text, this.#pending] = [before.text, before.pending];
        break;
      }
      items.push(item);
    }
    this.#force("]");
  }

  /** @param {Schema} schema @param {string} separator @param {number} depth */
  async #wantsItem(schema, separator, depth) {
    if (this.#hurry() || depth >= DEEP) return false;
    const openers = separator ? [separator] : shapesOf(schema, this.#root).flatMap(openersOf);
    return openers.length > 0 && (await this.#foresee([openers, ["]"]])) === 0;
  }

  /** Where items must differ and are listed, what is left of the list. @param {Schema} schema @param {unknown[]} items @param {boolean} unique @returns {Promise<Schema>} */
  async #unused(schema, items, unique) {
    if (!unique) return schema;
    const shapes = shapesOf(schema, this.#root);
    const values = shapes.flatMap((shape) => (shape.kind === "literal" ? shape.values : []));
    if (shapes.some((shape) => shape.kind !== "literal")) return schema;
    const left = values.filter((value) => !items.some((item) => equal(item, value)));
    return left.length ? { enum: left } : schema;
  }

  // Strings and numbers

  /** @param {StringShape} shape */
  async #string(shape) {
    this.#force('"');
    await this.#stringBody(shape);
  }

  /** The rest of a string whose opening quote is written. @param {StringShape} shape */
  async #stringBody({ minLength, maxLength, pattern }) {
    await this.#flush();
    let state = STRING_START;
    /** @type {number[]} */
    let bytes = [];
    let whole = { mark: this.#source.mark(), length: 0, chars: 0 };
    const closes = (/** @type {number} */ chars, /** @type {number[]} */ raw) =>
      chars >= minLength && chars <= maxLength && (!pattern || pattern.test(JSON.parse(`"${decode(raw)}"`)));
    const room = minLength + 64;
    for (let steps = 0; ; steps++) {
      if (isWhole(state)) whole = { mark: this.#source.mark(), length: bytes.length, chars: state.chars };
      const full = state.chars >= maxLength;
      const circling = bytes.length > 24 && CIRCLE.test(decode(bytes));
      if ((this.#hurry() || full || circling) && isWhole(state) && (closes(state.chars, bytes) || full)) break;
      if (this.#hurry() && steps > room) break;
      const step = await this.#firstLegal((candidate) => {
        if (candidate.end ? !isWhole(state) : candidate.bytes.length === 0) return undefined;
        const scanned = scanString(state, candidate.end ? CLOSING : candidate.bytes);
        if (!scanned) return undefined;
        const { close } = scanned;
        if (close < 0) return scanned.state.chars + (isWhole(scanned.state) ? 0 : 1) > maxLength ? undefined : { candidate, scanned, tail: undefined };
        const tail = candidate.end ? [] : [...candidate.bytes.subarray(0, close)];
        return closes(scanned.state.chars, [...bytes, ...tail]) ? { candidate, scanned, tail } : undefined;
      }, (piece) => {
        const quote = piece.indexOf(0x22);
        return this.#favour(decode([...bytes, ...(quote < 0 ? piece : piece.subarray(0, quote))]), quote >= 0, false);
      });
      if (!step) break;
      if (step.tail) {
        // The model has seen `bytes`; the head of the closing token it has not, and that goes in with what comes next.
        await this.#source.rewind(whole.mark);
        this.#text += decode([...bytes, ...step.tail]);
        this.#pending = decode([...bytes.slice(whole.length), ...step.tail]);
        this.#force('"');
        return;
      }
      await this.#take(step.candidate);
      state = step.scanned.state;
      bytes.push(...step.candidate.bytes);
    }
    if (bytes.length !== whole.length) await this.#source.rewind(whole.mark);
    bytes = bytes.slice(0, whole.length);
    const missing = minLength - whole.chars;
    this.#text += decode(bytes);
    if (missing > 0) this.#force(" ".repeat(missing));
    if (!closes(Math.max(whole.chars, minLength), [...bytes, ...Array(Math.max(0, missing)).fill(0x20)])) {
      throw new LocalModelError("bad_schema", `The local model found no text that fits the pattern ${pattern}.`);
    }
    this.#force('"');
  }

  /** @param {NumberShape} shape */
  async #number(shape) {
    await this.#flush();
    const mark = this.#source.mark();
    let text = "";
    while (!this.#hurry()) {
      const step = await this.#firstLegal((candidate) => {
        const piece = candidate.end ? "" : decode([...candidate.bytes]);
        const digits = /^[-\d.]*/.exec(piece)?.[0] ?? "";
        const longer = text + digits;
        if (digits.length === piece.length && digits) return beginsNumber(longer, shape) ? { candidate, longer, done: false } : undefined;
        return isNumber(longer) && shape.fits(Number(longer)) ? { candidate, longer, done: true } : undefined;
      });
      if (!step) break;
      if (step.done) {
        this.#text += step.longer;
        this.#pending = step.longer.slice(text.length);
        return;
      }
      await this.#take(step.candidate);
      text = step.longer;
    }
    if (isNumber(text) && shape.fits(Number(text))) {
      this.#text += text;
      return;
    }
    const value = nearestNumber(Number(text) || 0, shape);
    if (value === undefined) throw badSchema("no number was found that fits it");
    await this.#source.rewind(mark);
    this.#force(JSON.stringify(value));
  }

  // The model

  /** Put `text` into the value; the model sees it when it is next asked. @param {string} text */
  #force(text) {
    this.#text += text;
    this.#pending += text;
  }

  /** @param {boolean} [keepSpace] models read " word" as one token: leave a closing space to what comes next */
  async #flush(keepSpace = false) {
    const kept = keepSpace && this.#pending.endsWith(" ") ? " " : "";
    const text = kept ? this.#pending.slice(0, -1) : this.#pending;
    if (text) await this.#source.force(text);
    this.#pending = kept;
  }

  /** @param {Candidate} candidate */
  async #take(candidate) {
    this.#left--;
    await this.#source.take(candidate);
  }

  #hurry() {
    if (this.#left <= 0) this.hurried = true;
    return this.#left <= 0;
  }

  #tell() {
    if (this.#told < this.#text.length) this.#onText(this.#text.slice(this.#told));
    this.#told = this.#text.length;
  }

  /**
   * @template T
   * @param {(candidate: Candidate) => T | undefined} test
   * @param {(piece: Uint8Array) => number} [factor] on a candidate's probability, looked at among the likeliest only
   * @returns {Promise<T | undefined>} for the most likely candidate that passes
   */
  async #firstLegal(test, factor) {
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

  /** Which group of texts the model would go on with; nothing is written. @param {string[][]} groups @returns {Promise<number>} */
  async #foresee(groups) {
    await this.#flush(true);
    const [text, pending, mark] = [this.#text, this.#pending, this.#source.mark()];
    const { chosen } = await this.#decide(groups);
    await this.#source.rewind(mark);
    [this.#text, this.#pending] = [text, pending];
    return chosen;
  }

  /** Write the one of `texts` the model finds likeliest. @param {string[]} texts @param {number[]} [factors] @returns {Promise<number>} its place */
  async #choose(texts, factors) {
    if (texts.length === 1) {
      this.#force(texts[0]);
      return 0;
    }
    await this.#flush(true);
    const { chosen, rest } = await this.#decide(texts.map((text) => [text]), factors);
    this.#text += texts[chosen];
    this.#pending = decode([...rest]);
    return chosen;
  }

  /**
   * Token by token, until only one group is left or one has more of the probability than what the others share with it.
   * Whole tokens of the chosen text may have been taken; `rest` is what of it the model has not seen.
   * @param {string[][]} groups
   * @param {number[]} [factors]
   * @returns {Promise<{chosen: number, rest: Uint8Array}>}
   */
  async #decide(groups, factors = groups.map(() => 1)) {
    let live = groups.map((texts, chosen) => ({ chosen, rests: texts.map((text) => encode(this.#pending + text)) }));
    for (;;) {
      const { own: plain, shared } = await this.#masses(live.map((group) => group.rests));
      const own = plain.map((mass, at) => mass * factors[live[at].chosen]);
      const most = Math.max(...own);
      const best = live[own.indexOf(most)];
      if (live.length === 1 || !shared || shared.p <= most) return { chosen: best.chosen, rest: best.rests[0] };
      const { bytes } = shared.candidate;
      await this.#take(shared.candidate);
      this.#pending = "";
      live = live
        .map(({ chosen, rests }) => ({ chosen, rests: rests.filter((rest) => covers(rest, bytes)).map((rest) => rest.subarray(bytes.length)) }))
        .filter(({ rests }) => rests.length > 0);
    }
  }

  /**
   * The probability of the next token, by whose beginning it is: `own` of one group alone, `shared` of several (with the likeliest
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

/** The same few characters four times over. */
const CIRCLE = /(.{3,40}?)\1{3}$/su;
const CLOSING = Uint8Array.of(0x22);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param {string} text */
function encode(text) {
  return encoder.encode(text);
}

/** @param {number[]} bytes */
function decode(bytes) {
  return decoder.decode(Uint8Array.from(bytes));
}

/** @param {Candidate[]} candidates @param {(piece: Uint8Array) => number} factor */
function favoured(candidates, factor) {
  const weighed = candidates.map((candidate) => ({ candidate, weight: candidate.p * (candidate.end ? 1 : factor(candidate.bytes)) }));
  return weighed.sort((a, b) => b.weight - a.weight).map(({ candidate }) => candidate);
}

/** Whether one begins with the other. @param {Uint8Array} a @param {Uint8Array} b */
function agree(a, b) {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/**
 * The groups some text of which goes on with `piece`. A piece that runs past several texts is of the longest: the others would
 * have had to end before.
 * @param {Uint8Array} piece
 * @param {Uint8Array[][]} groups
 * @returns {number[]}
 */
function ownersOf(piece, groups) {
  const covering = groups.flatMap((rests, at) => (rests.some((rest) => covers(rest, piece)) ? [at] : []));
  if (covering.length) return covering;
  const lengths = groups.map((rests) => Math.max(0, ...rests.filter((rest) => rest.length > 0 && agree(rest, piece)).map((rest) => rest.length)));
  const longest = Math.max(...lengths);
  return longest > 0 ? [lengths.indexOf(longest)] : [];
}

/** Whether `text` begins with all of `piece`. @param {Uint8Array} text @param {Uint8Array} piece */
function covers(text, piece) {
  return text.length >= piece.length && agree(text, piece);
}

/** How a value of this shape begins. @param {Shape} shape @returns {string[]} */
function openersOf(shape) {
  switch (shape.kind) {
    case "literal":
      return shape.values.map((value) => JSON.stringify(value));
    case "string":
      return ['"'];
    case "number":
      return shape.min < 0 ? [..."-0123456789"] : [..."0123456789"];
    case "array":
      return ["["];
    case "object":
      return ["{"];
  }
}

/** How much there is to write, roughly: what to take when there is no more room. @param {Shape} shape */
function effort(shape) {
  switch (shape.kind) {
    case "literal":
      return 0;
    case "number":
      return 1;
    case "string":
      return 2 + shape.minLength;
    case "array":
      return shape.minItems ? 1000 : 3;
    case "object":
      return shape.properties.some((property) => property.required) ? 1001 : 4;
  }
}

/**
 * A first property for each object by which it differs from all others: one whose values are listed (a tag), else its name.
 * @param {ObjectShape[]} shapes
 * @param {Schema} root
 * @returns {string[] | undefined}
 */
function tellingBeginnings(shapes, root) {
  const tag = shapes[0].properties.find(({ name }) => shapes.every((shape) => tagValue(shape, name, root) !== undefined));
  const beginnings = shapes.map((shape) => {
    if (tag) return `{${JSON.stringify(tag.name)}: ${JSON.stringify(tagValue(shape, tag.name, root))}`;
    const own = shape.properties.find(({ name }) => shapes.every((other) => other === shape || !other.properties.some((each) => each.name === name)));
    return own ? `{${JSON.stringify(own.name)}:` : "";
  });
  return beginnings.includes("") || new Set(beginnings).size < shapes.length ? undefined : beginnings;
}

/** @param {ObjectShape} shape @param {string} name @param {Schema} root @returns {unknown} */
function tagValue(shape, name, root) {
  const property = shape.properties.find((each) => each.name === name && each.required);
  if (!property) return undefined;
  const [only, ...more] = shapesOf(property.schema, root);
  return only?.kind === "literal" && only.values.length === 1 && more.length === 0 ? only.values[0] : undefined;
}
