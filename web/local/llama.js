/**
 * A GGUF language model in WebAssembly (wllama 2), as a text that grows token by token.
 *
 * The tokens already evaluated are kept between requests: a prompt that begins as the last one did pays for its new end only.
 * wllama runs llama.cpp in a worker it makes from a Blob, so a page's Content-Security-Policy needs
 * `worker-src blob:` and leave to compile WebAssembly.
 *
 * @import { Candidate, TokenSource } from "./types.js"
 */

import { LocalModelError, abortError, messageOf } from "./errors.js";
import { checkFile, trainedContext } from "./gguf.js";
import { Patience, stalled, within } from "./patience.js";

/**
 * The part of wllama that is used.
 * @typedef {object} Wllama
 * @property {(blobs: Blob[], config: object) => Promise<void>} loadModel
 * @property {() => {n_ctx: number, n_vocab: number, n_ctx_train: number, metadata: Record<string, string>}} getLoadedContextInfo
 * @property {() => number} getBOS
 * @property {() => boolean} mustAddBosToken
 * @property {() => number} getNumThreads
 * @property {(token: number) => boolean} isTokenEOG
 * @property {(messages: {role: string, content: string}[], addAssistant: boolean) => Promise<string>} formatChat
 * @property {(text: string, special: boolean) => Promise<number[]>} tokenize
 * @property {() => Promise<Uint8Array[]>} getVocab
 * @property {(tokens: number[], options: {skipLogits?: boolean}) => Promise<unknown>} decode
 * @property {(count: number) => Promise<{token: number, p: number}[]>} getLogits
 * @property {(config: object) => Promise<void>} samplingInit
 * @property {() => Promise<{token: number, piece: Uint8Array}>} samplingSample
 * @property {(tokens: number[]) => Promise<void>} samplingAccept
 * @property {(keep: number, discard: number) => Promise<void>} kvRemove
 * @property {() => Promise<void>} kvClear
 * @property {() => Promise<void>} exit
 * @property {{worker?: Worker} | null} proxy
 *
 * wllama's module, and the folder that it came from.
 * @typedef {{Wllama: new (paths: Record<string, string>, options: object) => Wllama, LoggerWithoutDebug: object, url: URL}} Runtime
 */

/** Prompt tokens evaluated at once. Fewer would let a stopped request end sooner, but cost a quarter of the speed. */
const SLICE = 64;
/**
 * Time for the first word of wllama's worker, at each try. Firefox now and then starts none of the workers that a worker makes, while a
 * service worker takes the page over, and reports it to nobody: a second one starts.
 */
const WORD_MS = [8_000, 20_000, 60_000];
/** Time for each further word while a model loads, at the last try, which takes one thread. */
const LOAD_MS = 180_000;
/** The same at the tries before, for which a thread that never started is the likeliest reason of silence: this, and what reading takes. */
const SILENCE_MS = 30_000;
const SLOW_BYTES_S = 20_000_000;
/** Time for the evaluation of a slice of the prompt, or of a token: much, since models and machines differ. */
const STEP_MS = 300_000;
const EXIT_MS = 3_000;

export class Llama {
  /** @type {Wllama} */
  #wllama;
  /** @type {number[]} */
  #tokens = [];
  /** The text of every token, read by the first guided decoding. @type {Uint8Array[] | undefined} */
  #pieces;

  /** @param {Wllama} wllama */
  constructor(wllama) {
    this.#wllama = wllama;
    this.contextTokens = wllama.getLoadedContextInfo().n_ctx;
    this.threads = wllama.getNumThreads();
  }

