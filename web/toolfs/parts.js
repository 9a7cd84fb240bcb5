/**
 * The parts of a ToolFS: memory, skills, snapshots, audit, plugins.
 *
 * @import { Link, Session } from "./link.js"
 * @import { AuditRecord, Diff, Entry, FoundAll, Inspected, Installed, MemoryEntry, PluginOptions, Skill, Snapshot } from "./types.js"
 */

import { ConfigError } from "../errors.js";
import { toCamel } from "../bridge/spelling.js";
import { describeGrant } from "./link.js";
import { describePlugin } from "./plugin-objects.js";
import { given } from "./services.js";

let installs = 0;

/** Entries that agents remember, each a text with metadata. */
export class Memory {
  #link;

  /** @param {Link} link */
  constructor(link) {
    this.#link = link;
  }

  /**
   * @param {string} content
   * @param {Session} session
   * @param {{id?: string, metadata?: Record<string, unknown>}} [options] id: of an entry to replace
   * @returns {Promise<{id: string, content: string, metadata: Record<string, unknown>}>}
   */
  write(content, session, { id, metadata = {} } = {}) {
    return this.#link.call("remember", session, [content], { id: id ?? null, metadata });
  }

  /**
   * @param {string} id
   * @param {Session} session
   * @returns {Promise<MemoryEntry>}
   */
  async read(id, session) {
    return toCamel(JSON.parse(await this.#link.call("read_text", session, [`/toolfs/memory/${id}`])));
  }

  /**
   * @param {Session} session
   * @returns {Promise<Entry[]>}
   */
  list(session) {
    return this.#link.call("list", session, ["/toolfs/memory"]);
  }

  /**
   * @param {string} id
   * @param {Session} session
   */
  delete(id, session) {
    return this.#link.call("delete", session, [`/toolfs/memory/${id}`]);
  }

  /**
   * @param {string} text
   * @param {Session} session
   * @param {{topK?: number}} [options]
   * @returns {Promise<FoundAll>}
   */
  search(text, session, { topK = 5 } = {}) {
    return this.#link.call("search_memory", session, [text], { top_k: topK });
  }
}

/** Instructions for tasks, each in a folder /toolfs/skills/<name> with a SKILL.md. */
export class Skills {
  #link;

  /** @param {Link} link */
  constructor(link) {
    this.#link = link;
  }

  /**
   * Lists the skills, without their texts.
   * @param {Session} session
   * @returns {Promise<Skill[]>}
   */
  list(session) {
    return this.#link.call("skills", session, []);
  }

  /**
   * @param {string} name
   * @param {Session} session
   * @returns {Promise<Skill>}
   */
  load(name, session) {
    return this.#link.call("load_skill", session, [name]);
  }
}

/** Snapshots of the whole ToolFS. */
export class Snapshots {
  #link;

  /** @param {Link} link */
  constructor(link) {
    this.#link = link;
  }

  /**
   * Takes a snapshot. name: by default the time.
   * @param {Session} session
   * @param {{name?: string}} [options]
   * @returns {Promise<Snapshot>}
   */
  create(session, { name } = {}) {
    return this.#link.call("snapshot", session, [], { name: name ?? null }, readSnapshot);
  }

  /**
   * Lists the snapshots, oldest first.
   * @param {Session} session
   * @returns {Promise<Snapshot[]>}
   */
  async list(session) {
    const entries = /** @type {Entry[]} */ (await this.#link.call("list", session, ["/toolfs/snapshots"]));
    const manifests = entries.map(({ path }) => this.#link.call("read_text", session, [`${path}/manifest.json`]));
    return (await Promise.all(manifests))
      .map((text) => readSnapshot(JSON.parse(text)))
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  }

  /**
   * Compares a snapshot with another, or with the present.
   * @param {string} from
   * @param {string | null} to
   * @param {Session} session
   * @returns {Promise<Diff>}
   */
  diff(from, to, session) {
    return this.#link.call("diff", session, [from, to]);
  }

  /**
   * Restores the state of a snapshot: later files are removed, deleted ones are restored.
   * @param {string} name
   * @param {Session} session
   * @returns {Promise<Snapshot>}
   */
  rollback(name, session) {
    return this.#link.call("rollback", session, [name], {}, readSnapshot);
  }

  /**
   * Copies a snapshot under another name, to go on from.
   * @param {string} name
   * @param {string} newName
   * @param {Session} session
   * @returns {Promise<Snapshot>}
   */
  branch(name, newName, session) {
    return this.#link.call("branch", session, [name, newName], {}, readSnapshot);
  }

  /**
   * @param {string} name
   * @param {Session} session
   */
  delete(name, session) {
    return this.#link.call("delete", session, [`/toolfs/snapshots/${name}`], { recursive: true });
  }

  /**
   * Exports a snapshot as one file.
   * @param {string} name
   * @param {Session} session
   * @returns {Promise<Uint8Array>}
   */
  export(name, session) {
    return this.#link.call("export_snapshot", session, [name]);
  }

  /**
   * Imports an exported snapshot beside the others.
   * @param {Uint8Array} data
   * @param {Session} session
   * @returns {Promise<Snapshot>}
   */
  import(data, session) {
    return this.#link.call("import_snapshot", session, [data], {}, readSnapshot);
  }
}

/** The record of every call and decision, in order, never changed. For the program; a session reads /toolfs/audit. */
export class Audit {
  #link;

  /** @param {Link} link */
  constructor(link) {
    this.#link = link;
  }

  /**
   * @param {{since?: string}} [options] since: a day, "2026-01-31"
   * @returns {Promise<AuditRecord[]>}
   */
  records({ since = "" } = {}) {
    return this.#link.ask("toolfs.audit", { operation: "records", args: [since] });
  }

  /**
   * Exports the audit as JSON, one record a line.
   * @param {{since?: string}} [options]
   * @returns {Promise<string>}
   */
  export({ since = "" } = {}) {
    return this.#link.ask("toolfs.audit", { operation: "export", args: [since] });
  }

  /** Checks the audit. Returns what is wrong with it, in words; nothing where nobody touched it. @returns {Promise<string[]>} */
  verify() {
    return this.#link.ask("toolfs.audit", { operation: "verify", args: [] });
  }
}

/** The plugins, and their permissions. For the program. */
export class Plugins {
  #link;
  /** @type {Map<string, string>} */
  #keys = new Map();

  /** @param {Link} link */
  constructor(link) {
    this.#link = link;
  }

  /**
   * Inspects a plugin before it is installed or runs. Of WASM: its kind (`wasm.abi`), exports, imports, memory, needs, and why it cannot
   * run here.
   * @param {PluginOptions} options
   * @returns {Promise<Inspected>}
   */
  async inspect(options) {
    const { wasm, ...known } = await this.#link.ask("toolfs.inspect", describe(options));
    return { ...toCamel(known), ...(wasm && { wasm: { ...toCamel(wasm), imports: wasm.imports, exports: wasm.exports } }) };
  }

  /**
   * Installs a plugin. Without a grant it reaches no file and no host.
   * @param {PluginOptions} options
   * @returns {Promise<Installed>}
   */
  async install(options) {
    const key = `plugin ${++installs}`;
    const { plugin } = options;
    if (plugin) given.get(this.#link.id)?.plugins?.set(key, plugin);
    const params = { ...describe(options), ...(plugin && { kind: "object", key, about: describePlugin(plugin) }) };
    const installed = readInstalled(await this.#link.keep(key, "toolfs.install", params));
    this.#keys.set(installed.name, key);
    return installed;
  }

  /**
   * Removes a plugin.
   * @param {string} name
   * @returns {Promise<void>}
   */
  async remove(name) {
    await this.#link.ask("toolfs.uninstall", { name });
    const key = this.#keys.get(name) ?? "";
    this.#link.forget(key);
    given.get(this.#link.id)?.plugins?.delete(key);
  }

  /** Returns the installed plugins. @returns {Promise<Installed[]>} */
  async list() {
    return (await this.#link.ask("toolfs.plugins")).map(readInstalled);
  }
}

/**
 * Describes a plugin as Python reads it.
 * @param {PluginOptions} options
 * @returns {Record<string, any>}
 */
function describe({ kind, source, data, plugin, grant, timeoutMs, memoryBytes, outputBytes, ...rest }) {
  if (kind === undefined && source === undefined && !plugin)
    throw new ConfigError("a plugin is an object, or has a source (Python), or a kind and its data");
  const bytes = kind !== undefined && kind !== "python" && source !== undefined ? new TextEncoder().encode(source) : data;
  return {
    ...rest,
    kind: kind ?? "python",
    source,
    ...(bytes && { $bytes: bytes }),
    grant: describeGrant(grant ?? {}),
    timeout_s: timeoutMs && timeoutMs / 1000,
    memory_bytes: memoryBytes,
    output_bytes: outputBytes,
  };
}

/**
 * Reads a snapshot; keys of its trees and states are paths and names, which keep their spelling.
 * @param {any} snapshot
 * @returns {Snapshot}
 */
function readSnapshot({ trees, states, ...fields }) {
  return { ...toCamel(fields), trees, states };
}

/**
 * @param {any} installed
 * @returns {Installed}
 */
function readInstalled({ grant, operations, ...fields }) {
  const { paths, hosts, ...limits } = grant;
  return { ...toCamel(fields), grant: { paths, hosts, ...toCamel(limits) }, operations };
}
