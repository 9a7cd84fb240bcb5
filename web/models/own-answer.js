/**
 * Calls of a model of the developer's own, on behalf of Python.
 *
 * @import { ModelObject, ModelPiece, OwnModel, OwnModelRequest, WholeAnswer } from "../types.js"
 */

import { iterate } from "../bridge/iterate.js";
import { toCamel, toSnake } from "../bridge/spelling.js";

/**
 * Yields the pieces of one answer as Python reads them.
 * @param {ModelObject} given
 * @param {{request: object, streamed: boolean}} params
 * @param {{signal: AbortSignal}} context
 */
export async function* answer(given, params, { signal }) {
  const { streamed } = params;
  /** @type {OwnModelRequest} */
  const request = toCamel(params.request);
  const model = "specificationVersion" in given ? (await import("../ai-sdk/from-language-model.js")).fromLanguageModel(given) : given;
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
