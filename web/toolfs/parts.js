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

/** What agents are to remember, each entry text with metadata. */
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

/** Instructions for tasks, each a folder /toolfs/skills/<name> with a SKILL.md. */
export class Skills {
  #link;

  /** @param {Link} link */
  constructor(link) {
    this.#link = link;
  }

  /**
   * Without their texts.
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

/** Everything as it was at one moment. */
export class Snapshots {
  #link;

  /** @param {Link} link */
  constructor(link) {
    this.#link = link;
  }

  /**
   * name: the time, if left out.
   * @param {Session} session
   * @param {{name?: string}} [options]
   * @returns {Promise<Snapshot>}
   */
  create(session, { name } = {}) {
    return this.#link.call("snapshot", session, [], { name: name ?? null }, readSnapshot);
  }

  /**
   * Oldest first.
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
   * From one to another, or to now.
   * @param {string} from
   * @param {string | null} to
   * @param {Session} session
   * @returns {Promise<Diff>}
   */
  diff(from, to, session) {
    return this.#link.call("diff", session, [from, to]);
  }

  /**
   * Makes everything as it was: what came later is gone, what was deleted is back.
   * @param {string} name
   * @param {Session} session
   * @returns {Promise<Snapshot>}
   */
  rollback(name, session) {
    return this.#link.call("rollback", session, [name], {}, readSnapshot);
  }

  /**
   * Another of the same, to go on from.
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
   * One file with everything in it.
   * @param {string} name
   * @param {Session} session
   * @returns {Promise<Uint8Array>}
   */
  export(name, session) {
    return this.#link.call("export_snapshot", session, [name]);
  }

  /**
   * Adds what was exported to the others.
   * @param {Uint8Array} data
   * @param {Session} session
   * @returns {Promise<Snapshot>}
   */
  import(data, session) {
    return this.#link.call("import_snapshot", session, [data], {}, readSnapshot);
  }
}

/** Every call and every decision, in order, never changed. For the program; a session reads /toolfs/audit. */
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
   * JSON, a record a line.
   * @param {{since?: string}} [options]
   * @returns {Promise<string>}
   */
  export({ since = "" } = {}) {
    return this.#link.ask("toolfs.audit", { operation: "export", args: [since] });
  }

  /** What is wrong with it, in words; nothing where nobody touched it. @returns {Promise<string[]>} */
  verify() {
    return this.#link.ask("toolfs.audit", { operation: "verify", args: [] });
  }
}

/** For the program: it says what a plugin may do. */
export class Plugins {
  #link;
  /** @type {Map<string, string>} */
  #keys = new Map();

  /** @param {Link} link */
  constructor(link) {
    this.#link = link;
  }

  /**
   * What a plugin is and could ask for, before it is installed and anything of it runs: of WASM its kind (`wasm.abi`), exports, imports,
   * memory, what it needs, and why it could not run here.
   * @param {PluginOptions} options
   * @returns {Promise<Inspected>}
   */
  async inspect(options) {
    const { wasm, ...known } = await this.#link.ask("toolfs.inspect", describe(options));
    return { ...toCamel(known), ...(wasm && { wasm: { ...toCamel(wasm), imports: wasm.imports, exports: wasm.exports } }) };
  }

  /**
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
   * @param {string} name
   * @returns {Promise<void>}
   */
  async remove(name) {
    await this.#link.ask("toolfs.uninstall", { name });
    const key = this.#keys.get(name) ?? "";
    this.#link.forget(key);
    given.get(this.#link.id)?.plugins?.delete(key);
  }

  /** @returns {Promise<Installed[]>} */
  async list() {
    return (await this.#link.ask("toolfs.plugins")).map(readInstalled);
  }
}

/**
 * As Python takes it.
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
 * Its trees and states are paths and names, which keep their spelling.
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
