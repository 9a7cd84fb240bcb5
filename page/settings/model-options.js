/** What the model is to do by itself: how much it reasons, and the search that its provider runs. */

/** @import { Reasoning, Tool } from "../../web/types.js" */

import { webSearch } from "../../web/agent/hosted.js";
import { find } from "../find.js";

const SEARCHES = new Set(["openai", "anthropic", "gemini", "openrouter"]);

/** @param {() => void} onChange */
export function watchModelOptions(onChange) {
  const reasoning = find("reasoning", HTMLSelectElement);
  const search = find("hosted-search", HTMLInputElement);
  reasoning.addEventListener("change", onChange);
  search.addEventListener("change", onChange);
  let provider = "local";
  return {
    /** Shows what belongs to the provider. @param {string} chosen */
    show(chosen) {
      provider = chosen;
      find("hosted-field", HTMLElement).hidden = !SEARCHES.has(provider);
      find("reasoning-field", HTMLElement).hidden = provider === "local";
    },
    /** @returns {{reasoning?: Reasoning}} */
    options: () => (reasoning.value && provider !== "local" ? { reasoning: /** @type {Reasoning} */ (reasoning.value) } : {}),
    /** The chosen reasoning, in words for the chip. */
    about: () => (reasoning.value && provider !== "local" ? `${reasoning.value === "none" ? "no" : reasoning.value} reasoning` : ""),
    /** @returns {Tool[]} */
    tools: () => (search.checked && SEARCHES.has(provider) ? [webSearch()] : []),
  };
}
