/** Joins the settings to the chat: the model that answers, its tools, how its runs go. */

/** @import { Tool } from "../../web/types.js" */
/** @import { Page } from "../types.js" */
/** @import { Part } from "../types.js" */

import { pythonTools } from "../../web/index.js";
import { find } from "../find.js";
import { openPanel } from "../panel-frame.js";
import { JAVASCRIPT_TOOLS, PYTHON_TOOLS_URL } from "../tools/page-tools.js";
import { open } from "../files/opened.js";
import { watchPythonHosts } from "../tools/python-hosts.js";
import { agentPython } from "../tools/python-switch.js";
import { rememberChatModels } from "./chat-models.js";
import { helpWithFaults } from "./fault-help.js";
import { keptKey, watchKeptKeys } from "./kept-keys.js";
import { watchLocalModels } from "./local-models.js";
import { asksOfServer, mcpTools, watchMcpServers } from "./mcp-servers.js";
import { localModelName, watchModelFile } from "./model-file.js";
import { listedFacts, showModels, whenListed } from "./model-list.js";
import { watchModelOptions } from "./model-options.js";
import { fieldFor, watchProviderForm } from "./provider-form.js";
import { asksFirst, chosenLimits, typedPrices, watchRunOptions } from "./run-options.js";
import { secondAgent, watchSecondAgent } from "./second-agent.js";
import { listTools } from "./tool-list.js";
import { offeredTools, watchWebMCP } from "./webmcp-switches.js";

/**
 * @param {Page} page
 * @returns {Part}
 */
export function watch(page) {
  const { chat } = page;
  /** @type {import("../types.js").Answering["options"]} */
  let access = { model: "local" };
  const isOn = listTools(page.changed);
  const modelOptions = watchModelOptions(page.changed);
  const webMCP = watchWebMCP(page.ownTools, page.changed);
  const tellFacts = () => (chat.modelFacts = { ...listedFacts(), ...withoutNothing(typedPrices()) });
  whenListed(tellFacts);
  watchRunOptions(chat, () => {
    tellFacts();
    page.changed();
  });
  watchSecondAgent(page.changed);
  watchMcpServers(chat, page.changed);
  watchModelFile();
  watchLocalModels();
  helpWithFaults(chat);

  const pythonHosts = watchPythonHosts(chat, page.changed);
  /** What Python of the agent finds, where the agent works in Files. */
  const pythonFiles = async () => {
    if (!find("files-on", HTMLInputElement).checked) return undefined;
    const { toolfs, python } = await open(chat);
    return { toolfs, session: python };
  };

  const begin = () => {
    watchProviderForm((settings) => {
      const { choice, model, apiKey, baseURL, preamble } = settings;
      const small = choice.id === "local";
      access = { model: small && !model ? "local" : `${choice.id}:${model}`, apiKey, baseURL };
      showModels(settings);
      tellFacts();
      modelOptions.show(choice.id, model);
      page.answer({
        small,
        label: small ? `${localModelName(model)}, in this page` : [model || "No model chosen", choice.label].join(", "),
        host: hostOf(baseURL || choice.baseExample) || choice.label,
        options: { ...access, preamble },
      });
    }, keptKey);
    watchKeptKeys();
    rememberChatModels(chat);
  };

  find("model-chip", HTMLButtonElement).addEventListener("click", () => openPanel("settings", { focus: true }));
  // A failure about a setting leads to its field.
  chat.addEventListener("staysail-error", (event) => {
    const field = fieldFor(/** @type {CustomEvent<{error: unknown}>} */ (event).detail.error);
    if (!field || field.closest("[hidden]:not(#settings)")) return;
    field.setAttribute("aria-invalid", "true");
    field.addEventListener("input", () => field.removeAttribute("aria-invalid"), { once: true });
    if (!matchMedia("(max-width: 56rem)").matches) openPanel("settings");
  });
  chat.addEventListener("staysail-done", () => {
    for (const field of find("settings", HTMLElement).querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  });

  return {
    begin,
    async tools() {
      const simple = [...JAVASCRIPT_TOOLS, ...(await pythonTools(PYTHON_TOOLS_URL))].filter(({ name }) => isOn(name));
      return [
        ...simple,
        ...(isOn("python") ? [await agentPython({ hosts: pythonHosts(), files: await pythonFiles() })] : []),
        ...(await mcpTools()),
      ];
    },
    moreTools: async (own) => {
      for (const tool of own) if ("execute" in tool) tool.needsApproval = asksFirst() || asksOfServer(tool);
      return [
        ...secondAgent(/** @type {import("../../web/types.js").AgentOptions} */ (withoutNothing(access))),
        ...modelOptions.tools(),
        ...(await offeredTools(own)),
      ];
    },
    options: () => ({ ...modelOptions.options(), usageLimits: chosenLimits(String(access.model)) }),
    about: () => modelOptions.about(),
    changed: () => void webMCP.offer(),
  };
}

/** @param {string | undefined} address */
function hostOf(address) {
  return URL.parse(address ?? "")?.host ?? "";
}

/**
 * @template {object} T
 * @param {T} values
 */
const withoutNothing = (values) => /** @type {Partial<T>} */ (Object.fromEntries(Object.entries(values).filter(([, value]) => value)));
