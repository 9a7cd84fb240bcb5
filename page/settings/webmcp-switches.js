/** WebMCP: the agent's tools for the browser's agents, and the page's own tools for the agent. */

/** @import { Tool } from "../../web/types.js" */

import { pageTools, publishTools, webMCP } from "../../web/index.js";
import { find } from "../find.js";

const publish = find("webmcp-publish", HTMLInputElement);
const use = find("webmcp-use", HTMLInputElement);
const note = find("webmcp-note", HTMLElement);

let takeBack = () => {};
/** Publishing and listing run one after another: a list in between would have the agent's own tools. @type {Promise<any>} */
let turn = Promise.resolve();
/** The number of the last request to publish; earlier ones are skipped. */
let latest = 0;

/**
 * @param {() => Promise<Tool[]>} ownTools returns the agent's own tools
 * @param {() => void} onChange
 */
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
  const number = ++latest;
  turn = turn.then(async () => {
    if (number !== latest) return;
    takeBack();
    takeBack = () => {};
    if (!publish.checked) return void (note.textContent = "");
    try {
      const tools = (await ownTools()).filter((tool) => "execute" in tool); // agents are not offered
      takeBack = await publishTools(tools, {
        approve: ({ name, arguments: given }) => confirm(`May this browser's agent call ${name}?\n\n${JSON.stringify(given, null, 2)}`),
      });
      note.textContent = `The browser has ${tools.length} tools of this page.`;
    } catch (error) {
      note.textContent = /** @type {Error} */ (error).message;
    }
  });
}

/**
 * Returns the tools that other scripts of the page offer, where that is switched on.
 * @param {Tool[]} own the agent's tools, which are left out of the list
 * @returns {Promise<Tool[]>}
 */
export async function offeredTools(own) {
  if (!use.checked) return [];
  const looking = turn.then(() => pageTools());
  turn = looking.catch(() => {}); // `looking` is awaited below
  const names = new Set(own.map((tool) => ("name" in tool ? tool.name : "")));
  return (await looking).filter(({ name }) => !names.has(name));
}
