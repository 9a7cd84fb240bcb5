/**
 * Panels beside the chat. Where the window has room for a panel on both sides, each side shows one. In a narrower window one panel is open
 * in all, so that the chat keeps 480 pixels. In the narrowest the panel lies over the chat, which is out of reach meanwhile.
 *
 * @import { Panel } from "./types.js"
 * @typedef {{panel: Panel, node: HTMLElement, openers: HTMLButtonElement[], listeners: (() => void)[]}} Frame
 */

import { h } from "../web/element/dom.js";
import { find } from "./find.js";
import { remember, remembered } from "./memory.js";

const overlaid = matchMedia("(max-width: 55.99rem)");
const single = matchMedia("(max-width: 71.99rem)");
/** @type {Map<string, Frame>} */
const frames = new Map();
/** The button that opened the panel which was opened last. @type {HTMLElement | undefined} */
let opener;
/** Where the focus was before it went to a panel's first field, by the panel; and whether the panel was open then. @type {Map<string, {from: Element | null, wasOpen: boolean}>} */
const origins = new Map();

/** Adds a panel's element, closed, its entry in the menu and its button in the header. @param {Panel} panel */
export function addPanel(panel) {
  const { name, title, side, icon, html, load } = panel;
  const close = h(
    "button",
    { type: "button", class: "panel-close", id: `close-${name}`, "aria-label": `Close ${title}`, click: () => closePanel(name, true) },
    picture("m4 4 8 8m0-8-8 8"),
  );
  const node = h(
    "aside",
    { id: name, class: `panel panel-${side} ${name}`, "aria-labelledby": `${name}-title`, hidden: true },
    h("div", { class: "panel-head" }, h("h2", { id: `${name}-title` }, title), close),
  );
  node.append(document.createRange().createContextualFragment(html)); // a constant of the page
  // Until somebody listens to its controls, they take nothing.
  if (load) for (const part of [...node.children].slice(1)) part.toggleAttribute("inert", true);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !hasOwnEscape(event.target)) leavePanel(name);
  });
  document.body.append(node);

  const entry = openButton(name, h("span", {}, title), { id: `menu-${name}`, class: icon ? "narrow-only" : "" });
  find("menu-panels", HTMLUListElement).append(h("li", {}, entry));
  const openers = [entry];
  if (icon) {
    const button = openButton(
      name,
      picture(icon),
      { id: `open-${name}`, title, class: `bar-button bar-${side}` },
      h("span", { class: "bar-label" }, title),
    );
    const place = side === "start" ? find("bar-start", HTMLElement) : find("bar-end", HTMLElement);
    place.append(button);
    openers.push(button);
  }
  frames.set(name, { panel, node, openers, listeners: [] });
}

/** Lets the controls of all panels be used. */
export function wakePanels() {
  for (const { node } of frames.values()) for (const part of node.children) part.removeAttribute("inert");
}

/** Opens the panels that were open at the last visit, and follows the window's width. */
export function restorePanels() {
  const arrange = () => {
    const { start = single.matches ? "" : "conversations", end = "" } = remembered();
    for (const [name, { node }] of frames) if (!node.hidden) set(name, false);
    if (overlaid.matches) return;
    if (end && frames.has(end)) set(end, true);
    if (start && frames.has(start) && !(single.matches && end)) set(start, true);
  };
  overlaid.addEventListener("change", arrange);
  single.addEventListener("change", arrange);
  const closeAll = () => {
    for (const [name, { node }] of frames) if (!node.hidden) closePanel(name, true);
  };
  find("backdrop", HTMLElement).addEventListener("click", closeAll);
  // The focus has left a panel that lies over everything else.
  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "Escape" && overlaid.matches && target === document.body) closeAll();
  });
  arrange();
}

/**
 * Opens a panel.
 * @param {string} name
 * @param {{focus?: boolean, from?: HTMLElement}} [options] focus: goes to the panel's first field. from: where the focus goes back to
 */
export function openPanel(name, { focus = false, from } = {}) {
  if (from) opener = from;
  const { panel, node } = frameOf(name);
  if (focus && !node.contains(document.activeElement)) origins.set(name, { from: focused(), wasOpen: !node.hidden });
  if (node.hidden) {
    set(name, true);
    keep();
  }
  if (focus) document.getElementById(panel.first)?.focus();
}

