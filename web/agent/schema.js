/**
 * Schemas: JSON Schema, or any Standard Schema (Zod, Valibot, ArkType and others) that can be written as JSON Schema.
 *
 * @import { JsonSchema, StandardSchema } from "../types.js"
 */

import { ConfigError, ToolError } from "../errors.js";

const DRAFT = "draft-2020-12";

/**
 * @param {JsonSchema | StandardSchema} schema
 * @returns {JsonSchema} the schema of a value before the library transforms it
 */
export function jsonSchema(schema) {
  if (!isStandard(schema)) return /** @type {JsonSchema} */ (schema);
  const { vendor } = schema["~standard"];
  let found;
  try {
    found = convert(schema);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new ConfigError(`this ${vendor} schema cannot be said as JSON Schema: ${why}`, { cause });
  }
  if (
    !found ||
    typeof found !== "object" ||
    !("type" in found || "anyOf" in found || "$ref" in found || "properties" in found || "allOf" in found || "oneOf" in found)
  ) {
    throw new ConfigError(
      `this ${vendor} schema cannot say itself as JSON Schema; give the JSON Schema that the library's converter makes of it`,
    );
  }
  return found;
}

/** @param {any} schema */
function convert(schema) {
  return (
    schema["~standard"].jsonSchema?.input?.({ target: DRAFT }) ?? // https://standardschema.dev/json-schema
    schema.toJSONSchema?.({ io: "input" }) ?? // Zod
    schema.toJsonSchema?.() ?? // ArkType
    schema.toJSON?.()
  );
}

/**
 * Reads a value with the schema's library, defaults and transformations included. JSON Schema is checked in Python.
 * @param {unknown} schema
 * @param {unknown} value
 * @param {(why: string) => Error} [refuse] makes the error for a value that does not fit
 * @returns {Promise<any>}
 */
export async function validate(schema, value, refuse = (why) => new ToolError(`bad arguments: ${why}`)) {
  if (!isStandard(schema)) return value;
  const result = await schema["~standard"].validate(value);
  if (!result.issues) return result.value;
  const problems = result.issues.map(({ message, path }) => {
    const where = (path ?? []).map((step) => String(typeof step === "object" ? step.key : step)).join(".");
    return where ? `${where}: ${message}` : message;
  });
  throw refuse(problems.join("; "));
}

/**
 * @param {unknown} schema
 * @returns {schema is StandardSchema}
 */
export function isStandard(schema) {
  return schema !== null && (typeof schema === "object" || typeof schema === "function") && "~standard" in schema;
}
