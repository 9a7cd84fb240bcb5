/**
 * Plugins that are JavaScript objects: they run where they were defined.
 *
 * @import { PluginFiles, PluginObject, PluginRequest } from "./types.js"
 */

import { serve } from "../bridge/services.js";
import { connect } from "../runtime/boot.js";
import { ConfigError, ToolFSError } from "../errors.js";
import { given } from "./services.js";

/** Describes a plugin before its first call. @param {PluginObject} plugin */
export function describePlugin({ name, version, skill_document, operations, execute }) {
  if (typeof name !== "string" || typeof execute !== "function")
    throw new ConfigError("a plugin is {name, version, execute(request, files)}");
  return { name, version: String(version ?? "0"), skill_document, operations };
}

/**
 * @param {{id: string, key: string}} place
 * @returns {PluginObject}
 */
const find = ({ id, key }) => /** @type {PluginObject} */ (given.get(id)?.plugins?.get(key));

serve({
  "toolfs.plugin_init": async (/** @type {any} */ { config, ...place }) => void (await find(place).init?.(config)),
  "toolfs.plugin": (/** @type {any} */ { request, call, ...place }) => find(place).execute(request, openFiles(place.id, call)),
});

/**
 * @param {string} id
 * @param {number} call
 * @returns {PluginFiles}
 */
function openFiles(id, call) {
  const ask = async (/** @type {string} */ method, /** @type {object} */ params, /** @type {string | Uint8Array} */ data = "") => {
    const $bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const { head, $bytes: bytes } = await (await connect()).call("toolfs.plugin_ask", { id, call, method, params, $bytes });
    if (!head.ok) throw Object.assign(new ToolFSError(head.message, { code: head.code }), { code: head.code });
    return { value: head.value, bytes };
  };
  return {
    read: async (path) => (await ask("read", { path })).bytes,
    write: async (path, data) => (await ask("write", { path }, data)).value,
    list: async (path) => (await ask("list", { path })).value,
    stat: async (path) => (await ask("stat", { path })).value,
    delete: async (path) => void (await ask("delete", { path })),
    mkdir: async (path) => void (await ask("mkdir", { path })),
    rename: async (path, to) => void (await ask("rename", { path, to })),
    fetch: async (url, { method = "GET", headers = {}, body } = {}) => {
      const { value, bytes } = await ask("fetch", { url, method, headers }, body);
      return { ...value, body: bytes };
    },
  };
}
