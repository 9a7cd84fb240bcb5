/**
 * The browser's memory of the page between visits: settings without keys, colours, open panels, drafts. One record in localStorage;
 * first-paint.js reads it, too.
 *
 * @typedef {object} Memory
 * @property {string} [theme] "light" or "dark"; absent: as the system has it
 * @property {string} [start] name of the panel that is open before the chat, or ""
 * @property {string} [end] name of the panel that is open behind the chat, or ""
 * @property {Record<string, string | boolean>} [fields] values of the form, by id
 * @property {Record<string, {model: string, base: string}>} [providers] values that were typed for each provider
 * @property {Record<string, ChatSettings>} [chats] the model of each chat, by its id
 * @property {number} [passagesPerSecond] the speed of the model in the page at reading passages
 * @property {Record<string, string>} [drafts] unsent text, by the chat's id
 * @property {{label: string, host: string}} [answering] the model that answered last, as people read it, and where its text went
 * @property {Record<string, string>} [library] saved prompts, by name
 *
 * @typedef {{provider: string, model: string, base: string, reasoning?: string, temperature?: string, longest?: string}} ChatSettings
 *   longest: the most tokens of an answer
 */

const KEPT = "staysail-page";

/** Returns everything that is remembered. @returns {Memory} */
export function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {}; // the window keeps nothing, or another page wrote there
  }
}

/** Remembers these values beside the others. @param {Memory} values */
export function remember(values) {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...remembered(), ...values }));
  } catch {
    // The window keeps nothing: the values hold as long as the page is open.
  }
}

/**
 * Adds an entry to a record, which forgets its oldest entries beyond `most`.
 * @template T
 * @param {Record<string, T> | undefined} record
 * @param {string} key
 * @param {T | undefined} value undefined takes the entry out
 * @param {number} most
 * @returns {Record<string, T>}
 */
export function withEntry(record, key, value, most) {
  const { [key]: _, ...others } = record ?? {};
  if (value === undefined) return others;
  return Object.fromEntries([...Object.entries(others), /** @type {[string, T]} */ ([key, value])].slice(-most));
}