/**
 * Leaves a panel by the keyboard: closes it, and brings the focus back. One that was open before the focus went there stays open, and one that
 * the focus did not go to by a key or the menu is not left.
 * @param {string} name
 */
function leavePanel(name) {
  const origin = origins.get(name);
  if (overlaid.matches || origin?.wasOpen === false) return closePanel(name, true);
  if (origin) goBack(name);
}

/** Whether Escape means something else here: it empties a search field, and closes a list or a dialog. @param {EventTarget | null} target */
function hasOwnEscape(target) {
  if (!(target instanceof Element) || target.closest("dialog")) return true;
  return target instanceof HTMLInputElement && (target.list !== null || (target.type === "search" && target.value !== ""));
}

/** Returns the element that has the focus, also inside of the chat. */
function focused() {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
}

/** Brings the focus to where it was before it went to the panel. @param {string} name */
function goBack(name) {
  const { from } = origins.get(name) ?? {};
  origins.delete(name);
  const isThere = from instanceof HTMLElement && from !== document.body && from.checkVisibility() && !from.closest("[hidden], [inert]");
  const to = isThere ? from : opener?.checkVisibility() ? opener : find("open-menu", HTMLButtonElement);
  to.focus();
}

/**
 * Closes a panel.
 * @param {string} name
 * @param {boolean} [back] whether the focus goes back to where it was, or to the button that opened the panel
 */
export function closePanel(name, back = false) {
  const { node } = frameOf(name);
  if (node.hidden) return;
  set(name, false);
  keep();
  if (back) goBack(name);
  else origins.delete(name);
}

/** @param {string} name */
export function togglePanel(name) {
  if (isOpen(name)) closePanel(name, true);
  else openPanel(name, { focus: true });
}

/** @param {string} name */
export const isOpen = (name) => !frameOf(name).node.hidden;

/** Whether panels lie over the chat. */
export const isOverlaid = () => overlaid.matches;

/**
 * Calls a listener whenever the panel was opened; at once where it is open.
 * @param {string} name
 * @param {() => void} listener
 */
export function whenOpen(name, listener) {
  frameOf(name).listeners.push(listener);
  if (isOpen(name)) listener();
}

/** @param {string} name */
function frameOf(name) {
  return /** @type {Frame} */ (frames.get(name));
}

/**
 * @param {string} name
 * @param {boolean} open
 */
function set(name, open) {
  const { panel, node, openers, listeners } = frameOf(name);
  if (open) {
    for (const [other, frame] of frames) {
      if (other !== name && !frame.node.hidden && (single.matches || frame.panel.side === panel.side)) set(other, false);
    }
  }
  node.hidden = !open;
  for (const button of openers) button.setAttribute("aria-expanded", String(open));
  const { dataset } = document.documentElement;
  if (open && !overlaid.matches) dataset[panel.side] = name;
  else if (dataset[panel.side] === name || overlaid.matches) delete dataset[panel.side];
  const covered = overlaid.matches && [...frames.values()].some((frame) => !frame.node.hidden);
  for (const behind of document.querySelectorAll("main, .top")) /** @type {HTMLElement} */ (behind).inert = covered;
  find("backdrop", HTMLElement).hidden = !covered;
  if (open) for (const listener of listeners) listener();
}

/** Remembers which panels are open; one that lies over the chat is not opened again by itself. */
function keep() {
  if (overlaid.matches) return;
  const openAt = (/** @type {string} */ side) =>
    [...frames.values()].find(({ node, panel }) => !node.hidden && panel.side === side)?.panel.name ?? "";
  remember(single.matches ? { end: openAt("end") } : { start: openAt("start"), end: openAt("end") });
}

/**
 * @param {string} name
 * @param {Node} content
 * @param {Record<string, string>} attributes
 * @param {...Node} more
 */
function openButton(name, content, attributes, ...more) {
  const button = h(
    "button",
    { type: "button", "aria-expanded": "false", "aria-controls": name, ...attributes, click: () => press() },
    content,
    ...more,
  );
  const press = () => {
    find("menu", HTMLElement).hidePopover();
    opener = button;
    if (isOpen(name)) return closePanel(name, true);
    openPanel(name, { focus: overlaid.matches || button === entryOf(name) });
  };
  return button;
}

/** The panel's button in the menu. @param {string} name */
const entryOf = (name) => frameOf(name).openers[0];

/** @param {string} path */
function picture(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(line);
  return svg;
}
