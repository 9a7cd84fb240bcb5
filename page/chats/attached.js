/** Files of text, which go as text with their name before it: see web/element/attachments.js. */

const ATTACHED = /^Attached file (.+):\n\n/;

/**
 * @param {string} text of a user's message
 * @returns {{name: string, text: string} | undefined}
 */
export function readAttached(text) {
  const found = ATTACHED.exec(text);
  return found ? { name: found[1], text: text.slice(found[0].length) } : undefined;
}
