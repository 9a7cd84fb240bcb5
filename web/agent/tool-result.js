/**
 * Results of JavaScript tools as plain JSON: the model reads the returned value, whatever its type.
 *
 * How it works. JSON has no form for most of JavaScript's types, and `JSON.stringify` loses them silently (a Map becomes {}) or throws
 * (BigInt). This module writes each type as a reader would. Blobs and responses, whose content comes later, are read while the rest waits.
 * Pictures, sounds and files become parts of the result, so that the model sees them.
 */

import { toBase64 } from "../bridge/base64.js";
import { ToolError } from "../errors.js";

/** Most levels of a result, as Python takes in a message. */
const MOST_LEVELS = 100;
/** Most items of an iterator, which may not end. */
const MOST_ITEMS = 100_000;

/** The types of parts beside text, which hold media. */
const MEDIA = new Set(["image", "audio", "file"]);
const SOURCES = ["data", "url", "fileId", "file_id"];

/** First bytes of picture formats, in base64. @type {[string, string][]} */
const PICTURES = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

/**
 * @param {unknown} returned a value, or a promise of a value
 * @param {string} name of the tool, for errors
 * @returns {Promise<any>} plain JSON
 * @throws an Error that was returned, as if it had been thrown; ToolError for a result that JSON cannot hold
 */
export async function toolResult(returned, name) {
  let value = await returned;
  if (value instanceof Error) throw value;
  if (typeof Response === "function" && value instanceof Response) value = await readResponse(value);
  if (typeof ReadableStream === "function" && value instanceof ReadableStream) value = await new Response(value).text();
  if (isAsyncIterable(value)) value = await collect(/** @type {AsyncIterable<unknown>} */ (value), name);
  if (value instanceof Blob) return readBlob(value);
  const bytes = bytesOf(value);
  if (bytes) {
    const picture = mediaOf(toBase64(bytes), "");
    return picture.media_type ? { content: [{ type: "image", ...picture }] } : toBase64(bytes);
  }
  const reader = new Reader(name);
  const read = isMedia(value) ? { content: [reader.part(value)] } : hasParts(value) ? reader.withParts(value) : reader.read(value);
  await Promise.all(reader.pending);
  return read ?? null;
}

/**
 * Carries out a tool whose function is an async generator: each value that it yields is progress. Its result is the value that it returns,
 * or else the last value that it yielded.
 * @param {AsyncGenerator<unknown, unknown>} values
 * @param {string} name of the tool, for errors
 * @returns {AsyncGenerator<any, any>} plain JSON
 */
export async function* toolSteps(values, name) {
  let last;
  let ended = false;
  try {
    while (true) {
      const { done, value } = await values.next();
      ended = Boolean(done);
      /** @type {any} */
      const read = done && value === undefined ? last : await toolResult(value, name);
      if (done) return read;
      last = read;
      yield read;
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    if (!ended) await values.return(undefined);
  }
}

/**
 * @param {unknown} value
 * @returns {value is AsyncGenerator<unknown, unknown>} whether it is the generator of an `async function*`
 */
export const isAsyncGenerator = (value) => Object.prototype.toString.call(value) === "[object AsyncGenerator]";

class Reader {
  /** Content that is still being read. @type {Promise<unknown>[]} */
  pending = [];
  /** @type {Set<object>} */
  #within = new Set();

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /**
   * @param {any} value
   * @returns {any}
   */
  read(value) {
    if (typeof value === "bigint") return readBigInt(value);
    if (typeof value === "function" || typeof value === "symbol") return undefined;
    if (typeof value !== "object" || value === null) return value;
    if (this.#within.has(value)) throw new ToolError(`the result of ${this.name} contains itself; return plain data without cycles`);
    if (this.#within.size >= MOST_LEVELS) throw new ToolError(`the result of ${this.name} is nested deeper than ${MOST_LEVELS} levels`);
    this.#within.add(value);
    try {
      return this.#object(value);
    } finally {
      this.#within.delete(value);
    }
  }

  /** Reads an object with parts in `content`; its other fields are data. @param {any} value */
  withParts({ content, ...rest }) {
    return { ...this.read(rest), content: content.map((/** @type {any} */ part) => (isMedia(part) ? this.part(part) : this.read(part))) };
  }

  /** Reads a picture, a sound or a file, in Python's spelling. @param {any} given */
  part({ mediaType, fileId, data, ...rest }) {
    const part = { ...this.read(rest), ...(fileId == null ? {} : { file_id: fileId }) };
    const type = mediaType ?? part.media_type ?? "";
    if (type) part.media_type = type;
    if (data instanceof Blob) {
      this.pending.push(base64Of(data).then((text) => Object.assign(part, mediaOf(text, type || data.type))));
    } else if (data != null) {
      const bytes = bytesOf(data);
      Object.assign(part, mediaOf(bytes ? toBase64(bytes) : String(data), type));
    }
    return part;
  }

  /**
   * @param {any} value
   * @returns {any}
   */
  #object(value) {
    const bytes = bytesOf(value);
    if (bytes) return toBase64(bytes);
    if (ArrayBuffer.isView(value) || Array.isArray(value)) return Array.from(/** @type {any} */ (value), (item) => this.read(item) ?? null);
    if (value instanceof Blob) return this.#later(readBlob(value));
    if (typeof value.then === "function") return this.#later(Promise.resolve(value).then((settled) => toolResult(settled, this.name)));
    if (typeof value.toJSON === "function") return this.read(value.toJSON());
    if (value instanceof Error) return this.#error(value);
    if (value instanceof RegExp) return String(value);
    if (value instanceof Map || isPairs(value)) return this.#pairs([...this.#items(value)]);
    const held = typeof value.valueOf === "function" ? value.valueOf() : value;
    if (typeof held !== "object") return this.read(held); // a boxed text, number or BigInt
    if (Symbol.iterator in value) return this.#items(value).map((item) => this.read(item) ?? null);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.read(item)]));
  }

  /** @param {Error} error */
  #error(error) {
    const { name, message, cause } = error;
    return { name, message, ...(cause === undefined ? {} : { cause: this.read(cause) }), ...this.read({ ...error }) };
  }

  /** Writes pairs as an object where every key is text or a number, else as a list of pairs. @param {any[]} pairs */
  #pairs(pairs) {
    const plain = pairs.every(([key]) => ["string", "number", "boolean", "bigint"].includes(typeof key));
    if (plain) return Object.fromEntries(pairs.map(([key, item]) => [String(key), this.read(item)]));
    return pairs.map(([key, item]) => [this.read(key) ?? null, this.read(item) ?? null]);
  }

  /** @param {Iterable<any>} iterable */
  #items(iterable) {
    const items = [];
    for (const item of iterable) {
      if (items.length >= MOST_ITEMS) throw new ToolError(`the result of ${this.name} has more than ${MOST_ITEMS} items, or no end`);
      items.push(item);
    }
    return items;
  }

  /** Reserves a place that is filled when the content has come. @param {Promise<any>} content */
  #later(content) {
    const place = { /** @type {any} */ read: undefined, toJSON: () => place.read ?? null };
    this.pending.push(content.then((read) => (place.read = read)));
    return place;
  }
}

