/**
 * Chrome's built-in model (`LanguageModel`, https://github.com/webmachinelearning/prompt-api) behind the local engine's interface.
 * It is there in windows only, not in workers, and only where the browser has it and the machine can run it.
 *
 * The browser's own tool loop hides its calls, so a call is requested as JSON under `responseConstraint` instead: one of the tools with its
 * arguments, or an answer, whose text streams out of the growing JSON. As with the local model, a tool's result is answered in text.
 *
 * @import { CompletionEvent, CompletionRequest, MediaPart, Message, Progress, Schema, ToolDefinition } from "./types.js"
 * @typedef {"unavailable" | "downloadable" | "downloading" | "available"} Availability
 * @typedef {{type: "text", value: string} | {type: "image" | "audio", value: Blob}} Input
 * @typedef {{role: "system" | "user" | "assistant", content: string | Input[]}} ChatMessage
 * @typedef {object} Session
 * @property {(input: ChatMessage[], options: {signal?: AbortSignal, responseConstraint?: Schema}) => ReadableStream<string>} promptStreaming
 * @property {() => void} destroy
 * @property {number} [inputUsage] tokens of the session's context in use; `contextUsage` in newer drafts
 * @property {number} [contextUsage]
 * @typedef {object} LanguageModelFactory
 * @property {(options?: object) => Promise<Availability>} availability
 * @property {(options?: object) => Promise<Session>} create
 */

import { fromBase64 } from "../bridge/base64.js";
import { callSchema } from "./call-schema.js";
import { LocalModelError, abortError, messageOf } from "./errors.js";
import { chatMessages } from "./prompt.js";

const REASONS = {
  unavailable: "this browser, or this machine, cannot run its built-in model",
  missing: "this browser has no built-in model (Chrome 148 or later on a desktop has one)",
  inputs: "this browser's built-in model takes no such input; send text, or choose a model that reads pictures and sounds",
  worker: "the browser's built-in model is there for windows only, and this is a worker",
};

export class PromptAPIEngine {
  #factory;

  /** @param {{languageModel?: LanguageModelFactory}} [options] `languageModel` stands in for the browser's own */
  constructor({ languageModel = /** @type {{LanguageModel?: LanguageModelFactory}} */ (globalThis).LanguageModel } = {}) {
    this.#factory = languageModel;
  }

  /** @returns {Promise<Availability>} */
  async availability() {
    return this.#factory ? this.#factory.availability() : "unavailable";
  }

