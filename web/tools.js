/**
 * JavaScript tools: rig's shape and the plain one, made into a definition for the model and something to call.
 *
 * @import { Infer, PlainTool, Schema, Tool, ToolContext, ToolDefinition } from "./types.js"
 * @import { Peer } from "./rpc.js"
 * @typedef {{name: string, define(prompt: string, peer: Peer): Promise<WireTool>, call(args: any, context: ToolContext): unknown}} BoundTool
 * module: of a tool that is Python's own
 * @typedef {{name: string, description: string, parameters: Record<string, unknown>, strict?: boolean, timeout_s?: number, module?: string}} WireTool
 */

import { ConfigError } from "./errors.js";
import { pythonModule } from "./python-tools.js";
import { jsonSchema, validate } from "./schema.js";

/**
 * The same tool, refused at once where it is none; in TypeScript the arguments of `execute` get their schema's type.
 * @template {Schema} [S=any]
 * @param {Omit<PlainTool, "parameters" | "execute"> & {parameters?: S, execute: (args: Infer<S, any>, context: ToolContext) => unknown}} given
 * @returns {PlainTool<Infer<S, any>>}
 */
export function tool(given) {
  bindTool(given);
  return given;
}

/**
 * @param {Tool} tool
 * @returns {BoundTool} its methods are called on the tool itself, so their `this` is what its author expects
 */
export function bindTool(tool) {
  if (tool !== null && typeof tool === "object") {
    if ("definition" in tool && typeof tool.definition === "function" && "call" in tool && typeof tool.call === "function") return bindRigTool(tool);
    if ("execute" in tool && typeof tool.execute === "function") return bindPlainTool(tool);
  }
  throw new ConfigError("a tool is {name, description, parameters, execute(args)} or {name(), definition(prompt), call(args)}");
}

/** @param {import("./types.js").RigTool} tool @returns {BoundTool} */
function bindRigTool(tool) {
  const name = checkedName(typeof tool.name === "function" ? tool.name() : tool.name);
  /** @type {ToolDefinition["parameters"]} */
  let parameters;
  return {
    name,
    async define(prompt) {
      const definition = await tool.definition(prompt);
      parameters = definition.parameters;
      return describe({ ...definition, name });
    },
    async call(args, context) {
      return tool.call(await validate(parameters, args), context);
    },
  };
}

/** @param {import("./types.js").PlainTool} tool @returns {BoundTool} */
function bindPlainTool(tool) {
  const definition = describe({ ...tool, name: checkedName(tool.name) });
  if (typeof tool.timeoutMs === "number") definition.timeout_s = tool.timeoutMs / 1000;
  return {
    name: definition.name,
    define: async (_prompt, peer) => ({ ...definition, module: await pythonModule(tool, peer) }),
    async call(args, context) {
      return tool.execute(await validate(tool.parameters, args), context);
    },
  };
}

/** @param {ToolDefinition} definition @returns {WireTool} */
function describe({ name, description = "", parameters, strict }) {
  return { name, description, parameters: jsonSchema(parameters ?? { type: "object", properties: {} }), ...(strict === undefined ? {} : { strict }) };
}

/** @param {unknown} name */
function checkedName(name) {
  if (typeof name !== "string" || !name) throw new ConfigError("a tool needs a name");
  return name;
}
