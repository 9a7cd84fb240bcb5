/**
 * JSON Schema (2020-12, and the older spellings generators still write) as the few shapes a value can be written in.
 *
 * Keywords that only annotate (`format`, `description`, `default`...) are passed over. Those that constrain in ways a writer going
 * from left to right cannot hold (`not`, `if`, `patternProperties`...) are refused with a clear error: better than breaking a promise.
 *
 * @import { Schema } from "./types.js"
 * @typedef {{kind: "literal", values: unknown[]}} LiteralShape
 * @typedef {{kind: "string", minLength: number, maxLength: number, pattern?: RegExp}} StringShape
 * @typedef {{kind: "number", integer: boolean, fits: (value: number) => boolean, min: number, max: number, step: number}} NumberShape
 * @typedef {{kind: "array", prefix: Schema[], items: Schema, minItems: number, maxItems: number, unique: boolean}} ArrayShape
 * @typedef {{name: string, schema: Schema, required: boolean}} Property
 * @typedef {{kind: "object", properties: Property[], extra: Schema, minProperties: number, maxProperties: number}} ObjectShape
 * @typedef {LiteralShape | StringShape | NumberShape | ArrayShape | ObjectShape} Shape
 * @typedef {{[keyword: string]: any}} Keywords
 */

import { LocalModelError } from "./errors.js";

