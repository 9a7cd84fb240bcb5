/**
 * The models of a worker: loaded on demand, and again after a crash.
 *
 * @import { CompletionRequest, HostOptions, LocalEmbedder, ModelFile, Progress } from "./types.js"
 */

import { complete } from "./completion.js";
import { BUILT_IN, LOCAL_MODELS } from "./catalogue.js";
import { Embedder } from "./embedder.js";
import { BUILT_IN_EMBEDDER } from "./embedders.js";
import { LocalModelError } from "./errors.js";
import { isProjector, takesTools } from "./gguf.js";
import { Llama } from "./llama.js";
import { TEXT_ALONE, leaveOutMedia } from "./media.js";
import { NativeModel } from "./native.js";
import { within } from "./patience.js";
import { filesOf, placeOf } from "./names.js";
import { requireWebAssembly, runtimeFolder } from "./abilities.js";
import { Router } from "./router.js";
import { openStaticTable } from "./static-table.js";
import { openTokenizer } from "./tokens.js";
import { openTransformer } from "./transformer.js";
import { fetchWeights } from "./weights.js";

/** @typedef {(progress: Progress) => void} OnProgress */

/** Time for the embedder's runtime and session. */
const OPEN_MS = 180_000;

export class Host {
  #onCrash;
  /** @type {HostOptions | undefined} */
  #options;
  /** @type {string | Blob[]} */
  #model = BUILT_IN.name;
  /** @type {Promise<Llama | NativeModel> | undefined} */
  #llama;
  /** By name. @type {Map<string, Promise<Embedder>>} */
  #embedders = new Map();
  #router = new Router(async (texts) => (await this.#embedder(BUILT_IN_EMBEDDER, () => {})).embed(texts));

  /** @param {(error: Error) => void} onCrash called when the language model's own worker dies */
  constructor(onCrash) {
    this.#onCrash = onCrash;
  }

