/**
 * A tool call as JSON under a schema, for models whose own calls cannot be forced.
 *
 * @import { Schema, ToolDefinition } from "./types.js"
 * @typedef {{index: number, id?: string, function?: {name?: string, arguments?: string}}} CallDelta
 */

/**
 * Returns the schema of a call of one of the tools: `{[nameKey]: "get_weather", "arguments": {…}}`.
 * @param {ToolDefinition[]} tools
 * @param {{nameKey: string, orAnswer?: boolean}} options orAnswer: whether `{"answer": "…"}` may stand in its place
 * @returns {Schema}
 */
export function callSchema(tools, { nameKey, orAnswer = false }) {
  /** @type {Record<string, Schema>} */
  const definitions = {};
  const calls = tools.map(({ name, parameters }) => {
    const { $defs = {}, ...schema } = typeof parameters === "object" ? parameters : { type: "object" };
    Object.assign(definitions, $defs); // references in the parameters point at the root, which is ours now
    return closed({ [nameKey]: { const: name }, arguments: schema });
  });
  const choices = orAnswer ? [...calls, closed({ answer: { type: "string" } })] : calls;
  return { anyOf: choices, ...(Object.keys(definitions).length ? { $defs: definitions } : {}) };
}

/**
 * @param {Record<string, Schema>} properties
 * @returns {Schema}
 */
function closed(properties) {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

/** Reads a call out of its JSON text as it grows: `{"name": "get_weather", "arguments": {…}}`. */
export class ForcedCall {
  #text = "";
  #sent = 0;

  /**
   * @param {string | null} [content] more of the text
   * @returns {CallDelta[]}
   */
  read(content) {
    this.#text += content ?? "";
    const head = /^\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*/.exec(this.#text);
    if (!head) return [];
    const given = this.#text.slice(head[0].length).replace(/\s*\}?\s*$/, ""); // the last brace closes the call, if it is the last
    const more = given.slice(this.#sent);
    if (!more) return [];
    const name = this.#sent ? "" : JSON.parse(head[1]);
    this.#sent = given.length;
    return [{ index: 0, function: { name, arguments: more } }];
  }
}
