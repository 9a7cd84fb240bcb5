/** MCP servers that the user connects: their tools join the agent's, and after a reload they are connected again. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */
/** @import { McpOptions, McpServer, McpTool } from "../../web/mcp.js" */
/** @import { PythonTool } from "../../web/agent/python-tools.js" */
/** @import { Access, KeptServer } from "./kept-servers.js" */

/** @import { ToolViewer } from "../../web/element/types.js" */

import { authorizeInPopup, mcpServer } from "../../web/index.js";
import { dropServer, keepServer, keptServers } from "./kept-servers.js";
import { ServerEntry } from "./server-entry.js";
import { find } from "../find.js";
import { openPanel } from "../panel-frame.js";

const REDIRECT_URL = new URL("page/authorized.html", document.baseURI).href;
/** Time that messages wait for the servers of the last visit. */
const PATIENCE_MS = 10_000;

const address = find("mcp-url", HTMLInputElement);
const token = find("mcp-token", HTMLInputElement);
const connect = find("mcp-connect", HTMLButtonElement);
const login = find("mcp-login", HTMLButtonElement);
const status = find("mcp-status", HTMLOutputElement);
const lost = find("mcp-lost", HTMLElement);

/** @type {Map<string, {place: KeptServer, entry: ServerEntry, server?: McpServer, apps?: Record<string, ToolViewer>}>} by address */
const servers = new Map();
/** Fulfilled once the servers of the last visit are connected, or their time is over. @type {Promise<unknown>} */
let reconnected = Promise.resolve();
let waiting = false;
let onChange = () => {};
/** @type {StaysailChat | undefined} */
let shownChat;

/**
 * @param {StaysailChat} chat
 * @param {() => void} change called when the tools change
 */
export function watchMcpServers(chat, change) {
  onChange = change;
  shownChat = chat;
  connect.addEventListener("click", () => void (token.value.trim() ? add("token", { token: token.value.trim() }) : add("nothing", {})));
  login.addEventListener("click", () => void add("login", oauth()));
  address.addEventListener("input", () => (login.hidden = true));
  for (const field of [address, token]) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") connect.click();
    });
  }
  lost.querySelector("button")?.addEventListener("click", () => {
    openPanel("settings");
    find("mcp", HTMLDetailsElement).open = true;
    find("mcp-servers", HTMLUListElement).scrollIntoView({ block: "nearest" });
  });
  const kept = keptServers();
  if (!kept.length) return;
  const ready = new Promise((resolve) =>
    chat.ready ? resolve(undefined) : chat.addEventListener("staysail-ready", resolve, { once: true }),
  );
  waiting = true;
  reconnected = Promise.race([
    Promise.all(kept.map((place) => reconnect(place, ready))),
    new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
  ]).then(() => {
    waiting = false;
    tellLost();
    onChange();
  });
}

/** Returns the tools that are switched on. @returns {Promise<PythonTool[]>} */
export async function mcpTools() {
  await reconnected;
  return [...servers.values()].flatMap(({ entry }) => entry.tools);
}

/** Whether a tool belongs to a server whose tools ask before they run. @param {object} tool */
export const asksOfServer = (tool) => [...servers.values()].some(({ entry }) => entry.asks && entry.tools.some((one) => one === tool));

/**
 * What was typed.
 * @param {Access} access
 * @param {Partial<McpOptions>} auth
 */
async function add(access, auth) {
  const url = address.value.trim();
  connect.disabled = login.disabled = true;
  say("Connecting…");
  try {
    const place = servers.get(url)?.place ?? { url, access, prefix: freePrefix(), off: [], asks: true };
    const opened = await open(place, auth);
    const isKept = show({ ...place, access }, opened);
    address.value = token.value = "";
    login.hidden = true;
    const count = opened.tools.length === 1 ? "one tool" : `${opened.tools.length} tools`;
    say(`Connected: ${count}.${isKept ? "" : " What is in its address may be a secret, so after a reload it must be typed again."}`);
    onChange();
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    login.hidden = name !== "AuthError";
    say(name === "AuthError" && !auth.oauth ? "This server wants to know who you are: log in there, or give a token." : message, true);
  } finally {
    connect.disabled = login.disabled = false;
  }
}

/**
 * Connects a server of the last visit again.
 * @param {KeptServer} place
 * @param {Promise<unknown>} ready Python is up
 */
async function reconnect(place, ready) {
  const { entry } = enter(place);
  if (place.access === "login") return entry.failed("A login is not kept over a reload.", "Log in there", () => void again(place, oauth()));
  if (place.access === "token") return entry.failed("A token is not kept over a reload.", "Give its token", () => askToken(place.url));
  entry.wait();
  await ready;
  await again(place, {});
}

