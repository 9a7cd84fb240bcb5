/**
 * JavaScript tools, in rig's shape or the plain one, as a definition for the model and a function to call.
 *
 * @import { Infer, PlainTool, Schema, Tool, ToolApproval, ToolContext, ToolDefinition } from "../types.js"
 * @import { BoundTool, WireTool } from "./tool-types.js"
 */

import { bindDelegate } from "./delegation.js";
import { ConfigError } from "../errors.js";
import { bindHosted } from "./hosted.js";
import { pythonModule } from "./python-tools.js";
import { jsonSchema, validate } from "./schema.js";

/**
 * Checks a tool and returns it. In TypeScript the arguments of `execute` get the type of their schema.
 * @template {Schema} [S=any]
 * @param {Omit<PlainTool, "parameters" | "execute"> & {parameters?: S, execute: (args: Infer<S, any>, context: ToolContext) => unknown}}
 *   given
 * @returns {PlainTool<Infer<S, any>>}
 */
export function tool(given) {
  bindTool(given);
  return given;
}

/**
 * @param {Tool} tool
 * @returns {BoundTool} the bound tool. Its methods are called on the tool itself, so their `this` is the tool
 */
export function bindTool(tool) {
  if (tool !== null && typeof tool === "object") {
    const other = bindDelegate(tool) ?? bindHosted(tool, bindTool);
    if (other) return other;
    if ("definition" in tool && typeof tool.definition === "function" && "call" in tool && typeof tool.call === "function")
      return bindRigTool(tool);
    if ("execute" in tool && typeof tool.execute === "function") return bindPlainTool(tool);
  }
  throw new ConfigError("a tool is {name, description, parameters, execute(args)} or {name(), definition(prompt), call(args)}");
}

/**
 * @param {import("../types.js").RigTool} tool
 * @returns {BoundTool}
 */
function bindRigTool(tool) {
  const name = checkedName(typeof tool.name === "function" ? tool.name() : tool.name);
  /** @type {ToolDefinition["parameters"]} */
  let parameters;
  return {
    name,
    needsApproval: checkedApproval({ ...tool, name }),
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

/**
 * @param {import("../types.js").PlainTool} tool
 * @returns {BoundTool}
 */
function bindPlainTool(tool) {
  const definition = describe({ ...tool, name: checkedName(tool.name) });
  if (typeof tool.timeoutMs === "number") definition.timeout_s = tool.timeoutMs / 1000;
  if (tool.idempotent) definition.idempotent = true;
  if (tool.native) definition.native = tool.native;
  return {
    name: definition.name,
    needsApproval: checkedApproval(tool),
    define: async (_prompt, peer) => ({ ...definition, module: await pythonModule(tool, peer) }),
    async call(args, context) {
      return tool.execute(await validate(tool.parameters, args), context);
    },
  };
}

/**
 * @param {ToolDefinition} definition
 * @returns {WireTool}
 */
function describe({ name, description = "", parameters, strict }) {
  return {
    name,
    description,
    parameters: jsonSchema(parameters ?? { type: "object", properties: {} }),
    ...(strict === undefined ? {} : { strict }),
  };
}

/**
 * @param {{name: unknown, needsApproval?: ToolApproval}} tool
 * @returns {ToolApproval | undefined}
 */
function checkedApproval({ name, needsApproval }) {
  if (needsApproval == null || typeof needsApproval === "boolean" || typeof needsApproval === "function") return needsApproval;
  throw new ConfigError(`needsApproval of the tool ${name} is true, false or a function of its arguments`);
}

/** @param {unknown} name */
function checkedName(name) {
  if (typeof name !== "string" || !name) throw new ConfigError("a tool needs a name");
  return name;
}
