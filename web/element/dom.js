/** Elements in one expression. Text becomes text nodes, never markup. */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean | undefined | ((event: any) => void)>} [attributes] a function listens,
 *   `true` is an empty attribute, `false` and `undefined` are none
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child !== null && child !== undefined && child !== false)));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

// Strokes on a 16 by 16 grid.
const PATHS = {
  send: "M8 13V3M3.5 7.5 8 3l4.5 4.5",
  play: "M5 3.5v9l7.5-4.5z",
  stop: "M4.5 4.5h7v7h-7z",
  attach: "m13 7.5-5.2 5.2a3 3 0 0 1-4.3-4.3l5.4-5.4a2 2 0 0 1 2.9 2.9l-5.3 5.2a1 1 0 0 1-1.4-1.4l4.6-4.6",
  camera: "M2 5h2.7l1-1.7h4.6l1 1.7H14v7.7H2zM8 6.6a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
  copy: "M6 6V2.5h7.5V10H10M2.5 6H10v7.5H2.5z",
  check: "m3 8.5 3.3 3.3L13 5",
  again: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5V5h-2.6",
  edit: "m3 13 .7-2.8 7-7a1.4 1.4 0 0 1 2 2l-7 7zM9.5 4.5l2 2",
  fork: "M5 13.5v-11M5 9.5c4 0 6-1.5 6-5M8.5 6.5 11 4l2.5 2.5",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9",
  plus: "M8 3v10M3 8h10",
  down: "M8 3v10M3.5 8.5 8 13l4.5-4.5",
  eye: "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 6.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4",
  wrap: "M2 4h12M2 8h9a2.5 2.5 0 0 1 0 5H8m0 0 1.7-1.7M8 13l1.7 1.7M2 12h3",
  chip: "M4.5 4.5h7v7h-7zM6.5 2v2.5m3-2.5v2.5m-3 7V14m3-2.5V14M2 6.5h2.5m-2.5 3h2.5m7-3H14m-2.5 3H14",
  close: "m4 4 8 8m0-8-8 8",
  alert: "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.3",
};

/** @param {keyof typeof PATHS} name a picture beside words, or on a button that has a label; hidden from screen readers */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true", focusable: "false" })) {
    svg.setAttribute(key, value);
  }
  return svg;
}
