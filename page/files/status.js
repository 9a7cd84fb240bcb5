/** The status line of the files panel: successes and failures. */

import { find } from "../find.js";

/**
 * Shows a text in the status line.
 * @param {string} text
 * @param {boolean} [failed]
 */
export function tell(text, failed = false) {
  const status = find("files-status", HTMLOutputElement);
  status.value = text;
  status.classList.toggle("failed", failed);
}

/**
 * Does the work, and shows its failure in the status line.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T | undefined>} undefined after a failure
 */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    tell(/** @type {Error} */ (error).message, true);
  }
}
