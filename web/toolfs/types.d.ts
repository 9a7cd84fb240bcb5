/** Types of the values that programs with a ToolFS meet. */

import type { SearchIndex } from "../types.js";

/** Any EmbeddingModel. */
export type Embedder = { embedTexts: (texts: string[]) => Promise<{ vec: number[] }[]> };
/** A searchable index. An index with `export` and `import` is part of snapshots. */
export type RagIndex = SearchIndex & { export?: () => Promise<Uint8Array>; import?: (data: Uint8Array) => Promise<void> };

export type ToolFSOptions = {
  /** Name under which it is stored in IndexedDB, "toolfs" by default; ":memory:" is not stored, nor is any ToolFS in Node. */
  name?: string;
  /** Mounts by their paths. */
  mounts?: Record<string, MountOptions>;
  /** The index that /toolfs/rag searches. */
  searchIndex?: RagIndex;
  /** Embeds memory entries, so that they are found by meaning too. */
  embedder?: Embedder;
  /** Texts that the audit never shows. */
  secrets?: string[];
};

/**
 * Where the files of a mount are: stored with the ToolFS ("files", the default), in memory as long as the page lives ("memory"), in a
 * folder of the origin's private file system (`opfs`), in a directory that the user picked (`directory`: its handle, or true for the handle
 * from an earlier visit), on a web server (`http`), or in a plugin.
 */
export type MountOptions =
  | { kind?: "files" }
  | { kind: "memory"; quotaBytes?: number }
  | { opfs: string; writable?: boolean }
  | { directory: FileSystemDirectoryHandle | true; writable?: boolean }
  | { http: string; headers?: Record<string, string>; index?: string }
  | { plugin: string; writable?: boolean };

/** Permissions: all that may be done. */
export type Grant = {
  /** Operations by folder, {"/toolfs/data": "read list write delete execute"}, or "*". */
  paths?: Record<string, string | string[]>;
  /** Methods by host, {"api.example.org": "GET"}. */
  hosts?: Record<string, string | string[]>;
  calls?: number | null;
  /** Most bytes read and written. */
  sizeBytes?: number | null;
  /** Most seconds of work. */
  seconds?: number | null;
};
/** memory: owner of the memory that the session sees, by default its own name. secrets: texts that the audit never shows. */
export type SessionOptions = Grant & { name: string; memory?: string; secrets?: string[] };

export type Entry = {
  name: string;
  path: string;
  kind: "file" | "directory";
  sizeBytes: number | null;
  createdAt: string | null;
  modifiedAt: string | null;
  /** SHA-256 of the content. */
  hash: string | null;
};
export type MemoryEntry = { id: string; content: string; createdAt: string; updatedAt: string; metadata: Record<string, unknown> };
export type Found = { id: string; content: string; score: number; metadata: Record<string, unknown> };
export type FoundAll = { query: string; topK: number; results: Found[] };
export type Skill = {
  name: string;
  description: string;
  body: string;
  path: string;
  references: string[];
  scripts: string[];
  others: string[];
  /** Why the skill cannot be used; "" where it can. */
  problem: string;
  fields: Record<string, unknown>;
};
export type Snapshot = {
  id: string;
  name: string;
  createdAt: string;
  parent: string | null;
  files: number;
  sizeBytes: number;
  trees: Record<string, string>;
  states: Record<string, string>;
};
/** Differences by path. `states`: names of other parts that differ, such as "rag". */
export type Diff = { added: string[]; removed: string[]; changed: string[]; states: string[] };
/** A record of the audit, in Python's spelling. */
export type AuditRecord = {
  at: string;
  writer: string;
  sequence: number;
  session: string;
  operation: string;
  path: string;
  decision: "allowed" | "refused";
  outcome: "ok" | "failed";
  code?: string;
  error?: string;
  /** Further arguments of the call: a new path, a query. */
  detail?: Record<string, unknown>;
  size_bytes: number;
  duration_ms: number;
  /** SHA-256 of the writer's record before it, "" for the first, and of this record: a changed or missing record shows. */
  previous: string;
  hash: string;
  [field: string]: unknown;
};

