/**
 * The models that a provider serves.
 *
 * @import { Access, KnownModel, ModelInfo } from "../types.js"
 */

import { ACCESS_OPTIONS, checkAccess, checkNames, describeAccess } from "./access.js";
import { connect } from "../runtime/boot.js";
import { toCamel } from "../bridge/spelling.js";

/**
 * Returns every model of a provider that the key may use, in the provider's order.
 * @param {string} provider such as "openai"
 * @param {Access & {signal?: AbortSignal}} [options]
 * @returns {Promise<ModelInfo[]>}
 */
export async function listModels(provider, { signal, ...options } = {}) {
  checkNames(options, ACCESS_OPTIONS);
  checkAccess(options, provider, "listModels");
  const { access, handlers } = describeAccess(options, provider);
  return toCamel(await (await connect()).call("model.list", { access }, { signal, handlers }));
}

/**
 * Returns what the package's catalog has of a model, without a request. Prices and sizes follow the providers with each release.
 * @param {string} model "provider:model"
 * @returns {Promise<KnownModel | null>} null for a model that it does not have
 */
export async function knownModel(model) {
  return toCamel(await (await connect()).call("model.known", { model }));
}
