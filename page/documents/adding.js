/** Files on their way into the collection: dropped on the page or chosen, a row each, one after another. */

/** @import { IngestEvent } from "../../web/types.js" */

import { h } from "../../web/element/dom.js";
import { ingest } from "../../web/vector-store.js";
import { find } from "../find.js";
import { PASSAGES, loadEmbedder, stopWith, store } from "./collection.js";

/** @typedef {{node: HTMLElement, say: (words: string, state?: string) => void, advance: (done: number, total: number) => void}} Row */

/**
 * @param {{prepare: () => Promise<unknown>, onStored: () => void, onDrop: () => void, tell: (text: string, failed?: boolean) => void}} options
 *   prepare: what must be up before the first file
 */
export function watchAdding({ prepare, onStored, onDrop, tell }) {
  const list = find("documents-adding", HTMLUListElement);
  const stop = find("documents-stop", HTMLButtonElement);
  const input = find("documents-file", HTMLInputElement);
  let last = Promise.resolve();
  let waiting = 0;
  let control = new AbortController();

  const add = (/** @type {File[]} */ files) => {
    if (!files.length) return;
    if (!waiting) {
      control = new AbortController();
      list.replaceChildren();
    }
    const rows = files.map(({ name }) => fileRow(name));
    list.append(...rows.map(({ node }) => node));
    stop.hidden = false;
    waiting++;
    const { signal } = control;
    last = last
      .then(() => work(files, rows, signal))
      .finally(() => {
        waiting--;
        stop.hidden = waiting === 0;
      });
  };

  const work = async (/** @type {File[]} */ files, /** @type {Row[]} */ rows, /** @type {AbortSignal} */ signal) => {
    let row = rows[0];
    const ended = new Set();
    const counts = { added: 0, unchanged: 0, failed: 0 };
    try {
      if (signal.aborted) return;
      await prepare();
      await loadEmbedder((words, loaded, total) => tell(total ? `${words}: ${Math.round((100 * loaded) / total)} %` : words));
      tell("");
      stopWith(signal);
      for await (const event of ingest(files, store, { ...PASSAGES, signal })) {
        if (event.type === "file_started") row = rows[event.index];
        showEvent(row, event);
        if (event.type === "file_started" || event.type === "file_progress") continue;
        ended.add(row);
        if (event.type === "file_done") counts.added++;
        else if (event.type === "file_failed") counts.failed++;
        else counts.unchanged++;
        if (event.type === "file_done") onStored();
      }
      tell(summarise(counts));
    } catch (error) {
      if (!signal.aborted) tell(/** @type {Error} */ (error).message, true);
    } finally {
      const left = rows.filter((one) => !ended.has(one));
      for (const one of left) one.say("not added", "failed");
      if (signal.aborted && left.length) tell(`Stopped: ${left.length} of ${rows.length} were not added. Add them again to go on.`);
    }
  };

  input.addEventListener("change", () => {
    add([...(input.files ?? [])]);
    input.value = "";
  });
  stop.addEventListener("click", () => {
    control.abort();
    input.focus();
  });
  watchDrops((files) => {
    onDrop();
    add(files);
  });
}

/**
 * @param {string} name
 * @returns {Row}
 */
function fileRow(name) {
  const state = h("span", { class: "adding-state" }, "waiting");
  const bar = h("progress", { max: 1, value: 0, "aria-label": name });
  const node = h("li", { "data-state": "waiting" }, h("span", { class: "adding-name" }, name), state, bar);
  return {
    node,
    say(words, to = "working") {
      state.textContent = words;
      node.dataset.state = to;
      bar.hidden = to !== "working";
    },
    advance(done, total) {
      if (total) Object.assign(bar, { max: total, value: done });
      else bar.removeAttribute("value");
    },
  };
}

/**
 * @param {Row} row
 * @param {IngestEvent} event
 */
function showEvent(row, event) {
  switch (event.type) {
    case "file_started":
      return row.say("reading");
    case "file_progress":
      row.advance(event.done, event.total);
      return row.say(event.total ? `${event.done} of ${event.total} passages` : `reading, part ${event.done}`);
    case "file_done":
      return row.say(
        [`${event.chunks} ${event.chunks === 1 ? "passage" : "passages"} in ${event.seconds.toFixed(1)} s`, ...event.notes].join("; "),
        "done",
      );
    case "file_skipped":
      return row.say(
        [event.reason === "unchanged" ? "unchanged, already here" : "no text in it", ...(event.notes ?? [])].join("; "),
        "skipped",
      );
    case "file_failed":
      return row.say(event.error, "failed");
  }
}

/** @param {Record<string, number>} counts */
const summarise = (counts) =>
  Object.entries(counts)
    .filter(([, count]) => count)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");

/**
 * Files dropped anywhere on the page; pictures, and what is dropped on the message field, go along with the message as ever.
 * @param {(files: File[]) => void} take
 */
function watchDrops(take) {
  const isOurs = (/** @type {DragEvent} */ event) =>
    !event.composedPath().some((node) => node instanceof Element && node.matches("input[type=file], .below"));
  const carriesFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  let leaving = 0;
  const mark = (/** @type {boolean} */ on) => document.body.classList.toggle("dropping", on);
  document.addEventListener(
    "dragover",
    (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      clearTimeout(leaving);
      mark(isOurs(event));
      leaving = window.setTimeout(() => mark(false), 200); // there is no event for a drag that ends outside of the page
    },
    true,
  );
  document.addEventListener(
    "drop",
    (event) => {
      mark(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (!files.length || !isOurs(event) || files.every(({ type }) => type.startsWith("image/"))) return;
      event.preventDefault();
      event.stopPropagation();
      take(files);
    },
    true,
  );
}
