/**
 * Access to a model and limits of its calls: the options that agents and models share.
 *
 * @import { Access, ChainAccess, Limits, ModelLink, ModelObject } from "../types.js"
 * @import { Handlers } from "../bridge/rpc.js"
 */

import { ConfigError } from "../errors.js";
import { answerFetch, answerOwnModel, checkOwnModel, describeOwnModel, isModelObject } from "./own-model.js";

export const ACCESS_OPTIONS = ["apiKey", "baseURL", "baseUrl", "headers", "maxResponseBytes", "fetch"];
/** Options of access that a model which is an object has no use for. */
const OF_NAMED = /** @type {const} */ (["apiKey", "baseURL", "baseUrl", "maxResponseBytes", "fetch"]);
export const LIMIT_OPTIONS = ["retry", "timeoutMs", "additionalParams"];

/**
 * Checks the access of one model, or of each model of a chain.
 * @param {ChainAccess} options
 * @param {unknown} model
 * @param {string} what the class's name
 */
export function checkChain(options, model, what) {
  if (!Array.isArray(model)) return checkAccess(/** @type {Access} */ (options), model, what);
  if (!model.length) throw new ConfigError(`model of ${what} has at least one model: ["openai:…", "anthropic:…"]`);
  if (typeof options.apiKey === "string" || typeof options.apiKey === "function" || options.baseURL != null || options.baseUrl != null)
    throw new ConfigError(
      "of several models, apiKey is {openai: …, anthropic: …} and each has its own baseURL: [{model, apiKey, baseURL}]",
    );
  for (const link of linksOf(model, options)) checkAccess(link, link.model, what);
}

/**
 * @param {ChainAccess} options
 * @param {string | ModelObject | readonly (string | ModelLink | ModelObject)[]} model
 * @param {string} [provider] fixed by a subpath
 * @returns {{access: Record<string, unknown>, handlers: Handlers}}
 */
export function describeChain(options, model, provider) {
  if (!Array.isArray(model)) return describeAccess(/** @type {Access} */ (options), /** @type {string | ModelObject} */ (model), provider);
  const links = linksOf(model, options);
  const described = links.map((link) => describeAccess(link, link.model, provider));
  const names = new Set(described.flatMap(({ handlers }) => Object.keys(handlers)));
  /**
   * @param {string} name
   * @returns {Handlers[string]}
   */
  const handle = (name) => (params, context) => described[params?.link ?? 0].handlers[name](params, context);
  return {
    access: { model: described.map(({ access }) => access), api_key: null, base_url: null, headers: options.headers ?? null },
    handlers: Object.fromEntries([...names].map((name) => [name, handle(name)])),
  };
}

/**
 * @param {readonly (string | ModelLink | ModelObject)[]} models
 * @param {ChainAccess} options apiKey: the keys by provider. fetch: of every model that has none of its own
 * @returns {(Access & {model: string | ModelObject})[]}
 */
function linksOf(models, { apiKey: keys, fetch }) {
  const known = keys && typeof keys === "object" ? keys : {};
  return models.map((item) => {
    if (isModelObject(item)) return { model: item };
    const link = typeof item === "string" ? { model: item } : item;
    return { apiKey: known[String(link.model).split(":")[0]], fetch, ...link };
  });
}

/**
 * @param {Access} options
 * @param {unknown} model
 * @param {string} what the class's name
 */
export function checkAccess(options, model, what) {
  const { apiKey, fetch } = options;
  if (isModelObject(model)) {
    const idle = OF_NAMED.find((name) => options[name] != null);
    if (idle) throw new ConfigError(`${idle} belongs to a model named by text; this model was made already: give it where it was made`);
    return checkOwnModel(model, what);
  }
  if (fetch != null && typeof fetch !== "function") throw new ConfigError("fetch is a function, called as the browser's own is");
  if (typeof apiKey === "string" && !apiKey.trim()) throw new ConfigError("API key cannot be empty");
  if (apiKey != null && typeof apiKey !== "string" && typeof apiKey !== "function")
    throw new ConfigError("apiKey is text, or a function that gives it");
  if (typeof model !== "string") throw new ConfigError(`model property of ${what} is required`);
  if (!model.trim()) throw new ConfigError("Model cannot be empty");
}

/**
 * @param {Access} options
 * @param {string | ModelObject} model
 * @param {string} [provider] fixed by a subpath
 * @returns {{access: Record<string, unknown>, handlers: Handlers}}
 */
export function describeAccess({ apiKey, baseURL, baseUrl, headers, maxResponseBytes, fetch }, model, provider) {
  if (isModelObject(model))
    return { access: { model: describeOwnModel(model), headers: headers ?? null }, handlers: answerOwnModel(model) };
  const access = {
    model: provider ? [provider, model].filter(Boolean).join(":") : model,
    api_key: typeof apiKey === "function" ? true : (apiKey ?? null),
    base_url: baseURL ?? baseUrl ?? addressFromEnvironment(provider ?? model.split(":")[0]),
    headers: headers ?? null,
    max_response_bytes: maxResponseBytes ?? null,
    ...(fetch ? { fetch: true } : {}),
  };
  const key = () => (typeof apiKey === "function" ? apiKey() : apiKey);
  return { access, handlers: { api_key: key, ...(fetch ? answerFetch(fetch) : {}) } };
}

/**
 * @param {string} provider
 * @returns {string | null}
 */
function addressFromEnvironment(provider) {
  return globalThis.process?.env?.[`STAYSAIL_${provider.toUpperCase().replaceAll("-", "_")}_BASE_URL`] ?? null;
}

/**
 * @param {Limits} options
 * @returns {Record<string, unknown>}
 */
export function describeLimits({ retry, timeoutMs, additionalParams }) {
  /** @type {Record<string, unknown>} */
  const limits = {};
  if (retry != null) limits.retry = typeof retry === "object" ? inSeconds(retry) : retry;
  if (timeoutMs != null) limits.timeout_s = typeof timeoutMs === "number" ? timeoutMs / 1000 : inSeconds(timeoutMs);
  if (additionalParams != null) limits.additional_params = additionalParams;
  return limits;
}

/** Respells {connectMs: 500} as {connect_s: 0.5}. @param {Record<string, number | null | undefined>} values */
function inSeconds(values) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) =>
      name.endsWith("Ms") ? [`${name.slice(0, -2)}_s`, value == null ? null : value / 1000] : [name, value],
    ),
  );
}

/**
 * @param {object} options
 * @param {Iterable<string>} known
 */
export function checkNames(options, known) {
  const names = new Set(known);
  const unknown = Object.keys(options).find((name) => !names.has(name));
  if (unknown) throw new ConfigError(`there is no option "${unknown}"; there are: ${[...names].join(", ")}`);
}
