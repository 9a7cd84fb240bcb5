/**
 * The engine of the local models, for a page or a worker: everything slow runs in a worker of its own.
 *
 * @import { CompletionEvent, CompletionRequest, EngineOptions, HostOptions, LoadOptions, LocalEmbedder, ModelGiven, Progress, StoredModel } from "./types.js"
 * @import { FromWorker, ToWorker } from "./engine-worker.js"
 */

import { BUILT_IN } from "./catalogue.js";
import { BUILT_IN_EMBEDDER, LOCAL_EMBEDDERS, embedderOf } from "./embedders.js";
import { LocalModelError, abortError, fromWire } from "./errors.js";
import { HUB, canonicalName, inOrder } from "./names.js";
import { Patience, stalled } from "./patience.js";
import { fileURL, findScript, startWorker } from "../runtime/package-files.js";
import { explain } from "../runtime/loading.js";
import { Turns } from "./turns.js";

/**
 * @typedef {object} Call
 * @property {(value: unknown) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {(event: CompletionEvent) => void} [onEvent]
 * @property {(progress: Progress) => void} [onProgress]
 */

/** The models of this repository, beside the package. */
const WEIGHTS = "../wheels/local/";

/** Time for the first word of the engine's worker, at each try: see WORD_MS of llama.js. */
const UP_MS = [10_000, 30_000, 60_000];

/** A message as its sender gives it: the engine adds the id. @typedef {ToWorker extends infer M ? M extends {id: number} ? Omit<M, "id"> : never : never} Message */

export class LocalEngine {
  #localURL;
  #contextTokens;
  #threads;
  #hubURL;
  #runtime;
  #using;
  #webGPU;
  /** @type {string | Blob[]} */
  #model;
  /** @type {WeakMap<Blob | Blob[], Blob[]>} */
  #files = new WeakMap();
  /** @type {Worker | undefined} */
  #worker;
  /** Messages since the worker was made, kept until it is up. @type {ToWorker[] | undefined} */
  #unheard;
  /** @type {Map<number, Call>} */
  #calls = new Map();
  #lastId = 0;
  #turns = new Turns();
  #disposed = false;
  /** What the worker has loaded or is loading. @type {{model: string | Blob[], done: Promise<unknown>} | undefined} */
  #language;
  /** By name. @type {Map<string, Promise<unknown>>} */
  #embedders = new Map();
  /** @type {Set<(progress: Progress) => void>} */
  #watchers = new Set();

  /** @param {EngineOptions} [options] */
  constructor({
    localURL = fileURL(WEIGHTS),
    model = BUILT_IN.name,
    hubURL = HUB,
    contextTokens = 4096,
    threads = defaultThreads(),
    embedder = BUILT_IN_EMBEDDER,
    webGPU = true,
    runtime,
  } = {}) {
    this.#localURL = folder(localURL);
    this.#hubURL = folder(hubURL);
    this.#model = this.#chosen(model);
    this.#contextTokens = contextTokens;
    this.#threads = threads;
    this.#webGPU = webGPU;
    this.#using = embedderOf(embedder);
    this.#runtime = runtime;
  }

  /** Most tokens that it reads and writes for one prompt. */
  get contextTokens() {
    return this.#contextTokens;
  }

