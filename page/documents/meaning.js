/**
 * Embeds stored passages, some at a time, so that an interruption loses little. Where it takes long, it waits for the visitor's button,
 * and shows the time that it takes at the measured speed.
 */

import { find } from "../find.js";
import { remember, remembered } from "../memory.js";
import { loadEmbedder, readPassages } from "./collection.js";

/** Passages in one write. */
const STEP = 32;
/** Longer work begins by the visitor's button alone. */
const LONG_S = 20;
/** Weight of the newest step in the speed. */
const NEWEST = 0.3;

/**
 * @param {{prepare: () => Promise<unknown>, onRead: (ids: string[]) => void, tell: (text: string, failed?: boolean) => void}} options
 *   prepare: called before the first passage; onRead: called with passages that have a vector from now on
 * @returns {{offer: (unread: string[]) => void, add: (unread: string[]) => Promise<void>, stop: () => void}} offer: shows passages that an
 *   earlier visit left; add: embeds these passages, or shows them where it takes long
 */
export function watchMeaning({ prepare, onRead, tell }) {
  const box = find("documents-meaning", HTMLElement);
  const words = find("meaning-words", HTMLElement);
  const bar = find("meaning-bar", HTMLProgressElement);
  const start = find("meaning-start", HTMLButtonElement);
  const cancel = find("meaning-cancel", HTMLButtonElement);
  const stop = find("documents-stop", HTMLButtonElement);
  /** @type {string[]} */
  let waiting = [];
  /** @type {AbortController | undefined} */
  let control;
  let isWanted = false;
  let done = 0;
  let speed = remembered().passagesPerSecond ?? 0;

  const takes = () => (speed ? waiting.length / speed : 0);
  const show = () => {
    box.hidden = !waiting.length;
    bar.hidden = !control;
    start.hidden = cancel.hidden = Boolean(control);
    Object.assign(bar, { max: done + waiting.length, value: done });
    const time = speed ? about(takes()) : "";
    words.textContent = control
      ? [`Reading for meaning: ${count(waiting.length)} to go`, time].filter(Boolean).join(", ")
      : `${count(waiting.length)} ${waiting.length === 1 ? "is" : "are"} found by words alone. To be found by meaning too, a model in this page reads them${time && `: ${time}`}.`;
  };

  /** Embeds the waiting passages, unless it takes long and the visitor has not begun it. The first step measures an unknown speed. */
  const work = async () => {
    if (control) return;
    if (!isWanted && takes() > LONG_S) return show();
    const mine = new AbortController();
    control = mine;
    done = 0;
    show();
    try {
      await prepare();
      await loadEmbedder((text, loaded, total) => (words.textContent = total ? `${text}: ${Math.round((100 * loaded) / total)} %` : text));
      show();
      while (waiting.length && !mine.signal.aborted) {
        const ids = waiting.slice(0, STEP);
        const begun = performance.now();
        await readPassages(ids, mine.signal);
        measure(ids.length / ((performance.now() - begun) / 1000));
        waiting = waiting.filter((id) => !ids.includes(id));
        done += ids.length;
        onRead(ids);
        show();
        if (!isWanted && takes() > LONG_S) break;
      }
    } catch (error) {
      if (!mine.signal.aborted) tell(/** @type {Error} */ (error).message, true);
    } finally {
      control = undefined;
      if (!waiting.length) isWanted = false;
      show();
    }
  };
  const measure = (/** @type {number} */ now) => {
    speed = speed ? speed + NEWEST * (now - speed) : now;
    remember({ passagesPerSecond: speed });
  };

  start.addEventListener("click", () => {
    isWanted = true;
    const ended = work();
    stop.hidden = false;
    stop.focus();
    void ended.finally(() => (stop.hidden = true));
  });
  cancel.addEventListener("click", () => {
    box.hidden = true;
    find("documents-file", HTMLInputElement).focus();
  });

  return {
    offer(unread) {
      if (control) return;
      waiting = unread;
      show();
    },
    add(unread) {
      waiting = [...new Set([...waiting, ...unread])];
      return work();
    },
    stop() {
      isWanted = false;
      control?.abort();
    },
  };
}

/** @param {number} passages */
const count = (passages) => `${passages.toLocaleString("en")} ${passages === 1 ? "passage" : "passages"}`;

/** @param {number} seconds */
function about(seconds) {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} min` : `about ${(minutes / 60).toFixed(1)} hours`;
}
