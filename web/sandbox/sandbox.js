/**
 * A disposable interpreter for code that a model wrote. It runs in a worker of a frame whose origin is nobody's and whose policy lets nothing
 * be fetched; files and requests come and go through this module alone, which takes what is said there as a stranger's word.
 *
 * @import { Ask } from "./network.js"
 * @import { Snapshot } from "../runtime/snapshot.js"
 * @import { Most } from "./sandbox-worker.js"
 *
 * @typedef {object} SandboxOptions
 * @property {string} runtimeURL folder that holds Pyodide
 * @property {string[]} allowedHosts such as "api.example.org", "*.example.org", "localhost:8080"
 * @property {number} timeoutMs of one run
 * @property {number} memoryBytes that Python gets
 * @property {number} outputBytes of what one run prints
 *
 * Bytes are base64. most: of the files that a run begins and ends with, all of them together; over: what there is where that is more.
 * @typedef {{path: string, data: string}} SandboxFile
 * @typedef {{code: string, folders: string[], files: SandboxFile[], deleted: string[], most: Most}} Work
 * result: JSON of harness.py. ended: why the interpreter is no more; the next run has a new one. fresh: whether this one was new
 * part: JSON of {type: "text", text} or {type: "image", data}
 * @typedef {{type: "output", stream: string, text: string} | {type: "shown", part: string}
 *   | {type: "done", result: string, files: SandboxFile[], deleted: string[], over?: Most, ended: string | null, fresh: boolean}} SandboxEvent
 */

import { fromBase64, toBase64 } from "../bridge/base64.js";
import { readMemory } from "../runtime/kept-snapshot.js";
import { readListed } from "../runtime/listed-files.js";
import { SNAPSHOT_MANIFEST } from "../runtime/locations.js";
import { fileURL } from "../runtime/package-files.js";
import { findSnapshot, hash, readPacked } from "../runtime/snapshot.js";
import { unpack } from "../runtime/snapshot-packing.js";
import { Frame } from "./frame.js";
import { capMemory } from "./memory-cap.js";
import { answering, readBytes, readFile } from "./network.js";

const START_MS = 90_000;
const MOST_RESULT = 16 << 20;
/** Least cost of a message of the worker in characters: each of them is handled. */
const LEAST_SHOWN = 1 << 12;
/** Time in which a worker answers after a call; code that goes on keeps it from answering. */
const SETTLE_MS = 2_000;
/** Requests of a worker that are under way at once. */
const MOST_ASKS = 16;

export class Sandbox {
  #options;
  /** @type {Promise<Room> | undefined} */
  #room;

