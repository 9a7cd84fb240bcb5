/**
 * A worker that starts for certain, in place of `Worker` while a library starts its threads. Firefox leaves a worker of a worker unstarted now
 * and then, and the library waits for it without an end: one that says nothing is replaced by another, which gets the same messages.
 */

/** Time for a thread's first message. */
const FIRST_WORD_MS = 2_000;
const MOST_TRIES = 3;

/** Raised where no worker starts, however often it is tried. */
export class NoThreads extends Error {}

/**
 * Does the work while `Worker` makes workers that start for certain.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 * @throws {NoThreads}
 */
export async function withSureWorkers(work) {
  const { Worker } = globalThis;
  SureWorker.Plain = Worker;
  const silence = new Promise((_, reject) => (SureWorker.onSilence = () => reject(new NoThreads())));
  globalThis.Worker = /** @type {any} */ (SureWorker);
  try {
    return await Promise.race([work(), silence]);
  } finally {
    globalThis.Worker = Worker;
  }
}

class SureWorker {
  /** @type {typeof Worker} */
  static Plain;
  static onSilence = () => {};
  #args;
  /** @type {Worker | undefined} */
  #worker;
  /** Messages so far, for a worker that takes the place of this one. @type {unknown[] | undefined} */
  #sent = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {((event: MessageEvent) => void) | null} */
  onmessage = null;
  /** @type {((event: ErrorEvent) => void) | null} */
  onerror = null;

  /** @param {ConstructorParameters<typeof Worker>} args */
  constructor(...args) {
    this.#args = args;
    this.#start(1);
  }

  /** @param {number} tries */
  #start(tries) {
    const worker = new SureWorker.Plain(...this.#args);
    this.#worker = worker;
    worker.onmessage = (event) => {
      clearTimeout(this.#timer);
      this.#sent = undefined;
      this.onmessage?.(event);
    };
    worker.onerror = (event) => this.onerror?.(event);
    for (const message of this.#sent ?? []) worker.postMessage(message);
    this.#timer = setTimeout(() => {
      worker.terminate();
      if (tries < MOST_TRIES) this.#start(tries + 1);
      else SureWorker.onSilence();
    }, FIRST_WORD_MS);
  }

  /**
   * @param {unknown} message
   * @param {Transferable[]} [transfer] what is transferred cannot be sent again
   */
  postMessage(message, transfer = []) {
    if (transfer.length) clearTimeout(this.#timer);
    this.#sent?.push(message);
    this.#worker?.postMessage(message, transfer);
  }

  terminate() {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
  }
}
