/**
 * Files for a vector store: read, split, embedded and stored one after another, each whole or not at all.
 *
 * @import { PythonStore } from "./search.js"
 * @import { IngestEvent, IngestFile, IngestOptions, LoadOptions, LoadedDocument, Passage, SplitOptions, Splitter } from "../types.js"
 *
 * What crosses of a file before its turn; its bytes follow when they are asked for.
 * @typedef {{described: {name: string | null, media_type: string, size_bytes?: number, url?: string}, blob?: Blob}} OpenFile
 */

import { checkNames } from "../models/access.js";
import { connect } from "../runtime/boot.js";
import { ConfigError } from "../errors.js";
import { toCamel } from "../bridge/spelling.js";
import { IN_PYTHON, isInPython } from "./search.js";

const SPLITTERS = ["text", "tokens", "sentences", "markdown", "html"];

/** Options with their names in Python. */
const NAMES = /** @type {const} */ ({
  size: "size",
  overlap: "overlap",
  metadata: "metadata",
  encoding: "encoding",
  password: "password",
  maxBytes: "max_bytes",
  force: "force",
});

/**
 * Reads PDF, EPUB, DOCX, HTML, Markdown, JSON, CSV and any text into a store, and yields its progress:
 *
 *     for await (const event of ingest(input.files, store)) if (event.type === "file_done") show(event.file, event.chunks);
 *
 * Unchanged files are skipped, changed files replace their older passages, and a file that fails yields `file_failed`; then the next file
 * follows. Leaving the loop, or aborting `signal`, stops: the current file is stored whole or not at all, and the next ingest goes on from
 * there. Every passage's id is "<file>#<chunk>", and its metadata has `source`, `start`, `end`, and `page`, `chapter`, `headings` where
 * they apply. Rejects with a StoreError, and with the embedder's errors.
 * @param {IngestFile | Iterable<IngestFile>} files addresses (text, URL), File, Blob, bytes, or {name, bytes | text | blob | url}
 * @param {PythonStore} store
 * @param {IngestOptions} [options]
 * @returns {AsyncGenerator<IngestEvent, void, undefined>}
 */
export async function* ingest(files, store, { signal, splitter, ...options } = {}) {
  checkNames(options, Object.keys(NAMES));
  describeSplitter(splitter); // reports bad options at once
  if (!isInPython(store))
    throw new ConfigError("ingest takes an IndexedDBVectorStore; copy(from, to) brings what it holds to another store");
  const opened = (isSeveral(files) ? [...files] : [files]).map(openFile);
  const peer = await connect();
  const params = {
    store: store[IN_PYTHON](peer),
    files: opened.map((file) => file.described),
    options: inPython(options),
    splitter: describeSplitter(splitter),
  };
  const handlers = {
    file: readFrom(opened),
    split: async (/** @type {{text: string}} */ { text }) => readPassages(typeof splitter === "function" ? await splitter(text) : [], text),
    "store.embed": (/** @type {{texts: string[]}} */ { texts }) => store.embed(texts),
  };
  for await (const event of peer.stream("store.ingest", params, { signal: signal ?? undefined, handlers })) yield toCamel(event);
}

/**
 * Reads a file's documents: one for each page of a PDF, chapter of a book, row of a table or item of a list; else one.
 *
 *     const pages = await loadDocuments(input.files[0]);
 *
 * Rejects with a LoaderError, whose `code` says why the file cannot be read.
 * @param {IngestFile} file an address (text, URL), File, Blob, bytes, or {name, bytes | text | blob | url}
 * @param {LoadOptions} [options]
 * @returns {Promise<LoadedDocument[]>}
 */
export async function loadDocuments(file, { signal, name, mediaType, ...options } = {}) {
  checkNames(options, ["encoding", "password", "maxBytes"]);
  const opened = openFile(file);
  if (name != null) opened.described.name = name;
  if (mediaType != null) opened.described.media_type = mediaType;
  const peer = await connect();
  return peer.call(
    "documents.load",
    { file: opened.described, options: inPython(options) },
    { signal: signal ?? undefined, handlers: { file: readFrom([opened]) } },
  );
}

