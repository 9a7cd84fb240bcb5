/** MCP servers that the user connects: their tools join the agent's. */

/** @import { McpServer } from "../mcp.js" */
/** @import { PythonTool } from "../python-tools.js" */

import { authorizeInPopup, mcpServer } from "../index.js";
import { h } from "../element/dom.js";
import { find } from "./settings.js";

const REDIRECT_URL = new URL("./authorized.html", import.meta.url).href;

const address = find("mcp-url", HTMLInputElement);
const token = find("mcp-token", HTMLInputElement);
const connect = find("mcp-connect", HTMLButtonElement);
const login = find("mcp-login", HTMLButtonElement);
const status = find("mcp-status", HTMLOutputElement);

/** @type {Map<string, {server: McpServer, tools: PythonTool[], boxes: HTMLInputElement[], node: HTMLElement}>} by address */
const servers = new Map();

/** @param {() => void} onChange */
export function watchMcpServers(onChange) {
  connect.addEventListener("click", () => void add(token.value.trim() ? { token: token.value.trim() } : {}, onChange));
  login.addEventListener("click", () => void add({ oauth: { redirectURL: REDIRECT_URL, authorize: authorizeInPopup(REDIRECT_URL), clientName: "staysail's page" } }, onChange));
  address.addEventListener("input", () => (login.hidden = true));
  for (const field of [address, token]) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") connect.click();
    });
  }
}

/** Those that are switched on. @returns {PythonTool[]} */
export function mcpTools() {
  return [...servers.values()].flatMap(({ tools, boxes }) => tools.filter((_, position) => boxes[position].checked));
}

/** @param {Partial<import("../mcp.js").McpOptions>} auth @param {() => void} onChange */
async function add(auth, onChange) {
  const url = address.value.trim();
  connect.disabled = login.disabled = true;
  say("Connecting…");
  try {
    const server = mcpServer({ url, ...auth });
    const [{ name, protocol }, tools] = [await server.connect(), await server.tools({ prefix: prefixFor(url) })];
    servers.get(url)?.node.remove();
    const added = { server, tools, ...entry(url, `${name}, protocol ${protocol}`, tools, onChange) };
    servers.set(url, added);
    find("mcp-servers", HTMLUListElement).append(added.node);
    address.value = token.value = "";
    login.hidden = true;
    say(tools.length === 1 ? "Connected: one tool." : `Connected: ${tools.length} tools.`);
    onChange();
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    login.hidden = name !== "AuthError";
    say(name === "AuthError" && !auth.oauth ? "This server wants to know who you are: log in there, or give a token." : message, true);
  } finally {
    connect.disabled = login.disabled = false;
  }
}

/** Two servers may have tools of one name. @param {string} url */
function prefixFor(url) {
  const others = [...servers.keys()].filter((other) => other !== url);
  return others.length ? `s${others.length + 1}_` : "";
}

/** @param {string} url @param {string} about @param {PythonTool[]} tools @param {() => void} onChange */
function entry(url, about, tools, onChange) {
  const boxes = tools.map(() => h("input", { type: "checkbox", checked: true, autocomplete: "off", change: onChange }));
  const remove = () => {
    void servers.get(url)?.server.close().catch(() => {}); // what is said to a server that is gone is of no use
    servers.delete(url);
    node.remove();
    say("Disconnected.");
    address.focus();
    onChange();
  };
  const node = h("li", {},
    h("div", { class: "server-head" }, h("span", { class: "server-name" }, about), h("button", { type: "button", "aria-label": `Disconnect ${url}`, click: remove }, "Disconnect")),
    h("p", { class: "note" }, url),
    h("ul", { class: "tools" }, ...tools.map(({ name, description }, position) =>
      h("li", {}, h("label", {}, boxes[position], h("span", {}, h("code", {}, name), h("span", { class: "tool-about" }, description)))))));
  return { boxes, node };
}

/** @param {string} text @param {boolean} [failed] */
function say(text, failed = false) {
  status.value = text;
  status.classList.toggle("failed", failed);
}
