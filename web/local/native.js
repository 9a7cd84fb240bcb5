/**
 * A GGUF language model by wllama 3, which is llama.cpp's server in WebAssembly: the model's own chat template, its own tool calls,
 * answers under a JSON Schema, reasoning. The model chooses its tools, so it has to be one that can.
 *
 * A call that is forced (`tool_choice` "required", or a tool's name) is decoded under the schema of calls: llama.cpp's own "required" lets a
 * model write text before its call for as long as it likes (https://github.com/ggml-org/llama.cpp/issues/27217).
 *
 * @import { CompletionEvent, CompletionRequest, FinishReason, Message, Part, ToolDefinition } from "./types.js"
 * @import { Reads } from "./media.js"
 * @typedef {{index: number, id?: string, function?: {name?: string, arguments?: string}}} CallDelta
 * @typedef {object} Chunk
 * @property {{delta: {content?: string | null, reasoning_content?: string | null, tool_calls?: CallDelta[]}, finish_reason: string | null}[]} choices
 * @property {{cache_n: number, prompt_n: number, predicted_n: number}} [timings]
 *
 * The part of wllama that is used, its module, and the folder that it came from.
 * @typedef {object} Wllama
 * @property {(files: {worker: string, wasm: string}, engines: "safari" | "firefox_safari") => void} setCompat
 * @property {(blobs: Blob[], config: object) => Promise<void>} loadModel
 * @property {() => {n_ctx: number, has_image_input?: boolean, has_audio_input?: boolean}} getLoadedContextInfo
 * @property {() => number} getNumThreads
 * @property {(request: object) => Promise<AsyncIterable<Chunk>>} createChatCompletion
 * @property {() => Promise<void>} exit
 * @typedef {{Wllama: new (paths: {default: string}, options: object) => Wllama, LoggerWithoutDebug: object, url: URL}} Runtime
 */

import { fromBase64 } from "../bridge/base64.js";
import { ForcedCall, callSchema } from "./call-schema.js";
import { LocalModelError, abortError, messageOf } from "./errors.js";
import { checkFile, trainedContext } from "./gguf.js";
import { isMedia } from "./media.js";
import { Patience, stalled, within } from "./patience.js";

/** Time for each further word of the runtime while a model loads. */
const LOAD_MS = 180_000;
/** Time for a token, or for the whole prompt. */
const STEP_MS = 600_000;
const EXIT_MS = 3_000;
const DEFAULT_MAX_TOKENS = 512;
/** What the runtime writes after the reason of its end. */
const AFTER_ABORT = /^(Stack trace|Aborted|Failed to cancel)/;

export class NativeModel {
  #wllama;

  #lastWords;

  /**
   * @param {Wllama} wllama
   * @param {() => string} lastWords what the runtime wrote last, for errors
   */
  constructor(wllama, lastWords) {
    this.#wllama = wllama;
    this.#lastWords = lastWords;
    const loaded = wllama.getLoadedContextInfo();
    this.contextTokens = loaded.n_ctx;
    /** @type {Reads} */
    this.reads = { image: Boolean(loaded.has_image_input), audio: Boolean(loaded.has_audio_input) };
    this.threads = wllama.getNumThreads();
  }

