/**
 * Models without an agent around them.
 *
 * @import { AgentEvent, Completion, CompletionDone, Embedding, FilePart, GeneratedImages, ImagePart, ModelObject, ModelOptions, OcrResult, RankedDocument, RequestOptions, ServiceObject, Transcription } from "../types.js"
 * @import { CompletionRequest } from "../completion.js"
 * @import { Verb } from "./own-model.js"
 * @typedef {{signal?: AbortSignal}} Stoppable
 */

import { ACCESS_OPTIONS, LIMIT_OPTIONS, checkAccess, checkNames, describeAccess, describeLimits } from "./access.js";
import { fromBase64 } from "../bridge/base64.js";
import { connect } from "../runtime/boot.js";
import { describeRequest } from "../completion.js";
import { checkService, isModelObject, nameOf } from "./own-model.js";
import { toCamel, toSnake } from "../bridge/spelling.js";

const ownServices = () => import("./own-services.js");

/** The base of all models; not exported from the package. */
class Model {
  /** The provider, where a subpath fixes it. @type {string | undefined} */
  static provider;
  /** The method of a model object that the class calls; "answer" for a language model. @type {Verb | "answer" | undefined} */
  static verb;

  /** The model, where an object was given that is called here. @type {ServiceObject | undefined} */
  own;
  #name;
  #options;
  #access;
  #handlers;

