/**
 * hyper-mcp's plugins: MCP tools over the Extism ABI. The first version exports `describe` and `call`, the second `list_tools` and
 * `call_tool` beside prompts and resources, which are no operations here.
 *
 * @import { Kernel } from "./extism-imports.js"
 * @import { Request } from "./response.js"
 * @import { Running } from "./types.js"
 *
 * @typedef {{call(name: string, input: Uint8Array): Promise<Uint8Array>, configure(config: any): void}} Plugin
 */

import { PluginFault } from "./faults.js";
import { failed, succeeded, toBytes } from "./response.js";

const NOTICES = ["logging_message", "progress", "prompt_list_changed", "resource_list_changed", "resource_updated", "tool_list_changed"];

/**
 * Functions that the second version imports from `extism:host/user`.
 * @param {Kernel} kernel
 * @returns {Record<string, Function>}
 */
export function mcpImports(kernel) {
  const refused = (/** @type {string} */ what) => () => {
    throw new PluginFault(`ToolFS gives plugins no ${what}`);
  };
  return {
    create_message: refused("language model"),
    create_elicitation: refused("way to ask the user"),
    list_roots: kernel.jsonFunction(() => ({ roots: [] })),
    ...Object.fromEntries(NOTICES.map((name) => [`notify_${name}`, () => {}])),
  };
}

/**
 * @param {Plugin} plugin
 * @param {"hyper-mcp-v1" | "hyper-mcp-v2"} abi
 * @returns {Promise<Running>}
 */
export async function startMcp(plugin, abi) {
  const second = abi === "hyper-mcp-v2";
  let calls = 0;
  const context = () => ({ id: ++calls, _meta: {} });
  const ask = async (/** @type {string} */ name, /** @type {any} */ input) =>
    JSON.parse(new TextDecoder().decode(await plugin.call(name, toBytes(input))));
  /** @type {Record<string, any>} */
  const operations = {};
  const list = async () => {
    const { tools } = await (second ? ask("list_tools", { request: null, context: context() }) : ask("describe", ""));
    for (const { name, description = "", inputSchema } of tools ?? [])
      operations[name] = { description, parameters: inputSchema ?? { type: "object" } };
  };
  await list();
  return {
    about: { operations },
    init: async (config) => {
      plugin.configure(config);
      await list(); // which may depend on it
    },
    execute: async (text) => {
      /** @type {Request} */
      const { operation, path, data, options } = JSON.parse(text);
      const given = { ...(path !== undefined && { path }), ...(isObject(data) ? data : data !== undefined && { data }), ...options };
      const params = { name: operation, arguments: given };
      const answer = await (second ? ask("call_tool", { request: params, context: context() }) : ask("call", { params }));
      return toResponse(answer);
    },
  };
}

/** @param {any} answer MCP's CallToolResult */
function toResponse({ content = [], isError = false, structuredContent }) {
  const allText = content.every((/** @type {any} */ part) => part.type === "text");
  const text = allText ? content.map((/** @type {any} */ part) => part.text).join("\n") : undefined;
  return isError ? failed(text || "the tool failed") : succeeded(structuredContent ?? text ?? content);
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
