/**
 * The models that can run in this page: what each costs and what to expect of it, its download, what is stored, and how to delete it. The
 * chosen one stands in the field of the model, as for every provider, so it is remembered with the settings and with its chats.
 *
 * @import { LocalEngine } from "../../web/local/engine.js"
 * @import { LocalModel, StoredModel } from "../../web/local/types.js"
 * @typedef {{name: string, control: AbortController, bar: HTMLProgressElement, told: HTMLElement}} Transfer
 */

import { h } from "../../web/element/dom.js";
import { BUILT_IN, LOCAL_MODELS, recommendedModel } from "../../web/local/catalogue.js";
import { localEngine } from "../../web/models/local-engines.js";
import { find } from "../find.js";

const list = find("local-models", HTMLUListElement);
const status = find("local-status", HTMLOutputElement);
const field = find("model", HTMLInputElement);
const place = find("local-place", HTMLInputElement);
const SPOKEN = new Intl.DisplayNames("en", { type: "language" });

/** What the browser keeps, by name. @type {Map<string, StoredModel>} */
let stored = new Map();
/** @type {Transfer | undefined} */
let transfer;

/** Returns the name that people read of a model: of the catalogue, else the file's. @param {string} model */
export function titleOf(model) {
  return (
    LOCAL_MODELS.find(({ name }) => name === model)?.title ??
    decodeURIComponent(model.split(/[/?#]/).findLast((step) => /\.gguf$/i.test(step)) ?? model)
  );
}

export function watchLocalModels() {
  const box = find("local-box", HTMLDetailsElement);
  box.addEventListener("toggle", () => box.open && void refresh());
  find("local-get", HTMLButtonElement).addEventListener("click", () => void getPlace());
  field.addEventListener("input", () => box.open && draw());
  find("provider", HTMLSelectElement).addEventListener("change", () => box.open && draw());
}

/** Downloads a model by its place, as far as it is one. */
async function getPlace() {
  const name = place.value.trim().replace(/^local:/, "");
  if (!name) return say("Write where the model is: hf:owner/repo/file.gguf, or an address.", true);
  await get(name);
}

/** Reads anew what is stored. */
async function refresh() {
  try {
    const engine = await localEngine();
    stored = new Map((await engine.stored()).map((model) => [model.name, model]));
    draw();
  } catch (error) {
    draw();
    say(/** @type {Error} */ (error).message, true);
  }
}

function draw() {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.action;
  const known = new Set(LOCAL_MODELS.map(({ name }) => name));
  const others = [...stored.keys()].filter((name) => !known.has(name) && name !== "embedder");
  list.replaceChildren(...LOCAL_MODELS.map(knownEntry), ...others.map(otherEntry));
  if (focused) list.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.dispatchEvent(new Event("refocus"));
  const bytes = [...stored.values()].reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  find("local-total", HTMLElement).textContent = bytes ? `This browser keeps ${megabytes(bytes)} of models for this page.` : "";
}

/** @param {LocalModel} model */
function knownEntry({ name, title, note, licence, languages = [], abilities, isTried, memoryBytes, files }) {
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const facts = [
    licence,
    languages[0] === "mul" ? "many languages" : languages.map((tag) => SPOKEN.of(tag)).join(", "),
    abilities.includes("reasoning") ? "reasons" : "",
    memoryBytes ? `takes ${megabytes(memoryBytes)} of memory` : `takes more than ${megabytes(sizeBytes)} of memory`,
  ];
  const advice = isTried ? "" : "Not tried by those who made this page: it may be slow, or not work.";
  return entry(name, { title, sizeBytes, about: [note, advice], facts, isAdvised: recommendedModel().name === name });
}

/** @param {string} name */
function otherEntry(name) {
  return entry(name, { title: titleOf(name), sizeBytes: stored.get(name)?.sizeBytes ?? 0, about: [name], facts: [], isAdvised: false });
}

/**
 * @param {string} name
 * @param {{title: string, sizeBytes: number, about: string[], facts: string[], isAdvised: boolean}} shown
 */
function entry(name, { title, sizeBytes, about, facts, isAdvised }) {
  const kept = stored.get(name);
  const isChosen = (field.value.trim() || BUILT_IN.name) === name;
  const marks = [
    isChosen && "in use",
    kept?.isComplete && "stored",
    kept && !kept.isComplete && `${megabytes(kept.storedBytes)} stored`,
    isAdvised && "fits this device",
  ].filter(Boolean);
  const isComing = transfer?.name === name;
  return h(
    "li",
    { class: "local-model", "aria-current": isChosen ? "true" : undefined },
    h("div", { class: "local-head" }, h("strong", {}, title), h("span", {}, megabytes(sizeBytes))),
    marks.length > 0 && h("p", { class: "local-marks" }, marks.join(" · ")),
    h("p", { class: "note" }, about.filter(Boolean).join(" ")),
    facts.length > 0 && h("p", { class: "note" }, facts.filter(Boolean).join(" · ")),
    isComing && transfer && h("div", { class: "local-transfer" }, transfer.bar, transfer.told),
    h("div", { class: "row-buttons" }, ...buttons(name, title, { isChosen, isComing, kept })),
  );
}

/**
 * @param {string} name
 * @param {string} title
 * @param {{isChosen: boolean, isComing: boolean, kept?: StoredModel}} state
 */
function buttons(name, title, { isChosen, isComing, kept }) {
  if (isComing) return [button("Stop", title, () => transfer?.control.abort())];
  const made = [];
  if (kept?.isComplete && !isChosen) made.push(button("Use", title, () => use(name)));
  if (!kept?.isComplete)
    made.push(button(kept ? "Go on" : isChosen ? "Download" : "Download and use", title, () => get(name), Boolean(transfer)));
  if (kept) made.push(button("Delete", title, () => remove(name)));
  return made;
}

/**
 * @param {string} label
 * @param {string} title of the model
 * @param {() => unknown} act
 * @param {boolean} [isBusy] whether another model is under way
 */
function button(label, title, act, isBusy = false) {
  const made = h(
    "button",
    { type: "button", "aria-label": `${label}: ${title}`, "data-action": `${label} ${title}`, disabled: isBusy, click: act },
    label,
  );
  made.addEventListener("refocus", () => made.focus());
  return made;
}

/** Downloads a model, or the rest of it, and uses it. @param {string} name */
async function get(name) {
  if (transfer) return;
  const title = titleOf(name);
  const control = new AbortController();
  const bar = h("progress", { "aria-label": `Download of ${title}` });
  const told = h("span", { class: "note" }, "Asking …");
  transfer = { name, control, bar, told };
  if (!LOCAL_MODELS.some((model) => model.name === name) && !stored.has(name))
    stored.set(name, { name, sizeBytes: 0, storedBytes: 0, isComplete: false });
  draw();
  say(`The download of ${title} has begun.`);
  try {
    const engine = await localEngine();
    await engine.download(name, {
      signal: control.signal,
      onProgress({ loadedBytes, totalBytes }) {
        if (totalBytes) [bar.max, bar.value] = [totalBytes, loadedBytes];
        told.textContent = totalBytes ? `${megabytes(loadedBytes)} of ${megabytes(totalBytes)}` : megabytes(loadedBytes);
      },
    });
    transfer = undefined;
    choose(name);
    say(`${title} is stored in this browser, and answers from now on.`);
  } catch (error) {
    const isStopped = control.signal.aborted;
    say(
      isStopped ? `Stopped. What came of ${title} is kept: “Go on” gets the rest.` : `${/** @type {Error} */ (error).message}`,
      !isStopped,
    );
  } finally {
    transfer = undefined;
    await refresh();
  }
}

/** @param {string} name */
function use(name) {
  choose(name);
  say(`${titleOf(name)} answers from now on.`);
}

/** @param {string} name */
function choose(name) {
  field.value = name;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** @param {string} name */
async function remove(name) {
  const title = titleOf(name);
  try {
    const engine = await localEngine();
    await engine.delete(name);
    if (field.value.trim() === name) choose("");
    say(`${title} is deleted from this browser.`);
  } catch (error) {
    say(/** @type {Error} */ (error).message, true);
  }
  await refresh();
  place.focus();
}

/**
 * @param {string} text
 * @param {boolean} [isFailure]
 */
function say(text, isFailure = false) {
  status.value = text;
  status.classList.toggle("failed", isFailure);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