  /**
   * @param {HostOptions} options
   * @param {OnProgress} onProgress
   * @param {AbortSignal} [signal]
   */
  async load(options, onProgress, signal) {
    this.#options = options;
    if (options.language) await this.#languageModel(options.model ?? BUILT_IN.name, onProgress, signal);
    if (options.embedder) await this.#embedder(options.using, onProgress, signal);
    if (options.tools && !((await this.#llama) instanceof NativeModel)) await this.#embedder(BUILT_IN_EMBEDDER, onProgress, signal);
    return { threads: (await this.#llama)?.threads, contextTokens: (await this.#llama)?.contextTokens };
  }

  /**
   * Downloads a model and keeps it, without starting it.
   * @param {string} model
   * @param {{localURL: string, hubURL: string}} places
   * @param {OnProgress} onProgress
   * @param {AbortSignal} [signal]
   */
  async download(model, places, onProgress, signal) {
    await this.#fetchModel(model, places, { onProgress, signal, mustKeep: true });
  }

  /**
   * @param {CompletionRequest} request
   * @param {AbortSignal} signal
   */
  async *complete(request, signal) {
    const llama = await this.#languageModel(this.#model, () => {}, signal);
    const isNative = llama instanceof NativeModel;
    const readable = { ...request, messages: leaveOutMedia(request.messages ?? [], isNative ? llama.reads : TEXT_ALONE) };
    yield* isNative ? llama.complete(readable, signal) : complete(llama, this.#router, readable, signal);
  }

  /**
   * @param {string[]} texts
   * @param {LocalEmbedder} using
   * @param {AbortSignal} [signal]
   */
  async embed(texts, using, signal) {
    return (await this.#embedder(using, () => {}, signal)).embed(texts, signal);
  }

  /**
   * @param {string | Blob[]} model
   * @param {OnProgress} onProgress
   * @param {AbortSignal} [signal]
   */
  async #languageModel(model, onProgress, signal) {
    if (model !== this.#model) {
      const former = this.#llama;
      this.#llama = undefined;
      await (await former?.catch(() => undefined))?.close(); // before the next one asks for its memory
    }
    this.#model = model;
    this.#llama ??= this.#openLanguageModel(model, onProgress, signal).catch((error) => {
      this.#llama = undefined;
      throw model === BUILT_IN.name || error.code === "runtime_missing" ? withAdvice(error) : error;
    });
    return this.#llama;
  }

  /**
   * @param {string | Blob[]} model
   * @param {OnProgress} onProgress
   * @param {AbortSignal} [signal]
   */
  async #openLanguageModel(model, onProgress, signal) {
    requireWebAssembly(); // before anything large is downloaded
    const { contextTokens, threads, webGPU, runtime: wanted } = this.#settled();
    const known = LOCAL_MODELS.find(({ name }) => name === model);
    const given = wanted ?? (known && (known.runtime ?? "guided"));
    const importGuided = () => Llama.importRuntime(this.#url(runtimeFolder()));
    const early = given === "guided" ? await importGuided() : undefined; // a missing runtime is said before the download
    const weights = typeof model === "string" ? await this.#fetchModel(model, this.#settled(), { onProgress, signal }) : model;
    onProgress({ stage: "starting", loadedBytes: 0, totalBytes: 0 });
    const options = { contextTokens, threads, onCrash: this.#onCrash };
    const hasProjector = weights.length > 1 && (await isProjector(/** @type {Blob} */ (weights.at(-1))));
    if (hasProjector && wanted === "guided")
      throw new LocalModelError("bad_request", 'A model with a projector (mmproj) runs by runtime: "native" alone.');
    const isNative = given ? given === "native" : hasProjector || (await takesTools(weights[0]));
    if (isNative) return NativeModel.open(weights, { url: this.#url("wllama3/"), webGPU, ...options });
    return Llama.open(weights, { runtime: early ?? (await importGuided()), ...options });
  }

  /**
   * @param {string} model
   * @param {{localURL: string, hubURL: string}} places
   * @param {{onProgress: OnProgress, signal?: AbortSignal, mustKeep?: boolean}} options
   * @returns {Promise<Blob[]>}
   */
  async #fetchModel(model, places, { onProgress, signal, mustKeep }) {
    const files = filesOf(model, places);
    const totalBytes = files.reduce((sum, { sizeBytes = NaN }) => sum + sizeBytes, 0) || 0;
    const blobs = [];
    let doneBytes = 0;
    for (const { address, ...known } of files) {
      const onBytes = (/** @type {number} */ loaded, /** @type {number} */ total) =>
        onProgress({ stage: "model", loadedBytes: doneBytes + loaded, totalBytes: files.length === 1 ? total : totalBytes });
      const blob = await fetchWeights({ url: address, model, ...known }, { signal, onBytes, mustKeep });
      doneBytes += blob.size;
      blobs.push(blob);
    }
    return blobs;
  }

  /**
   * @param {LocalEmbedder} described
   * @param {OnProgress} onProgress
   * @param {AbortSignal} [signal]
   */
  async #embedder(described, onProgress, signal) {
    const found =
      this.#embedders.get(described.name) ??
      this.#openEmbedder(described, onProgress, signal).catch((error) => {
        this.#embedders.delete(described.name);
        throw described.isTried ? withAdvice(error) : error;
      });
    this.#embedders.set(described.name, found);
    return found;
  }

  /**
   * @param {LocalEmbedder} described
   * @param {OnProgress} onProgress
   * @param {AbortSignal} [signal]
   */
  async #openEmbedder({ name, kind, maxTokens, prefix, dimensions, files }, onProgress, signal) {
    const { localURL, hubURL, threads } = this.#settled();
    const model = name === BUILT_IN_EMBEDDER.name ? "embedder" : name;
    const onBytes = (/** @type {number} */ loadedBytes, /** @type {number} */ totalBytes) =>
      onProgress({ stage: "embedder", loadedBytes, totalBytes });
    const fetchFile = (/** @type {ModelFile} */ { address, ...known }, /** @type {typeof onBytes} */ report) =>
      fetchWeights({ url: placeOf(address, { localURL, hubURL }), model, ...known }, { signal, onBytes: report });
    const [weights, words] = await Promise.all([fetchFile(files.weights, onBytes), fetchFile(files.tokenizer, () => {})]);
    const isStatic = kind === "static";
    const isVocabulary = files.tokenizer.address.endsWith(".txt");
    const encode = await openTokenizer(words, { isVocabulary, runtimeURL: this.#url("tokenizers/"), maxTokens, prefix, isBare: isStatic });
    const opened = isStatic
      ? openStaticTable(weights, { encode })
      : openTransformer(weights, { encode, runtimeURL: this.#url("onnxruntime/"), threads, dimensions });
    return new Embedder(await within(OPEN_MS, "The start of the embedder", opened));
  }

  #settled() {
    if (!this.#options) throw new LocalModelError("bad_request", "Load the local engine before calling it.");
    return this.#options;
  }

  /** @param {string} path */
  #url(path) {
    return new URL(path, this.#settled().localURL);
  }
}

/** The advice where staysail's own files are missing. @param {unknown} error */
function withAdvice(error) {
  if (!(error instanceof LocalModelError) || !["not_found", "integrity", "runtime_missing"].includes(error.code)) return error;
  const advice =
    "staysail's models are not in its npm package: `make build` in its repository puts them into wheels/local/. Serve that folder, and say " +
    'where before they are first used: localEngine({ localURL: "/local/" }) of staysail/local.';
  return new LocalModelError(error.code, `${error.message.replace(/\.?$/, ".")} ${advice}`, { cause: error.cause });
}
