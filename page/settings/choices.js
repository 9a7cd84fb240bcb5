/**
 * The providers that the page offers: the model in the page, then every provider that a page can call. The model names are examples to begin
 * with; any other can be typed.
 *
 * @import { PageProvider } from "./providers.js"
 *
 * @typedef {object} Choice
 * @property {string} id the provider's name in "provider:model"
 * @property {string} label
 * @property {string[]} models
 * @property {"needed" | "optional" | "none"} key
 * @property {string} [keyURL] where a user gets a key
 * @property {"needed" | "optional" | "none"} base
 * @property {string} [baseExample]
 * @property {string[]} note facts to know before choosing the provider, a paragraph each
 */

import { PROVIDERS } from "./providers.js";

/** @type {Choice} */
const IN_THE_PAGE = {
  id: "local",
  label: "This page, no key needed",
  models: [],
  key: "none",
  base: "none",
  note: [
    "SmolLM2-135M, a very small English model, runs in this tab. Its 125 MB are downloaded with your first message and kept by the browser.",
    "Expect short, simple answers, often wrong ones. It does not plan or calculate: a second small model picks the tool that fits, and the tool's own result is shown beside what the model makes of it.",
  ],
};

/** Notes about controls that this page has for one provider alone. @type {Record<string, string>} */
const OF_THE_PAGE = {
  openrouter: "Log in below, and OpenRouter makes a key for this page: nothing to paste.",
  "openai-compatible": "Any server that speaks OpenAI's chat completions: give its base URL.",
  llamacpp: "It serves one model, so the name does not matter.",
};

/** @type {Choice[]} */
export const CHOICES = [IN_THE_PAGE, ...PROVIDERS.map(toChoice)];

/**
 * @param {PageProvider} provider
 * @returns {Choice}
 */
function toChoice({ id, label, models, keyNeeded, keyURL, baseNeeded, baseURL, direct, note }) {
  const isHere = new URL(baseURL.replace(/[<>]/g, "")).hostname === "127.0.0.1";
  const how = direct ? ["called from this page directly", ...(note ? [note] : [])].join("; ") : note;
  return {
    id,
    label: isHere ? `${label} on this computer` : label,
    models,
    key: keyNeeded ? "needed" : "optional",
    keyURL,
    base: baseNeeded ? "needed" : "optional",
    baseExample: baseURL,
    note: [`${label}: ${how}.`, ...(OF_THE_PAGE[id] ? [OF_THE_PAGE[id]] : [])],
  };
}
