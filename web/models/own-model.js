/**
 * Models of the developer's own: objects in place of a model's name. A language model of the AI SDK is one too.
 *
 * @import { AiLanguageModel, FetchFunction, ModelObject, OwnModel } from "../types.js"
 * @import { Handlers } from "../bridge/rpc.js"
 */

import { toSnake } from "../bridge/spelling.js";
import { ConfigError } from "../errors.js";

/** Traits of a language model of the AI SDK: its provider package turns a typed answer into what the provider has. */
const AI_TRAITS = { native_output: true };

/**
 * Whether a value stands for a model itself, and not for the name of a model or for a link of a chain.
 * @param {unknown} value
 * @returns {value is ModelObject}
 */
export function isModelObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !("model" in value);
}

/**
 * @param {object} model
 * @returns {model is AiLanguageModel}
 */
export function isAiModel(model) {
  return "specificationVersion" in model;
}

/**
 * Checks a model that answers prompts. Throws a ConfigError.
 * @param {ModelObject} model
 * @param {string} what the name of the class that takes it
 */
export function checkOwnModel(model, what) {
  if (isAiModel(model)) {
    if (typeof model.doStream === "function" && typeof model.doGenerate === "function") return;
    throw new ConfigError(
      `${what} takes language models of the AI SDK; ${nameOf(model)} is of another kind, for EmbeddingModel or another class`,
    );
  }
  const { name, stream, complete } = /** @type {OwnModel} */ (model);
  if (typeof name !== "string" || !name.trim()) throw new ConfigError("a model of your own has a name: {name, stream(request, {signal})}");
  if (typeof stream !== "function" && typeof complete !== "function")
    throw new ConfigError(`the model ${name} has neither stream(request, {signal}) nor complete(request, {signal})`);
}

/**
 * @param {{name?: string, provider?: string, modelId?: string}} model
 * @returns {string}
 */
export function nameOf({ name, provider, modelId }) {
  return name ?? `${provider}:${modelId}`;
}

/** Describes a model for Python. @param {ModelObject} model */
export function describeOwnModel(model) {
  if (isAiModel(model)) return { name: nameOf(model), traits: AI_TRAITS };
  const own = /** @type {OwnModel} */ (model);
  const streaming = own.traits?.streaming ?? typeof own.stream === "function";
  return { name: own.name, traits: { ...toSnake(own.traits ?? {}), streaming } };
}

/**
 * Returns the function by which Python calls the model.
 * @param {ModelObject} model
 * @returns {Handlers}
 */
export function answerOwnModel(model) {
  return {
    "model.answer": async function* (params, context) {
      yield* (await import("./own-answer.js")).answer(model, params, context);
    },
  };
}

/**
 * Returns the function by which Python sends requests through the developer's `fetch`.
 * @param {FetchFunction} send
 * @returns {Handlers}
 */
export function answerFetch(send) {
  return {
    fetch: async function* (params, context) {
      yield* (await import("./own-fetch.js")).carry(send, params, context);
    },
  };
}

/** The method of a service model of the AI SDK for each method of one's own. */
const AI_METHODS = { embed: "doEmbed", rerank: "doRerank", transcribe: "doGenerate" };

/** @typedef {keyof typeof AI_METHODS} Verb */

/**
 * Throws a ConfigError for an object that cannot do what the class needs.
 * @param {any} model
 * @param {Verb | undefined} verb undefined: the class takes names of models alone
 * @param {string} what the class's name
 */
export function checkService(model, verb, what) {
  if (!verb) throw new ConfigError(`model of ${what} is the name of a model`);
  const method = isAiModel(model) ? AI_METHODS[verb] : verb;
  if (typeof model[method] !== "function") throw new ConfigError(`model of ${what} is a name, or an object with name and ${method}()`);
  if (!isAiModel(model) && (typeof model.name !== "string" || !model.name)) throw new ConfigError(`the model object of ${what} has a name`);
}
