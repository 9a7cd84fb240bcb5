/**
 * Guided decoding: a language model fills a JSON Schema, and what comes out always parses and fits.
 *
 * How it works. The walker writes everything the schema already decides (braces, names, commas) and asks the model only for the
 * rest. Where a few texts are possible (an enum, the next name, going on or closing) it takes the one to which the model gives
 * most probability. Inside strings and numbers it takes the model's most likely token that keeps the text legal; a closing quote
 * may come anywhere inside a token, and a text that goes round in a circle is closed. What the walker decides is put off (`pending` in pen.js) and given to the model
 * in one piece, because models read text best when it is cut into tokens as they are used to. When the token budget is spent, the
 * value is closed by the shortest legal way.
 *
 * @import { Schema, TokenSource } from "./types.js"
 * @import { ArrayShape, ObjectShape, Property, Shape, StringShape } from "./schema.js"
 */

import { effort, openersOf, distinctBeginnings } from "./beginnings.js";
import { writeNumber, writeString } from "./guided-scalars.js";
import { Pen } from "./pen.js";
import { badSchema, equal, shapesOf } from "./schema.js";

/** Bounds where the schema sets none. */
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
 *   whether to write an optional property; undefined leaves the choice to the model
 * @property {(text: string, whole: boolean, listed: boolean) => number} [favour]
 *   a factor on the probability of a string that begins with `text`, or, where `whole`, is `text`; 1 by default.
 *   `listed`: it is one of the values that the schema lists
 */

