/**
 * Sources of an answer: buttons that open the passages, those that the answer names first.
 *
 * @import { Reply } from "../types.js"
 * @import { Message, Source } from "./types.js"
 */

import { h } from "./dom.js";

/**
 * Sources of a reply, in the order in which they were found.
 * @param {Partial<Reply>} reply of any agent
 * @returns {Source[]}
 */
export const sourcesOf = ({ steps = [] }) => eachOnce(steps.flatMap(({ sources = [] }) => sources));

/**
 * Sources of the messages of a kept conversation.
 * @param {Message[]} messages
 * @returns {Source[]}
 */
export function sourcesIn(messages) {
  const parts = messages.flatMap((message) => [message, ...(Array.isArray(message?.content) ? message.content : [])]);
  return eachOnce(parts.flatMap((part) => (Array.isArray(part?.extra?.sources) ? part.extra.sources : [])).filter(isSource));
}

/** @param {Source[]} sources */
const eachOnce = (sources) => [...new Map(sources.map((source) => [source.id, source])).values()];

/**
 * A page may have made the history of anything.
 * @param {any} given
 * @returns {given is Source}
 */
const isSource = (given) => typeof given?.id === "string" && typeof given.document?.text === "string";

/** The place of a passage in its file, in words. @param {Source} source */
export function placeOf({ document }) {
  const { page, chapter, headings, row } = document.metadata ?? {};
  const above = Array.isArray(headings) ? headings.filter((heading) => heading !== chapter) : [];
  return [page && `page ${page}`, chapter, ...above, row && `row ${row}`].filter(Boolean).join(", ");
}

/**
 * @param {Source[]} sources
 * @param {string} text of the answer
 * @param {(source: Source) => void} open
 */
export function citations(sources, text, open) {
  const ids = namedIn(text);
  const numbers = new Map(sources.map((source, at) => [source, at + 1]));
  const named = sources.filter(({ id }) => ids.has(id));
  const rest = sources.filter(({ id }) => !ids.has(id));
  const list = (/** @type {Source[]} */ some) =>
    h("ol", {}, ...some.map((source) => h("li", {}, button(source, numbers.get(source) ?? 0, open))));
  return h(
    "section",
    { class: "citations", part: "citations", role: "group", "aria-label": "Passages" },
    h("h4", {}, named.length ? "Passages the answer names" : "Passages the model was given"),
    list(named.length ? named : rest),
    named.length > 0 && rest.length > 0 && h("details", {}, h("summary", {}, `${rest.length} more that the model was given`), list(rest)),
  );
}

/**
 * Makes the ids in an answer that is drawn into buttons.
 * @param {HTMLElement} body
 * @param {Source[]} sources
 * @param {(source: Source) => void} open
 */
export function linkCitations(body, sources, open) {
  const known = new Map(sources.map((source, at) => [source.id, { source, at }]));
  for (const node of textNodes(body)) {
    const pieces = node.data.split(/(\[[^[\]]+\])/).map((piece) => {
      const found = idsIn(piece).map((id) => known.get(id));
      if (!found.length || found.some((one) => !one)) return [piece];
      return found.flatMap((one) => (one ? [reference(one.source, one.at + 1, open)] : []));
    });
    if (pieces.length > 1) node.replaceWith(...pieces.flat());
  }
}

/**
 * @param {HTMLElement} body
 * @returns {Text[]} of prose, not of code or tools
 */
function textNodes(body) {
  const nodes = [];
  for (const part of body.querySelectorAll(".markdown")) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode())
      if (!walker.currentNode.parentElement?.closest("pre, code, a, button")) nodes.push(/** @type {Text} */ (walker.currentNode));
  }
  return nodes;
}

/** @param {string} text */
const namedIn = (text) => new Set((text.match(/\[[^[\]]+\]/g) ?? []).flatMap(idsIn));

/**
 * The ids between brackets, one or several.
 * @param {string} piece
 * @returns {string[]}
 */
function idsIn(piece) {
  if (!/^\[.*\]$/s.test(piece)) return [];
  return piece
    .slice(1, -1)
    .split(/[,;]\s+/)
    .map((id) => id.trim());
}

/**
 * @param {Source} source
 * @param {number} number
 * @param {(source: Source) => void} open
 */
function button(source, number, open) {
  return h(
    "button",
    { type: "button", class: "citation", part: "citation", "data-id": source.id, click: () => open(source) },
    h("span", { class: "citation-number" }, String(number)),
    " ",
    h("span", { class: "citation-source" }, source.source ?? source.id),
    " ",
    h("span", { class: "citation-place" }, placeOf(source)),
  );
}

/**
 * @param {Source} source
 * @param {number} number
 * @param {(source: Source) => void} open
 */
function reference(source, number, open) {
  const label = `Source ${number}: ${[source.source ?? source.id, placeOf(source)].filter(Boolean).join(", ")}`;
  return h(
    "button",
    {
      type: "button",
      class: "reference",
      part: "citation",
      "data-id": source.id,
      title: label,
      "aria-label": label,
      click: () => open(source),
    },
    String(number),
  );
}
