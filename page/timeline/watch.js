/** The timeline: the steps of each run of the chat, kept in this page's memory alone. */

/** @import { Span } from "../../web/types.js" */
/** @import { Page } from "../types.js" */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { LongTexts } from "./long-texts.js";
import { drawRun, promptOf } from "./run-view.js";

const MOST_RUNS = 20;

/** Joins the timeline to the chat, whose runs it draws. @param {Page} page */
export function watch({ chat }) {
  const list = find("timeline-runs", HTMLElement);
  const status = find("timeline-status", HTMLOutputElement);
  /** @type {Map<string, {spans: Span[], node: HTMLElement, prompt: string}>} by trace, the oldest first */
  const runs = new Map();
  const texts = new LongTexts();

  const count = () =>
    (status.value = runs.size ? `${runs.size} ${runs.size === 1 ? "run" : "runs"}, the latest first` : "No run yet: send a message.");
  const add = (/** @type {Span} */ span) => {
    const run = runs.get(span.traceId) ?? { spans: [], node: h("li", { class: "run" }), prompt: "" };
    if (!runs.has(span.traceId)) {
      runs.set(span.traceId, run);
      list.prepend(run.node);
    }
    run.spans.push(span);
    run.prompt ||= promptOf(span);
    texts.add(span);
    drawRun(run.node, run.spans, run.prompt);
    if (runs.size > MOST_RUNS) {
      const [[oldest, { node }]] = runs;
      runs.delete(oldest);
      node.remove();
    }
    count();
  };

  chat.options = { tracer: { exporter: add, content: true, raw: true } };
  find("timeline-clear", HTMLButtonElement).addEventListener("click", () => {
    runs.clear();
    texts.clear();
    list.replaceChildren();
    count();
  });
  find("timeline-save", HTMLButtonElement).addEventListener("click", () => {
    const lines = [...runs.values()].flatMap(({ spans }) => spans).map((span) => JSON.stringify(span));
    const url = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "application/jsonl" }));
    h("a", { href: url, download: "traces.jsonl" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
  count();
}
