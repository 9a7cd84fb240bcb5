/**
 * A staysail model as a language model of the AI SDK.
 *
 * @import { Completion, ModelObject, ModelOptions } from "../types.js"
 * @import { AiCallOptions, AiContent, AiGenerateResult, AiStreamPart, AiWarning, LanguageModelV4 } from "./types.js"
 */

import { ProviderError } from "../errors.js";
import { CompletionModel } from "../models/models.js";
import { AnswerParts, contentOf, writeFinish } from "./answer-parts.js";
import { readCallOptions } from "./read-call-options.js";

/** The mark by which the AI SDK knows an error of a call, which it retries where the error says so. */
const CALL_ERROR = Symbol.for("vercel.ai.error.AI_APICallError");
const ANY_ERROR = Symbol.for("vercel.ai.error");

/**
 * Returns a staysail model as a language model of the AI SDK, for `streamText`, `generateText` and everything else that takes one.
 * @param {string | ModelObject | CompletionModel} model "provider:model", "local", a model object, or a CompletionModel
 * @param {Omit<ModelOptions, "model" | "modelName">} [options] the access to a model named by text
 * @returns {LanguageModelV4}
 */
export function languageModel(model, options = {}) {
  const inner = model instanceof CompletionModel ? model : new CompletionModel({ ...options, model });
  const [provider, ...rest] = inner.name.split(":");
  return {
    specificationVersion: "v4",
    provider: `staysail.${provider}`,
    modelId: rest.join(":") || provider,
    supportedUrls: { "*/*": [/^https?:\/\//] },
    doGenerate: (options) => generate(inner, options),
    doStream: async (options) => ({ stream: await stream(inner, options) }),
  };
}

/**
 * @param {CompletionModel} model
 * @param {AiCallOptions} options
 * @returns {Promise<AiGenerateResult>}
 */
async function generate(model, options) {
  const { request, warnings } = readCallOptions(options);
  /** @type {Completion} */
  const completion = await model.complete(request, { signal: options.abortSignal }).catch(raise);
  return {
    content: /** @type {AiContent[]} */ (contentOf(completion.message.content)),
    ...writeFinish(completion),
    warnings: [...warnings, ...(completion.warnings ?? []).map(describe)],
    response: { id: completion.requestId ?? undefined, modelId: completion.model ?? undefined, body: completion.raw },
  };
}

/**
 * @param {string} message
 * @returns {AiWarning}
 */
const describe = (message) => ({ type: "other", message });

/**
 * Streams an answer. Rejects with an error that comes before the answer begins.
 * @param {CompletionModel} model
 * @param {AiCallOptions} options
 * @returns {Promise<ReadableStream<AiStreamPart>>}
 */
async function stream(model, options) {
  const { request, warnings } = readCallOptions(options);
  const left = new AbortController();
  const signal = options.abortSignal ? AbortSignal.any([options.abortSignal, left.signal]) : left.signal;
  const events = model.stream(request, { signal });
  const parts = new AnswerParts();
  let first = /** @type {Awaited<ReturnType<typeof events.next>> | undefined} */ (await events.next().catch(raise));
  /** @type {AiStreamPart[]} */
  const waiting = [{ type: "stream-start", warnings }];
  return new ReadableStream({
    async pull(controller) {
      try {
        while (!waiting.length) {
          const { done, value } = first ?? (await events.next());
          first = undefined;
          if (done) return controller.close();
          waiting.push(...parts.read(value));
        }
        controller.enqueue(waiting.shift());
      } catch (error) {
        if (signal.aborted) return controller.error(error);
        waiting.length = 0;
        controller.enqueue({ type: "error", error: marked(error) });
        controller.close();
      }
    },
    async cancel() {
      left.abort();
      await events.return();
    },
  });
}

/**
 * @param {unknown} error
 * @returns {never}
 */
function raise(error) {
  throw marked(error);
}

/** Marks an error of a provider as the AI SDK's own, so that its retries see it. @param {unknown} error */
function marked(error) {
  if (!(error instanceof ProviderError)) return error;
  const { status, retryable, body } = error;
  const data = { [ANY_ERROR]: true, [CALL_ERROR]: true, statusCode: status ?? undefined, isRetryable: retryable, data: body };
  return Object.assign(error, data, { url: "", requestBodyValues: {} });
}