  /**
   * Downloads and starts the language model unless `language` is false, the embedder with `embedder`, and with `tools` the embedder that
   * chooses tools for a model that does not choose them itself. Calls in between share one load. `model` is used by later requests: a name
   * of the catalogue, "hf:owner/repo/file.gguf", an address, a file, or all parts of one. An aborted wait leaves the load going for others.
   * @param {LoadOptions} [options]
   * @returns {Promise<void>}
   */
  async load({ model, language = true, embedder = false, tools = false, signal, onProgress } = {}) {
    if (model !== undefined) this.#model = this.#chosen(model);
    if (onProgress) this.#watchers.add(onProgress);
    try {
      if (language) await unlessAborted(signal, this.#needLanguage(this.#model, signal));
      if (embedder) await unlessAborted(signal, this.#needEmbedder(this.#using));
      if (tools) await unlessAborted(signal, this.#sendLoad({ language: false, embedder: false, tools }));
      onProgress?.({ stage: "ready", loadedBytes: 0, totalBytes: 0 });
    } finally {
      if (onProgress) this.#watchers.delete(onProgress);
    }
  }

  /**
   * Runs one model call. Requests are served one at a time, in order; aborting, or leaving the loop, stops the model.
   * @param {CompletionRequest} request
   * @param {{signal?: AbortSignal}} [options]
   * @returns {AsyncGenerator<CompletionEvent, void>}
   */
  async *complete(request, { signal } = {}) {
    const release = await this.#turns.take(signal);
    let sent;
    /** @type {CompletionEvent[]} */
    const events = [];
    let wake = () => {};
    try {
      await unlessAborted(signal, this.#startLanguage(request.model === undefined ? this.#model : this.#chosen(request.model)));
      const onEvent = (/** @type {CompletionEvent} */ event) => {
        events.push(event);
        wake();
      };
      sent = this.#send({ type: "complete", request }, { onEvent });
    } catch (error) {
      release();
      throw error;
    }
    let ended = false;
    const end = sent.done.finally(() => {
      ended = true;
      release(); // when the model has stopped, however early the caller left
      wake();
    });
    end.catch(() => {});
    const stop = () => wake();
    signal?.addEventListener("abort", stop);
    try {
      while (true) {
        if (signal?.aborted) throw abortError();
        const event = events.shift();
        if (event) yield event;
        else if (ended) return void (await end);
        else await new Promise((resolve) => (wake = () => resolve(undefined)));
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      if (!ended) this.#abort(sent.id);
    }
  }

  /**
   * @param {string[]} texts
   * @param {{signal?: AbortSignal, embedder?: string}} [options] embedder: another one than the engine's, by its name
   * @returns {Promise<Float32Array[]>} unit vectors, in the order of `texts`: of 384 dimensions by the built-in embedder, which cuts texts at
   *   256 tokens. Of several calls the one with the fewest texts left goes on first, of equal ones the newest.
   */
  async embed(texts, { signal, embedder } = {}) {
    const using = embedder ? embedderOf(embedder) : this.#using;
    if (texts.length === 0) return [];
    await unlessAborted(signal, this.#needEmbedder(using));
    const { id, done } = this.#send({ type: "embed", texts, using });
    return /** @type {Float32Array[]} */ (await unlessAborted(signal, done, () => this.#abort(id)));
  }

  /**
   * Downloads a language model and keeps it, without starting it, and asks the browser to make its storage lasting. What is there already is
   * not downloaded again; after a stop or a failure the next call goes on where this one ended.
   * @param {string} model a name of the catalogue, "hf:owner/repo/file.gguf", or an address
   * @param {{signal?: AbortSignal, onProgress?: (progress: Progress) => void}} [options]
   * @returns {Promise<void>}
   * @throws {LocalModelError} "no_room" before anything comes where the browser's storage cannot hold it; "integrity" where the file is another
   *   than was expected; "network"
   */
  async download(model, { signal, onProgress } = {}) {
    const name = canonicalName(model, { hubURL: this.#hubURL });
    void globalThis.navigator?.storage?.persist?.().catch(() => {}); // some browsers ask their user: the download does not wait
    const places = { localURL: this.#localURL, hubURL: this.#hubURL };
    const { id, done } = this.#send({ type: "download", model: name, places }, { onProgress });
    if (signal?.aborted) this.#abort(id);
    signal?.addEventListener("abort", () => this.#abort(id), { once: true });
    await done; // rejected by the worker once the download has ended
  }

  /** Returns the models in the browser's storage, whole or in part. @returns {Promise<StoredModel[]>} */
  async stored() {
    return /** @type {StoredModel[]} */ (await this.#send({ type: "stored" }).done);
  }

  /**
   * Deletes a model from the browser's storage. A model that answers goes on until it is replaced.
   * @param {string} model as for `download`, or a name that `stored` returned
   * @returns {Promise<boolean>} whether there was anything
   */
  async delete(model) {
    const isEmbedder = model === "embedder" || model === this.#using.name || LOCAL_EMBEDDERS.some(({ name }) => name === model);
    const name = isEmbedder ? (model === BUILT_IN_EMBEDDER.name ? "embedder" : model) : canonicalName(model, { hubURL: this.#hubURL });
    return /** @type {boolean} */ (await this.#send({ type: "delete", model: name }).done);
  }

  /** Frees the models' memory. Waiting calls fail, and so does every later one. */
  dispose() {
    this.#disposed = true;
    this.#end(new LocalModelError("disposed", "The local engine was disposed of."));
  }

  /**
   * Loading another model ends the one that may be answering, so it waits for its turn.
   * @param {string | Blob[]} model
   * @param {AbortSignal} [signal]
   */
  async #needLanguage(model, signal) {
    if (this.#language && this.#language.model === model) return this.#language.done;
    const release = await this.#turns.take(signal);
    try {
      await this.#startLanguage(model);
    } finally {
      release();
    }
  }

  /** @param {string | Blob[]} model */
  #startLanguage(model) {
    if (this.#language && this.#language.model === model) return this.#language.done;
    const language = { model, done: this.#sendLoad({ model, language: true, embedder: false }) };
    language.done.catch(() => {
      if (this.#language === language) this.#language = undefined;
    });
    this.#language = language;
    return language.done;
  }

  /**
   * Returns a model in the form in which two of them can be compared: the same file gives the same array.
   * @param {ModelGiven} model
   * @returns {string | Blob[]}
   */
  #chosen(model) {
    if (typeof model === "string") return canonicalName(model, { hubURL: this.#hubURL });
    const files = this.#files.get(model) ?? inOrder(model instanceof Blob ? [model] : [...model]);
    this.#files.set(model, files);
    return files;
  }

  /** @param {LocalEmbedder} using */
  #needEmbedder(using) {
    const found = this.#embedders.get(using.name) ?? this.#sendLoad({ language: false, embedder: true, using });
    found.catch(() => this.#embedders.get(using.name) === found && this.#embedders.delete(using.name));
    this.#embedders.set(using.name, found);
    return found;
  }

  /** @param {Pick<HostOptions, "model" | "language" | "embedder" | "tools"> & {using?: LocalEmbedder}} what */
  #sendLoad(what) {
    const options = {
      localURL: this.#localURL,
      hubURL: this.#hubURL,
      contextTokens: this.#contextTokens,
      threads: this.#threads,
      webGPU: this.#webGPU,
      using: this.#using,
      ...(this.#runtime && { runtime: this.#runtime }),
      ...what,
    };
    return this.#send({ type: "load", options }, { onProgress: (progress) => this.#watchers.forEach((watch) => watch(progress)) }).done;
  }

  /**
   * @param {Message} message
   * @param {Pick<Call, "onEvent" | "onProgress">} [watch]
   * @returns {{id: number, done: Promise<unknown>}}
   */
  #send(message, watch = {}) {
    if (this.#disposed) throw new LocalModelError("disposed", "This local engine was disposed of; make another.");
    const id = ++this.#lastId;
    if (!this.#worker) this.#start();
    const done = new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject, ...watch }));
    this.#post(/** @type {ToWorker} */ ({ ...message, id }));
    return { id, done };
  }

  /** @param {number} id */
  #abort(id) {
    this.#post({ type: "abort", id });
  }

  /** @param {ToWorker} message */
  #post(message) {
    this.#unheard?.push(message);
    this.#worker?.postMessage(message);
  }

  /** Makes a worker; where it says nothing, another, which gets the same messages. @param {number} [tried] */
  #start(tried = 0) {
    const script = workerScript();
    const worker = startWorker(script);
    this.#worker = worker;
    this.#unheard ??= [];
    for (const message of this.#unheard) worker.postMessage(message);
    const patience = new Patience(UP_MS[tried], () => {
      if (worker !== this.#worker) return;
      worker.terminate();
      if (tried + 1 < UP_MS.length) this.#start(tried + 1);
      else this.#end(stalled("The start of the local engine's worker", UP_MS[tried]));
    });
    worker.onmessage = (/** @type {MessageEvent<FromWorker>} */ { data }) => {
      patience.end();
      if (worker !== this.#worker) return;
      this.#unheard = undefined;
      this.#receive(data);
    };
    worker.onerror = async (event) => {
      patience.end();
      const why = event.message || (await explain(script.address));
      if (worker === this.#worker) this.#end(new LocalModelError("crashed", `The local engine's worker failed: ${why}`));
    };
  }

  /** @param {FromWorker} message */
  #receive(message) {
    if (message.type === "up") return;
    if (message.type === "crash") return this.#end(fromWire(message.error));
    const call = this.#calls.get(message.id);
    if (message.type === "event") return call?.onEvent?.(message.event);
    if (message.type === "progress") return call?.onProgress?.(message.progress);
    this.#calls.delete(message.id);
    return message.type === "done" ? call?.resolve(message.value) : call?.reject(fromWire(message.error));
  }

  /** Gives up the worker: everything pending fails, and the next call starts another. @param {Error} error */
  #end(error) {
    this.#worker?.terminate();
    this.#worker = this.#unheard = this.#language = undefined;
    this.#embedders.clear();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.reject(error);
  }
}

/** @param {string | URL} url */
function folder(url) {
  return new URL(url, globalThis.location?.href).href.replace(/\/?$/, "/");
}

// Written out, for bundlers.
const workerScript = () =>
  findScript(
    "local/engine-worker.js",
    () => new Worker(new URL("./engine-worker.js", import.meta.url), { type: "module", name: "staysail-local" }),
  );

/**
 * @template T
 * @param {AbortSignal | undefined} signal
 * @param {Promise<T>} promise
 * @param {() => void} [onAbort]
 * @returns {Promise<T>}
 */
function unlessAborted(signal, promise, onAbort = () => {}) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => {
      onAbort();
      reject(abortError());
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/**
 * All of one or two cores, else half: threads wait for each other in loops, so one too many, where a browser tells more cores than there are
 * or another program computes, costs much more than one too few.
 */
function defaultThreads() {
  const cores = globalThis.navigator?.hardwareConcurrency || 1;
  return cores <= 2 ? cores : Math.min(8, cores >> 1);
}
