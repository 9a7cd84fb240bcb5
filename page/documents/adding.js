/** Adds files to the collection: dropped on the page or chosen, one after another. A search finds them by their words at once. */

/** @import { IngestEvent } from "../../web/types.js" */
/** @import { Row } from "./file-list.js" */

import { ingest } from "../../web/vector-store.js";
import { find } from "../find.js";
import { PASSAGES, store } from "./collection.js";

/**
 * @param {{prepare: () => Promise<unknown>, begin: (names: string[]) => Row[], onStored: () => void, onDrop: () => void, read: () => Promise<void>, stopReading: () => void, tell: (text: string, failed?: boolean) => void}} options
 *   prepare: called before the first file; begin: shows files that wait; read: embeds stored passages
 */
export function watchAdding({ prepare, begin, onStored, onDrop, read, stopReading, tell }) {
  const stop = find("documents-stop", HTMLButtonElement);
  const input = find("documents-file", HTMLInputElement);
  let last = Promise.resolve();
  let waiting = 0;
  let control = new AbortController();

  const add = (/** @type {File[]} */ files) => {
    if (!files.length) return;
    if (!waiting) control = new AbortController();
    const rows = begin(files.map(({ name }) => name));
    stop.hidden = false;
    waiting++;
    const { signal } = control;
    last = last
      .then(() => work(files, rows, signal))
      .then(() => (waiting === 1 && !signal.aborted ? read() : undefined))
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
    stopReading();
    input.focus();
  });
  watchDrops((files) => {
    onDrop();
    add(files);
  });
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
  const isPictures = (/** @type {DragEvent} */ { dataTransfer }) => {
    const kinds = [...(dataTransfer?.files.length ? dataTransfer.files : (dataTransfer?.items ?? []))];
    return kinds.length > 0 && kinds.every(({ type }) => type.startsWith("image/"));
  };
  const isOurs = (/** @type {DragEvent} */ event) =>
    !isPictures(event) && !event.composedPath().some((node) => node instanceof Element && node.matches("input[type=file], .below"));
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
      if (isOurs(event)) event.stopPropagation(); // the chat shows that files can be dropped on it
      leaving = window.setTimeout(() => mark(false), 200); // there is no event for a drag that ends outside of the page
    },
    true,
  );
  document.addEventListener(
    "drop",
    (event) => {
      mark(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (!files.length || !isOurs(event)) return;
      event.preventDefault();
      event.stopPropagation();
      take(files);
    },
    true,
  );
}
