/**
 * Files that a provider stores: uploaded once, referenced in any number of messages.
 *
 * @import { Access, RemoteFile } from "../types.js"
 */

import { ACCESS_OPTIONS, checkAccess, checkNames, describeAccess } from "./access.js";
import { connect } from "../runtime/boot.js";
import { fromBase64, toBase64 } from "../bridge/base64.js";
import { toCamel } from "../bridge/spelling.js";

/** The stored files of an account at one provider. A message references a file by its `part`: `agent.prompt([file.part, "Summarise it."])`. */
export class ProviderFiles {
  #described;

  /**
   * @param {string} provider such as "anthropic"
   * @param {Access} [options]
   */
  constructor(provider, options = {}) {
    checkNames(options, ACCESS_OPTIONS);
    checkAccess(options, provider, "ProviderFiles");
    this.#described = describeAccess(options, provider);
  }

  /**
   * @param {Blob | Uint8Array} data
   * @param {{name?: string, mediaType?: string, expiresAfterS?: number, signal?: AbortSignal | null}} [options] name and mediaType: a
   *   File's own, where they are left out
   * @returns {Promise<RemoteFile>}
   */
  async upload(data, { name, mediaType, expiresAfterS, signal } = {}) {
    const blob = data instanceof Blob ? data : undefined;
    const bytes = blob ? new Uint8Array(await blob.arrayBuffer()) : /** @type {Uint8Array} */ (data);
    const options = {
      name: name ?? (blob && "name" in blob ? blob.name : null),
      media_type: mediaType ?? (blob?.type || null),
      expires_after_s: expiresAfterS ?? null,
    };
    return toCamel(await this.#call("files.upload", { data: toBase64(bytes), asked: options }, signal));
  }

  /**
   * Returns every file, in the provider's order.
   * @returns {Promise<RemoteFile[]>}
   */
  async list() {
    return toCamel(await this.#call("files.list"));
  }

  /**
   * @param {string} id
   * @returns {Promise<RemoteFile>}
   */
  async get(id) {
    return toCamel(await this.#call("files.get", { id }));
  }

  /**
   * Returns the bytes of a file that the provider allows to read: OpenAI and Anthropic allow files that their tools made.
   * @param {string} id
   * @returns {Promise<Uint8Array>}
   */
  async content(id) {
    return fromBase64(await this.#call("files.content", { id }));
  }

  /**
   * @param {string} id
   * @returns {Promise<void>}
   */
  async delete(id) {
    await this.#call("files.delete", { id });
  }

  /**
   * @param {string} method
   * @param {object} [params]
   * @param {AbortSignal | null} [signal]
   */
  async #call(method, params, signal) {
    const { access, handlers } = this.#described;
    return (await connect()).call(method, { access, ...params }, { signal: signal ?? undefined, handlers });
  }
}