/**
 * Writes a JSON value that fits the schema, with the model's choices. Raises "bad_schema" where no value was found.
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
  #pen;
  #root;
  #onText;
  #include;
  #favour;
  #sent = 0;
  #trials = 0;

  /**
   * @param {TokenSource} source
   * @param {Schema} schema
   * @param {GuidedOptions} options
   */
  constructor(source, schema, { maxTokens = 512, onText = () => {}, include = () => undefined, favour = () => 1 }) {
    this.#pen = new Pen(source, maxTokens);
    this.#root = schema;
    this.#onText = onText;
    this.#include = include;
    this.#favour = favour;
  }

  get hurried() {
    return this.#pen.hurried;
  }

  async run() {
    await this.#value(this.#root, 0);
    this.#report();
    return this.#pen.text;
  }

  /**
   * @param {Schema} schema
   * @param {number} depth
   * @returns {Promise<unknown>}
   */
  async #value(schema, depth) {
    if (depth > TOO_DEEP) throw badSchema("it goes down without end");
    const shapes = shapesOf(schema, this.#root);
    if (shapes.length === 0) throw badSchema("no value fits it");
    const start = this.#pen.text.length;
    await this.#write(await this.#pick(shapes, depth), depth);
    if (!this.#trials) this.#report();
    return JSON.parse(this.#pen.text.slice(start));
  }

  /**
   * @param {Shape} shape
   * @param {number} depth
   */
  async #write(shape, depth) {
    switch (shape.kind) {
      case "literal":
        return void (await this.#pen.choose(
          shape.values.map((value) => JSON.stringify(value)),
          shape.values.map((value) => (typeof value === "string" ? this.#favour(value, true, true) : 1)),
        ));
      case "string":
        this.#pen.force('"');
        return this.#stringBody(shape);
      case "number":
        return writeNumber(this.#pen, shape);
      case "array":
        return this.#array(shape, depth);
      case "object":
        return this.#object(shape, depth);
    }
  }

  /**
   * @param {Shape[]} shapes
   * @param {number} depth
   * @returns {Promise<Shape>}
   */
  async #pick(shapes, depth) {
    if (shapes.length === 1) return shapes[0];
    if (this.#pen.spent() || depth >= DEEP) return shapes.slice().sort((a, b) => effort(a) - effort(b))[0];
    const beginnings = shapes.map(openersOf);
    const objects = shapes.flatMap((shape) => (shape.kind === "object" ? [shape] : []));
    const groups = beginnings.filter((texts, at) => !beginnings.slice(0, at).some((other) => other[0] === texts[0]));
    const [opener] = groups.length === 1 ? groups[0] : groups[await this.#pen.foresee(groups)];
    const chosen = shapes.filter((_, at) => beginnings[at][0] === opener);
    return chosen.length > 1 && opener === "{" ? this.#pickObject(objects) : chosen[0];
  }

  /**
   * Lets the model choose one of several objects, which begin alike, by the first property in which they differ. Goes back, and returns the
   * chosen shape.
   * @param {ObjectShape[]} shapes
   * @returns {Promise<ObjectShape>}
   */
  async #pickObject(shapes) {
    const beginnings = distinctBeginnings(shapes, this.#root);
    if (!beginnings) return shapes[0];
    await this.#pen.flush(true);
    const before = this.#pen.mark();
    this.#trials++;
    const chosen = await this.#pen.choose(beginnings);
    this.#trials--;
    await this.#pen.rewind(before);
    const { properties, ...rest } = shapes[chosen];
    const first = properties.find(({ name }) => beginnings[chosen].startsWith(`{${JSON.stringify(name)}`));
    return first ? { ...rest, properties: [{ ...first, required: true }, ...properties.filter((each) => each !== first)] } : shapes[chosen];
  }

  /**
   * @param {ObjectShape} shape
   * @param {number} depth
   */
  async #object(shape, depth) {
    /** @type {Record<string, unknown>} */
    const written = Object.create(null);
    let count = 0;
    this.#pen.force("{");
    let left = shape.properties;
    while (left.length) {
      const property = await this.#nextProperty(shape, left, written, count, depth);
      if (!property) break;
      left = left.slice(left.indexOf(property) + 1);
      written[property.name] = await this.#value(property.schema, depth + 1);
      count++;
    }
    while (shape.extra !== false && count < shape.maxProperties && (await this.#wantsExtra(shape, count, depth))) {
      this.#pen.force(count ? ', "' : '"');
      const name = await this.#name(written);
      this.#pen.force(": ");
      written[name] = await this.#value(shape.extra, depth + 1);
      count++;
    }
    if (count < shape.minProperties) throw badSchema("it asks for more properties than it names");
    this.#pen.force("}");
  }

  /**
   * Writes the name of the next property. Returns the property; undefined where the object ends here.
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
    const skipping = this.#pen.spent() || depth >= DEEP || count + owed >= shape.maxProperties;
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
    const chosen = texts.length === 1 ? 0 : await this.#pen.foresee(texts.map((text) => [text]));
    if (chosen < possible.length) this.#pen.force(texts[chosen]);
    return possible[chosen];
  }

  /**
   * @param {ObjectShape} shape
   * @param {number} count
   * @param {number} depth
   */
  async #wantsExtra(shape, count, depth) {
    if (count < shape.minProperties) return true;
    // An object that names its properties is done with them, unless its schema says what others there may be.
    if (shape.extra === true || this.#pen.spent() || depth >= DEEP || count >= MAX_EXTRA_PROPERTIES) return false;
    return (await this.#pen.foresee([[count ? ', "' : '"'], ["}"]])) === 0;
  }

  /**
   * Writes a name that the object does not have yet.
   * @param {Record<string, unknown>} written
   * @returns {Promise<string>}
   */
  async #name(written) {
    const start = this.#pen.text.length - 1;
    await this.#stringBody({ kind: "string", minLength: 1, maxLength: 64 });
    const name = JSON.parse(this.#pen.text.slice(start));
    if (!(name in written)) return name;
    let number = 2;
    while (`${name}_${number}` in written) number++;
    this.#pen.text = this.#pen.text.slice(0, -1);
    this.#pen.pending = this.#pen.pending.slice(0, -1);
    this.#pen.force(`_${number}"`);
    return `${name}_${number}`;
  }

  /**
   * @param {ArrayShape} shape
   * @param {number} depth
   */
  async #array(shape, depth) {
    /** @type {unknown[]} */
    const items = [];
    this.#pen.force("[");
    while (items.length < Math.max(shape.minItems, Math.min(shape.maxItems, MAX_ITEMS))) {
      const schema = shape.prefix[items.length] ?? shape.items;
      const separator = items.length ? ", " : "";
      if (items.length >= shape.minItems && !(await this.#wantsItem(schema, separator, depth))) break;
      const before = this.#pen.mark();
      this.#trials += shape.unique ? 1 : 0;
      this.#pen.force(separator);
      const item = await this.#value(await this.#unused(schema, items, shape.unique), depth + 1);
      this.#trials -= shape.unique ? 1 : 0;
      if (shape.unique && items.some((other) => equal(other, item))) {
        if (items.length < shape.minItems) throw badSchema("it asks for different items, and the model repeats itself");
        await this.#pen.rewind(before);
        break;
      }
      items.push(item);
    }
    this.#pen.force("]");
  }

  /**
   * @param {Schema} schema
   * @param {string} separator
   * @param {number} depth
   */
  async #wantsItem(schema, separator, depth) {
    if (this.#pen.spent() || depth >= DEEP) return false;
    const openers = separator ? [separator] : shapesOf(schema, this.#root).flatMap(openersOf);
    return openers.length > 0 && (await this.#pen.foresee([openers, ["]"]])) === 0;
  }

  /**
   * Returns a schema of the listed values that are left, where items must differ; else the schema.
   * @param {Schema} schema
   * @param {unknown[]} items
   * @param {boolean} unique
   * @returns {Promise<Schema>}
   */
  async #unused(schema, items, unique) {
    if (!unique) return schema;
    const shapes = shapesOf(schema, this.#root);
    const values = shapes.flatMap((shape) => (shape.kind === "literal" ? shape.values : []));
    if (shapes.some((shape) => shape.kind !== "literal")) return schema;
    const left = values.filter((value) => !items.some((item) => equal(item, value)));
    return left.length ? { enum: left } : schema;
  }

  /** @param {StringShape} shape */
  #stringBody(shape) {
    return writeString(this.#pen, shape, (text, isWhole) => this.#favour(text, isWhole, false));
  }

  /** Passes on the text that is final. */
  #report() {
    if (this.#sent < this.#pen.text.length) this.#onText(this.#pen.text.slice(this.#sent));
    this.#sent = this.#pen.text.length;
  }
}
