/**
 * The models of the chosen provider: names to choose from, with the abilities and the price of each. They are requested from the provider
 * once there is a key, a moment after the last change, once for each key and address; and at the press of a button.
 */

import { h } from "../../web/element/dom.js";
import { listModels } from "../../web/models/list.js";
import { find } from "../find.js";
import { isUnlocked } from "./kept-keys.js";

/** @typedef {import("../../web/types.js").ModelInfo} ModelInfo */
/** @typedef {import("./provider-form.js").Settings} Settings */

const ABILITIES = { tools: "tools", structured_output: "typed answers", reasoning: "reasoning", web_search: "web search" };
const field = find("model", HTMLInputElement);
/** Milliseconds after the last change, so that no half of an address or a key is sent. */
const QUIET_MS = 1000;

/** @type {Map<string, ModelInfo[]>} by provider and address, while the page lives */
const listed = new Map();
/** The key of the last automatic request to each address. @type {Map<string, string>} */
const requested = new Map();
/** @type {Settings | undefined} */
let latest;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
let onListed = () => {};

/** @param {() => void} listener called when a provider has listed its models */
export function whenListed(listener) {
  onListed = listener;
}

find("list-models", HTMLButtonElement).addEventListener("click", () => void (latest && list(latest)));

/**
 * Shows what is known of the provider's models and of the one in the field. Asks the provider soon, where there is a key that it was not
 * asked with.
 * @param {Settings} settings
 */
export function showModels(settings) {
  const moved = !latest || placeOf(latest) !== placeOf(settings);
  latest = settings;
  const models = listed.get(placeOf(settings));
  if (models && moved) offer(models);
  describe(models);
  clearTimeout(waiting);
  waiting = setTimeout(ask, QUIET_MS, settings);
}

/** The provider's facts about the model in the field; undefined until they were requested. */
export function listedFacts() {
  const info = latest && listed.get(placeOf(latest))?.find(({ id }) => id === field.value.trim());
  return info ? { inputUsd: info.inputUsd, outputUsd: info.outputUsd, contextTokens: info.contextLength } : {};
}

/** @param {Settings} settings */
const placeOf = ({ choice, baseURL }) => `${choice.id} ${baseURL}`;

/** Requests the models without the button; a failure is not shown. @param {Settings} settings */
function ask(settings) {
  const { choice, apiKey, baseURL } = settings;
  const key = typeof apiKey === "string" ? apiKey : isUnlocked(choice.id) ? "kept" : "";
  const place = placeOf(settings);
  if (!key || requested.get(place) === key || (choice.base === "needed" && !baseURL)) return;
  requested.set(place, key);
  void list(settings, true);
}

/**
 * @param {Settings} settings
 * @param {boolean} [quiet] whether to say nothing of the request and of its failure
 */
async function list(settings, quiet = false) {
  const { choice, apiKey, baseURL } = settings;
  const place = placeOf(settings);
  if (!quiet) say("Asking …");
  /** @type {ModelInfo[]} */
  let models;
  try {
    models = await listModels(choice.id, { ...(apiKey ? { apiKey } : {}), ...(baseURL ? { baseURL } : {}) });
  } catch (error) {
    return quiet || say(`${choice.label} lists no models: ${/** @type {Error} */ (error).message}`);
  }
  listed.set(place, models);
  onListed();
  if (!latest || placeOf(latest) !== place) return;
  offer(models);
  if (!describe(models)) say(`${models.length} models: choose one in the field above.`);
}

/** @param {ModelInfo[]} models */
function offer(models) {
  find("models", HTMLDataListElement).replaceChildren(...models.map((info) => h("option", { value: info.id }, facts(info).join(", "))));
}

/**
 * Shows the facts about the model in the field.
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
