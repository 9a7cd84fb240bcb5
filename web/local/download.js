/**
 * A download by ranges: chunks that come side by side and are kept one by one, so that it goes on where it broke off, in this visit or in
 * a later one. A server that knows no ranges sends the whole, which is cut into the same chunks.
 *
 * Pages of other origins read Content-Range and ETag only where the server exposes them; a total that cannot be read there comes from the
 * catalogue or from a HEAD request's Content-Length, and where it stays unknown the whole is requested.
 *
 * @import { About } from "./chunks.js"
 * @import { KeptFiles } from "./kept-files.js"
 */

import { chunkLengths, keptChunks, noRoom, readAbout, requireRoom, writeAbout } from "./chunks.js";
import { RetryableError, ChangedError, piecesOf, request } from "./download-request.js";
import { LocalModelError, abortError } from "./errors.js";
import { isNamed } from "./kept-files.js";
import { Patience } from "./patience.js";

const CHUNK_BYTES = 8 << 20;
/** More connections than these bring nothing from one server, and hold chunks in memory. */
const LANES = 3;
/** Time for further bytes of a download. */
const BYTES_MS = 60_000;
/** Waits before a request is sent again; a chunk that comes begins them anew. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000];

/**
 * @param {string} id
 * @param {{url: string, model: string, sizeBytes?: number, isCertain?: boolean}} file isCertain: the size is part of a file that is known by its hash
 * @param {{files: KeptFiles, signal?: AbortSignal, onBytes: (loaded: number, total: number) => void}} options
 * @returns {Promise<About>}
 */
export async function download(id, file, options) {
  for (let tries = 1; ; tries++) {
    try {
      return await new Download(id, file, options).run();
    } catch (error) {
      if (!(error instanceof ChangedError)) throw error;
      await options.files.delete(id);
      if (tries === 2)
        throw new LocalModelError("integrity", `${file.url} changes while it is downloaded: ${error.message}. Try again later.`);
    }
  }
}

class Download {
  #id;
  #file;
  #files;
  #signal;
  #onBytes;
  #control = new AbortController();
  /** @type {About | undefined} */
  #about;
  /** @type {Set<number>} */
  #missing = new Set();
  #keptBytes = 0;
  /** Bytes of chunks that are under way. @type {Map<number, number>} */
  #coming = new Map();
  #reported = -1;
  #failures = 0;
  /** Whether ranges are requested: not from a host that allows pages to read its files, but not to send that header. */
  #isRanged = true;

  /**
   * @param {string} id
   * @param {{url: string, model: string, sizeBytes?: number, isCertain?: boolean}} file
   * @param {{files: KeptFiles, signal?: AbortSignal, onBytes: (loaded: number, total: number) => void}} options
   */
  constructor(id, file, { files, signal, onBytes }) {
    this.#id = id;
    this.#file = file;
    this.#files = files;
    this.#signal = signal;
    this.#onBytes = onBytes;
  }

