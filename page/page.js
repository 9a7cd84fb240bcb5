/**
 * Joins the page's panels to its chat.
 *
 * @import { Page, Part } from "./types.js"
 */

import { takeOverEarlyForm } from "./early-form.js";
import { find } from "./find.js";
import { rememberFields } from "./form-memory.js";
import { keepOffline } from "./offline.js";
import { addPanel, restorePanels } from "./panel-frame.js";
import { PANELS } from "./panels.js";
import { watchTheme } from "./theme.js";

watchTheme();
for (const panel of PANELS) addPanel(panel);
restorePanels();
const panels = await Promise.all(PANELS.map(({ load }) => load()));
// The element is defined last, so that its composer takes messages when everything that they need is there.
const { StaysailChat } = await import("../web/element/staysail-chat.js");

const chat = find("chat", StaysailChat);
let small = true;
/** @type {ReturnType<Page["access"]>} */
let access;
/** @type {Part[]} */
const parts = [];

/** @type {Page} */
const page = {
  chat,
  isSmall: () => small,
  access: () => access,
  changed() {
    settle();
    for (const { changed } of parts) changed?.();
  },
  ownTools: async () => (await Promise.all(parts.map(({ tools }) => tools?.() ?? []))).flat(),
  answer({ small: isSmall, label, host, options }) {
    const wasSmall = small;
    small = isSmall;
    access = small ? undefined : withoutInstructions(options);
    Object.assign(chat, options);
    find("current", HTMLElement).textContent = label;
    find("welcome-note", HTMLElement).textContent = isSmall
      ? "Python, the agent and a small model all run in your browser. Nothing you write leaves it."
      : `Python and the agent run in your browser. What you write goes to ${host}, and nowhere else.`;
    if (isSmall === wasSmall) settle();
    else page.changed();
  },
};

/** Gives the chat the tools and options of all panels. Python is up when a chat requests its tools. */
function settle() {
  chat.tools = async () => {
    const own = await page.ownTools();
    return [...own, ...(await Promise.all(parts.map(({ moreTools }) => moreTools?.(own) ?? []))).flat()];
  };
  chat.options = Object.assign({}, ...parts.map(({ options }) => options?.() ?? {}));
  find("current-more", HTMLElement).textContent = parts
    .map(({ about }) => about?.() ?? "")
    .filter(Boolean)
    .join(" · ");
}

for (const panel of panels) {
  const part = panel.watch(page);
  if (part) parts.push(part);
}
rememberFields();
for (const { begin } of parts) begin?.();
keepOffline(chat);
takeOverEarlyForm(chat);
document.documentElement.dataset.ready = "";

/** @param {import("./types.js").Answering["options"]} options */
function withoutInstructions({ model, apiKey, baseURL }) {
  return { model, ...(apiKey ? { apiKey } : {}), ...(baseURL ? { baseURL } : {}) };
}
