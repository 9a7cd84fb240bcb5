/** Joins the page's settings and tools to its chat. */

import { pythonTools } from "../web/index.js";
import { StaysailChat } from "../web/element/staysail-chat.js";
import { h } from "../web/element/dom.js";
import { watchDocuments } from "./documents/panel.js";
import { watchFiles } from "./files/panel.js";
import { watchConversations } from "./conversations.js";
import { rememberForm } from "./form-memory.js";
import { mcpTools, watchMcpServers } from "./mcp-servers.js";
import { localModelName, watchModelFile } from "./model-file.js";
import { watchPanel } from "./panel.js";
import { keptKey, watchKeptKeys } from "./kept-keys.js";
import { keepOffline } from "./offline.js";
import { agentPython } from "./python-switch.js";
import { chosenLimits, watchRunOptions } from "./run-options.js";
import { secondAgent, watchSecondAgent } from "./second-agent.js";
import { showModels } from "./model-list.js";
import { watchModelOptions } from "./model-options.js";
import { fieldFor, find, watchSettings } from "./settings.js";
import { watchTheme } from "./theme.js";
import { watchTimeline } from "./timeline/panel.js";
import { listTools } from "./tool-list.js";
import { JAVASCRIPT_TOOLS, PYTHON_TOOLS_URL } from "./tools.js";
import { offeredTools, watchWebMCP } from "./webmcp-switches.js";

const SUGGESTIONS = ["Make this page purple", "Set a timer for 20 seconds", "What is 17 * 23?", "Roll three dice"];

const chat = find("chat", StaysailChat);
const panel = watchPanel("settings", { first: "provider", wide: true });
watchTheme();

let small = true; // the model in the page
/** @type {import("../web/types.js").AgentOptions} */
let access = { model: "local" };
const settle = () => {
  chat.tools = chosenTools;
  chat.options = { ...documents.options(small), ...modelOptions.options(), usageLimits: chosenLimits(String(access.model)) };
};
const offer = () => {
  settle();
  webMCP.offer();
};
const isOn = listTools(offer);
const fileTools = watchFiles(chat, offer);
const documents = watchDocuments(chat, offer);
const runs = watchRunOptions(chat, offer);
const modelOptions = watchModelOptions(offer);
watchSecondAgent(offer);
watchMcpServers(chat, panel, offer);
const webMCP = watchWebMCP(ownTools, offer);

/** Python is up when a chat asks for its tools. */
async function chosenTools() {
  const own = [...(await ownTools()), ...secondAgent(access)];
  return [...own, ...modelOptions.tools(), ...(await offeredTools(own))];
}

async function ownTools() {
  const simple = [...JAVASCRIPT_TOOLS, ...(await pythonTools(PYTHON_TOOLS_URL))].filter((tool) => isOn(tool.name));
  const tools = [
    ...simple,
    ...(isOn("python") ? [await agentPython()] : []),
    ...(await mcpTools()),
    ...(await fileTools()),
    ...documents.tools(small),
  ];
  for (const tool of tools) tool.needsApproval = runs.asksFirst();
  return tools;
}

watchSettings((settings) => {
  const { choice, model, apiKey, baseURL, preamble } = settings;
  showModels(settings);
  modelOptions.show(choice.id);
  chat.model = choice.id === "local" ? "local" : `${choice.id}:${model}`;
  chat.apiKey = apiKey;
  chat.baseURL = baseURL;
  chat.preamble = preamble;
  const wasSmall = small;
  small = choice.id === "local";
  access = { model: /** @type {string} */ (chat.model), ...(apiKey ? { apiKey } : {}), ...(baseURL ? { baseURL } : {}) };
  if (small === wasSmall) settle();
  else offer(); // what the tools tell of the documents is another thing
  find("current", HTMLOutputElement).value =
    choice.id === "local" ? `${localModelName()}, in this page` : [choice.label, model].filter(Boolean).join(", ");
  find("welcome-note", HTMLElement).textContent =
    choice.id === "local"
      ? "Python, the agent and a small model all run in your browser. Nothing you write leaves it."
      : `Python and the agent run in your browser. What you write goes to ${choice.label}, and nowhere else.`;
}, keptKey);

chat.append(...SUGGESTIONS.map((text) => h("button", { type: "button", slot: "suggestion" }, text)));

watchModelFile();
rememberForm(runs.keep);
watchConversations(chat);
watchTimeline(chat);
watchKeptKeys();
keepOffline(chat);

// A failure about a setting leads to its field.
chat.addEventListener("staysail-error", (event) => {
  const field = fieldFor(/** @type {CustomEvent<{error: unknown}>} */ (event).detail.error);
  if (!field || field.closest("[hidden]:not(#settings)")) return;
  field.setAttribute("aria-invalid", "true");
  field.addEventListener("input", () => field.removeAttribute("aria-invalid"), { once: true });
  if (!matchMedia("(max-width: 56rem)").matches) panel.open();
});
