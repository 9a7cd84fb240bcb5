/**
 * `dynamicTools`: the tools that fit the prompt, out of more tools than a model could be given. Python chooses; the tools, and the embedder
 * where there is one, run here.
 *
 * @import { DynamicTools, RunOptions, TextEmbedder } from "../types.js"
 * @import { Handlers } from "../bridge/rpc.js"
 * @import { BoundTool, WireTool } from "./tool-types.js"
 */

import { ConfigError } from "../errors.js";
import { bindTool } from "./tools.js";

/** Ids of embedders, so that Python embeds no tool twice. @type {WeakMap<object, string>} */
const numbers = new WeakMap();
let last = 0;

/** @typedef {{sample: number, tools: BoundTool[], embedder?: TextEmbedder | null}} Toolbox */

/**
 * Reads one set of tools or several.
 * @param {RunOptions["dynamicTools"]} value
 * @returns {Toolbox[]}
 */
export function readToolboxes(value) {
  if (value == null) return [];
  return (Array.isArray(value) ? value : [value]).map(readToolbox);
}

/**
 * @param {DynamicTools} given
 * @returns {Toolbox}
 */
function readToolbox(given) {
  const { sample, tools, embedder } = given ?? {};
  if (!(sample >= 1)) throw new ConfigError(`dynamicTools.sample is at least 1, got ${sample}`);
  if (!Array.isArray(tools)) throw new ConfigError("dynamicTools is {sample, tools}, where tools is a list of them");
  if (embedder != null && typeof embedder !== "function" && typeof embedder.embedTexts !== "function") {
    throw new ConfigError("dynamicTools.embedder has embedTexts(texts), or is a function from texts to vectors");
  }
  return { sample, embedder, tools: tools.map(bindTool) };
}

/**
 * @param {Toolbox} toolbox
 * @param {(tool: BoundTool) => Promise<WireTool>} define
 */
export async function describeToolbox({ sample, tools, embedder }, define) {
  if (embedder && !numbers.has(embedder)) numbers.set(embedder, `embedder-${++last}`);
  return { sample, tools: await Promise.all(tools.map(define)), embedder: embedder ? numbers.get(embedder) : null };
}

/**
 * @param {Toolbox[]} toolboxes
 * @returns {Handlers}
 */
export const answerToolboxes = (toolboxes) => ({ "tools.embed": ({ index, texts }) => embed(toolboxes[index].embedder, texts) });

/**
 * @param {TextEmbedder | null | undefined} embedder
 * @param {string[]} texts
 * @returns {Promise<number[][]>}
 */
async function embed(embedder, texts) {
  if (!embedder) throw new ConfigError("there is no embedder");
  const made = await (typeof embedder === "function" ? embedder(texts) : embedder.embedTexts(texts));
  return Array.from(made, (item) => Array.from("vec" in item ? item.vec : item));
}