  /**
   * @param {Blob[]} weights one file, or all parts of one in order; a projector for pictures or sound (mmproj) behind them
   * @param {{url: URL, contextTokens: number, threads: number, webGPU: boolean, onCrash: (error: Error) => void}} options url: folder of the
   *   runtime. webGPU: whether it may compute there
   */
  static async open(weights, { url, contextTokens, threads, webGPU, onCrash }) {
    for (const part of weights) await checkFile(part);
    const { Wllama, LoggerWithoutDebug } = await importRuntime(url);
    let giveUp = () => {};
    /** @type {Promise<never>} */
    const silence = new Promise((_, reject) => (giveUp = () => reject(stalled("The load of the language model", LOAD_MS))));
    silence.catch(() => {});
    const patience = new Patience(LOAD_MS, giveUp);
    let lastWords = "";
    const hear = (/** @type {unknown[]} */ ...args) => {
      patience.hear();
      const words = args.map(String).join(" ").trim();
      if (words && !AFTER_ABORT.test(words)) lastWords = words;
    };
    const error = (/** @type {unknown[]} */ ...args) => {
      hear(...args);
      if (typeof ErrorEvent !== "undefined" && args[0] instanceof ErrorEvent) onCrash(new Error(args[0].message || "its worker ended"));
    };
    const logger = { ...LoggerWithoutDebug, log: hear, warn: hear, debug: hear, error };
    // Its own store of files is not used, and cannot be made in every browser.
    const wllama = new Wllama({ default: new URL("wllama.wasm", url).href }, { logger, cacheManager: {} });
    wllama.setCompat({ worker: new URL("compat/wllama.js", url).href, wasm: new URL("compat/wllama.wasm", url).href }, "firefox_safari");
    const n_ctx = Math.min(contextTokens, await trainedContext(weights[0]));
    try {
      const config = { n_ctx, n_threads: threads, n_parallel: 1, ...(webGPU ? {} : { n_gpu_layers: 0 }) };
      await Promise.race([wllama.loadModel(weights, config), silence]);
      return new NativeModel(wllama, () => lastWords.slice(0, 500));
    } catch (cause) {
      await within(EXIT_MS, "The end of the language model's worker", wllama.exit()).catch(() => {});
      if (cause instanceof LocalModelError) throw cause;
      throw new LocalModelError(
        /memory|alloc|OOM/i.test(messageOf(cause)) ? "out_of_memory" : "not_gguf",
        `The model did not load: ${messageOf(cause)} (${lastWords.slice(0, 500)}). It may be damaged, too large, or of a kind that wllama 3 does not know.`,
        { cause },
      );
    } finally {
      patience.end();
    }
  }

