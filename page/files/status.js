/** The line of the files panel that says what was done and what failed. */

import { find } from "../find.js";

/**
 * Says what was done, or what went wrong, to everybody.
 * @param {string} text
 * @param {boolean} [failed]
 */
export function tell(text, failed = false) {
  const status = find("files-status", HTMLOutputElement);
  status.value = text;
  status.classList.toggle("failed", failed);
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T | undefined>} nothing where it failed, which is told
 */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    tell(/** @type {Error} */ (error).message, true);
  }
}