const REFUSED = ["not", "if", "patternProperties", "dependentSchemas", "dependentRequired", "dependencies", "contains"];
const TYPES = ["string", "number", "boolean", "null", "object", "array"];
/** The types that keywords imply where a schema has no `type`. @type {[string, string[]][]} */
const TYPE_HINTS = [
  ["object", ["properties", "required", "additionalProperties", "minProperties", "maxProperties"]],
  ["array", ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]],
  ["string", ["minLength", "maxLength", "pattern"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
];
/** Followed references without anything between them: `{"$ref": "#"}` would go round for ever. */
const MAX_REFERENCES = 32;

/**
 * Returns every shape that a value of this schema may take; none where no value fits.
 * @param {Schema} schema
 * @param {Schema} root where `$ref` starts
 * @returns {Shape[]}
 */
export function shapesOf(schema, root) {
  return branchesOf(schema, root).flatMap((branch) => shapesOfBranch(branch));
}

/**
 * Returns the schema without `$ref`, `allOf`, `anyOf` and `oneOf`: one entry for each alternative.
 * @param {Schema} schema
 * @param {Schema} root
 * @param {number} [depth]
 * @returns {Keywords[]}
 */
function branchesOf(schema, root, depth = 0) {
  if (schema === true || schema === undefined) return [{}];
  if (schema === false) return [];
  if (typeof schema !== "object" || schema === null) throw badSchema(`${JSON.stringify(schema)} is not a schema`);
  if (depth > MAX_REFERENCES) throw badSchema("its references go round in a circle");
  const refused = REFUSED.find((keyword) => keyword in schema);
  if (refused) throw badSchema(`it uses "${refused}"`);
  const { $ref, allOf = [], anyOf, oneOf, ...own } = schema;
  /** @type {Schema[][]} */
  const groups = [...allOf.map((/** @type {Schema} */ each) => [each]), ...[anyOf, oneOf].filter(Boolean)];
  if ($ref !== undefined) groups.unshift([follow($ref, root)]);
  let branches = [/** @type {Keywords} */ (own)];
  for (const group of groups) {
    const further = group.flatMap((each) => branchesOf(each, root, depth + 1));
    branches = branches.flatMap((branch) => further.map((each) => merge(each, branch)));
  }
  return branches;
}

/**
 * @param {string} reference
 * @param {Schema} root
 * @returns {Schema}
 */
function follow(reference, root) {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) throw badSchema(`it refers to "${reference}", which is outside itself`);
  /** @type {any} */
  let at = root;
  for (const step of reference.slice(2).split("/")) {
    at = at?.[decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  if (at === undefined) throw badSchema(`it has no "${reference}"`);
  return at;
}

/**
 * Joins two schemas: the narrower of each keyword.
 * @param {Keywords} a
 * @param {Keywords} b
 * @returns {Keywords}
 */
function merge(a, b) {
  /** @type {Keywords} */
  const both = { ...a, ...b };
  for (const [keyword, narrow] of Object.entries(NARROWER)) {
    if (a[keyword] !== undefined && b[keyword] !== undefined) both[keyword] = narrow(a[keyword], b[keyword]);
  }
  return both;
}

/** @type {Record<string, (a: any, b: any) => unknown>} */
const NARROWER = {
  type: (a, b) => {
    const [left, right] = [a, b].map((types) => [types].flat());
    return left.flatMap((type) =>
      right.includes(type)
        ? [type]
        : type === "number" && right.includes("integer")
          ? ["integer"]
          : type === "integer" && right.includes("number")
            ? ["integer"]
            : [],
    );
  },
  enum: (a, b) => a.filter((/** @type {unknown} */ value) => b.some((/** @type {unknown} */ other) => equal(value, other))),
  required: (a, b) => [...new Set([...a, ...b])],
  properties: (a, b) => {
    const both = { ...a, ...b };
    for (const name of Object.keys(a)) if (name in b) both[name] = { allOf: [a[name], b[name]] };
    return both;
  },
  items: (a, b) => ({ allOf: [a, b] }),
  additionalProperties: (a, b) => (a === false || b === false ? false : { allOf: [a, b] }),
  uniqueItems: (a, b) => a || b,
  multipleOf: (a, b) => (a % b === 0 ? a : b % a === 0 ? b : a * b),
  pattern: (a, b) => (a === b ? a : `(?=[\\s\\S]*(?:${a}))(?=[\\s\\S]*(?:${b}))`),
  ...Object.fromEntries(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"].map((keyword) => [keyword, Math.max])),
  ...Object.fromEntries(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"].map((keyword) => [keyword, Math.min])),
};

/**
 * @param {Keywords} branch
 * @returns {Shape[]}
 */
function shapesOfBranch(branch) {
  const types = typesOf(branch);
  if ("const" in branch || branch.enum) {
    /** @type {unknown[]} */
    const listed = branch.enum ?? [branch.const];
    const values = listed.filter(
      (value) => (!("const" in branch) || equal(value, branch.const)) && types.some((type) => isOfType(value, type)),
    );
    return values.length ? [{ kind: "literal", values }] : [];
  }
  return types.flatMap((type) => shapeOfType(type, branch));
}

/**
 * @param {Keywords} branch
 * @returns {string[]}
 */
function typesOf(branch) {
  if (branch.type !== undefined) return [branch.type].flat();
  if ("const" in branch || branch.enum) return TYPES;
  const hinted = TYPE_HINTS.find(([, keywords]) => keywords.some((keyword) => keyword in branch));
  return hinted ? [hinted[0]] : ["string", "number", "boolean", "null"];
}

/**
 * @param {string} type
 * @param {Keywords} branch
 * @returns {Shape[]}
 */
function shapeOfType(type, branch) {
  switch (type) {
    case "null":
      return [{ kind: "literal", values: [null] }];
    case "boolean":
      return [{ kind: "literal", values: [true, false] }];
    case "string":
      return [
        {
          kind: "string",
          minLength: branch.minLength ?? 0,
          maxLength: branch.maxLength ?? Infinity,
          pattern: branch.pattern === undefined ? undefined : new RegExp(branch.pattern, "u"),
        },
      ];
    case "number":
    case "integer":
      return [numberShape(type === "integer", branch)];
    case "array": {
      const prefix = branch.prefixItems ?? (Array.isArray(branch.items) ? branch.items : []);
      const items = Array.isArray(branch.items) ? (branch.additionalItems ?? true) : (branch.items ?? true);
      const maxItems = Math.min(branch.maxItems ?? Infinity, items === false ? prefix.length : Infinity);
      return [{ kind: "array", prefix, items, minItems: branch.minItems ?? 0, maxItems, unique: branch.uniqueItems === true }];
    }
    case "object":
      return [objectShape(branch)];
    default:
      throw badSchema(`"${type}" is not a type`);
  }
}

/**
 * @param {boolean} integer
 * @param {Keywords} branch
 * @returns {NumberShape}
 */
function numberShape(integer, branch) {
  // Draft 4 wrote `exclusiveMinimum: true` beside `minimum`.
  const above = branch.exclusiveMinimum === true ? branch.minimum : branch.exclusiveMinimum;
  const below = branch.exclusiveMaximum === true ? branch.maximum : branch.exclusiveMaximum;
  const min = Math.max(branch.minimum ?? -Infinity, typeof above === "number" ? above : -Infinity);
  const max = Math.min(branch.maximum ?? Infinity, typeof below === "number" ? below : Infinity);
  const step = branch.multipleOf ?? (integer ? 1 : 0);
  return {
    kind: "number",
    integer,
    min,
    max,
    step,
    fits: (value) =>
      Number.isFinite(value) &&
      value >= min &&
      value <= max &&
      value !== above &&
      value !== below &&
      (!integer || Number.isInteger(value)) &&
      (!branch.multipleOf || Number.isInteger(value / branch.multipleOf)),
  };
}

/**
 * @param {Keywords} branch
 * @returns {ObjectShape}
 */
function objectShape(branch) {
  const known = branch.properties ?? {};
  const names = branch.propertyNames;
  if (names !== undefined && names !== true && !(typeof names === "object" && Object.keys(names).every((key) => key === "type"))) {
    throw badSchema('it uses "propertyNames"');
  }
  /** @type {string[]} */
  const required = branch.required ?? [];
  const extra = branch.additionalProperties ?? true;
  const properties = Object.keys(known).map((name) => ({ name, schema: known[name], required: required.includes(name) }));
  for (const name of required) if (!(name in known)) properties.push({ name, schema: extra, required: true });
  return { kind: "object", properties, extra, minProperties: branch.minProperties ?? 0, maxProperties: branch.maxProperties ?? Infinity };
}

/**
 * @param {unknown} value
 * @param {string} type
 */
function isOfType(value, type) {
  if (value === null) return type === "null";
  if (Array.isArray(value)) return type === "array";
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

/**
 * @param {unknown} a
 * @param {unknown} b
 * @returns {boolean} whether they are the same JSON value
 */
export function equal(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = /** @type {Record<string, unknown>[]} */ ([a, b]);
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && equal(left[key], right[key]));
}

/** @param {string} why */
export function badSchema(why) {
  return new LocalModelError("bad_schema", `The local model cannot fill this schema: ${why}.`);
}