  /**
   * Checks the options at once. Python starts with the first call.
   * @param {ModelOptions} options
   * @param {string[]} own options of one class
   */
  constructor(options, own = []) {
    checkNames(options, [...ACCESS_OPTIONS, ...LIMIT_OPTIONS, "model", "modelName", ...own]);
    const { verb, name } = new.target;
    const model = /** @type {string | ModelObject} */ (options.modelName ?? options.model);
    if (isModelObject(model) && verb !== "answer") {
      checkService(model, verb, name);
      this.own = /** @type {ServiceObject} */ (/** @type {unknown} */ (model));
    } else checkAccess(options, model, name);
    const { access, handlers } = describeAccess(options, model, new.target.provider);
    this.#name = isModelObject(model) ? nameOf(model) : /** @type {string} */ (access.model);
    this.#access = access;
    this.#handlers = handlers;
    this.#options = Object.fromEntries([
      ...Object.entries(describeLimits(options)),
      ...own.map((name) => [name, /** @type {any} */ (options)[name]]),
    ]);
  }

  /** "provider:model", or the name of a model of your own */
  get name() {
    return this.#name;
  }

  /**
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @param {Stoppable} [stoppable]
   */
  async call(method, params, { signal } = {}) {
    const peer = await connect();
    return peer.call(method, this.#params(params), { signal, handlers: this.#handlers });
  }

  /**
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @param {Stoppable} [stoppable]
   */
  async *follow(method, params, { signal } = {}) {
    const peer = await connect();
    yield* peer.stream(method, this.#params(params), { signal, handlers: this.#handlers });
  }

  /** @param {Record<string, unknown>} params */
  #params(params) {
    return { access: this.#access, options: this.#options, ...params };
  }

  /** Releases the model. Optional: a forgotten model leaks nothing. */
  free() {}

  async [Symbol.asyncDispose]() {}
}

export class CompletionModel extends Model {
  /** @type {"answer"} */
  static verb = "answer";

  /**
   * Returns one whole answer.
   * @param {string | CompletionRequest | RequestOptions} request
   * @param {Stoppable} [options]
   * @returns {Promise<Completion>}
   */
  async complete(request, options) {
    return toCamel(await this.call("model.complete", { request: describeRequest(request) }, options));
  }

  /** `complete` under rig's name. @type {CompletionModel["complete"]} */
  completion(request, options) {
    return this.complete(request, options);
  }

  /**
   * Yields the answer's events and, last, the whole answer as {type: "completion"}. Leaving the loop ends the request.
   * @param {string | CompletionRequest | RequestOptions} request
   * @param {Stoppable} [options]
   * @returns {AsyncGenerator<AgentEvent | CompletionDone, void>}
   */
  async *stream(request, options) {
    for await (const event of this.follow("model.stream", { request: describeRequest(request) }, options)) yield toCamel(event);
  }
}

export class EmbeddingModel extends Model {
  /** @type {Verb} */
  static verb = "embed";
  #dimensions;

  /** @param {ModelOptions & {dimensions?: number}} options */
  constructor(options) {
    super(options, ["dimensions"]);
    this.#dimensions = options.dimensions;
  }

  /**
   * @param {string} text
   * @param {Stoppable} [options]
   * @returns {Promise<Embedding>}
   */
  async embedText(text, options) {
    return (await this.embedTexts([text], options))[0];
  }

  /**
   * Returns one embedding for each text, in order.
   * @param {string[]} texts
   * @param {Stoppable} [options]
   * @returns {Promise<Embedding[]>}
   */
  async embedTexts(texts, options) {
    const vectors = this.own
      ? await (await ownServices()).embed(this.own, texts, { ...options, dimensions: this.#dimensions })
      : await this.call("model.embed", { texts }, options);
    return texts.map((document, position) => ({ document, vec: vectors[position] }));
  }
}

export class Reranker extends Model {
  /** @type {Verb} */
  static verb = "rerank";

  /**
   * Returns the `topN` best of some texts, by default all of them, best first. `index`: a text's place in `texts`. A search takes the model
   * as its `rerank`.
   * @param {string} query
   * @param {readonly string[]} texts
   * @param {Stoppable & {topN?: number}} [options]
   * @returns {Promise<RankedDocument[]>}
   */
  async rerank(query, texts, { topN, signal } = {}) {
    if (this.own) return (await ownServices()).rerank(this.own, query, texts, { topN, signal });
    return this.call("model.rerank", { query, documents: texts, top_n: topN ?? null }, { signal });
  }
}

export class TranscriptionModel extends Model {
  /** @type {Verb} */
  static verb = "transcribe";

  /**
   * @param {Blob | Uint8Array | ArrayBuffer} audio
   * @param {Stoppable & {mediaType?: string, filename?: string, language?: string, prompt?: string, temperature?: number}} [options]
   * @returns {Promise<Transcription>}
   */
  async transcribe(audio, { signal, mediaType, ...asked } = {}) {
    const data = audio instanceof Blob ? new Uint8Array(await audio.arrayBuffer()) : audio;
    const media_type = mediaType ?? (audio instanceof Blob && audio.type ? audio.type : undefined);
    if (this.own) {
      const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : /** @type {Uint8Array} */ (data);
      return (await ownServices()).transcribe(this.own, bytes, { signal, mediaType: media_type, ...asked });
    }
    return toCamel(await this.call("model.transcribe", { data, media_type, asked }, { signal }));
  }
}

export class OcrModel extends Model {
  /**
   * Reads a document as Markdown.
   * @param {Blob | Uint8Array | ImagePart | FilePart} document a PDF or another file, or a picture
   * @param {Stoppable & {pages?: number[], images?: boolean}} [options] pages: counted from 0. images: also the pictures on the pages
   * @returns {Promise<OcrResult>}
   */
  async read(document, { signal, ...asked } = {}) {
    const bytes = document instanceof Blob ? new Uint8Array(await document.arrayBuffer()) : document;
    const type = document instanceof Blob && document.type ? document.type : "application/pdf";
    const part =
      bytes instanceof Uint8Array ? { type: type.startsWith("image/") ? "image" : "file", data: bytes, media_type: type } : toSnake(bytes);
    return toCamel(await this.call("model.read", { part, asked }, { signal }));
  }
}

export class ImageGenerationModel extends Model {
  /**
   * @param {string} prompt
   * @param {Stoppable & {size?: string, n?: number}} [options] size: "1024x1024" or "16:9", in the provider's terms
   * @returns {Promise<GeneratedImages>}
   */
  async generate(prompt, { signal, ...asked } = {}) {
    return toCamel(await this.call("model.draw", { prompt, asked }, { signal }));
  }
}

export class AudioGenerationModel extends Model {
  /** @param {ModelOptions & {voice?: string, format?: string}} options */
  constructor(options) {
    super(options, ["voice", "format"]);
  }

  /**
   * @param {string} text
   * @param {Stoppable & {voice?: string, speed?: number}} [options]
   * @returns {Promise<Blob>} the audio
   */
  async speak(text, { signal, ...asked } = {}) {
    const { data, media_type: type } = await this.call("model.speak", { text, asked }, { signal });
    return new Blob([fromBase64(data)], { type });
  }
}
