/**
 * The prompt under which a small model fills a tool's arguments, and which optional ones are worth filling.
 *
 * @import { Schema, ToolDefinition } from "./types.js"
 * @import { Property } from "./schema.js"
 */

import { shapesOf } from "./schema.js";

/**
 * @param {ToolDefinition} tool
 * @returns {string} a system text of a few dozen tokens
 */
export function argumentsPreamble(tool) {
  const parameters = tool.parameters ?? {};
  const lines = shapesOf(parameters, parameters)
    .flatMap((shape) => (shape.kind === "object" ? shape.properties : []))
    .map(({ name, schema }) => `- ${name} (${kindsOf(schema, parameters)})${describe(schema)}`);
  return `Call the tool ${tool.name}: ${tool.description ?? ""}\nCopy its arguments from the user's message, as JSON:\n${lines.join("\n")}`;
}

/**
 * Whether the user's words give reason to fill an optional argument: a small model fills every one it is offered.
 * A listed value must be named, a number must have a number left for it; for text the model decides.
 * @param {string} request
 * @param {Schema} root
 * @returns {(property: Property, object: Record<string, unknown>) => boolean | undefined}
 */
export function optionalRule(request, root) {
  const words = request.toLowerCase();
  return ({ schema }, written) => {
    const shapes = shapesOf(schema, root).filter((shape) => !(shape.kind === "literal" && shape.values.every((value) => value === null)));
    const kinds = new Set(shapes.map((shape) => shape.kind));
    if (kinds.size !== 1) return undefined;
    const [shape] = shapes;
    if (shape.kind === "number") {
      const used = Object.values(written).map(String);
      return numbersIn(words).some((number) => !used.includes(number));
    }
    if (shape.kind === "literal") {
      const texts = shapes.flatMap((each) => (each.kind === "literal" ? each.values : [])).filter((value) => typeof value === "string");
      return texts.length === 0 ? undefined : texts.some((text) => text && words.includes(text.toLowerCase().replace(/[_-]/g, " ")));
    }
    return undefined;
  };
}

/** The factor on the probability of a text that stands in the user's own words. */
const COPIED = 64;
/** The same factor for one of a list of values: a value that is named is meant. */
const NAMED = 4096;

/**
 * Arguments are mostly said in the request: a small model that would name another city is held to the one that stands there.
 * @param {string} request
 * @returns {(text: string, whole: boolean, listed: boolean) => number}
 */
export function copyRule(request) {
  const said = request.toLowerCase();
  return (text, whole, listed) => {
    const words = text.trim().toLowerCase();
    if (!words) return 1;
    for (let at = said.indexOf(words); at >= 0; at = said.indexOf(words, at + 1)) {
      if (!isWordPart(said[at - 1]) && !(whole && isWordPart(said[at + words.length]))) return listed ? NAMED : COPIED;
    }
    return 1;
  };
}

/** @param {string | undefined} letter */
function isWordPart(letter) {
  return letter !== undefined && /[\p{L}\p{N}]/u.test(letter);
}

const NUMBER_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/**
 * @param {string} text
 * @returns {string[]}
 */
function numbersIn(text) {
  const digits = text.match(/\d+(?:[.,]\d+)?/g) ?? [];
  const spelled = (text.match(/[a-z]+/g) ?? []).map((word) => NUMBER_WORDS.indexOf(word)).filter((number) => number >= 0);
  return [...digits.map((number) => String(Number(number.replace(",", ".")))), ...spelled.map(String)];
}

/**
 * @param {Schema} schema
 * @param {Schema} root
 */
function kindsOf(schema, root) {
  const kinds = shapesOf(schema, root).map((shape) => {
    if (shape.kind === "literal") return shape.values.map((value) => JSON.stringify(value)).join(" or ");
    return shape.kind === "number" && shape.integer ? "integer" : shape.kind;
  });
  return [...new Set(kinds)].join(" or ");
}

/** @param {Schema} schema */
function describe(schema) {
  return typeof schema === "object" && schema.description ? `: ${schema.description}` : "";
}