  /** @param {SandboxOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Runs code, one call at a time. Rejects where the interpreter does not start.
   * @param {Work} work
   * @returns {AsyncGenerator<SandboxEvent>} leaving it ends the interpreter
   */
  async *run({ code, folders, files, deleted, most }) {
    const fresh = !this.#room;
    const opening = (this.#room ??= openRoom(this.#options));
    let finished = false;
    try {
      const room = await opening;
      for await (const event of room.run({
        code,
        folders,
        deleted,
        most,
        files: files.map(({ path, data }) => ({ path, data: fromBase64(data) })),
      })) {
        if (event.type === "done") finished = event.ended === null;
        yield event.type === "done" ? { ...event, fresh } : event;
      }
    } finally {
      if (!finished && this.#room === opening) this.end();
    }
  }

  /** Ends the interpreter at once, in the middle of a run too; the next run starts another. */
  end() {
    const room = this.#room;
    this.#room = undefined;
    room?.then(
      (opened) => opened.close(),
      () => {},
    );
  }
}

/** @param {SandboxOptions} options */
async function openRoom(options) {
  if (typeof document === "undefined") throw new Error("code that a model wrote is held by a page's frame, and there is no page here");
  const manifest = findSnapshot(new URL(SNAPSHOT_MANIFEST, options.runtimeURL).href, (url) => readBytes(url)).catch(() => undefined);
  const runtime = async (/** @type {string} */ name) => {
    const listed = await readListed((await manifest)?.files?.[name], async (cache) => {
      const bytes = await readBytes(new URL(name, options.runtimeURL).href, cache);
      return { bytes, value: bytes };
    });
    return listed.value;
  };
  const text = async (/** @type {Promise<Uint8Array>} */ bytes) => new TextDecoder().decode(await bytes);
  const [snapshot, worker, harness, loader, main, wasm, library, lock] = await Promise.all([
    manifest.then(readSnapshot).catch(() => undefined), // it starts without
    text(readBytes(fileURL("sandbox/sandbox-worker.js", () => new URL("./sandbox-worker.js", import.meta.url)))),
    text(readBytes(fileURL("sandbox/harness.py", () => new URL("./harness.py", import.meta.url)))),
    text(runtime("pyodide.mjs")),
    text(runtime("pyodide.asm.mjs")),
    runtime("pyodide.asm.wasm"),
    runtime("python_stdlib.zip"),
    runtime("pyodide-lock.json"),
  ]);
  const files = { "pyodide.asm.wasm": capMemory(wasm, options.memoryBytes), "python_stdlib.zip": library, "pyodide-lock.json": lock };
  const room = new Room(options, answering(options.runtimeURL, lock, options.allowedHosts));
  try {
    await room.open(worker, { type: "start", modules: [loader, main], files, harness }, snapshot);
  } catch (error) {
    room.close();
    throw error;
  }
  return room;
}

/** The memory of an interpreter that has started, where the runtime's folder has one. @param {Snapshot | undefined} manifest */
async function readSnapshot(manifest) {
  if (!manifest) return undefined;
  const { url, sha256 } = manifest;
  const packed = (await readMemory(url)) ?? (await readPacked(await readFile(url, "force-cache")));
  if ((await hash(packed)) !== sha256) throw new Error("it is not what its manifest tells");
  return unpack(packed);
}

/** The frame with its worker. */
class Room {
  #options;
  #answer;
  #frame = new Frame("Python sandbox", (message) => this.#receive({ type: "crash", message }));
  #channel = new MessageChannel();
  /** Requests that are under way. @type {Set<Promise<import("./network.js").Answer>>} */
  #asks = new Set();
  /** From the start up to the end of a run's code. */
  #isServing = true;
  /** Handles messages of the worker for the run that is under way. @type {(message: any) => void} */
  #receive = () => {};
  /**
   * @param {SandboxOptions} options
   * @param {ReturnType<typeof answering>} answer
   */
  constructor(options, answer) {
    this.#options = options;
    this.#answer = answer;
    this.#channel.port1.onmessage = ({ data }) => (data?.type === "ask" ? void this.#serve(data) : this.#receive(data));
  }

  /**
   * @param {string} worker its source
   * @param {object} start
   * @param {Uint8Array<ArrayBuffer>} [snapshot]
   */
  async open(worker, start, snapshot) {
    const ready = new Promise((resolve, reject) => {
      setTimeout(
        reject,
        START_MS,
        new Error("its interpreter did not start in time (is web/sandbox/ served, with the page's COEP header?)"),
      );
      this.#receive = (message) =>
        message?.type === "ready" ? resolve(undefined) : reject(new Error(`its interpreter did not start: ${message?.message}`));
    });
    ready.catch(() => {});
    await Promise.race([this.#frame.load(), ready]);
    this.#frame.start(worker, this.#channel.port2);
    this.#channel.port1.postMessage({ ...start, snapshot }, snapshot ? [snapshot.buffer] : []);
    await ready;
  }

  /**
   * @param {{code: string, folders: string[], files: {path: string, data: Uint8Array}[], deleted: string[], most: Most}} work
   * @returns {AsyncGenerator<any>}
   */
  async *run(work) {
    /** @type {any[]} */
    let news = [];
    let wake = () => {};
    let room = this.#options.outputBytes + 1; // so that it is seen that something was cut
    let wall = MOST_RESULT;
    /** @type {SandboxEvent & {type: "done"} | undefined} */
    let done;
    const add = (/** @type {any} */ item) => {
      news.push(item);
      wake();
    };
    const end = (/** @type {string} */ why) => add({ type: "done", result: "{}", files: [], deleted: [], ended: why, fresh: false });
    this.#receive = (message) => {
      if (message?.type === "output" && room > 0) {
        const text = String(message.text).slice(0, room);
        room -= Math.max(text.length, 1);
        add({ type: "output", stream: message.stream === "stderr" ? "stderr" : "stdout", text });
      } else if (message?.type === "shown" && wall > 0) {
        const part = String(message.part);
        wall -= Math.max(part.length, LEAST_SHOWN);
        if (wall >= 0) add({ type: "shown", part });
      } else if (message?.type === "done" && !done) {
        done = readDone(message, work.most);
        clearTimeout(timer);
        timer = setTimeout(() => add({ ...done, ended: done?.ended ?? "its code went on after its call" }), SETTLE_MS);
        this.#isServing = false;
        this.#channel.port1.postMessage({ type: "settle" });
      } else if (message?.type === "settled" && done) add(done);
      else if (message?.type === "crash") end(`the interpreter crashed: ${message.message}`);
    };
    const { timeoutMs } = this.#options;
    let timer = setTimeout(() => end(`it took longer than ${timeoutMs / 1000} s`), timeoutMs);
    this.#isServing = true;
    this.#channel.port1.postMessage({ type: "run", ...work, outputBytes: room });
    try {
      for (;;) {
        if (!news.length) await new Promise((resolve) => (wake = () => resolve(undefined)));
        const events = news;
        news = [];
        for (const event of events) {
          yield event;
          if (event.type === "done") return;
        }
      }
    } finally {
      clearTimeout(timer);
      this.#isServing = false;
      this.#receive = () => {};
    }
  }

  close() {
    this.#receive({ type: "crash", message: "it was ended" });
    this.#channel.port1.close();
    this.#frame.close(); // which ends its worker
  }

  /** @param {Ask & {id: number}} ask */
  async #serve(ask) {
    while (this.#asks.size >= MOST_ASKS) await Promise.race(this.#asks);
    const asking = this.#isServing ? this.#answer(ask) : Promise.resolve({ error: "a call's requests end with it" });
    this.#asks.add(asking);
    const answer = await asking;
    this.#asks.delete(asking);
    this.#channel.port1.postMessage({ type: "answer", id: ask.id, ...answer });
  }
}

/**
 * Reads the last message of a run, which a stranger may have written.
 * @param {any} message
 * @param {Most} most
 * @returns {SandboxEvent & {type: "done"}}
 */
function readDone(message, most) {
  /** @type {{type: "done", result: string, files: SandboxFile[], deleted: string[], over?: Most, ended: string | null, fresh: boolean}} */
  const empty = { type: "done", result: "{}", files: [], deleted: [], ended: null, fresh: false };
  try {
    const { result, files, deleted, over } = message;
    const size = files.reduce((/** @type {number} */ sum, /** @type {any} */ file) => sum + file.data.length, 0);
    if (result.length > MOST_RESULT || !(size <= most.bytes && files.length <= most.files && deleted.length <= most.files))
      return { ...empty, ended: "it gave more than can be taken" };
    const { memory, alive } = JSON.parse(result);
    // Memory that was full once is not given back.
    const ended = memory ? "it used up its memory" : alive ? "its code went on after its call" : null;
    if (over) return { ...empty, result, over: { files: Number(over.files), bytes: Number(over.bytes) }, ended };
    const encoded = files.map((/** @type {any} */ { path, data }) => ({ path: String(path), data: toBase64(data) }));
    return { ...empty, result, files: encoded, deleted: deleted.map(String), ended };
  } catch {
    return { ...empty, ended: "it gave what cannot be read" };
  }
}
