/**
 * Joins the page's panels to its chat. The chat and the list of chats come first, in one file of the bundle, so that messages can be written
 * and sent; what else there is comes after them. A message that is sent before waits for it.
 *
 * @import { Page, Part } from "./types.js"
 */

import { StaysailChat } from "../web/element/staysail-chat.js";
import { watch as watchChats } from "./chats/watch.js";
import { takeOverEarlyForm } from "./early-form.js";
import { find } from "./find.js";
import { rememberFields } from "./form-memory.js";
import { remember, remembered } from "./memory.js";
import { keepOffline } from "./offline.js";
import { addPanel, restorePanels, wakePanels } from "./panel-frame.js";
import { PANELS } from "./panels.js";
import { watchTheme } from "./theme.js";

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
    show({ label, host: small ? "" : host });
    remember({ answering: { label, host: small ? "" : host } });
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

/** @param {{label: string, host: string}} answering host: "" where no text leaves the browser */
function show({ label, host }) {
  find("current", HTMLElement).textContent = label;
  find("welcome-note", HTMLElement).textContent = host
    ? `Python and the agent run in your browser. What you write goes to ${host}, and nowhere else.`
    : "Python, the agent and a small model all run in your browser. Nothing you write leaves it.";
}

/** Joins the panels that the chat does not need to take a message. */
async function join() {
  const panels = await Promise.all(PANELS.map(({ load }) => load?.()));
  for (const panel of panels) {
    const part = panel?.watch(page);
    if (part) parts.push(part);
  }
  rememberFields();
  for (const { begin } of parts) begin?.();
  wakePanels();
  document.documentElement.dataset.joined = "";
}

watchTheme();
for (const panel of PANELS) addPanel(panel);
restorePanels();
show(remembered().answering ?? { label: "SmolLM2, in this page", host: "" });
const joined = join();
joined.catch((error) => console.error("staysail: parts of the page were not loaded", error));
chat.tools = async () => {
  await joined.catch(() => {
    throw new Error("Parts of this page could not be loaded. Reload it to try again.");
  });
  return typeof chat.tools === "function" ? chat.tools() : [];
};
watchChats(page);
keepOffline(chat);
takeOverEarlyForm(chat);
document.documentElement.dataset.ready = "";

/** @param {import("./types.js").Answering["options"]} options */
function withoutInstructions({ model, apiKey, baseURL }) {
  return { model, ...(apiKey ? { apiKey } : {}), ...(baseURL ? { baseURL } : {}) };
}
