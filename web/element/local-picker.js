/**
 * The models that can run in this page: their sizes and abilities, their downloads, and buttons to use and delete them.
 *
 * @import { LocalModel, StoredModel } from "../local/types.js"
 * @typedef {{name: string, control: AbortController, bar: HTMLProgressElement, amount: HTMLElement}} Transfer
 */

import { h } from "./dom.js";
import { BUILT_IN, LOCAL_MODELS, recommendedModel } from "../local/catalogue.js";
import { LOCAL_EMBEDDERS } from "../local/embedders.js";
import { localEngine } from "../models/local-engines.js";

const SPOKEN = new Intl.DisplayNames("en", { type: "language" });

/** Returns the name that people read of a model: of the catalogue, else the file's. @param {string} model */
export function titleOf(model) {
  return (
    LOCAL_MODELS.find(({ name }) => name === model)?.title ??
    decodeURIComponent(model.split(/[/?#]/).findLast((step) => /\.gguf$/i.test(step)) ?? model)
  );
}

export class LocalPicker {
  #actions;
  /** Models in the browser's storage, by name. @type {Map<string, StoredModel>} */
  #stored = new Map();
  /** @type {Transfer | undefined} */
  #transfer;
  #list = h("ul", { class: "local-models", "aria-label": "Models for this page" });
  #status = h("output", { id: "local-status", class: "kept-status" });
  #total = h("p", { id: "local-total", class: "note" });
  #place = h("input", {
    id: "local-place",
    type: "text",
    placeholder: "hf:owner/repo/file.gguf",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    "aria-describedby": "local-place-note",
  });
  node = h(
    "div",
    { class: "local-picker" },
    this.#list,
    this.#status,
    this.#total,
    h("label", { for: "local-place" }, "A model elsewhere"),
    this.#place,
    h("p", { id: "local-place-note", class: "note" }, "A GGUF file on the Hugging Face hub, or at an address that lets pages read it."),
    h(
      "div",
      { class: "row-buttons" },
      h("button", { id: "local-get", type: "button", click: () => this.#getPlace() }, "Download and use it"),
    ),
  );

  /**
   * @param {{chosen: () => string | undefined, choose: (name: string) => void}} actions chosen: the local model in use, if one is, "" for the
   *   built-in one. choose: is called with another one, and with "" where the one in use was deleted
   */
  constructor(actions) {
    this.#actions = actions;
  }

  /** Downloads a model by its address or name, where the text is one. */
  async #getPlace() {
    const name = this.#place.value.trim().replace(/^local:/, "");
    if (!name) return this.#say("Write where the model is: hf:owner/repo/file.gguf, or an address.", true);
    await this.#get(name);
  }

  /** Reads the list of stored models again. */
  async refresh() {
    try {
      const engine = await localEngine();
      this.#stored = new Map((await engine.stored()).map((model) => [model.name, model]));
      this.draw();
    } catch (error) {
      this.draw();
      this.#say(/** @type {Error} */ (error).message, true);
    }
  }

  draw() {
    const focused = /** @type {HTMLElement | null} */ (/** @type {ShadowRoot} */ (this.node.getRootNode()).activeElement)?.dataset.action;
    const known = new Set(["embedder", ...[...LOCAL_MODELS, ...LOCAL_EMBEDDERS].map(({ name }) => name)]);
    const others = [...this.#stored.keys()].filter((name) => !known.has(name));
    this.#list.replaceChildren(...LOCAL_MODELS.map((model) => this.#knownEntry(model)), ...others.map((name) => this.#otherEntry(name)));
    if (focused) this.#list.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.dispatchEvent(new Event("refocus"));
    const bytes = [...this.#stored.values()].reduce((sum, { storedBytes }) => sum + storedBytes, 0);
    this.#total.textContent = bytes ? `This browser keeps ${megabytes(bytes)} of models for this page.` : "";
  }

  /** @param {LocalModel} model */
  #knownEntry({ name, title, note, licence, languages = [], abilities, isTried, memoryBytes, files }) {
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const facts = [
      licence,
      languages[0] === "mul" ? "many languages" : languages.map((tag) => SPOKEN.of(tag)).join(", "),
      abilities.includes("reasoning") ? "reasons" : "",
      memoryBytes ? `takes ${megabytes(memoryBytes)} of memory` : `takes more than ${megabytes(sizeBytes)} of memory`,
    ];
    const advice = isTried ? "" : "Not tried by those who made this page: it may be slow, or not work.";
    return this.#entry(name, { title, sizeBytes, about: [note, advice], facts, isAdvised: recommendedModel().name === name });
  }

  /** @param {string} name */
  #otherEntry(name) {
    return this.#entry(name, {
      title: titleOf(name),
      sizeBytes: this.#stored.get(name)?.sizeBytes ?? 0,
      about: [name],
      facts: [],
      isAdvised: false,
    });
  }

  /**
   * @param {string} name
   * @param {{title: string, sizeBytes: number, about: string[], facts: string[], isAdvised: boolean}} shown
   */
  #entry(name, { title, sizeBytes, about, facts, isAdvised }) {
    const kept = this.#stored.get(name);
    const chosen = this.#actions.chosen();
    const isChosen = chosen !== undefined && (chosen || BUILT_IN.name) === name;
    const marks = [
      isChosen && "in use",
      kept?.isComplete && "stored",
      kept && !kept.isComplete && `${megabytes(kept.storedBytes)} stored`,
      isAdvised && "fits this device",
    ].filter(Boolean);
    const isComing = this.#transfer?.name === name;
    return h(
      "li",
      { class: "local-model", "aria-current": isChosen ? "true" : undefined },
      h("div", { class: "local-head" }, h("strong", {}, title), h("span", {}, megabytes(sizeBytes))),
      marks.length > 0 && h("p", { class: "local-marks" }, marks.join(" · ")),
      h("p", { class: "note" }, about.filter(Boolean).join(" ")),
      facts.length > 0 && h("p", { class: "note" }, facts.filter(Boolean).join(" · ")),
      isComing && this.#transfer && h("div", { class: "local-transfer" }, this.#transfer.bar, this.#transfer.amount),
      h("div", { class: "row-buttons" }, ...this.#buttons(name, title, { isChosen, isComing, kept })),
    );
  }

  /**
   * @param {string} name
   * @param {string} title
   * @param {{isChosen: boolean, isComing: boolean, kept?: StoredModel}} state
   */
  #buttons(name, title, { isChosen, isComing, kept }) {
    if (isComing) return [button("Stop", title, () => this.#transfer?.control.abort())];
    const made = [];
    if (kept?.isComplete && !isChosen) made.push(button("Use", title, () => this.#use(name)));
    if (!kept?.isComplete)
      made.push(button(kept ? "Go on" : isChosen ? "Download" : "Download and use", title, () => this.#get(name), Boolean(this.#transfer)));
    if (kept) made.push(button("Delete", title, () => this.#remove(name)));
    return made;
  }

  /** Downloads a model, or the rest of it, and uses it. @param {string} name */
  async #get(name) {
    if (this.#transfer) return;
    const title = titleOf(name);
    const control = new AbortController();
    const bar = h("progress", { "aria-label": `Download of ${title}` });
    const amount = h("span", { class: "note" }, "Asking …");
    this.#transfer = { name, control, bar, amount };
    if (!LOCAL_MODELS.some((model) => model.name === name) && !this.#stored.has(name))
      this.#stored.set(name, { name, sizeBytes: 0, storedBytes: 0, isComplete: false });
    this.draw();
    this.#say(`The download of ${title} has begun.`);
    try {
      const engine = await localEngine();
      await engine.download(name, {
        signal: control.signal,
        onProgress({ loadedBytes, totalBytes }) {
          if (totalBytes) [bar.max, bar.value] = [totalBytes, loadedBytes];
          amount.textContent = totalBytes ? `${megabytes(loadedBytes)} of ${megabytes(totalBytes)}` : megabytes(loadedBytes);
        },
      });
      this.#transfer = undefined;
      this.#actions.choose(name);
      this.#say(`${title} is stored in this browser, and answers from now on.`);
    } catch (error) {
      const isStopped = control.signal.aborted;
      this.#say(
        isStopped ? `Stopped. What came of ${title} is kept: “Go on” gets the rest.` : `${/** @type {Error} */ (error).message}`,
        !isStopped,
      );
    } finally {
      this.#transfer = undefined;
      await this.refresh();
    }
  }

  /** @param {string} name */
  #use(name) {
    this.#actions.choose(name);
    this.#say(`${titleOf(name)} answers from now on.`);
  }

  /** @param {string} name */
  async #remove(name) {
    const title = titleOf(name);
    try {
      const engine = await localEngine();
      await engine.delete(name);
      if (this.#actions.chosen() === name) this.#actions.choose("");
      this.#say(`${title} is deleted from this browser.`);
    } catch (error) {
      this.#say(/** @type {Error} */ (error).message, true);
    }
    await this.refresh();
    this.#place.focus();
  }

  /**
   * @param {string} text
   * @param {boolean} [isFailure]
   */
  #say(text, isFailure = false) {
    this.#status.value = text;
    this.#status.classList.toggle("failed", isFailure);
  }
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

/** @param {number} bytes */
function megabytes(bytes) {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
