/** The map of the collection in two dimensions: a dot for a passage, a colour for a file, the question and its hits highlighted. */

/** @import { StoreProjection } from "../../web/types.js" */
/** @import { Found } from "./collection.js" */

import { find } from "../find.js";
import { sourceOf, store } from "./collection.js";
import { openPassage } from "./passage.js";

const SVG = "http://www.w3.org/2000/svg";
/** The drawing's own units. */
const WIDTH = 340;
const HEIGHT = 240;
const MARGIN = 14;
/** The number of classes of colour in the style sheet. */
export const COLOURS = 6;

/**
 * @param {{attempt: (work: () => Promise<void>) => Promise<void>, colourOf: (file: string) => number}} options
 * @returns {{light: (query: string, found: Found) => void, refresh: () => void}}
 */
export function watchMap({ attempt, colourOf }) {
  const section = find("documents-map", HTMLDetailsElement);
  const picture = /** @type {SVGElement} */ (/** @type {unknown} */ (document.getElementById("map-picture")));
  const words = find("map-words", HTMLElement);
  /** @type {StoreProjection | undefined} */
  let plane;
  /** @type {{query: string, found: Found} | undefined} */
  let lit;

  const draw = () => {
    if (!plane) return;
    const { points, ids } = plane;
    const question = lit?.found.vector ? plane.place(lit.found.vector) : undefined;
    const toScreen = scale(question ? [...points, question] : points);
    const hits = new Map(lit?.found.hits.map(([, id], rank) => [id, rank + 1]));
    const nodes = ids.map((id, at) =>
      dot(id, toScreen(points[at]), { rank: hits.get(id), dim: hits.size > 0, colour: colourOf(sourceOf(id)) }),
    );
    // Hits lie on top.
    picture.replaceChildren(
      ...nodes.filter((_, at) => !hits.has(ids[at])),
      ...nodes.filter((_, at) => hits.has(ids[at])),
      ...(question ? [cross(toScreen(question))] : []),
    );
    picture.setAttribute("aria-label", describe(plane, lit, hits));
    words.textContent = describe(plane, lit, hits);
  };

  const refresh = () => {
    if (!section.open) return void (plane = undefined);
    void attempt(async () => {
      if (!plane) words.textContent = "Loading numpy and drawing …";
      plane = await store.project();
      draw();
    });
  };
  section.addEventListener("toggle", () => {
    if (section.open && !plane) refresh();
  });
  picture.addEventListener("click", ({ target }) => {
    const id = target instanceof Element ? target.closest("[data-id]")?.getAttribute("data-id") : undefined;
    if (id) void attempt(() => openPassage(id));
  });

  return {
    light(query, found) {
      lit = { query, found };
      draw();
    },
    refresh,
  };
}

/**
 * @param {StoreProjection} plane
 * @param {{query: string, found: Found} | undefined} lit
 * @param {Map<string, number>} hits
 */
function describe({ ids, total, share }, lit, hits) {
  if (!ids.length) return "Nothing is on the map yet.";
  const shown =
    ids.length < total ? `${ids.length} of ${total} passages, evenly chosen` : `${total} ${total === 1 ? "passage" : "passages"}`;
  const seen = `${shown}; near each other is alike, as far as two dimensions show it: ${Math.round(100 * (share[0] + share[1]))} % of how they differ.`;
  if (!lit) return seen;
  const files = [...new Set([...hits.keys()].map(sourceOf))].join(", ");
  const place = lit.found.vector ? "is the cross" : "was looked for by its words, so it has no place";
  return `${seen} “${lit.query}” ${place}; ${hits.size ? `it found ${hits.size}, ringed and numbered, in ${files}.` : "it found nothing."}`;
}

/**
 * @param {[number, number][]} points
 * @returns {(point: [number, number]) => [number, number]} the same scale for both axes
 */
function scale(points) {
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const middle = [xs, ys].map((values) => (Math.max(...values) + Math.min(...values)) / 2);
  const spread = [xs, ys].map((values) => Math.max(...values) - Math.min(...values) || 1e-9);
  const factor = Math.min((WIDTH - 2 * MARGIN) / spread[0], (HEIGHT - 2 * MARGIN) / spread[1]);
  return ([x, y]) => [WIDTH / 2 + (x - middle[0]) * factor, HEIGHT / 2 - (y - middle[1]) * factor];
}

/**
 * @param {string} id
 * @param {[number, number]} at
 * @param {{rank?: number, dim: boolean, colour: number}} look
 */
function dot(id, [x, y], { rank, dim, colour }) {
  const group = shape(
    "g",
    { "data-id": id, class: `colour-${colour} ${rank ? "map-hit" : dim ? "map-dim" : ""}` },
    shape("circle", { cx: x, cy: y, r: rank ? 5 : 3 }),
  );
  if (rank) {
    group.append(shape("circle", { cx: x, cy: y, r: 8, class: "map-ring" }));
    const number = shape("text", {
      x: x + (x > WIDTH - 3 * MARGIN ? -10 : 10),
      y: y + 3.5,
      "text-anchor": x > WIDTH - 3 * MARGIN ? "end" : "start",
    });
    number.textContent = String(rank);
    group.append(number);
  }
  const title = shape("title", {});
  title.textContent = id;
  group.append(title);
  return group;
}

/** @param {[number, number]} at */
const cross = ([x, y]) => shape("path", { class: "map-query", d: `M${x - 7} ${y}h14M${x} ${y - 7}v14` });

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Element} children
 */
function shape(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}
