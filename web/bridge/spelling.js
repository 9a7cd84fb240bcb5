/**
 * Python's field names in JavaScript's spelling, and back. Only staysail's own fields are respelled: data of a user, a model or a provider
 * keeps its keys.
 * @typedef {NonNullable<import("../types.js").Source["span"]>} Span
 */

/** Fields that hold data of a user, a model or a provider. */
const OPAQUE = new Set([
  "arguments",
  "raw",
  "extra",
  "metadata",
  "output",
  "body",
  "citations",
  "parameters",
  "schema",
  "properties",
  "headers",
  "additional_params",
  "additionalParams",
  "args",
  "payload",
  "run",
  "value",
]);

/**
 * @param {unknown} value
 * @returns {any}
 */
export const toCamel = (value) => respell(value, camelCase);

/**
 * @param {unknown} value
 * @returns {any}
 */
export const toSnake = (value) => respell(value, snakeCase);

/** @param {string} name */
export const camelCase = (name) => (name.includes("_") ? name.replace(/(?<=.)_([a-z0-9])/g, (_, letter) => letter.toUpperCase()) : name);

/** @param {string} name */
export const snakeCase = (name) => name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * @param {unknown} value
 * @param {(name: string) => string} spell
 * @returns {unknown}
 */
function respell(value, spell) {
  if (Array.isArray(value)) return value.map((item) => respell(item, spell));
  if (value === null || typeof value !== "object" || !isPlain(value)) return value;
  /** @type {Record<string, unknown>} */
  const out = {};
  for (const [name, item] of Object.entries(value)) {
    const own = name === "span" && Array.isArray(item) ? withEnds(/** @type {[number, number]} */ (item)) : undefined;
    out[spell(name)] = own ?? (OPAQUE.has(name) || typeof item !== "object" ? item : respell(item, spell));
  }
  return out;
}

/**
 * A span, [start, end), with its ends by name too, which no loop over it sees.
 * @param {[start: number, end: number]} span
 * @returns {Span}
 */
export function withEnds([start, end]) {
  return /** @type {Span} */ (Object.defineProperties([start, end], { start: { value: start }, end: { value: end } }));
}

/** @param {object} value */
function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
