/**
 * Models of the developer's own: objects in place of a model's name. A language model of the AI SDK is one too.
 *
 * @import { AiLanguageModel, ModelObject, ModelPiece, OwnModel, OwnModelRequest, WholeAnswer } from "../types.js"
 * @import { Handlers } from "../bridge/rpc.js"
 */

import { iterate } from "../bridge/iterate.js";
import { toCamel, toSnake } from "../bridge/spelling.js";
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
  return { "model.answer": ({ request, streamed }, { signal }) => answer(model, toCamel(request), streamed, signal) };
}

/**
 * Yields the pieces of one answer as Python reads them.
 * @param {ModelObject} given
 * @param {OwnModelRequest} request
 * @param {boolean} streamed
 * @param {AbortSignal} signal
 */
async function* answer(given, request, streamed, signal) {
  const model = isAiModel(given) ? (await import("../ai-sdk/from-language-model.js")).fromLanguageModel(given) : given;
  let ended = false;
  for await (const piece of pieces(/** @type {OwnModel} */ (model), request, streamed, signal)) {
    const read = typeof piece === "string" ? { type: "text", text: piece } : piece;
    ended ||= read.type === "finish";
    yield toSnake(read);
  }
  if (!ended) yield { type: "finish" };
}

/**
 * @param {OwnModel} model
 * @param {OwnModelRequest} request
 * @param {boolean} streamed
 * @param {AbortSignal} signal
 * @returns {AsyncIterable<ModelPiece>}
 */
async function* pieces(model, request, streamed, signal) {
  if (model.stream && (streamed || !model.complete)) yield* iterate(await model.stream(request, { signal }));
  else if (model.complete) yield* piecesOf(await model.complete(request, { signal }));
}

/**
 * @param {string | WholeAnswer} whole
 * @returns {Iterable<ModelPiece>}
 */
function piecesOf(whole) {
  if (typeof whole === "string") return [whole];
  const { text, content, message, warnings = [], ...end } = whole;
  const parts = content ?? message?.content ?? (text === undefined ? [] : [text]);
  const finish = /** @type {ModelPiece} */ ({ ...end, type: "finish" });
  return [
    .../** @type {ModelPiece[]} */ (parts),
    ...warnings.map((warning) => ({ type: /** @type {const} */ ("warning"), message: warning })),
    finish,
  ];
}
