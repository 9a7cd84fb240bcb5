/**
 * The beginnings of a shape's values, and their lengths, by which a shape is chosen before it is written.
 *
 * @import { Schema } from "./types.js"
 * @import { ObjectShape, Shape } from "./schema.js"
 */

import { shapesOf } from "./schema.js";

/**
 * Returns the texts that a value of this shape may begin with.
 * @param {Shape} shape
 * @returns {string[]}
 */
export function openersOf(shape) {
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

/** Returns a rough measure of the text's length: the shortest shape is written once the budget is spent. @param {Shape} shape */
export function effort(shape) {
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
 * Returns a first property for each object by which it differs from all others: one whose values are listed (a tag), else its name.
 * @param {ObjectShape[]} shapes
 * @param {Schema} root
 * @returns {string[] | undefined}
 */
export function distinctBeginnings(shapes, root) {
  const tag = shapes[0].properties.find(({ name }) => shapes.every((shape) => tagValue(shape, name, root) !== undefined));
  const beginnings = shapes.map((shape) => {
    if (tag) return `{${JSON.stringify(tag.name)}: ${JSON.stringify(tagValue(shape, tag.name, root))}`;
    const own = shape.properties.find(({ name }) =>
      shapes.every((other) => other === shape || !other.properties.some((each) => each.name === name)),
    );
    return own ? `{${JSON.stringify(own.name)}:` : "";
  });
  return beginnings.includes("") || new Set(beginnings).size < shapes.length ? undefined : beginnings;
}

/**
 * @param {ObjectShape} shape
 * @param {string} name
 * @param {Schema} root
 * @returns {unknown}
 */
function tagValue(shape, name, root) {
  const property = shape.properties.find((each) => each.name === name && each.required);
  if (!property) return undefined;
  const [only, ...more] = shapesOf(property.schema, root);
  return only?.kind === "literal" && only.values.length === 1 && more.length === 0 ? only.values[0] : undefined;
}
