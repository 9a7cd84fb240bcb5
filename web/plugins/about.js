/** @import { About } from "./types.js" */

import { toResult } from "./response.js";

const TEXTS = /** @type {const} */ (["version", "skill_document"]);

/**
 * Calls the functions by which a plugin describes itself: each gives text, and `operations` gives JSON.
 * @param {(name: string) => boolean} has
 * @param {(name: string) => Promise<Uint8Array>} call
 * @returns {Promise<About>}
 */
export async function readAbout(has, call) {
  /** @type {About} */
  const about = {};
  for (const name of TEXTS) if (has(name)) about[name] = new TextDecoder().decode(await call(name));
  if (has("operations")) about.operations = toResult(await call("operations"));
  return about;
}