  async run() {
    const stop = () => this.#control.abort();
    if (this.#signal?.aborted) throw abortError();
    this.#signal?.addEventListener("abort", stop, { once: true });
    try {
      const kept = await readAbout(this.#files, this.#id);
      if (kept) await this.#take(kept);
      const first = kept ? this.#next() : 0;
      if (first !== undefined) await this.#chunk(first); // alone: it tells the size, and whether the server knows ranges
      await Promise.all(Array.from({ length: LANES }, () => this.#lane()));
      if (!this.#about) throw new LocalModelError("network", `Nothing came from ${this.#file.url}.`);
      return this.#about;
    } catch (error) {
      throw this.#signal?.aborted ? abortError() : error;
    } finally {
      stop();
      this.#signal?.removeEventListener("abort", stop);
    }
  }

  async #lane() {
    for (let index = this.#next(); index !== undefined; index = this.#next()) await this.#chunk(index);
  }

  /** Returns a chunk that nobody gets yet. */
  #next() {
    for (const index of this.#missing) {
      this.#missing.delete(index);
      return index;
    }
    return undefined;
  }

  /** Begins with what is known of the file, and with the chunks that are there. @param {About} about */
  async #take(about) {
    const { url } = this.#file;
    const chunks = await keptChunks(this.#files, this.#id, about);
    this.#about = about.url === url ? about : { ...about, url, etag: "" }; // the same file by its hash, from another server
    this.#missing = new Set(chunks.flatMap((chunk, index) => (chunk ? [] : [index])));
    this.#keptBytes = chunks.reduce((sum, chunk) => sum + (chunk?.size ?? 0), 0);
    await requireRoom(this.#files, url, about.sizeBytes - this.#keptBytes);
    this.#report();
  }

  /** Gets a chunk, with further tries. @param {number} index */
  async #chunk(index) {
    for (;;) {
      try {
        await this.#request(index);
        this.#failures = 0;
        return;
      } catch (error) {
        this.#coming.delete(index);
        if (error instanceof RetryableError && error.isRefused && this.#isRanged && !this.#about) {
          this.#isRanged = false;
          continue;
        }
        const pauseMs = PAUSES_MS[this.#failures++];
        if (this.#control.signal.aborted || !(error instanceof RetryableError) || pauseMs === undefined) {
          this.#control.abort();
          throw error instanceof RetryableError ? this.#brokenOff(error) : error;
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** @param {number} index */
  async #request(index) {
    const chunkBytes = this.#about?.chunkBytes ?? CHUNK_BYTES;
    const start = index * chunkBytes;
    const isSmall = (this.#about?.sizeBytes ?? this.#file.sizeBytes ?? Infinity) <= chunkBytes;
    const end = Math.min(start + chunkBytes, this.#about?.sizeBytes ?? Infinity) - 1;
    const silence = new AbortController();
    const patience = new Patience(BYTES_MS, () => silence.abort());
    const signal = AbortSignal.any([this.#control.signal, silence.signal]);
    try {
      const response = await request(this.#file.url, isSmall || !this.#isRanged ? {} : { Range: `bytes=${start}-${end}` }, signal);
      if (response.status === 206 && (await this.#agree(response, start))) await this.#receive(response, index, patience);
      else if (response.status === 206) await this.#receiveWhole(await request(this.#file.url, {}, signal), patience);
      else await this.#receiveWhole(response, patience);
    } catch (error) {
      if (!silence.signal.aborted) throw error;
      const loaded = this.#keptBytes + (this.#coming.get(index) ?? 0);
      throw new LocalModelError(
        "network",
        `The download of ${this.#file.url} was given up: nothing came for ${BYTES_MS / 1000} s, after ${loaded} bytes. Try again.`,
      );
    } finally {
      patience.end();
    }
  }

  /**
   * Reads size and version of the file off a partial response. Returns false where they cannot be known.
   * @param {Response} response
   * @param {number} start
   */
  async #agree(response, start) {
    const found = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
    if (found && Number(found[1]) !== start) return false;
    const etag = response.headers.get("etag") ?? "";
    let sizeBytes = found ? Number(found[2]) : (this.#about?.sizeBytes ?? this.#file.sizeBytes ?? 0);
    if (!sizeBytes) {
      const head = await request(this.#file.url, {}, this.#control.signal, "HEAD");
      if (!head.headers.has("content-encoding")) sizeBytes = Number(head.headers.get("content-length") ?? 0);
    }
    if (!sizeBytes) return false;
    await this.#settle({ sizeBytes, etag });
    return true;
  }

  /** @param {{sizeBytes: number, etag: string}} seen */
  async #settle({ sizeBytes, etag }) {
    const { url, model, isCertain } = this.#file;
    if (isCertain && this.#file.sizeBytes !== sizeBytes) {
      throw new LocalModelError("integrity", `${url} has ${sizeBytes} bytes, and the file that was expected has ${this.#file.sizeBytes}.`);
    }
    const about = this.#about;
    if (about && about.sizeBytes !== sizeBytes) throw new ChangedError(`it had ${about.sizeBytes} bytes, and has ${sizeBytes}`);
    if (about && about.etag !== etag && about.etag && etag) throw new ChangedError("its ETag is another one");
    if (about) return;
    await requireRoom(this.#files, url, sizeBytes);
    const chunks = chunkLengths({ sizeBytes, chunkBytes: CHUNK_BYTES });
    this.#missing = new Set(chunks.keys());
    this.#missing.delete(0); // it is on its way
    this.#about = { model, url, sizeBytes, chunkBytes: CHUNK_BYTES, etag, isWhole: false };
    await writeAbout(this.#files, this.#id, this.#about);
  }

  /**
   * @param {Response} response
   * @param {number} index
   * @param {Patience} patience
   */
  async #receive(response, index, patience) {
    const length = chunkLengths(/** @type {About} */ (this.#about))[index];
    const bytes = new Uint8Array(length);
    let at = 0;
    for await (const piece of piecesOf(response)) {
      patience.hear();
      if (at + piece.length > length) throw new RetryableError(`the server sent more than the ${length} bytes of a range`);
      bytes.set(piece, at);
      at += piece.length;
      this.#coming.set(index, at);
      this.#report();
    }
    if (at < length) throw new RetryableError(`${length - at} bytes of a range did not come`);
    await this.#keep(index, bytes);
  }

  /**
   * Cuts a whole file into chunks; those that are there already pass by.
   * @param {Response} response
   * @param {Patience} patience
   */
  async #receiveWhole(response, patience) {
    // Behind a content encoding, Content-Length counts compressed bytes.
    const announced = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length") ?? 0);
    const total = announced || this.#file.sizeBytes || 0;
    if (total) await this.#settle({ sizeBytes: total, etag: response.headers.get("etag") ?? "" });
    const had = this.#about ? await keptChunks(this.#files, this.#id, this.#about) : [];
    this.#keptBytes = had.reduce((sum, chunk) => sum + (chunk?.size ?? 0), 0);
    this.#missing.clear(); // nothing is left for the others to request
    const buffer = new Uint8Array(CHUNK_BYTES);
    let [index, filled, loaded] = [0, 0, 0];
    const flush = async () => {
      const chunk = buffer.slice(0, filled);
      if (!had[index]) await this.#keep(index, chunk);
      [index, filled] = [index + 1, 0];
    };
    for await (const piece of piecesOf(response)) {
      patience.hear();
      for (let at = 0; at < piece.length; ) {
        const part = piece.subarray(at, at + CHUNK_BYTES - filled);
        buffer.set(part, filled);
        [at, filled, loaded] = [at + part.length, filled + part.length, loaded + part.length];
        if (!had[index]) this.#coming.set(index, filled);
        this.#report(total);
        if (filled === CHUNK_BYTES) await flush();
      }
    }
    if (total && loaded !== total) throw new RetryableError(`${total - loaded} bytes did not come`);
    if (filled) await flush();
    if (!total) await this.#settle({ sizeBytes: loaded, etag: response.headers.get("etag") ?? "" });
    this.#missing.clear();
  }

  /**
   * @param {number} index
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  async #keep(index, bytes) {
    try {
      await this.#files.put(this.#id, String(index), bytes);
    } catch (error) {
      throw isNamed(error, "QuotaExceededError")
        ? noRoom(this.#file.url, (this.#about?.sizeBytes ?? bytes.length) - this.#keptBytes)
        : error;
    }
    this.#coming.delete(index);
    this.#keptBytes += bytes.length;
    this.#report();
  }

  #report(total = this.#about?.sizeBytes ?? 0) {
    let loaded = this.#keptBytes;
    for (const bytes of this.#coming.values()) loaded += bytes;
    if (loaded < this.#reported || (loaded !== total && loaded - this.#reported < 1 << 20)) return;
    if (loaded !== this.#reported) this.#onBytes((this.#reported = loaded), total);
  }

  /** @param {RetryableError} error */
  #brokenOff({ message, cause }) {
    const { url } = this.#file;
    const total = this.#about?.sizeBytes;
    if (!total && !this.#keptBytes) return new LocalModelError("network", `Could not fetch ${url}: ${message}.`, { cause });
    const kept = this.#files.isLasting && this.#keptBytes ? " The next try goes on from there." : "";
    return new LocalModelError(
      "network",
      `The download of ${url} broke off after ${this.#keptBytes} of ${total ?? "unknown"} bytes: ${message}.${kept}`,
      { cause },
    );
  }
}