/** Returns a number where it is exact, else its digits: JSON's numbers are read as doubles. @param {bigint} value */
function readBigInt(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** @param {unknown} value */
function bytesOf(value) {
  if (value instanceof Uint8Array || value instanceof Uint8ClampedArray)
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof DataView) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const isBuffer = value instanceof ArrayBuffer || (typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer);
  return isBuffer ? new Uint8Array(/** @type {ArrayBuffer} */ (value)) : undefined;
}

/**
 * @param {string} data base64
 * @param {string} type
 */
function mediaOf(data, type) {
  const known = type || PICTURES.find(([begins]) => data.startsWith(begins))?.[1];
  return known ? { data, media_type: known } : { data };
}

/** @param {any} value */
function isMedia(value) {
  return typeof value === "object" && value !== null && MEDIA.has(value.type) && SOURCES.some((field) => value[field] != null);
}

/** @param {any} value */
function hasParts(value) {
  return Array.isArray(value?.content) && value.content.some((/** @type {any} */ part) => isMedia(part));
}

/** @param {any} value */
function isAsyncIterable(value) {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** @param {object} value */
function isPairs(value) {
  return ["URLSearchParams", "Headers", "FormData"].some((name) => {
    const kind = /** @type {any} */ (globalThis)[name];
    return typeof kind === "function" && value instanceof kind;
  });
}

/**
 * @param {AsyncIterable<unknown>} values
 * @param {string} name
 */
async function collect(values, name) {
  const items = [];
  for await (const item of values) {
    if (items.length >= MOST_ITEMS) throw new ToolError(`the result of ${name} has more than ${MOST_ITEMS} items, or no end`);
    items.push(item);
  }
  return items;
}

/** @param {Response} response */
async function readResponse(response) {
  const type = response.headers.get("content-type") ?? "";
  if (!response.ok) {
    const said = /json|text|xml/.test(type) ? `: ${(await response.text()).slice(0, 500)}` : "";
    throw new ToolError(`HTTP ${response.status}${response.statusText ? ` ${response.statusText}` : ""}${said}`);
  }
  if (/[/+]json/.test(type)) return response.json();
  return /^text\/|xml|javascript/.test(type) || !type ? response.text() : response.blob();
}

/** Reads text as text, JSON as its value, a picture or another file as a part. @param {Blob} blob */
async function readBlob(blob) {
  if (/[/+]json/.test(blob.type)) return JSON.parse(await blob.text());
  if (/^text\/|xml|javascript/.test(blob.type)) return blob.text();
  const kind = blob.type.split("/")[0] ?? "";
  const named = typeof File === "function" && blob instanceof File ? { name: blob.name } : {};
  const media = mediaOf(await base64Of(blob), blob.type);
  const type = MEDIA.has(kind) ? kind : media.media_type?.startsWith("image/") ? "image" : "file";
  return { content: [{ type, ...named, ...media }] };
}

/** @param {Blob} blob */
const base64Of = async (blob) => toBase64(new Uint8Array(await blob.arrayBuffer()));
