/** Options of the model: its reasoning, its temperature, the length of its answers, and its provider's search. */

/** @import { AgentOptions, Reasoning, Tool } from "../../web/types.js" */

import { webSearch } from "../../web/agent/hosted.js";
import { find } from "../find.js";
import { PROVIDERS } from "./providers.js";

const SEARCHES = new Set(["openai", "anthropic", "gemini", "openrouter"]);
const ABOUT =
  "Temperature is from 0, which repeats itself, to 2. Longest answer is in tokens, thoughts among them. Empty: as the model does by itself.";

/** @param {() => void} onChange */
export function watchModelOptions(onChange) {
  const reasoning = find("reasoning", HTMLSelectElement);
  const search = find("hosted-search", HTMLInputElement);
  const temperature = find("temperature", HTMLInputElement);
  const longest = find("longest", HTMLInputElement);
  const note = find("temperature-note", HTMLElement);
  let provider = "local";
  let model = "";

  const reasons = () => (provider === "local" ? "" : reasoning.value);
  const showTemperature = () => {
    const why = whyNoTemperature(provider, model, reasons());
    temperature.disabled = Boolean(why);
    note.textContent = why ? `${why} ${ABOUT}` : ABOUT;
  };
  for (const field of [reasoning, search]) field.addEventListener("change", onChange);
  for (const field of [temperature, longest]) field.addEventListener("input", onChange);
  reasoning.addEventListener("change", showTemperature);

  /** @returns {{temperature?: number, maxTokens?: number}} undefined takes back an earlier value */
  const sampling = () => ({
    temperature: temperature.disabled ? undefined : numberIn(temperature),
    maxTokens: numberIn(longest),
  });
  return {
    /**
     * Shows the options that the model has.
     * @param {string} chosen
     * @param {string} named
     */
    show(chosen, named) {
      provider = chosen;
      model = named;
      find("hosted-field", HTMLElement).hidden = !SEARCHES.has(provider);
      find("reasoning-field", HTMLElement).hidden = provider === "local";
      showTemperature();
    },
    /** @returns {Pick<AgentOptions, "reasoning" | "temperature" | "maxTokens">} */
    options: () => ({ reasoning: /** @type {Reasoning | undefined} */ (reasons() || undefined), ...sampling() }),
    /** The chosen options, in words for the chip. */
    about: () => {
      const { temperature: free, maxTokens: most } = sampling();
      return [
        reasons() && `${reasons() === "none" ? "no" : reasons()} reasoning`,
        free !== undefined && `temperature ${free}`,
        most !== undefined && `at most ${most.toLocaleString("en")} tokens`,
      ]
        .filter(Boolean)
        .join(" · ");
    },
    /** @returns {Tool[]} */
    tools: () => (search.checked && SEARCHES.has(provider) ? [webSearch()] : []),
  };
}

/**
 * Returns why a model takes no temperature; "" where it takes one.
 * @param {string} provider
 * @param {string} model
 * @param {string} reasoning "" as the model does by itself
 */
function whyNoTemperature(provider, model, reasoning) {
  const rules = PROVIDERS.find(({ id }) => id === provider)?.sampling ?? [];
  const [, takes, reasonsByItself] = rules.find(([pattern]) => new RegExp(pattern).test(model)) ?? ["", "always", false];
  if (takes === "never") return `${model} takes no temperature.`;
  const isReasoning = reasoning ? reasoning !== "none" : reasonsByItself;
  return takes === "without_reasoning" && isReasoning ? `${model} takes no temperature while it reasons: choose no reasoning.` : "";
}

/** @param {HTMLInputElement} field */
function numberIn({ valueAsNumber, validity }) {
  return validity.valid && Number.isFinite(valueAsNumber) ? valueAsNumber : undefined;
}
