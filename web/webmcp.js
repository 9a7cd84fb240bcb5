/**
 * WebMCP: the page's own tools, which the browser keeps: https://webmachinelearning.github.io/webmcp/
 *
 * `document.modelContext` in browsers that have it, `navigator.modelContext` in those that had it first.
 *
 * @import { PlainTool, Tool } from "./types.js"
 *
 * @typedef {object} PageTool what `getTools` gives
 * @property {string} name
 * @property {string} [description]
 * @property {Record<string, unknown> | string} [inputSchema]
 * @property {string} [origin]
 *
 * @typedef {object} ModelContext
 * @property {(tool: object, options?: {signal?: AbortSignal}) => unknown} registerTool
 * @property {(name: string) => void} [unregisterTool]
 * @property {() => Promise<PageTool[]>} [getTools]
 * @property {(tool: PageTool, input: object, options?: {signal?: AbortSignal}) => Promise<unknown>} [executeTool]
 */

import { ConfigError, ToolError } from "./errors.js";
import { jsonSchema } from "./agent/schema.js";
import { bindTool } from "./agent/tools.js";

/** @returns {ModelContext | undefined} */
function modelContext() {
  const { document, navigator } = /** @type {any} */ (globalThis);
  return document?.modelContext ?? navigator?.modelContext;
}

/** Whether this browser has WebMCP, to publish tools (`publish`) and to use the page's own (`use`). */
export function webMCP() {
  const context = modelContext();
  return { publish: Boolean(context?.registerTool), use: Boolean(context?.getTools && context?.executeTool) };
}

/**
 * Offers tools to agents of the browser, as the page's own. Nothing but their names, descriptions and parameters is told; calls run here.
 * @param {readonly Tool[]} tools of JavaScript, of Python, or of MCP servers
 * @param {{approve?: (call: {name: string, arguments: any}) => boolean | Promise<boolean>}} [options] approve: asked before each call of a
 *   tool with `needsApproval`, which is not published without
 * @returns {Promise<() => void>} takes them back
 */
export async function publishTools(tools, { approve } = {}) {
  const context = modelContext();
  if (!context?.registerTool) throw new ConfigError("this browser has no WebMCP (document.modelContext); webMCP() tells");
  const described = await Promise.all(tools.map((tool) => describe(tool, approve)));
  const published = new AbortController();
  /** @type {string[]} */
  const names = [];
  const takeBack = () => {
    if (published.signal.aborted) return;
    published.abort();
    if (context.unregisterTool) for (const name of names) context.unregisterTool(name);
  };
  try {
    for (const tool of described) {
      await context.registerTool(tool, { signal: published.signal });
      names.push(tool.name);
    }
  } catch (cause) {
    takeBack();
    throw new ConfigError(`the browser does not take the tools: ${/** @type {Error} */ (cause).message}`, { cause });
  }
  return takeBack;
}

/**
 * The tools that this page offers, for an agent. They are whatever the page's scripts registered: give them to an agent as far as you trust
 * those, and those of other origins (in frames) by `origins` alone.
 * @param {{origins?: string[], needsApproval?: boolean}} [options] origins: beside the page's own
 * @returns {Promise<PlainTool[]>}
 */
export async function pageTools({ origins = [], needsApproval } = {}) {
  const context = modelContext();
  if (!context?.getTools || !context.executeTool)
    throw new ConfigError("this browser does not let a page use its tools (WebMCP); webMCP() tells");
  const execute = context.executeTool.bind(context);
  const allowed = new Set([globalThis.location?.origin, ...origins]);
  const found = (await context.getTools()).filter(({ origin }) => origin === undefined || allowed.has(origin));
  return found.map((tool) => ({
    name: tool.name,
    description: tool.description ?? "",
    parameters:
      typeof tool.inputSchema === "string" ? JSON.parse(tool.inputSchema) : (tool.inputSchema ?? { type: "object", properties: {} }),
    ...(needsApproval === undefined ? {} : { needsApproval }),
    async execute(args, { signal }) {
      const told = await execute(tool, args ?? {}, { signal });
      return typeof told === "string" ? parsed(told) : told;
    },
  }));
}

/**
 * What the browser is told of a tool, and what it calls.
 * @param {Tool} given
 * @param {((call: {name: string, arguments: any}) => boolean | Promise<boolean>) | undefined} approve
 */
async function describe(given, approve) {
  const { name, needsApproval, define, call } = bindTool(given);
  if (!("definition" in given || "execute" in given)) throw new ConfigError(`${name} is an agent: publish a tool that asks it`);
  if (needsApproval && !approve) throw new ConfigError(`${name} needs approval: give publishTools an approve(call)`);
  const none = /** @type {any} */ (undefined); // only what Python is to call asks for it
  const { description, parameters } = /** @type {any} */ ("definition" in given ? await define("", none, none) : given);
  return {
    name,
    description: description || name,
    inputSchema: jsonSchema(parameters ?? { type: "object", properties: {} }),
    async execute(/** @type {any} */ input, /** @type {{signal?: AbortSignal} | undefined} */ client) {
      const args = input ?? {};
      const asks = typeof needsApproval === "function" ? await needsApproval(args) : needsApproval;
      if (asks && !(await approve?.({ name, arguments: args }))) throw new ToolError(`the user refused ${name}`);
      return call(args, { signal: client?.signal ?? new AbortController().signal });
    },
  };
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
