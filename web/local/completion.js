/**
 * One model call: from a request to its events.
 *
 * @import { CompletionEvent, CompletionRequest, FinishReason } from "./types.js"
 * @import { Llama } from "./llama.js"
 * @import { Router } from "./router.js"
 */

import { LocalModelError } from "./errors.js";
import { promptTokens } from "./prompt.js";

const PREAMBLE = "You are a helpful assistant. Answer briefly.";
const DEFAULT_MAX_TOKENS = 512;

/**
 * @param {Llama} llama
 * @param {Router} router
 * @param {CompletionRequest} request
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<CompletionEvent, void>}
 */
export async function* complete(llama, router, request, signal) {
  const { messages, temperature = 0.2, max_tokens: maxTokens = DEFAULT_MAX_TOKENS } = request;
  const room = llama.contextTokens - Math.min(maxTokens, llama.contextTokens >> 1);
  const prompt = await promptTokens(messages, { formatTokens: (chat) => llama.format(chat), room, preamble: PREAMBLE });
  const cached = await llama.begin(prompt, signal);
  const decoder = new TextDecoder();
  let count = 0;
  const pieces = llama.sample({ temperature, maxTokens, signal });
  /** @type {FinishReason} */
  let finish = "stop";
  for (;;) {
    const step = await pieces.next();
    if (step.done) {
      finish = step.value;
      break;
    }
    count++;
    const text = decoder.decode(step.value, { stream: true });
    if (text) yield { type: "text", text };
  }
  const rest = decoder.decode();
  if (rest) yield { type: "text", text: rest };
  yield { type: "usage", input_tokens: prompt.length, output_tokens: count, cached_input_tokens: cached };
  yield { type: "finish", finish_reason: finish };
}
