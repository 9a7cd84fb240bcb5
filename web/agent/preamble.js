/**
 * Preambles: texts, and functions that write text before each model call.
 *
 * @import { Preamble, RunOptions } from "../types.js"
 * @import { Handler } from "../bridge/rpc.js"
 */

import { ConfigError } from "../errors.js";
import { toCamel } from "../bridge/spelling.js";

/**
 * Checks a preamble. Throws a ConfigError.
 * @param {unknown} preamble
 */
export function checkPreamble(preamble) {
  const wrong = parts(preamble).find((part) => typeof part !== "string" && typeof part !== "function");
  if (wrong !== undefined) throw new ConfigError(`preamble is a text, a function that returns one, or a list of them, not ${typeof wrong}`);
}

/**
 * Describes a preamble for Python: texts, and the positions of functions.
 * @param {Preamble | readonly Preamble[]} preamble
 */
export function describePreamble(preamble) {
  const described = parts(preamble).map((part, index) => (typeof part === "string" ? part : { index }));
  return typeof preamble === "string" ? preamble : described;
}

/**
 * Returns the function by which Python calls the functions of a preamble.
 * @param {RunOptions["preamble"]} preamble
 * @returns {Handler}
 */
export function answerPreamble(preamble) {
  return async ({ index, context }) => {
    const write = /** @type {Exclude<Preamble, string>} */ (parts(preamble)[index]);
    const text = await write(toCamel(context));
    if (text != null && typeof text !== "string") throw new ConfigError(`the preamble's function returned ${typeof text}, not a text`);
    return text ?? null;
  };
}

/**
 * @param {unknown} preamble
 * @returns {unknown[]}
 */
function parts(preamble) {
  return preamble == null ? [] : Array.isArray(preamble) ? preamble : [preamble];
}