  /**
   * Lets the browser download its model, which needs a user's click before.
   * @param {{signal?: AbortSignal, onProgress?: (progress: Progress) => void}} [options]
   */
  async load({ signal, onProgress } = {}) {
    (await this.#create({ signal }, onProgress)).destroy();
  }

  /**
   * @param {CompletionRequest} request
   * @param {{signal?: AbortSignal}} [options]
   * @returns {AsyncGenerator<CompletionEvent, void>}
   */
  async *complete(request, { signal } = {}) {
    if (signal?.aborted) throw abortError();
    if (request.max_tokens !== undefined && !(request.max_tokens >= 1))
      throw new LocalModelError("bad_request", `max_tokens must be at least 1, not ${request.max_tokens}.`);
    const tools = offeredTools(request);
    const system = request.messages
      .filter((message) => message.role === "system")
      .flatMap((message) => message.content.flatMap((part) => (part.type === "text" ? [part.text] : [])));
    if (tools.length)
      system.push(`You may call a tool. Tools:\n${tools.map((tool) => `- ${tool.name}: ${tool.description ?? ""}`).join("\n")}`);
    const initialPrompts = system.length ? [{ role: "system", content: system.join("\n\n") }] : undefined;
    const input = withMedia(chatMessages(undefined, request.messages.map(withoutMedia)), request.messages);
    const kinds = new Set(input.flatMap(({ content }) => (typeof content === "string" ? [] : content.map(({ type }) => type))));
    const expectedInputs = kinds.size ? [...kinds].map((type) => ({ type })) : undefined;
    const session = await this.#create({ signal, initialPrompts, ...(expectedInputs && { expectedInputs }) });
    const used = () => session.contextUsage ?? session.inputUsage ?? 0;
    const before = used();
    const stop = new AbortController();
    try {
      const responseConstraint = tools.length
        ? callSchema(tools, { nameKey: "tool", orAnswer: (request.tool_choice ?? "auto") === "auto" })
        : request.output_schema;
      const stream = session.promptStreaming(input, {
        signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
        ...(responseConstraint === undefined ? {} : { responseConstraint }),
      });
      let text = "";
      let shown = 0;
      for await (const piece of chunksOf(stream)) {
        text += piece;
        const more = tools.length ? answerSoFar(text).slice(shown) : piece;
        shown += more.length;
        if (more) yield { type: "text", text: more };
      }
      const call = tools.length ? parseAnswer(text) : undefined;
      if (call?.answer && call.answer.length > shown) yield { type: "text", text: call.answer.slice(shown) };
      if (call && !call.answer) yield { type: "tool_call", id: `call_${crypto.randomUUID()}`, name: call.tool, arguments: call.arguments };
      // The browser counts a session's tokens, not which of them were the prompt.
      yield { type: "usage", input_tokens: before, output_tokens: Math.max(0, used() - before), cached_input_tokens: 0 };
      yield { type: "finish", finish_reason: call && !call.answer ? "tool_calls" : "stop" };
    } catch (error) {
      throw signal?.aborted ? abortError() : translate(error);
    } finally {
      stop.abort();
      session.destroy();
    }
  }

  /**
   * @param {{signal?: AbortSignal, initialPrompts?: object[], expectedInputs?: object[]}} options
   * @param {(progress: Progress) => void} [onProgress]
   * @returns {Promise<Session>}
   */
  async #create(options, onProgress) {
    if (!this.#factory) throw unavailable(typeof globalThis.document === "undefined" ? "worker" : "missing");
    const { expectedInputs } = options;
    if ((await this.#factory.availability(expectedInputs ? { expectedInputs } : undefined)) === "unavailable")
      throw unavailable(expectedInputs ? "inputs" : "unavailable");
    /** @param {EventTarget} target */
    const monitor = (target) =>
      target.addEventListener("downloadprogress", (event) => {
        const { loaded, total } = /** @type {ProgressEvent} */ (event);
        onProgress?.({ stage: "model", loadedBytes: loaded, totalBytes: total }); // newer browsers give a fraction of 1
      });
    try {
      return await this.#factory.create({ ...options, monitor });
    } catch (error) {
      throw options.signal?.aborted ? abortError() : translate(error);
    }
  }
}

/**
 * @param {CompletionRequest} request
 * @returns {ToolDefinition[]}
 */
function offeredTools({ messages, tools = [], tool_choice: choice = "auto" }) {
  if (choice === "none" || messages[messages.length - 1]?.role === "tool") return [];
  if (typeof choice !== "object") return tools;
  const named = tools.filter((tool) => tool.name === choice.name);
  if (named.length === 0) throw new LocalModelError("bad_request", `tool_choice names "${choice.name}", which is not among the tools.`);
  return named;
}

/**
 * @param {string} text
 * @returns {{tool: string, arguments: unknown, answer?: string}}
 */
function parseAnswer(text) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LocalModelError("crashed", `The browser's model did not keep to the requested JSON: ${text.slice(0, 200)}`, { cause });
  }
}

/**
 * Returns the text of `{"answer": "…"}` in a JSON text that is still growing; "" for a tool's call.
 * @param {string} text
 */
function answerSoFar(text) {
  const begun = /^\s*\{\s*"answer"\s*:\s*"((?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*)/.exec(text);
  if (!begun) return "";
  const value = JSON.parse(`"${begun[1]}"`);
  return /[\ud800-\udbff]$/.test(value) ? value.slice(0, -1) : value; // the other half of the character is still to come
}

/**
 * Puts pictures and sounds beside the text of their messages, which `chatMessages` joins where they have one role.
 * @param {{role: "system" | "user" | "assistant", content: string}[]} chat
 * @param {Message[]} messages
 * @returns {ChatMessage[]}
 */
function withMedia(chat, messages) {
  /** @type {Input[][]} */
  const media = chat.map(() => []);
  let at = -1;
  let before = "";
  for (const message of messages) {
    if (message.role === "system") continue;
    const role = message.role === "assistant" ? "assistant" : "user";
    if (role !== before) at += 1;
    before = role;
    for (const part of message.content) if (part.type === "image" || part.type === "audio") media[at].push(inputOf(part));
  }
  return chat.map(({ role, content }, index) => ({
    role,
    content: media[index].length ? [{ type: "text", value: content }, ...media[index]] : content,
  }));
}

/**
 * @param {Message} message
 * @returns {Message}
 */
function withoutMedia(message) {
  return { ...message, content: message.content.filter((part) => part.type !== "image" && part.type !== "audio") };
}

/**
 * @param {MediaPart} part
 * @returns {Input}
 */
function inputOf({ type, data, media_type }) {
  return { type, value: new Blob([fromBase64(data)], { type: media_type }) };
}

/**
 * @param {ReadableStream<string>} stream
 * @returns {AsyncGenerator<string, void>}
 */
async function* chunksOf(stream) {
  const reader = stream.getReader(); // not every browser's ReadableStream is an async iterable
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** @param {keyof typeof REASONS} reason */
function unavailable(reason) {
  return new LocalModelError("unavailable", `prompt-api: ${REASONS[reason]}. Choose another provider, "local" for one that runs anywhere.`);
}

/** @param {unknown} error */
function translate(error) {
  if (error instanceof LocalModelError) return error;
  const name = error instanceof Error ? error.name : "";
  if (name === "QuotaExceededError")
    return new LocalModelError("context_overflow", `The prompt is too long for the browser's model: ${messageOf(error)}`, { cause: error });
  if (name === "NotAllowedError")
    return new LocalModelError("unavailable", `The browser wants a click before it downloads its model: ${messageOf(error)}`, {
      cause: error,
    });
  if (name === "NotSupportedError")
    return new LocalModelError("bad_request", `The browser's model does not take this request: ${messageOf(error)}`, { cause: error });
  return new LocalModelError("crashed", `The browser's model failed: ${messageOf(error)}`, { cause: error });
}
