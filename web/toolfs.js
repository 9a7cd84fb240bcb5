/**
 * ToolFS: a file system that an agent works through, with files, memory, retrieval, skills, plugins and snapshots. Each call belongs to a
 * session and is written into an audit. It runs in Python, beside the agents.
 *
 * @import { Peer } from "./bridge/rpc.js"
 * @import { PythonDefinition, PythonTool } from "./agent/python-tools.js"
 * @import { Permission } from "./toolfs/directories.js"
 * @import { Entry, FoundAll, MountOptions, Operation, OperationResult, PluginRequest, PluginResponse, SessionOptions, ToolFSOptions }
 *   from "./toolfs/types.js"
 */

import { ConfigError } from "./errors.js";
import { ownTool } from "./agent/python-tools.js";
import { IN_PYTHON, isInPython } from "./stores/search.js";
import { keepHandle, permissionFor } from "./toolfs/directories.js";
import { Link, Session, links } from "./toolfs/link.js";
import { Audit, Memory, Plugins, Skills, Snapshots } from "./toolfs/parts.js";
import { given } from "./toolfs/services.js";

export { Session };

export class ToolFS {
  #link = new Link();
  /** Mounts of directories that the user picked, by path. @type {Map<string, {kept: string, writable: boolean}>} */
  #directories = new Map();

