/**
 * When Python starts in a page that has not called it yet.
 *
 *     first-call   with the first call
 *     focus        when the user focuses a field or a button
 *     idle         when the page has loaded and the browser has nothing to do
 *     eager        after the current task
 *
 * @typedef {"first-call" | "focus" | "idle" | "eager"} StartTime
 */

/** @type {Record<StartTime, (begin: () => void) => void>} */
const TIMES = {
  "first-call": () => {},
  focus(begin) {
    const { document } = globalThis;
    if (!document) return; // a worker has no focus: with the first call
    if (document.activeElement && document.activeElement !== document.body) begin();
    else document.addEventListener("focusin", begin, { once: true, capture: true });
  },
  idle(begin) {
    const whenIdle = globalThis.requestIdleCallback ?? setTimeout; // Safari has no requestIdleCallback
    const rest = () => void whenIdle(() => begin());
    if (!globalThis.document || document.readyState === "complete") rest();
    else addEventListener("load", rest, { once: true });
  },
  eager: (begin) => void setTimeout(begin),
};

export const START_TIMES = /** @type {StartTime[]} */ (Object.keys(TIMES));

/**
 * Calls `begin` once at the time that was chosen.
 * @param {StartTime} when
 * @param {() => void} begin
 */
export function startAt(when, begin) {
  TIMES[when](begin);
}
