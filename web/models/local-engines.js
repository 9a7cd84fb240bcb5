/**
 * The engines of models that run in the page: `new Agent({model: "local"})`, "local:<address of a .gguf>", and "prompt-api".
 *
 * @import { CompletionRequest, EngineOptions } from "../local/types.js"
 */

import { ConfigError } from "../errors.js";

/** @typedef {import("../local/engine.js").LocalEngine} LocalEngine */
/** @typedef {import("../local/prompt-api.js").PromptAPIEngine} PromptAPIEngine */

/** @type {EngineOptions} */
let settings = {};
/** @type {Promise<LocalEngine> | undefined} */
let local;
/** @type {Promise<PromptAPIEngine> | undefined} */
let promptAPI;

/**
 * Returns the engine behind `local`, created by the first call, whose options it keeps. Its `load({model, onProgress})` loads the model
 * early, or another model from a file.
 * @param {EngineOptions} [options]
 * @returns {Promise<LocalEngine>}
 */
export async function localEngine(options) {
  if (options) {
    if (local) throw new ConfigError("the local engine is there already; give its options before it is first used");
    settings = options;
  }
  if (typeof Worker === "undefined")
    throw Object.assign(new ConfigError("local models need a web page: there are no web workers here"), { code: "unavailable" });
  local ??= import("../local/engine.js").then(({ LocalEngine }) => new LocalEngine(settings));
  return local;
}

/** Returns the engine behind `prompt-api`: the browser's own model. @returns {Promise<PromptAPIEngine>} */
export async function promptAPIEngine() {
  promptAPI ??= import("../local/prompt-api.js").then(({ PromptAPIEngine }) => new PromptAPIEngine());
  return promptAPI;
}

/**
 * @param {{engine: string, request: CompletionRequest}} params
 * @param {{signal: AbortSignal}} context
 */
export async function complete({ engine, request }, { signal }) {
  const found = engine === "local" ? await localEngine() : await promptAPIEngine();
  return found.complete(request, { signal });
}

/**
 * @param {{texts: string[], embedder?: string}} params
 * @param {{signal: AbortSignal}} context
 */
export async function embed({ texts, embedder }, { signal }) {
  return (await localEngine()).embed(texts, { signal, embedder });
}
