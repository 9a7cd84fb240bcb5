/**
 * Runs one model call: from a request to its events.
 *
 * With tools, the embedder decides whether the request is about one of them and which (router.js), and the language model fills
 * that tool's arguments under its schema (guided.js): one call at most, and none once a tool's result is the last message, so that
 * the model then answers; where it only copies the call or contradicts the result, the result is the answer. "required" and a named tool force the call, once for each thing the user asks, for the same reason.
 *
 * @import { CompletionEvent, CompletionRequest, FinishReason, Message, Schema, ToolDefinition } from "./types.js"
 * @import { Llama } from "./llama.js"
 * @import { Router } from "./router.js"
 */

import { argumentsPreamble, copyRule, optionalRule } from "./arguments.js";
import { LocalModelError } from "./errors.js";
import { generateJSON } from "./guided.js";
import { lastRequest, promptTokens, requestsOf } from "./prompt.js";
import { ToolAnswer } from "./tool-answers.js";

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
  check(request);
  const tool = await chosenTool(router, request);
  if (tool) yield* callTool(llama, tool, request, signal);
  else if (request.output_schema !== undefined) yield* writeJSON(llama, request.output_schema, request, signal);
  else yield* writeText(llama, request, signal);
}

/** @param {CompletionRequest} request */
function check({ messages, max_tokens: maxTokens }) {
  if (!Array.isArray(messages) || messages.length === 0) throw new LocalModelError("bad_request", "A request needs at least one message.");
  if (maxTokens !== undefined && !(maxTokens >= 1))
    throw new LocalModelError("bad_request", `max_tokens must be at least 1, not ${maxTokens}.`);
}

/**
 * @param {Router} router
 * @param {CompletionRequest} request
 * @returns {Promise<ToolDefinition | undefined>}
 */
async function chosenTool(router, { messages, tools = [], tool_choice: choice = "auto" }) {
  if (tools.length === 0 || choice === "none" || messages[messages.length - 1].role === "tool") return undefined;
  if (typeof choice === "object") {
    const named = tools.find((tool) => tool.name === choice.name);
    if (!named) throw new LocalModelError("bad_request", `tool_choice names "${choice.name}", which is not among the tools.`);
    return named;
  }
  return router.route(requestsOf(messages), tools, choice === "required");
}

/**
 * @param {Llama} llama
 * @param {ToolDefinition} tool
 * @param {CompletionRequest} request
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<CompletionEvent, void>}
 */
async function* callTool(llama, tool, request, signal) {
  const schema = tool.parameters ?? { type: "object", properties: {} };
  // The tool's own text stands in for the conversation's preamble: both would be too much to attend to.
  const messages = [systemMessage(argumentsPreamble(tool)), ...request.messages.filter((message) => message.role !== "system")];
  const prompt = await begin(llama, messages, request, signal);
  const source = llama.guided(signal);
  const words = lastRequest(request.messages);
  const { value } = await generateJSON(source, schema, {
    maxTokens: maxTokensOf(request),
    include: optionalRule(words, schema),
    favour: copyRule(words),
  });
  yield { type: "tool_call", id: `call_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`, name: tool.name, arguments: value };
  yield { type: "usage", ...prompt, output_tokens: source.mark() - prompt.input_tokens };
  yield { type: "finish", finish_reason: "tool_calls" };
}

/**
 * @param {Llama} llama
 * @param {Schema} schema
 * @param {CompletionRequest} request
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<CompletionEvent, void>}
 */
async function* writeJSON(llama, schema, request, signal) {
  const prompt = await begin(llama, request.messages, request, signal, "Answer in JSON.");
  const source = llama.guided(signal);
  /** @type {string[]} */
  const texts = [];
  let wake = () => {};
  let done = false;
  const onText = (/** @type {string} */ text) => {
    texts.push(text);
    wake();
  };
  const result = generateJSON(source, schema, { maxTokens: maxTokensOf(request), onText }).finally(() => {
    done = true;
    wake();
  });
  result.catch(() => {});
  for (;;) {
    const text = texts.shift();
    if (text !== undefined) yield { type: "text", text };
    else if (done) break;
    else await new Promise((resolve) => (wake = () => resolve(undefined)));
  }
  const { cut } = await result;
  yield { type: "usage", ...prompt, output_tokens: source.mark() - prompt.input_tokens };
  yield { type: "finish", finish_reason: cut ? "length" : "stop" };
}

/**
 * @param {Llama} llama
 * @param {CompletionRequest} request
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<CompletionEvent, void>}
 */
async function* writeText(llama, request, signal) {
  const { messages, tools = [] } = request;
  const answer = messages[messages.length - 1].role === "tool" ? new ToolAnswer(messages, tools) : undefined;
  const prompt = await begin(llama, messages, request, signal, PREAMBLE);
  const decoder = new TextDecoder();
  const pieces = llama.sample({ temperature: request.temperature ?? 0.2, maxTokens: maxTokensOf(request), signal });
  let count = 0;
  /** @type {FinishReason} */
  let finish;
  for (;;) {
    const step = await pieces.next();
    const read = step.done ? decoder.decode() : decoder.decode(step.value, { stream: true });
    const text = answer ? answer.take(read, Boolean(step.done)) : read;
    if (text) yield { type: "text", text };
    if (step.done) {
      finish = answer?.isOver ? "stop" : step.value;
      break;
    }
    count++;
    if (answer?.isOver) {
      await pieces.return("stop");
      finish = "stop";
      break;
    }
  }
  yield { type: "usage", ...prompt, output_tokens: count };
  yield { type: "finish", finish_reason: finish };
}

/**
 * @param {Llama} llama
 * @param {Message[]} messages
 * @param {CompletionRequest} request
 * @param {AbortSignal} [signal]
 * @param {string} [preamble]
 */
async function begin(llama, messages, request, signal, preamble) {
  const room = llama.contextTokens - Math.min(maxTokensOf(request), llama.contextTokens >> 1);
  const prompt = await promptTokens(messages, { formatTokens: (chat) => llama.format(chat), room, preamble });
  return { input_tokens: prompt.length, cached_input_tokens: await llama.begin(prompt, signal) };
}

/** @param {CompletionRequest} request */
function maxTokensOf({ max_tokens: maxTokens = DEFAULT_MAX_TOKENS }) {
  return maxTokens;
}

/**
 * @param {string} text
 * @returns {Message}
 */
function systemMessage(text) {
  return { role: "system", content: [{ type: "text", text }] };
}
