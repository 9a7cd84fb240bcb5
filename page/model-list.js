/**
 * The models of the chosen provider: names to choose from, and what each takes and costs. The provider is asked for them when the user comes to
 * the field, so that nothing is sent while an address or a key is being typed.
 */

import { h } from "../web/element/dom.js";
import { listModels } from "../web/models/list.js";
import { find } from "./settings.js";

/** @typedef {import("../web/types.js").ModelInfo} ModelInfo */
/** @typedef {import("./settings.js").Settings} Settings */

const ABILITIES = { tools: "tools", structured_output: "typed answers", reasoning: "reasoning", web_search: "web search" };
const field = find("model", HTMLInputElement);

/** @type {Map<string, ModelInfo[]>} by provider and address, while the page lives */
const listed = new Map();
/** @type {Settings | undefined} */
let latest;

field.addEventListener("focus", () => void (latest && ask(latest)));

/** Shows what is known of the model in the field, and remembers the settings for the provider's list. @param {Settings} settings */
export function showModels(settings) {
  latest = settings;
  describe(listed.get(placeOf(settings))?.find(({ id }) => id === settings.model));
}

/** @param {Settings} settings */
const placeOf = ({ choice, baseURL }) => `${choice.id} ${baseURL}`;

/** @param {Settings} settings */
async function ask(settings) {
  const { choice, apiKey, baseURL } = settings;
  const place = placeOf(settings);
  if (listed.has(place) || choice.id === "local" || (choice.key === "needed" && !apiKey) || (choice.base === "needed" && !baseURL)) return;
  /** @type {ModelInfo[]} */
  let models;
  try {
    models = await listModels(choice.id, { ...(apiKey ? { apiKey } : {}), ...(baseURL ? { baseURL } : {}) });
  } catch {
    return; // the first message tells what is wrong; the names of the form stay
  }
  if (!models.length) return;
  listed.set(place, models);
  if (!latest || placeOf(latest) !== place) return;
  find("models", HTMLDataListElement).replaceChildren(...models.map((info) => h("option", { value: info.id }, facts(info).join(", "))));
  describe(models.find(({ id }) => id === field.value.trim()));
}

/** @param {ModelInfo | undefined} info */
function describe(info) {
  const note = find("model-facts", HTMLElement);
  note.textContent = info ? facts(info).join(", ") : "";
  note.hidden = !note.textContent;
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