  /**
   * Imports wllama from its folder.
   * @param {URL} url
   * @returns {Promise<Runtime>}
   */
  static async importRuntime(url) {
    try {
      const module = await within(
        LOAD_MS,
        "The load of the language model's runtime",
        import(/* webpackIgnore: true */ /* @vite-ignore */ new URL("index.js", url).href),
      );
      return { ...module, url };
    } catch (cause) {
      if (cause instanceof LocalModelError) throw cause;
      throw new LocalModelError("runtime_missing", `The language model's runtime is missing at ${url.href}: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  /**
   * @param {Blob[]} weights one file, or all parts of one in order
   * @param {{runtime: Runtime, contextTokens: number, threads: number, onCrash: (error: Error) => void}} options
   */
  static async open(weights, { runtime, contextTokens, threads, onCrash }) {
    for (const part of weights) await checkFile(part);
    const n_ctx = Math.min(contextTokens, await trainedContext(weights[0]));
    const config = { n_ctx, n_threads: threads, n_batch: 512 };
    const sizeBytes = weights.reduce((sum, { size }) => sum + size, 0);
    for (const [tried, wordMs] of WORD_MS.entries()) {
      const isLast = tried === WORD_MS.length - 1;
      const silenceMs = isLast ? LOAD_MS : Math.min(LOAD_MS, SILENCE_MS + (sizeBytes / SLOW_BYTES_S) * 1000);
      const wllama = await start(runtime, {
        weights,
        config: isLast ? { ...config, n_threads: 1 } : config,
        wordMs,
        silenceMs,
        onCrash,
      });
      if (wllama) return new Llama(wllama);
      console.debug(`The language model's worker fell silent (try ${tried + 1} of ${WORD_MS.length})`);
    }
    throw stalled("The start of the language model", LOAD_MS);
  }

  /** @param {{role: string, content: string}[]} messages the prompt by the model's own chat template */
  async format(messages) {
    const text = await this.#wllama.formatChat(messages, true);
    const tokens = await this.#wllama.tokenize(text, true);
    if (this.#wllama.mustAddBosToken() && tokens[0] !== this.#wllama.getBOS()) tokens.unshift(this.#wllama.getBOS());
    return tokens;
  }

  /**
   * Makes `tokens` the whole text, and evaluates those that are new.
   * @param {number[]} tokens at least one
   * @param {AbortSignal} [signal]
   * @returns {Promise<number>} how many were already there
   */
  async begin(tokens, signal) {
    if (tokens.length >= this.contextTokens) {
      throw new LocalModelError(
        "context_overflow",
        `The prompt has ${tokens.length} tokens; this model holds ${this.contextTokens}. Shorten it.`,
      );
    }
    let same = 0;
    // The last token is always evaluated again: the next token's probabilities come from it.
    while (same < tokens.length - 1 && tokens[same] === this.#tokens[same]) same++;
    await this.#cutTo(same);
    for (let at = this.#tokens.length; at < tokens.length; at += SLICE) {
      if (signal?.aborted) throw abortError();
      await this.#append(tokens.slice(at, at + SLICE), at + SLICE < tokens.length);
    }
    return same;
  }

  /**
   * Yields sampled tokens until the model ends its turn or the context is full.
   * @param {{temperature: number, maxTokens: number, signal?: AbortSignal}} options
   * @returns {AsyncGenerator<Uint8Array, "stop" | "length">}
   */
  async *sample({ temperature, maxTokens, signal }) {
    // Without a penalty a model of this size repeats its last sentence for ever.
    await this.#wllama.samplingInit({ temp: temperature, top_p: 0.9, top_k: 40, penalty_repeat: 1.1, penalty_last_n: 64 });
    for (let count = 0; count < maxTokens; count++) {
      if (signal?.aborted) throw abortError();
      const { token, piece } = await this.#wllama.samplingSample();
      if (this.#wllama.isTokenEOG(token)) return "stop";
      if (this.#tokens.length >= this.contextTokens) return "length";
      yield piece;
      await this.#wllama.samplingAccept([token]);
      await this.#append([token]);
    }
    return "length";
  }

  /**
   * The text as guided decoding sees it.
   * @param {AbortSignal} [signal]
   * @returns {TokenSource}
   */
  guided(signal) {
    const go = () => {
      if (signal?.aborted) throw abortError();
    };
    return {
      force: async (text) => {
        go();
        const tokens = await this.#wllama.tokenize(text, false);
        if (this.#tokens.length + tokens.length > this.contextTokens) {
          throw new LocalModelError("context_overflow", `The answer outgrew this model's context of ${this.contextTokens} tokens.`);
        }
        if (tokens.length) await this.#append(tokens);
      },
      candidates: async (count) => {
        go();
        return this.#candidates(count);
      },
      take: async (candidate) => {
        go();
        await this.#append([candidate.token]);
      },
      mark: () => this.#tokens.length,
      rewind: (mark) => this.#returnTo(mark),
    };
  }

  async close() {
    await leave(this.#wllama);
  }

  /**
   * @param {number[]} tokens
   * @param {boolean} [skipLogits]
   */
  async #append(tokens, skipLogits = false) {
    try {
      await within(STEP_MS, "A step of the language model", this.#wllama.decode(tokens, { skipLogits }));
      this.#tokens.push(...tokens);
    } catch (error) {
      this.#tokens = []; // what llama.cpp holds after a failure is unknown: the next `begin` starts over
      if (error instanceof LocalModelError) throw error;
      await this.#wllama.kvClear().catch(() => {});
      throw error;
    }
  }

  /** @param {number} length */
  async #cutTo(length) {
    if (length === 0)
      await this.#wllama.kvClear(); // kvRemove(0, -1) forgets the cells but not its own list of them
    else if (length < this.#tokens.length) await this.#wllama.kvRemove(length, -1);
    this.#tokens.length = length;
  }

  /** Cuts the text back, and evaluates its last token again for the next probabilities. @param {number} mark */
  async #returnTo(mark) {
    if (mark === this.#tokens.length) return;
    const last = this.#tokens[mark - 1];
    await this.#cutTo(mark - 1);
    await this.#append([last]);
  }

  /**
   * @param {number} count
   * @returns {Promise<Candidate[]>}
   */
  async #candidates(count) {
    const size = this.#wllama.getLoadedContextInfo().n_vocab;
    // wllama 2.4 puts as many empty entries before the real ones.
    const pieces = (this.#pieces ??= (await this.#wllama.getVocab()).slice(-size));
    const found = await this.#wllama.getLogits(Math.min(count, size));
    return found.map(({ token, p }) => ({ token, p, bytes: pieces[token], end: this.#wllama.isTokenEOG(token) }));
  }
}

/**
 * Returns a loaded model, or nothing where its worker did not start.
 * @param {Runtime} runtime
 * @param {{weights: Blob[], config: object, wordMs: number, silenceMs: number, onCrash: (error: Error) => void}} options wordMs: time for its
 *   worker's first word. silenceMs: time between two words
 * @returns {Promise<Wllama | undefined>}
 */
async function start({ Wllama, LoggerWithoutDebug, url }, { weights, config, wordMs, silenceMs, onCrash }) {
  const paths = Object.fromEntries(
    ["single-thread", "multi-thread"].map((kind) => [`${kind}/wllama.wasm`, new URL(`${kind}/wllama.wasm`, url).href]),
  );
  /** @type {(reason: "silent") => void} */
  let giveUp = () => {};
  const silent = new Promise((resolve) => (giveUp = resolve));
  const patience = new Patience(wordMs, () => giveUp("silent"));
  const hear = () => {
    if (isLoading) patience.hear(silenceMs);
  };
  let isLoading = true;
  // wllama gives its worker's uncaught errors to the logger and leaves its callers waiting for ever.
  const error = (/** @type {unknown[]} */ ...args) => {
    hear();
    if (typeof ErrorEvent !== "undefined" && args[0] instanceof ErrorEvent) onCrash(new Error(args[0].message || "its worker ended"));
  };
  // What llama.cpp logs is heard, as signs of life, and shown to nobody.
  const wllama = new Wllama(paths, { logger: { ...LoggerWithoutDebug, log: hear, warn: hear, debug: hear, error } });
  // wllama 2 reads `document.baseURI` to make absolute URLs absolute; a worker has no document.
  const scope = /** @type {{document?: unknown}} */ (globalThis);
  const lent = scope.document ? undefined : { baseURI: globalThis.location.href };
  try {
    scope.document ??= lent;
    const loading = wllama.loadModel(weights, config);
    loading.catch(() => {});
    if ((await Promise.race([loading, silent])) !== "silent") return wllama;
    wllama.proxy?.worker?.terminate();
    return undefined;
  } catch (cause) {
    if (cause instanceof LocalModelError) throw cause;
    await leave(wllama);
    throw loadError(
      cause,
      weights.reduce((sum, { size }) => sum + size, 0),
    );
  } finally {
    isLoading = false;
    patience.end();
    if (lent) delete scope.document;
  }
}

/** Ends the model's worker, also where it no longer answers. @param {Wllama} wllama */
async function leave(wllama) {
  const worker = wllama.proxy?.worker;
  await within(EXIT_MS, "The end of the language model's worker", wllama.exit()).catch(() => {});
  worker?.terminate();
}

/**
 * @param {unknown} cause
 * @param {number} sizeBytes
 */
function loadError(cause, sizeBytes) {
  const why = messageOf(cause);
  if (/memory|alloc|OOM/i.test(why)) {
    return new LocalModelError(
      "out_of_memory",
      `Not enough memory for this model (${Math.round(sizeBytes / 1e6)} MB file): ${why}. Close other tabs, or take a smaller one.`,
      { cause },
    );
  }
  if (/wasm|fetch/i.test(why)) {
    return new LocalModelError("runtime_missing", `The language model's WebAssembly did not load: ${why}. Build the site's files again.`, {
      cause,
    });
  }
  return new LocalModelError(
    "not_gguf",
    `The model did not load: ${why}. It may be damaged, or of a kind this runtime (llama.cpp in wllama 2) does not know.`,
    { cause },
  );
}
