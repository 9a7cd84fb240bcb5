/**
 * WebMCP: tools of a page, which its browser offers to agents: https://webmachinelearning.github.io/webmcp/
 *
 * Browsers have it as `document.modelContext`, the first ones as `navigator.modelContext`.
 *
 * @import { PlainTool, Tool } from "./types.js"
 *
 * @typedef {object} PageTool a tool as `getTools` describes it
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

/** Returns whether this browser has WebMCP, to publish tools (`publish`) and to use the page's tools (`use`). */
export function webMCP() {
  const context = modelContext();
  return { publish: Boolean(context?.registerTool), use: Boolean(context?.getTools && context?.executeTool) };
}

/**
 * Offers tools to agents of the browser. The browser learns their names, descriptions and parameters; calls run here.
 * @param {readonly Tool[]} tools tools of JavaScript, of Python, or of MCP servers
 * @param {object} [options]
 * @param {(call: {name: string, arguments: any}) => boolean | Promise<boolean>} [options.approve] decides about each call of a tool with
 *   `needsApproval`; without it such a tool is not published
 * @returns {Promise<() => void>} a function that takes the tools back
 * @throws {ConfigError} where the browser has no WebMCP, or does not accept a tool
 */
export async function publishTools(tools, { approve } = {}) {
  const context = modelContext();
  if (!context?.registerTool) throw new ConfigError("this browser has no WebMCP (document.modelContext); webMCP() says so beforehand");
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
    throw new ConfigError(`the browser does not accept the tools: ${/** @type {Error} */ (cause).message}`, { cause });
  }
  return takeBack;
}

/**
 * Returns the tools that this page offers, for an agent. Any script of the page may have registered them: give an agent the tools of
 * scripts that you trust. A tool whose parameters are no JSON Schema is left out.
 * @param {object} [options]
 * @param {string[]} [options.origins] origins of frames whose tools are wanted beside the page's own
 * @param {boolean} [options.needsApproval] whether each call needs approval
 * @returns {Promise<PlainTool[]>}
 * @throws {ConfigError} where the browser has no WebMCP
 */
export async function pageTools({ origins = [], needsApproval } = {}) {
  const context = modelContext();
  if (!context?.getTools || !context.executeTool)
    throw new ConfigError("this browser does not let a page use its tools (WebMCP); webMCP() says so beforehand");
  const execute = context.executeTool.bind(context);
  const allowed = new Set([globalThis.location?.origin, ...origins]);
  const found = (await context.getTools()).filter(({ origin }) => origin === undefined || allowed.has(origin));
  return found.flatMap((tool) => {
    const parameters = schemaOf(tool);
    if (!parameters) return [];
    return {
      name: tool.name,
      description: tool.description ?? "",
      parameters,
      ...(needsApproval === undefined ? {} : { needsApproval }),
      async execute(args, { signal }) {
        const result = await execute(tool, args ?? {}, { signal });
        return typeof result === "string" ? parsed(result) : result;
      },
    };
  });
}

/**
 * Returns the parameters of a page's tool, or nothing where they are no JSON Schema of an object.
 * @param {PageTool} tool
 * @returns {Record<string, unknown> | undefined}
 */
function schemaOf({ inputSchema = { type: "object", properties: {} } }) {
  const schema = typeof inputSchema === "string" ? parsed(inputSchema) : inputSchema;
  return schema && typeof schema === "object" && !Array.isArray(schema) ? schema : undefined;
}

/**
 * Describes a tool as the browser registers it.
 * @param {Tool} given
 * @param {((call: {name: string, arguments: any}) => boolean | Promise<boolean>) | undefined} approve
 */
async function describe(given, approve) {
  const { name, needsApproval, define, call } = bindTool(given);
  if (!("definition" in given || "execute" in given)) throw new ConfigError(`${name} is an agent: publish a tool that asks it`);
  if (needsApproval && !approve) throw new ConfigError(`${name} needs approval: give publishTools an approve(call)`);
  const none = /** @type {any} */ (undefined); // only tools that Python is to call use it
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
