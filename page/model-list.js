/** What the chosen provider serves, asked of it once there is a key: the names to choose from, and what each takes and costs. */

import { h } from "../web/element/dom.js";
import { listModels } from "../web/models/list.js";
import { find } from "./settings.js";

/** @typedef {import("../web/types.js").ModelInfo} ModelInfo */
/** @typedef {import("./settings.js").Settings} Settings */

const ABILITIES = { tools: "tools", structured_output: "typed answers", reasoning: "reasoning", web_search: "web search" };
const ASK_AFTER_MS = 600;

/** @type {Map<string, ModelInfo[]>} by provider and address, while the page lives */
const listed = new Map();
let asked = "";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Shows the provider's models for these settings, now or once typing has ended.
 * @param {Settings} settings
 */
export function showModels(settings) {
  const { choice, apiKey, baseURL, model } = settings;
  clearTimeout(timer);
  const place = `${choice.id} ${baseURL}`;
  const known = listed.get(place);
  describe(known?.find(({ id }) => id === model));
  if (known || choice.id === "local" || (choice.key === "needed" && !apiKey) || (choice.base === "needed" && !baseURL)) return;
  timer = setTimeout(() => ask(settings, place), ASK_AFTER_MS);
}

/**
 * @param {Settings} settings
 * @param {string} place
 */
async function ask({ choice, apiKey, baseURL, model }, place) {
  asked = place;
  /** @type {ModelInfo[]} */
  let models;
  try {
    models = await listModels(choice.id, { ...(apiKey ? { apiKey } : {}), ...(baseURL ? { baseURL } : {}) });
  } catch {
    return; // the first message tells what is wrong; the names of the form stay
  }
  if (asked !== place || !models.length) return;
  listed.set(place, models);
  find("models", HTMLDataListElement).replaceChildren(...models.map((info) => h("option", { value: info.id }, facts(info).join(", "))));
  describe(models.find(({ id }) => id === model));
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