  /** Use `ToolFS.open`. @private @param {ToolFSOptions} options */
  constructor({ name, searchIndex, embedder }) {
    links.set(this, this.#link);
    /** The name under which it is stored. */
    this.name = name ?? "toolfs";
    this.memory = new Memory(this.#link);
    this.skills = new Skills(this.#link);
    this.snapshots = new Snapshots(this.#link);
    this.audit = new Audit(this.#link);
    this.plugins = new Plugins(this.#link);
    given.set(this.#link.id, { searchIndex, embedder, plugins: new Map() });
  }

  /**
   * Opens the ToolFS that is stored under a name, or creates it. Completes operations that a crash interrupted.
   * @param {ToolFSOptions} [options]
   * @returns {Promise<ToolFS>}
   */
  static async open(options = {}) {
    const { searchIndex, embedder, mounts, name, secrets, ...others } = options;
    const unknown = Object.keys(others)[0];
    if (unknown) throw new ConfigError(`ToolFS has no option "${unknown}"; it has name, mounts, searchIndex, embedder and secrets`);
    const toolfs = new ToolFS(options);
    /** @type {any} */
    const index = searchIndex;
    const store = isInPython(index) ? index[IN_PYTHON](await toolfs.#link.peer()) : undefined;
    await toolfs.#link.keep("open", "toolfs.open", {
      name,
      secrets,
      store,
      search_index: Boolean(index && !store),
      embedder: Boolean(embedder),
      index_exports: Boolean(index?.export && index.import),
    });
    for (const [path, mount] of Object.entries(mounts ?? {})) await toolfs.mount(path, mount);
    return toolfs;
  }

  /**
   * Mounts a place for files below /toolfs.
   * @param {string} path
   * @param {MountOptions} [options]
   */
  async mount(path, options = {}) {
    /** @type {any} */
    const { kind, opfs, directory, http, plugin, quotaBytes, ...rest } = options;
    /** @type {{kind: string, options: object}} */
    let described = { kind: kind ?? "files", options: kind === "memory" ? { quota_bytes: quotaBytes ?? null } : {} };
    if (typeof opfs === "string") described = { kind: "opfs", options: { folder: opfs, ...rest } };
    else if (typeof http === "string")
      described = { kind: "http", options: { base_url: new URL(http, globalThis.location?.href).href, ...rest } };
    else if (typeof plugin === "string") described = { kind: "plugin", options: { name: plugin, ...rest } };
    else if (directory) {
      const kept = `${this.name}:${path}`;
      if (directory !== true) await keepHandle(kept, directory);
      this.#directories.set(path, { kept, writable: rest.writable ?? true });
      described = { kind: "directory", options: rest };
    }
    await this.#link.keep(`mount ${path}`, "toolfs.mount", { path, ...described });
  }

  /** Unmounts a path. Stored files stay. @param {string} path */
  async unmount(path) {
    await this.#link.ask("toolfs.unmount", { path });
    this.#link.forget(`mount ${path}`);
  }

  /**
   * Returns whether the browser lets the page use the directory that the user picked.
   * @param {string} path
   * @returns {Promise<Permission>}
   */
  permission(path) {
    return this.#permission(path, false);
  }

  /**
   * Asks the user for permission again; call it from a click.
   * @param {string} path
   * @returns {Promise<Permission>}
   */
  requestPermission(path) {
    return this.#permission(path, true);
  }

  /**
   * @param {string} path
   * @param {boolean} ask
   */
  async #permission(path, ask) {
    const { kept, writable } = this.#directories.get(path) ?? {};
    if (!kept) throw new ConfigError(`${path} is no mount of a directory that the user picked`);
    return permissionFor(kept, writable ?? true, ask);
  }

  /**
   * Creates a session: the permissions of the program or agent that holds it.
   * @param {SessionOptions} options
   * @returns {Session}
   */
  session(options) {
    return new Session(options);
  }

  /**
   * @param {string} path
   * @param {Session} session
   * @returns {Promise<Uint8Array>}
   */
  read(path, session) {
    return this.#link.call("read", session, [path]);
  }

  /**
   * Reads a file as UTF-8 text.
   * @param {string} path
   * @param {Session} session
   * @returns {Promise<string>}
   */
  readText(path, session) {
    return this.#link.call("read_text", session, [path]);
  }

  /**
   * Creates or replaces a file, and the directories above it.
   * @param {string} path
   * @param {string | Uint8Array} content
   * @param {Session} session
   * @param {{ifHash?: string}} [options] ifHash: write only where the file still has this hash, "" for a file that does not exist
   * @returns {Promise<Entry>}
   */
  write(path, content, session, { ifHash } = {}) {
    return this.#link.call("write", session, [path, content], ifHash === undefined ? {} : { if_hash: ifHash });
  }

  /**
   * @param {string} path
   * @param {string | Uint8Array} content
   * @param {Session} session
   * @returns {Promise<Entry>}
   */
  append(path, content, session) {
    return this.#link.call("append", session, [path, content]);
  }

  /**
   * Lists a directory by name: the entries that the session may use.
   * @param {string} path
   * @param {Session} session
   * @returns {Promise<Entry[]>}
   */
  list(path, session) {
    return this.#link.call("list", session, [path]);
  }

  /**
   * @param {string} path
   * @param {Session} session
   * @returns {Promise<Entry>}
   */
  stat(path, session) {
    return this.#link.call("stat", session, [path]);
  }

  /**
   * @param {string} path
   * @param {Session} session
   * @returns {Promise<boolean>}
   */
  exists(path, session) {
    return this.#link.call("exists", session, [path]);
  }

  /**
   * @param {string} path
   * @param {Session} session
   * @param {{recursive?: boolean}} [options]
   * @returns {Promise<void>}
   */
  delete(path, session, { recursive = false } = {}) {
    return this.#link.call("delete", session, [path], { recursive });
  }

  /**
   * Renames a file or directory. Never replaces an existing one.
   * @param {string} path
   * @param {string} newPath
   * @param {Session} session
   * @returns {Promise<Entry>}
   */
  rename(path, newPath, session) {
    return this.#link.call("rename", session, [path, newPath]);
  }

  /**
   * @param {string} path
   * @param {Session} session
   * @returns {Promise<Entry>}
   */
  mkdir(path, session) {
    return this.#link.call("mkdir", session, [path]);
  }

  /**
   * Returns the best hits in searchIndex.
   * @param {string} text
   * @param {Session} session
   * @param {{topK?: number}} [options]
   * @returns {Promise<FoundAll>}
   */
  searchRag(text, session, { topK = 5 } = {}) {
    return this.#link.call("search_rag", session, [text], { top_k: topK });
  }

  /**
   * Runs several operations as one request, in order. Returns one result each.
   * @param {Operation[]} operations
   * @param {Session} session
   * @returns {Promise<OperationResult[]>}
   */
  run(operations, session) {
    return this.#link.call("run", session, [operations], {}, (results) => results);
  }

  /**
   * Calls a plugin. A plugin's failure is a response too.
   * @param {string} plugin
   * @param {PluginRequest} request
   * @param {Session} session
   * @returns {Promise<PluginResponse>}
   */
  execute(plugin, request, session) {
    return this.#link.call("execute", session, [plugin, request], {}, (response) => response);
  }

  /**
   * Returns the tools for an agent: `new Agent({tools: await toolfs.tools(session)})`.
   * @param {Session} session
   * @returns {Promise<PythonTool[]>} the tools that the session can use
   */
  tools(session) {
    return this.#tools(session, "tools");
  }

  /**
   * Returns a tool that views and edits files, on which Claude was trained; other models receive a function.
   * @param {Session} session
   * @returns {Promise<PythonTool>}
   */
  async textEditor(session) {
    return (await this.#tools(session, "text_editor"))[0];
  }

  /**
   * Returns Claude's memory tool, whose notes are files in a directory. The session needs list, read, write and delete there.
   * @param {Session} session
   * @param {string} [folder]
   * @returns {Promise<PythonTool>}
   */
  async memoryTool(session, folder = "/toolfs/memories") {
    return (await this.#tools(session, "memory_tool", folder))[0];
  }

  /**
   * Returns a tool that changes files by diffs, on which GPT was trained; other models receive a function.
   * @param {Session} session
   * @returns {Promise<PythonTool>}
   */
  async applyPatch(session) {
    return (await this.#tools(session, "apply_patch"))[0];
  }

  /**
   * @param {Session} session
   * @param {"tools" | "text_editor" | "memory_tool" | "apply_patch"} kind
   * @param {...string} args
   * @returns {Promise<PythonTool[]>}
   */
  async #tools(session, kind, ...args) {
    const module = [this.#link.id, session.described.id, ...(kind === "tools" ? [] : [kind, ...args])].join("/");
    /** @type {WeakMap<Peer, Promise<PythonDefinition[]>>} */
    const loaded = new WeakMap();
    const load = () => this.#link.ask("toolfs.tools", { module, session: session.described, kind, args });
    const peer = await this.#link.peer();
    const definitions = await load();
    loaded.set(peer, Promise.resolve(definitions));
    return definitions.map((/** @type {PythonDefinition} */ definition) =>
      ownTool(definition, async (here) => {
        if (!loaded.has(here)) loaded.set(here, load());
        await loaded.get(here);
        return module;
      }),
    );
  }

  /**
   * Yields the kinds of each change, made here or in another tab: "tree" for files, memory and skills, "snapshot", "audit".
   * @returns {AsyncGenerator<string[]>}
   */
  async *changes() {
    yield* (await this.#link.peer()).stream("toolfs.changes", { id: this.#link.id });
  }

  /** Closes the ToolFS. Stored data stays. */
  async close() {
    await this.#link.ask("toolfs.close");
    given.delete(this.#link.id);
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}
