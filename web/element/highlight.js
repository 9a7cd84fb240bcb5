/** Colours of code, from a worker that starts with the first block. */

import { findScript, startWorker } from "../runtime/package-files.js";

/** @typedef {[text: string, kind: string]} Token */

/** Longer code stays without colours. */
export const MOST_COLOURED = 200_000;

/** @type {Worker | null | undefined} null where the page allows none */
let worker;
let lastId = 0;
/** @type {Map<number, (tokens: Token[] | null) => void>} */
const waiting = new Map();

/**
 * Returns the pieces of a text with their kinds; null where its language is unknown or no worker can be started.
 * @param {string} language
 * @param {string} text
 * @returns {Promise<Token[] | null>}
 */
export function colour(language, text) {
  if (worker === undefined) worker = start();
  if (!worker || !language || text.length > MOST_COLOURED) return Promise.resolve(null);
  const id = ++lastId;
  worker.postMessage({ id, language: language.toLowerCase(), text });
  return new Promise((resolve) => waiting.set(id, resolve));
}

function start() {
  try {
    const emitted = () => new Worker(new URL("./highlight-worker.js", import.meta.url), { type: "module", name: "staysail-highlight" });
    const started = startWorker(findScript("element/highlight-worker.js", emitted));
    started.addEventListener("message", ({ data: { id, tokens } }) => {
      waiting.get(id)?.(tokens);
      waiting.delete(id);
    });
    started.addEventListener("error", () => {
      worker = null;
      for (const resolve of waiting.values()) resolve(null);
      waiting.clear();
    });
    return started;
  } catch {
    return null; // the page's security policy allows no worker
  }
}