/** An operation of a request with several. */
export type Operation =
  | { type: "read_file" | "list_dir"; path: string }
  | { type: "write_file"; path: string; content: string }
  | { type: "search_memory" | "search_rag"; query: string; top_k?: number }
  | { type: "execute_plugin"; plugin_name: string; plugin_data: PluginRequest };
export type OperationResult = {
  type: string;
  source: string;
  content: string;
  metadata: Record<string, any>;
  success: boolean;
  error?: string;
};

export type PluginRequest = { operation: string; path?: string; data?: unknown; options?: unknown };
export type PluginResponse = { success: boolean; result?: any; error?: string; metadata?: Record<string, unknown> };
export type PluginOptions = {
  name?: string;
  /** "wasm", "javascript" or "http"; by default "python", where there is a source. */
  kind?: "wasm" | "javascript" | "http" | "python" | (string & {});
  /** A plugin that runs where it was defined. */
  plugin?: PluginObject;
  /**
   * Source of a Python plugin, which defines a class `Plugin` or an object `plugin`, or of a JavaScript plugin, whose default export is the
   * plugin.
   */
  source?: string;
  /** A WASM plugin's module. */
  data?: Uint8Array;
  /** Address that the plugin is fetched from; of an HTTP plugin, the address that requests go to. */
  url?: string;
  /** Headers of each request to an HTTP plugin. */
  headers?: Record<string, string>;
  /** Operations made of a WASM module's C functions: see plugins/calls.js. */
  calls?: Record<string, object>;
  /** SHA-256 that the data must have. */
  hash?: string;
  /** The plugin's permissions; none by default. */
  grant?: Grant;
  config?: Record<string, unknown>;
  timeoutMs?: number;
  memoryBytes?: number;
  outputBytes?: number;
};
/** A plugin's access to files and the network, for as long as its call lasts. */
export type PluginFiles = {
  read(path: string): Promise<Uint8Array>;
  write(path: string, data: string | Uint8Array): Promise<{ path: string; size_bytes: number }>;
  list(path: string): Promise<{ name: string; path: string; kind: "file" | "directory"; size_bytes: number | null }[]>;
  stat(path: string): Promise<{ name: string; path: string; kind: "file" | "directory"; size_bytes: number | null; hash: string | null }>;
  delete(path: string): Promise<void>;
  mkdir(path: string): Promise<void>;
  rename(path: string, to: string): Promise<void>;
  fetch(
    url: string,
    options?: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array },
  ): Promise<{ status: number; headers: Record<string, string>; body: Uint8Array }>;
};
export type PluginObject = {
  name: string;
  version?: string;
  skill_document?: string;
  operations?: Record<string, { description?: string; parameters?: object }>;
  init?(config: Record<string, any>): unknown;
  execute(request: PluginRequest, files: PluginFiles): PluginResponse | Promise<PluginResponse>;
};
export type Inspected = {
  name: string;
  kind: string;
  url: string | null;
  sizeBytes: number;
  sha256: string;
  memoryBytes: number;
  outputBytes: number;
  timeoutS: number;
  /** Of a WASM plugin. */
  wasm?: InspectedWasm;
};
export type InspectedWasm = {
  abi: "extism" | "hyper-mcp-v1" | "hyper-mcp-v2" | "wasi-command" | "wasi-reactor" | "plain" | "unknown";
  /** Whether the module can run here; `problem` says why not. */
  runs: boolean;
  problem: string | null;
  sizeBytes: number;
  /** Bytes that the module takes beside its memory. */
  staticBytes: number;
  exports: { name: string; kind: string; type: string }[];
  imports: { module: string; name: string; kind: string; type: string }[];
  memory: { minimumPages: number; maximumPages: number | null } | null;
  needs: { files: boolean; network: boolean; clock: boolean; random: boolean };
};
export type Installed = {
  name: string;
  version: string;
  kind: string;
  grant: Required<Grant>;
  timeoutS: number;
  outputBytes: number;
  operations: Record<string, unknown>;
};
