/**
 * The models of the chosen provider: names to choose from, and what each takes and costs. The provider is asked for them at the press of a
 * button, so that nothing is sent while an address or a key is being typed.
 */

import { h } from "../../web/element/dom.js";
import { listModels } from "../../web/models/list.js";
import { find } from "../find.js";

/** @typedef {import("../../web/types.js").ModelInfo} ModelInfo */
/** @typedef {import("./provider-form.js").Settings} Settings */

const ABILITIES = { tools: "tools", structured_output: "typed answers", reasoning: "reasoning", web_search: "web search" };
const field = find("model", HTMLInputElement);

/** @type {Map<string, ModelInfo[]>} by provider and address, while the page lives */
const listed = new Map();
/** @type {Settings | undefined} */
let latest;

find("list-models", HTMLButtonElement).addEventListener("click", () => void (latest && list(latest)));

/** Shows what is known of the model in the field, and remembers the settings for the provider's list. @param {Settings} settings */
export function showModels(settings) {
  latest = settings;
  describe(listed.get(placeOf(settings)));
}

/** @param {Settings} settings */
const placeOf = ({ choice, baseURL }) => `${choice.id} ${baseURL}`;

/** @param {Settings} settings */
async function list(settings) {
  const { choice, apiKey, baseURL } = settings;
  const place = placeOf(settings);
  say("Asking …");
  /** @type {ModelInfo[]} */
  let models;
  try {
    models = await listModels(choice.id, { ...(apiKey ? { apiKey } : {}), ...(baseURL ? { baseURL } : {}) });
  } catch (error) {
    return say(`${choice.label} lists no models: ${/** @type {Error} */ (error).message}`);
  }
  listed.set(place, models);
  if (!latest || placeOf(latest) !== place) return;
  find("models", HTMLDataListElement).replaceChildren(...models.map((info) => h("option", { value: info.id }, facts(info).join(", "))));
  if (!describe(models)) say(`${models.length} models: choose one in the field above.`);
}

/**
 * Shows what is known of the model in the field.
 * @param {ModelInfo[]} [models] the provider's
 * @returns {boolean} whether anything is
 */
function describe(models) {
  const info = models?.find(({ id }) => id === field.value.trim());
  return say(info ? facts(info).join(", ") : "");
}

/**
 * @param {string} text
 * @returns {boolean} whether there is any
 */
function say(text) {
  const note = find("model-facts", HTMLElement);
  note.textContent = text;
  note.hidden = !text;
  return Boolean(text);
}

/** @param {ModelInfo} info */
function facts({ contextLength, inputUsd, outputUsd, inputs, abilities, retires }) {
  return [
    contextLength ? `${contextLength.toLocaleString("en")} tokens of context` : "",
    inputUsd != null && outputUsd != null ? `$${inputUsd} in and $${outputUsd} out for a million tokens` : "",
    inputs.length > 1 ? `reads ${inputs.join(", ")}` : "",
    ...abilities.map((name) => ABILITIES[name]),
    retires ? `ends on ${retires}` : "",
  ].filter(Boolean);
}
