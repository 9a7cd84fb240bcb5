/**
 * Downloads of a thread while Python starts in it: counted for progress, and compiled while the rest arrives.
 *
 * How it works. Pyodide compiles its WebAssembly only when the snapshot is there, because the memory's size depends on it. So this module
 * compiles it from the first moment on. Pyodide's own fetch gets an empty module instead; when Pyodide instantiates that module, the
 * compiled one takes its place, with Pyodide's imports.
 * @import { BootProgress } from "./types.js"
 */

import { InterpreterError } from "../errors.js";
import { RUNTIME_BYTES, RUNTIME_FILES } from "./locations.js";

const WASM = "pyodide.asm.wasm";
const IMPORTED = "pyodide.asm.mjs"; // imported, not fetched, so fetch does not see it
const EMPTY_MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

export class Downloads {
  #onProgress;
  #loadedBytes = 0;
  #totalBytes = RUNTIME_BYTES;
  #names = new Set(Object.keys(RUNTIME_FILES));
  #fetch = globalThis.fetch;
  /** @type {Promise<WebAssembly.Module>} */
  #compiled;

  /**
   * Watches this thread's fetch until `stop`.
   * @param {string} runtimeURL
   * @param {(progress: BootProgress) => void} onProgress
   */
  constructor(runtimeURL, onProgress) {
    this.#onProgress = onProgress;
    this.#compiled = this.#compile(new URL(WASM, runtimeURL).href);
    this.#compiled.catch(() => {}); // reported where it is awaited
    globalThis.fetch = async (input, init) => {
      const name = fileName(input instanceof Request ? input.url : String(input));
      if (name === WASM) return new Response(EMPTY_MODULE, { headers: { "content-type": "application/wasm" } });
      const response = await this.#fetch.call(globalThis, input, init);
      return this.#names.has(name) ? this.#counted(response) : response;
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
    this.#names.add(fileName(url));
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
   * @param {string} url
   * @returns {Promise<WebAssembly.Module>}
   */
  async #compile(url) {
    const response = await this.#fetch.call(globalThis, url);
    if (!response.ok) throw new InterpreterError(`${url} could not be loaded: the server answered ${response.status}`);
    return WebAssembly.compileStreaming(this.#counted(response));
  }

  /** @param {Response} response */
  #counted(response) {
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
