/** The form of the provider: reads it, and shows the fields that belong to the chosen provider. The key lives in its field and nowhere else. */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { remember, remembered, withEntry } from "../memory.js";
import { CHOICES } from "./choices.js";

/** @typedef {import("./choices.js").Choice} Choice */
/** @typedef {{choice: Choice, model: string, apiKey: string | (() => Promise<string>), baseURL: string, preamble: string}} Settings */

const provider = find("provider", HTMLSelectElement);
const model = find("model", HTMLInputElement);
const key = find("key", HTMLInputElement);
const base = find("base", HTMLInputElement);
const preamble = find("preamble", HTMLTextAreaElement);

/** Keys that were typed for each provider, kept as long as the page. @type {Map<string, string>} */
const keys = new Map();
let shown = "";

/**
 * @param {(settings: Settings) => void} onChange called at once, and whenever anything changes
 * @param {(provider: string) => (() => Promise<string>) | undefined} keptKey returns a function that reads a stored key
 */
export function watchProviderForm(onChange, keptKey) {
  provider.replaceChildren(...CHOICES.map(({ id, label }) => h("option", { value: id }, label)));
  const tell = () => onChange(read(keptKey));
  provider.value = remembered().fields?.provider?.toString() ?? "local";
  if (!provider.value) provider.value = "local";
  provider.addEventListener("change", () => {
    show();
    tell();
  });
  for (const field of [model, key, base, preamble]) field.addEventListener("input", tell);
  for (const field of [model, base]) field.addEventListener("input", keep);
  find("settings-form", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
  show();
  tell();
}

/**
 * Chooses a provider, with a model and an address of its server.
 * @param {{provider: string, model: string, base: string}} values
 */
export function setProvider(values) {
  if (!CHOICES.some(({ id }) => id === values.provider)) return;
  provider.value = values.provider;
  provider.dispatchEvent(new Event("change", { bubbles: true }));
  model.value = values.model;
  base.value = values.base;
  for (const field of [model, base]) field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Remembers the model and the address for the provider that is shown. */
function keep() {
  remember({ providers: withEntry(remembered().providers, shown, { model: model.value, base: base.value }, 100) });
}

/** Returns the field that an error is about. @param {any} error */
export function fieldFor(error) {
  if (error?.name === "AuthError" || /\bkey\b/i.test(error?.message ?? "")) return key;
  if (/\bbase.?url\b/i.test(error?.message ?? "")) return base;
  return /\bmodel\b/i.test(error?.message ?? "") ? model : undefined;
}

/** @param {(provider: string) => (() => Promise<string>) | undefined} keptKey */
function read(keptKey) {
  const choice = chosen();
  return {
    choice,
    model: model.value.trim(),
    apiKey: choice.key === "none" ? "" : key.value.trim() || (keptKey(choice.id) ?? ""),
    baseURL: choice.base === "none" ? "" : base.value.trim(),
    preamble: preamble.value.trim(),
  };
}

function chosen() {
  return CHOICES.find(({ id }) => id === provider.value) ?? CHOICES[0];
}

function show() {
  if (shown) keys.set(shown, key.value);
  const choice = chosen();
  shown = choice.id;
  const before = remembered().providers?.[choice.id];
  // Another provider never sees the key that was typed for this one.
  model.value = before?.model ?? choice.models[0] ?? "";
  key.value = keys.get(choice.id) ?? "";
  base.value = before?.base ?? "";
  find("models", HTMLDataListElement).replaceChildren(...choice.models.map((name) => h("option", { value: name })));
  find("provider-note", HTMLElement).replaceChildren(...choice.note.map((text) => h("p", {}, text)));
  find("model-field", HTMLElement).hidden = choice.id === "local";
  find("gguf-field", HTMLElement).hidden = choice.id !== "local";
  find("key-field", HTMLElement).hidden = choice.key === "none";
  find("kept-field", HTMLElement).hidden = choice.key === "none";
  find("base-field", HTMLElement).hidden = choice.base === "none";
  find("key-optional", HTMLElement).hidden = choice.key === "needed";
  find("base-optional", HTMLElement).hidden = choice.base === "needed";
  base.placeholder = choice.baseExample ?? "";
  const link = find("key-link", HTMLAnchorElement);
  link.hidden = !choice.keyURL;
  link.href = choice.keyURL ?? "";
}