/**
 * Splits a text into passages with their places.
 * @param {string} text
 * @param {SplitOptions} [options]
 * @returns {Promise<Passage[]>}
 */
export async function splitText(text, options = {}) {
  checkNames(options, ["by", "size", "overlap"]);
  const { by, size, overlap } = options;
  if (typeof by === "function") return readPassages(await by(text), text);
  const splitter = describeSplitter(by ?? "text");
  const given = Object.entries({ size, overlap }).filter(([, value]) => value != null);
  return (await connect()).call("text.split", { text, splitter, options: Object.fromEntries(given) });
}

/**
 * Describes a splitter for Python. A function is identified by its source, so that unchanged files are split again where it changes.
 * @param {Splitter | null | undefined} splitter
 */
function describeSplitter(splitter) {
  if (splitter == null) return null;
  if (typeof splitter === "function") return { kind: "own", identity: String(splitter) };
  if (typeof splitter === "object" && typeof splitter.code === "string") return { kind: "code", language: splitter.code };
  if (SPLITTERS.includes(/** @type {string} */ (splitter))) return { kind: splitter };
  throw new ConfigError(`splitter is ${SPLITTERS.join(", ")}, {code: language} or a function from a text to passages`);
}

/**
 * @param {readonly Passage[]} passages
 * @param {string} text
 * @returns {Passage[]}
 */
function readPassages(passages, text) {
  return Array.from(passages, (passage) => {
    const { text: found, start, end, metadata = {} } = passage ?? {};
    if (typeof found !== "string" || !(start >= 0 && start <= end && end <= text.length))
      throw new ConfigError("a passage is {text, start, end}, and optionally metadata");
    return { text: found, start, end, metadata };
  });
}

/**
 * @param {IngestFile | Iterable<IngestFile>} files
 * @returns {files is Iterable<IngestFile>}
 */
const isSeveral = (files) => typeof files === "object" && files !== null && Symbol.iterator in files && !ArrayBuffer.isView(files);

/** @param {Partial<Record<keyof typeof NAMES, unknown>>} options */
const inPython = (options) =>
  Object.fromEntries(
    Object.entries(NAMES).flatMap(([name, wireName]) => {
      const value = options[/** @type {keyof typeof NAMES} */ (name)];
      return value == null ? [] : [[wireName, value]];
    }),
  );

/** @param {OpenFile[]} files */
const readFrom =
  (files) =>
  async (/** @type {{index: number}} */ { index }) => ({
    $bytes: new Uint8Array(await /** @type {Blob} */ (files[index].blob).arrayBuffer()),
  });

/**
 * @param {IngestFile} file
 * @returns {OpenFile}
 */
function openFile(file) {
  if (typeof file === "string" || file instanceof URL) return openAddress(file);
  if (file instanceof Blob) return openBlob(file, "name" in file ? String(file.name) : null, file.type);
  if (file instanceof ArrayBuffer || ArrayBuffer.isView(file)) return openFile({ bytes: file });
  const { name = null, bytes, text, blob, url, mediaType = "" } = file ?? {};
  if (url != null) return openAddress(url, name, mediaType);
  if (blob) return openBlob(blob, name, mediaType || blob.type);
  const content = text ?? bytes;
  if (content == null) throw new ConfigError("a file is an address, a File, a Blob, or {name, bytes} with bytes, text, blob or url");
  return openBlob(new Blob([/** @type {BlobPart} */ (content)]), name, mediaType);
}

/**
 * @param {Blob} blob
 * @param {string | null} name
 * @param {string} mediaType
 * @returns {OpenFile}
 */
const openBlob = (blob, name, mediaType) => ({ described: { name, media_type: mediaType, size_bytes: blob.size }, blob });

/**
 * Resolves an address here, because Python's worker has another base.
 * @param {string | URL} url
 * @param {string | null} [name]
 * @param {string} [mediaType]
 * @returns {OpenFile}
 */
function openAddress(url, name = null, mediaType = "") {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  if (!URL.canParse(url, base)) throw new ConfigError(`"${url}" is no address`);
  return { described: { name, media_type: mediaType, url: new URL(url, base).href } };
}
