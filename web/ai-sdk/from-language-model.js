/**
 * A language model of the AI SDK as a model of staysail.
 *
 * @import { AiLanguageModel, ModelPiece, OwnModel, OwnModelRequest } from "../types.js"
 */

import { iterate } from "../bridge/iterate.js";
import { answerPieces, partsOf } from "./answer-pieces.js";
import { callOptions } from "./call-options.js";

/**
 * @param {AiLanguageModel} model
 * @returns {OwnModel}
 */
export function fromLanguageModel(model) {
  return {
    name: `${model.provider}:${model.modelId}`,
    stream: (request, { signal }) => stream(model, request, signal),
    async complete(request, { signal }) {
      const { options, warnings } = callOptions(request, signal, model);
      /** @type {ModelPiece[]} */
      const content = [];
      const result = await model.doGenerate(options);
      for await (const piece of answerPieces(partsOf(result))) content.push(piece);
      const end = /** @type {Extract<ModelPiece, {type: "finish"}>} */ (content.pop());
      return { ...end, content, warnings };
    },
  };
}

/**
 * @param {AiLanguageModel} model
 * @param {OwnModelRequest} request
 * @param {AbortSignal} signal
 * @returns {AsyncIterable<ModelPiece>}
 */
async function* stream(model, request, signal) {
  const { options, warnings } = callOptions(request, signal, model);
  for (const message of warnings) yield { type: "warning", message };
  const { stream } = await model.doStream(options);
  yield* answerPieces(iterate(stream));
}
