/**
 * Downloads a file by ranges: several chunks at once, each stored once it is whole, so that an interrupted download goes on from there, in this
 * visit or in a later one. A server without ranges sends the whole file, which is cut into the same chunks.
 *
 * Pages of other origins read Content-Range and ETag only where the server exposes them; a total that cannot be read there comes from the
 * catalogue or from a HEAD request's Content-Length, and where it stays unknown the whole file is requested.
 *
 * @import { FileRecord } from "./chunks.js"
 * @import { KeptFiles } from "./kept-files.js"
 */

import { chunkLengths, keptChunks, noRoom, readRecord, requireRoom, writeRecord } from "./chunks.js";
import { RetryableError, ChangedError, piecesOf, request } from "./download-request.js";
import { LocalModelError, abortError } from "./errors.js";
import { isNamed } from "./kept-files.js";
import { Patience } from "./patience.js";

const CHUNK_BYTES = 8 << 20;
/** Connections at once. More are not faster with one server, and hold more chunks in memory. */
const CONNECTIONS = 3;
/** Time for further bytes of a response. */
const BYTES_MS = 60_000;
/** Pauses before a request is repeated; after a chunk that came they begin again. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000];

/**
 * Downloads a file into the browser's storage. Returns its record.
 * @param {string} id
 * @param {{url: string, model: string, sizeBytes?: number, isCertain?: boolean}} file isCertain: the file is known by its hash, and so is its size
 * @param {{files: KeptFiles, signal?: AbortSignal, onBytes: (loaded: number, total: number) => void}} options
 * @returns {Promise<FileRecord>}
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
  /** @type {FileRecord | undefined} */
  #record;
  /** @type {Set<number>} */
  #missing = new Set();
  #keptBytes = 0;
  /** Bytes of chunks that are under way. @type {Map<number, number>} */
  #coming = new Map();
  #reported = -1;
  #failures = 0;
  /** Whether ranges are requested: some hosts let pages read their files, but not send a Range header. */
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
      const kept = await readRecord(this.#files, this.#id);
      if (kept) await this.#resume(kept);
      const first = kept ? this.#next() : 0;
      if (first !== undefined) await this.#chunk(first); // alone: its response has the size, and shows whether the server has ranges
      await Promise.all(Array.from({ length: CONNECTIONS }, () => this.#getChunks()));
      if (!this.#record) throw new LocalModelError("network", `Nothing came from ${this.#file.url}.`);
      return this.#record;
    } catch (error) {
      throw this.#signal?.aborted ? abortError() : error;
    } finally {
      stop();
      this.#signal?.removeEventListener("abort", stop);
    }
  }

  async #getChunks() {
    for (let index = this.#next(); index !== undefined; index = this.#next()) await this.#chunk(index);
  }

  /** Takes the index of a chunk that is missing and not requested; undefined where there is none. */
  #next() {
    for (const index of this.#missing) {
      this.#missing.delete(index);
      return index;
    }
    return undefined;
  }

  /** Begins with the stored record and the stored chunks. @param {FileRecord} record */
  async #resume(record) {
    const { url } = this.#file;
    const chunks = await keptChunks(this.#files, this.#id, record);
    this.#record = record.url === url ? record : { ...record, url, etag: "" }; // the same file by its hash, from another server
    this.#missing = new Set(chunks.flatMap((chunk, index) => (chunk ? [] : [index])));
    this.#keptBytes = chunks.reduce((sum, chunk) => sum + (chunk?.size ?? 0), 0);
    await requireRoom(this.#files, url, record.sizeBytes - this.#keptBytes);
    this.#report();
  }

  /** Downloads a chunk, with further tries. @param {number} index */
  async #chunk(index) {
    for (;;) {
      try {
        await this.#request(index);
        this.#failures = 0;
        return;
      } catch (error) {
        this.#coming.delete(index);
        if (error instanceof RetryableError && error.isRefused && this.#isRanged && !this.#record) {
          this.#isRanged = false;
          continue;
        }
        const pauseMs = PAUSES_MS[this.#failures++];
        if (this.#control.signal.aborted || !(error instanceof RetryableError) || pauseMs === undefined) {
          this.#control.abort();
          throw error instanceof RetryableError ? this.#giveUp(error) : error;
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** @param {number} index */
  async #request(index) {
    const chunkBytes = this.#record?.chunkBytes ?? CHUNK_BYTES;
    const start = index * chunkBytes;
    const isSmall = (this.#record?.sizeBytes ?? this.#file.sizeBytes ?? Infinity) <= chunkBytes;
    const end = Math.min(start + chunkBytes, this.#record?.sizeBytes ?? Infinity) - 1;
    const silence = new AbortController();
    const patience = new Patience(BYTES_MS, () => silence.abort());
    const signal = AbortSignal.any([this.#control.signal, silence.signal]);
    try {
      const response = await request(this.#file.url, isSmall || !this.#isRanged ? {} : { Range: `bytes=${start}-${end}` }, signal);
      if (response.status === 206 && (await this.#readSize(response, start))) await this.#receive(response, index, patience);
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
   * Reads the size and the version of the file from a partial response. Returns false where the size cannot be known.
   * @param {Response} response
   * @param {number} start
   */
  async #readSize(response, start) {
    const found = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
    if (found && Number(found[1]) !== start) return false;
    const etag = response.headers.get("etag") ?? "";
    let sizeBytes = found ? Number(found[2]) : (this.#record?.sizeBytes ?? this.#file.sizeBytes ?? 0);
    if (!sizeBytes) {
      const head = await request(this.#file.url, {}, this.#control.signal, "HEAD");
      if (!head.headers.has("content-encoding")) sizeBytes = Number(head.headers.get("content-length") ?? 0);
    }
    if (!sizeBytes) return false;
    await this.#checkRecord({ sizeBytes, etag });
    return true;
  }

  /** Holds size and version against the record, or begins a record. @param {{sizeBytes: number, etag: string}} seen */
  async #checkRecord({ sizeBytes, etag }) {
    const { url, model, isCertain } = this.#file;
    if (isCertain && this.#file.sizeBytes !== sizeBytes) {
      throw new LocalModelError("integrity", `${url} has ${sizeBytes} bytes, and the file that was expected has ${this.#file.sizeBytes}.`);
    }
    const record = this.#record;
    if (record && record.sizeBytes !== sizeBytes) throw new ChangedError(`it had ${record.sizeBytes} bytes, and has ${sizeBytes}`);
    if (record && record.etag !== etag && record.etag && etag) throw new ChangedError("its ETag is another one");
    if (record) return;
    await requireRoom(this.#files, url, sizeBytes);
    const chunks = chunkLengths({ sizeBytes, chunkBytes: CHUNK_BYTES });
    this.#missing = new Set(chunks.keys());
    this.#missing.delete(0); // it is being received
    this.#record = { model, url, sizeBytes, chunkBytes: CHUNK_BYTES, etag, isWhole: false };
    await writeRecord(this.#files, this.#id, this.#record);
  }

  /**
   * @param {Response} response
   * @param {number} index
   * @param {Patience} patience
   */
  async #receive(response, index, patience) {
    const length = chunkLengths(/** @type {FileRecord} */ (this.#record))[index];
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
   * Cuts a whole file into chunks, and stores those that are missing.
   * @param {Response} response
   * @param {Patience} patience
   */
  async #receiveWhole(response, patience) {
    // Behind a content encoding, Content-Length counts compressed bytes.
    const announced = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length") ?? 0);
    const total = announced || this.#file.sizeBytes || 0;
    if (total) await this.#checkRecord({ sizeBytes: total, etag: response.headers.get("etag") ?? "" });
    const had = this.#record ? await keptChunks(this.#files, this.#id, this.#record) : [];
    this.#keptBytes = had.reduce((sum, chunk) => sum + (chunk?.size ?? 0), 0);
    this.#missing.clear(); // the other connections have nothing to request
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
    if (!total) await this.#checkRecord({ sizeBytes: loaded, etag: response.headers.get("etag") ?? "" });
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
        ? noRoom(this.#file.url, (this.#record?.sizeBytes ?? bytes.length) - this.#keptBytes)
        : error;
    }
    this.#coming.delete(index);
    this.#keptBytes += bytes.length;
    this.#report();
  }

  #report(total = this.#record?.sizeBytes ?? 0) {
    let loaded = this.#keptBytes;
    for (const bytes of this.#coming.values()) loaded += bytes;
    if (loaded < this.#reported || (loaded !== total && loaded - this.#reported < 1 << 20)) return;
    if (loaded !== this.#reported) this.#onBytes((this.#reported = loaded), total);
  }

  /** Returns the error of a download that is given up. @param {RetryableError} error */
  #giveUp({ message, cause }) {
    const { url } = this.#file;
    const total = this.#record?.sizeBytes;
    if (!total && !this.#keptBytes) return new LocalModelError("network", `Could not fetch ${url}: ${message}.`, { cause });
    const kept = this.#files.isLasting && this.#keptBytes ? " The next try goes on from there." : "";
    return new LocalModelError(
      "network",
      `The download of ${url} broke off after ${this.#keptBytes} of ${total ?? "unknown"} bytes: ${message}.${kept}`,
      { cause },
    );
  }
}
