/**
 * Downloads of a thread while Python starts in it: counted for progress, checked against the runtime's manifest,
 * and compiled while the rest arrives.
 *
 * How it works. Pyodide compiles its WebAssembly only when the snapshot is there, because the memory's size depends on it. So this module
 * compiles it from the first moment on. Pyodide's own fetch gets an empty module instead; when Pyodide instantiates that module, the
 * compiled one takes its place, with Pyodide's imports.
 * @import { BootProgress } from "./types.js"
 */

import { readListed } from "./listed-files.js";
import { RUNTIME_BYTES, RUNTIME_FILES } from "./locations.js";
import { StartError } from "./start-error.js";

const WASM = "pyodide.asm.wasm";
const IMPORTED = "pyodide.asm.mjs"; // imported, not fetched, so fetch does not see it
const EMPTY_MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

/** @typedef {Promise<Record<string, string>>} Hashes SHA-256 of a folder's files, by their names; none where it has no manifest */

export class Downloads {
  /** Whether WebAssembly is another build's than the manifest's. */
  isForeign = false;
  #runtimeURL;
  #hashes;
  #onProgress;
  #loadedBytes = 0;
  #totalBytes = RUNTIME_BYTES;
  #counted = new Set(Object.keys(RUNTIME_FILES));
  #fetch = globalThis.fetch;
  /** @type {Promise<WebAssembly.Module>} */
  #compiled;

  /**
   * Watches this thread's fetch until `stop`.
   * @param {string} runtimeURL
   * @param {Hashes} hashes
   * @param {(progress: BootProgress) => void} onProgress
   */
  constructor(runtimeURL, hashes, onProgress) {
    this.#runtimeURL = runtimeURL;
    this.#hashes = hashes;
    this.#onProgress = onProgress;
    this.#compiled = this.#compile();
    this.#compiled.catch(() => {}); // reported where it is awaited
    globalThis.fetch = async (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      const name = fileName(url);
      if (name === WASM) return new Response(EMPTY_MODULE, { headers: { "content-type": "application/wasm" } });
      const sha256 = url === new URL(name, runtimeURL).href ? (await hashes)[name] : undefined;
      if (sha256) return new Response(await this.#readListed(url, sha256));
      const response = await this.#fetch.call(globalThis, input, init);
      return this.#counted.has(name) ? this.#counting(response) : response;
    };
  }

  stop() {
    globalThis.fetch = this.#fetch;
  }

  /**
   * Adds a file to the total.
   * @param {string} url
   * @param {number} bytes
   */
  expect(url, bytes) {
    this.#counted.add(fileName(url));
    this.#totalBytes += bytes;
  }

  /** @param {number} bytes */
  count(bytes) {
    this.#loadedBytes += bytes;
    const done = this.#loadedBytes >= this.#totalBytes - RUNTIME_FILES[IMPORTED];
    this.#onProgress(
      done
        ? { stage: "starting", loadedBytes: 0, totalBytes: 0 }
        : { stage: "runtime", loadedBytes: this.#loadedBytes, totalBytes: this.#totalBytes },
    );
  }

  /**
   * Replaces Pyodide's function that instantiates the module by one that uses the compiled module.
   * @param {(settings: any) => Promise<any>} create
   */
  using(create) {
    return async (/** @type {any} */ settings) => {
      const compiled = await this.#compiled;
      const { instantiateWasm } = settings;
      const failure = new Promise((_, reject) => {
        settings.instantiateWasm = (/** @type {WebAssembly.Imports} */ imports, /** @type {Function} */ receive) =>
          instantiateWasm(imports, () =>
            WebAssembly.instantiate(compiled, imports)
              .then((instance) => receive(instance, compiled))
              .catch(reject),
          );
      });
      return Promise.race([create(settings), failure]);
    };
  }

  /**
   * Compiles from the response itself, under whose address the browser keeps machine code, and counts and checks a copy of its bytes.
   * @returns {Promise<WebAssembly.Module>}
   */
  async #compile() {
    const url = new URL(WASM, this.#runtimeURL).href;
    const sha256 = (await this.#hashes)[WASM];
    const { value, isListed } = await readListed(sha256, async (cache) => {
      const response = await this.#request(url, cache);
      const copy = response.clone();
      const [value, bytes] = await Promise.all([WebAssembly.compileStreaming(response), this.#counting(copy).arrayBuffer()]);
      return { value, bytes: new Uint8Array(bytes) };
    });
    this.isForeign = Boolean(sha256) && !isListed;
    return value;
  }

  /**
   * @param {string} url
   * @param {string} sha256
   */
  async #readListed(url, sha256) {
    const { value } = await readListed(sha256, async (cache) => {
      const response = await this.#request(url, cache);
      const bytes = await (this.#counted.has(fileName(url)) ? this.#counting(response) : response).arrayBuffer();
      return { bytes: new Uint8Array(bytes), value: bytes };
    });
    return value;
  }

  /**
   * @param {string} url
   * @param {RequestCache} [cache]
   */
  async #request(url, cache) {
    const response = await this.#fetch.call(globalThis, url, cache && { cache });
    if (!response.ok) throw new StartError(`${url} could not be loaded: the server answered ${response.status}`);
    return response;
  }

  /** @param {Response} response */
  #counting(response) {
    if (!response.body) return response;
    const counter = new TransformStream({
      transform: (chunk, controller) => {
        this.count(chunk.byteLength);
        controller.enqueue(chunk);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(counter), { status, statusText, headers });
  }
}

/** @param {string} url */
function fileName(url) {
  return url.split(/[?#]/)[0].split("/").at(-1) ?? "";
}
