/** One run, drawn: a line for it, and a bar for each model call, tool call and agent within it. */

/** @import { Span } from "../../web/types.js" */

import { h } from "../../web/element/dom.js";
import { drawDetails } from "./span-view.js";

/**
 * Draws the spans so far; open details stay open.
 * @param {HTMLElement} node
 * @param {Span[]} spans as they ended
 * @param {string} prompt
 */
export function drawRun(node, spans, prompt) {
  const open = new Set([...node.querySelectorAll("details[open]")].map((details) => /** @type {HTMLElement} */ (details).dataset.key));
  const run = spans.find(({ parentId }) => parentId === null);
  const start = Math.min(...spans.map(({ startMs }) => startMs));
  const length = Math.max(...spans.map(({ endMs }) => endMs)) - start || 1;
  const rows = inOrder(spans).map(({ span, depth }) => drawRow(span, depth, start, length, open.has(span.spanId)));
  node.replaceChildren(
    h("h3", { class: "run-title" }, prompt || "A run"),
    h("p", { class: "run-sum" }, run ? sum(run, spans) : "Under way …"),
    h("ol", { class: "spans", "aria-label": "What it did" }, ...rows),
  );
  for (const details of node.querySelectorAll("details")) details.open = open.has(details.dataset.key);
}

/**
 * @param {Span} span
 * @param {number} depth
 * @param {number} start
 * @param {number} length
 * @param {boolean} isOpen whether its details are seen, which are drawn then
 */
function drawRow(span, depth, start, length, isOpen) {
  const kind = span.name.split(" ")[0];
  const failed = span.status === "error";
  const bar = h("span", { class: `bar bar-${kind}`, "aria-hidden": "true" });
  bar.style.setProperty("--from", `${(100 * (span.startMs - start)) / length}%`);
  bar.style.setProperty("--length", `${(100 * (span.endMs - span.startMs)) / length}%`);
  const summary = h(
    "summary",
    {},
    h(
      "span",
      { class: "span-line" },
      h("span", { class: "span-name" }, named(span, kind)),
      h("span", { class: "span-facts" }, [failed && "failed", ...facts(span)].filter(Boolean).join(" · ")),
    ),
    h("span", { class: "track" }, bar),
  );
  const details = h("details", { "data-key": span.spanId }, summary, isOpen && drawDetails(span));
  summary.addEventListener("click", () => {
    if (details.open) details.lastElementChild?.remove();
    else details.append(drawDetails(span));
  });
  const row = h("li", { class: failed ? "failed" : "" }, details);
  row.style.setProperty("--depth", String(Math.min(depth, 4)));
  return row;
}

/**
 * @param {Span} span
 * @param {string} kind
 */
function named(span, kind) {
  const rest = span.name.slice(kind.length + 1);
  if (kind === "chat") return `Model ${rest}`;
  return kind === "execute_tool" ? `Tool ${rest}` : `Agent ${rest}`.trim();
}

/** @param {Span} span */
function facts({ attributes, startMs, endMs }) {
  const retries = attributes["staysail.retries"];
  return [retries && `${retries} ${retries === 1 ? "retry" : "retries"}`, tokens(attributes), money(attributes), duration(endMs - startMs)];
}

/**
 * @param {Span} run
 * @param {Span[]} spans
 */
function sum(run, spans) {
  const tools = spans.filter(({ name }) => name.startsWith("execute_tool ")).length;
  const calls = spans.filter(({ name }) => name.startsWith("chat ")).length;
  const texts = [
    plural(calls, "model call"),
    tools && plural(tools, "tool call"),
    ...facts(run),
    run.status === "error" && `failed: ${run.message}`,
  ];
  return texts.filter(Boolean).join(" · ");
}

/**
 * @param {number} count
 * @param {string} word
 */
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** @param {Span["attributes"]} attributes */
function tokens(attributes) {
  const read = Number(attributes["gen_ai.usage.input_tokens"] ?? 0);
  const written = Number(attributes["gen_ai.usage.output_tokens"] ?? 0);
  return read + written ? plural(read + written, "token") : "";
}

/** @param {Span["attributes"]} attributes */
function money(attributes) {
  const cost = attributes["staysail.cost_usd"];
  return typeof cost === "number" ? `$${cost.toPrecision(2)}` : "";
}

/** @param {number} ms */
const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** Returns the text of the user's last message in a span's attributes; "" where there is none. @param {Span} span */
export function promptOf({ attributes }) {
  const text = attributes["gen_ai.input.messages"];
  const messages = text ? JSON.parse(String(text)) : [];
  return (
    messages
      .filter((/** @type {any} */ { role }) => role === "user")
      .at(-1)
      ?.parts.map((/** @type {any} */ { content }) => content ?? "")
      .join(" ") ?? ""
  );
}

/**
 * Each span before what is within it.
 * @param {Span[]} spans
 * @returns {{span: Span, depth: number}[]}
 */
function inOrder(spans) {
  const known = new Map(spans.map((span) => [span.spanId, span]));
  const depthOf = (/** @type {Span} */ span) => {
    let depth = 0;
    for (let at = span.parentId ? known.get(span.parentId) : undefined; at; at = at.parentId ? known.get(at.parentId) : undefined)
      depth += 1;
    return depth;
  };
  const sorted = [...spans].sort((a, b) => a.startMs - b.startMs || b.endMs - a.endMs);
  const out = /** @type {{span: Span, depth: number}[]} */ ([]);
  const put = (/** @type {Span} */ span) => {
    out.push({ span, depth: depthOf(span) });
    for (const inner of sorted) if (inner.parentId === span.spanId) put(inner);
  };
  for (const span of sorted) if (!span.parentId || !known.has(span.parentId)) put(span);
  return out;
}