  /**
   * @param {CompletionRequest} request
   * @param {AbortSignal} [signal]
   * @returns {AsyncGenerator<CompletionEvent, void>}
   */
  async *complete(request, signal) {
    const stop = new AbortController();
    const abortSignal = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    /** @type {{id: string, name: string, text: string}[]} */
    const calls = [];
    const sent = render(request);
    const forced = sent.isForced ? new ForcedCall() : undefined;
    let finish = "stop";
    let timings = { cache_n: 0, prompt_n: 0, predicted_n: 0 };
    try {
      const stream = await this.#wllama.createChatCompletion({ ...sent.body, abortSignal });
      const chunks = stream[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await within(STEP_MS, "A step of the language model", chunks.next());
        if (done) break;
        timings = value.timings ?? timings;
        const [choice] = value.choices ?? [];
        if (!choice) continue;
        const { content, reasoning_content: thought, tool_calls: deltas = [] } = choice.delta;
        if (thought) yield { type: "reasoning", text: thought };
        if (content && !forced) yield { type: "text", text: content };
        for (const { index, id, function: called } of forced?.read(content) ?? deltas) {
          calls[index] ??= { id: id || `call_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`, name: "", text: "" };
          const call = calls[index];
          call.name += called?.name ?? "";
          call.text += called?.arguments ?? "";
          yield { type: "tool_call_delta", id: call.id, name: call.name, arguments_delta: called?.arguments ?? "" };
        }
        finish = choice.finish_reason ?? finish;
      }
    } catch (error) {
      if (signal?.aborted) throw abortError();
      throw error instanceof LocalModelError ? error : translate(error, this.#lastWords());
    } finally {
      stop.abort(); // leaving the loop early stops the model
    }
    if (signal?.aborted) throw abortError();
    for (const { id, name, text } of calls) yield { type: "tool_call", id, name, arguments: parsed(text) };
    const { cache_n: cached, prompt_n: read, predicted_n: written } = timings;
    yield { type: "usage", input_tokens: cached + read, output_tokens: written, cached_input_tokens: cached };
    yield {
      type: "finish",
      finish_reason: /** @type {FinishReason} */ (finish === "length" ? "length" : calls.length ? "tool_calls" : "stop"),
    };
  }

  async close() {
    await within(EXIT_MS, "The end of the language model's worker", this.#wllama.exit()).catch(() => {});
  }
}

/**
 * @param {URL} url
 * @returns {Promise<Runtime>}
 */
async function importRuntime(url) {
  try {
    const address = new URL("index.js", url).href;
    return {
      ...(await within(LOAD_MS, "The load of the language model's runtime", import(/* webpackIgnore: true */ /* @vite-ignore */ address))),
      url,
    };
  } catch (cause) {
    if (cause instanceof LocalModelError) throw cause;
    throw new LocalModelError("runtime_missing", `The language model's runtime is missing at ${url.href}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Returns the request of Chat Completions, and whether a call is forced.
 * @param {CompletionRequest} request
 */
function render({
  messages,
  tools = [],
  tool_choice: choice = "auto",
  output_schema: schema,
  temperature,
  max_tokens = DEFAULT_MAX_TOKENS,
}) {
  if (!messages?.length) throw new LocalModelError("bad_request", "A request needs at least one message.");
  if (!(max_tokens >= 1)) throw new LocalModelError("bad_request", `max_tokens must be at least 1, not ${max_tokens}.`);
  const offered = typeof choice === "object" ? tools.filter(({ name }) => name === choice.name) : tools;
  if (typeof choice === "object" && !offered.length)
    throw new LocalModelError("bad_request", `tool_choice names "${choice.name}", which is not among the tools.`);
  const isForced = offered.length > 0 && choice !== "auto" && choice !== "none";
  const format = isForced ? callSchema(offered, { nameKey: "name" }) : schema;
  const body = {
    messages: messages.flatMap(renderMessage),
    stream: true,
    timings_per_token: true,
    cache_prompt: true,
    max_tokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(format === undefined
      ? {}
      : { response_format: { type: "json_schema", json_schema: { name: "answer", schema: format, strict: true } } }),
    ...(offered.length ? { tools: offered.map(renderTool), tool_choice: choice === "none" ? "none" : "auto" } : {}),
  };
  return { body, isForced };
}

/** @param {ToolDefinition} tool */
function renderTool({ name, description = "", parameters = { type: "object", properties: {} } }) {
  return { type: "function", function: { name, description, parameters } };
}

/**
 * @param {Message} message
 * @returns {object[]}
 */
function renderMessage({ role, content }) {
  const results = content.flatMap((part) => (part.type === "tool_result" ? [part] : []));
  if (results.length) return results.map(({ id, content: parts }) => ({ role: "tool", tool_call_id: id, content: textOf(parts) }));
  const calls = content.flatMap((part) => (part.type === "tool_call" ? [part] : []));
  return [
    {
      role,
      content: renderContent(content),
      ...(calls.length
        ? {
            tool_calls: calls.map(({ id, name, arguments: given }) => ({
              id,
              type: "function",
              function: { name, arguments: JSON.stringify(given ?? {}) },
            })),
          }
        : {}),
    },
  ];
}

/**
 * Returns the text, or text, pictures and sound in their order.
 * @param {Part[]} parts
 */
function renderContent(parts) {
  if (!parts.some(isMedia)) return textOf(parts);
  /** @type {object[]} */
  const rendered = [];
  for (const part of parts) {
    if (part.type === "text") rendered.push({ type: "text", text: part.text });
    if (isMedia(part)) rendered.push({ type: part.type, data: fromBase64(part.data).buffer });
  }
  return rendered;
}

/** @param {Part[]} parts */
function textOf(parts) {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

/** Returns the arguments, or their text where it is no JSON, which the caller tells the model. @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return text;
  }
}

/**
 * @param {unknown} error
 * @param {string} lastWords
 */
function translate(error, lastWords) {
  const why = messageOf(error);
  if (/context|n_ctx|exceed/i.test(why))
    return new LocalModelError("context_overflow", `The request is too long for this model: ${why}`, { cause: error });
  return new LocalModelError("crashed", `The language model failed: ${why} (${lastWords})`, { cause: error });
}
