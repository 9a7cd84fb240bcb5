/** WebMCP: the agent's tools for the browser's agents, and the page's own tools for the agent. */

/** @import { Tool } from "../types.js" */

import { pageTools, publishTools, webMCP } from "../index.js";
import { find } from "./settings.js";

const publish = find("webmcp-publish", HTMLInputElement);
const use = find("webmcp-use", HTMLInputElement);
const note = find("webmcp-note", HTMLElement);

/** Those of this page that the browser has now. @type {Set<string>} */
const published = new Set();
let takeBack = () => {};
/** One at a time, in order. @type {Promise<void>} */
let publishing = Promise.resolve();

/** @param {() => Promise<Tool[]>} ownTools what the agent has of its own @param {() => void} onChange */
export function watchWebMCP(ownTools, onChange) {
  const has = webMCP();
  publish.disabled = !has.publish;
  use.disabled = !has.use;
  note.textContent = has.publish ? "" : "This browser has no WebMCP (Chromium has, behind --enable-features=WebMCP).";
  publish.addEventListener("change", () => offer(ownTools));
  use.addEventListener("change", onChange);
  return { offer: () => publish.checked && offer(ownTools) };
}

/** @param {() => Promise<Tool[]>} ownTools */
function offer(ownTools) {
  publishing = publishing.then(async () => {
    takeBack();
    takeBack = () => {};
    published.clear();
    if (!publish.checked) return void (note.textContent = "");
    try {
      const tools = (await ownTools()).filter((tool) => "execute" in tool); // agents are none
      tools.forEach(({ name }) => published.add(String(name)));
      takeBack = await publishTools(tools, { approve: ({ name, arguments: given }) => confirm(`May this browser's agent call ${name}?\n\n${JSON.stringify(given, null, 2)}`) });
      note.textContent = `The browser has ${tools.length} tools of this page.`;
    } catch (error) {
      note.textContent = /** @type {Error} */ (error).message;
    }
  });
}

/** What other scripts of the page offer, where that is switched on. */
export async function offeredTools() {
  return use.checked ? (await pageTools()).filter(({ name }) => !published.has(name)) : [];
}