/**
 * @param {KeptServer} place
 * @param {Partial<McpOptions>} auth
 */
async function again(place, auth) {
  const { entry } = enter(place);
  entry.wait();
  try {
    const opened = await open(place, auth);
    if (servers.get(place.url)?.entry !== entry) return void opened.server.close().catch(() => {}); // removed meanwhile
    show(place, opened);
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    if (name === "AuthError")
      entry.failed("This server wants to know who you are.", "Log in there", () => void again({ ...place, access: "login" }, oauth()));
    else entry.failed(message, "Try again", () => void again(place, auth));
  }
  tellLost();
  if (!waiting) onChange();
}

/**
 * @param {KeptServer} place
 * @param {Partial<McpOptions>} auth
 */
async function open({ url, prefix }, auth) {
  const server = mcpServer({ url, apps: true, ...auth });
  const { name, protocol } = await server.connect();
  const tools = await server.tools({ prefix });
  return { server, about: `${name}, protocol ${protocol}`, tools, apps: await appsOf(url, server, tools) };
}

/**
 * The apps of a server, which ask before they call its tools unless that is switched off for the server.
 * @param {string} url
 * @param {McpServer} server
 * @param {McpTool[]} tools
 * @returns {Promise<Record<string, ToolViewer>>}
 */
async function appsOf(url, server, tools) {
  if (!tools.some(({ app }) => app)) return {};
  const { mcpApps } = await import("../../web/mcp-apps/mcp-apps.js");
  return mcpApps(server, tools, { allow: () => servers.get(url)?.entry.asks === false, onMessage: (text) => void shownChat?.send(text) });
}

/** Gives the chat the apps of all servers. */
function showApps() {
  if (shownChat) shownChat.toolViews = Object.assign({}, ...[...servers.values()].map(({ apps }) => apps));
}

/**
 * @param {KeptServer} place
 * @param {Awaited<ReturnType<typeof open>>} opened
 * @returns {boolean} whether it is kept over a reload
 */
function show(place, { server, about, tools, apps }) {
  const known = enter(place);
  Object.assign(known, { place, server, apps });
  showApps();
  known.entry.connected(about, tools, place.off);
  tellLost();
  return keepServer(place);
}

/** Returns a server's entry in the list, a new one where it has none. @param {KeptServer} place */
function enter(place) {
  const { url } = place;
  const known = servers.get(url);
  if (known) return known;
  const entry = new ServerEntry(url, place.asks, {
    remove() {
      void servers
        .get(url)
        ?.server?.close()
        .catch(() => {}); // the server is gone
      servers.delete(url);
      dropServer(url);
      showApps();
      entry.node.remove();
      say("Disconnected.");
      tellLost();
      address.focus();
      onChange();
    },
    change() {
      const { place: now } = /** @type {{place: KeptServer}} */ (servers.get(url));
      Object.assign(now, { off: entry.off, asks: entry.asks });
      keepServer(now);
      onChange();
    },
  });
  const added = { place: { ...place }, entry };
  servers.set(url, added);
  find("mcp-servers", HTMLUListElement).append(entry.node);
  return added;
}

/** @param {string} url */
function askToken(url) {
  address.value = url;
  token.focus();
  say("Type its token, then connect.");
}

/** @returns {Partial<McpOptions>} */
function oauth() {
  return { oauth: { redirectURL: REDIRECT_URL, authorize: authorizeInPopup(REDIRECT_URL), clientName: "staysail's page" } };
}

/** Two servers may have tools of one name. */
function freePrefix() {
  const taken = new Set([...servers.values()].map(({ place }) => place.prefix));
  if (!taken.has("")) return "";
  let number = 2;
  while (taken.has(`s${number}_`)) number++;
  return `s${number}_`;
}

/** Shows below the chat which servers are not connected, as the settings may be closed. */
function tellLost() {
  const missing = [...servers.values()].filter(({ entry }) => entry.hasFailed || !(waiting || entry.isConnected)).length;
  lost.hidden = !missing;
  /** @type {HTMLElement} */ (lost.firstElementChild).textContent =
    missing === 1
      ? "An MCP server is not connected: its tools are missing."
      : `${missing} MCP servers are not connected: their tools are missing.`;
}

/**
 * @param {string} text
 * @param {boolean} [failed]
 */
function say(text, failed = false) {
  status.value = text;
  status.classList.toggle("failed", failed);
}
