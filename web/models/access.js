/**
 * Access to a model and limits of its calls: the options that agents and models share.
 *
 * @import { Access, ChainAccess, Limits, ModelLink } from "../types.js"
 * @import { Handlers } from "../bridge/rpc.js"
 */

import { ConfigError } from "../errors.js";

export const ACCESS_OPTIONS = ["apiKey", "baseURL", "baseUrl", "headers", "maxResponseBytes"];
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
  for (const link of linksOf(model, options.apiKey)) checkAccess(link, link.model, what);
}

/**
 * @param {ChainAccess} options
 * @param {string | readonly (string | ModelLink)[]} model
 * @param {string} [provider] fixed by a subpath
 * @returns {{access: Record<string, unknown>, handlers: Handlers}}
 */
export function describeChain(options, model, provider) {
  if (typeof model === "string") return describeAccess(/** @type {Access} */ (options), model, provider);
  const links = linksOf(model, options.apiKey);
  const described = links.map((link) => describeAccess(link, link.model, provider));
  return {
    access: { model: described.map(({ access }) => access), api_key: null, base_url: null, headers: options.headers ?? null },
    handlers: {
      api_key: (/** @type {{link?: number}} */ params, ...rest) => described[params?.link ?? 0].handlers.api_key(params, ...rest),
    },
  };
}

/**
 * @param {readonly (string | ModelLink)[]} models
 * @param {ChainAccess["apiKey"]} keys by provider
 * @returns {ModelLink[]}
 */
function linksOf(models, keys) {
  const known = keys && typeof keys === "object" ? keys : {};
  return models.map((item) => {
    const link = typeof item === "string" ? { model: item } : item;
    return { apiKey: known[String(link.model).split(":")[0]], ...link };
  });
}

/**
 * @param {Access} options
 * @param {unknown} model
 * @param {string} what the class's name
 */
export function checkAccess({ apiKey }, model, what) {
  if (typeof apiKey === "string" && !apiKey.trim()) throw new ConfigError("API key cannot be empty");
  if (apiKey != null && typeof apiKey !== "string" && typeof apiKey !== "function")
    throw new ConfigError("apiKey is text, or a function that gives it");
  if (typeof model !== "string") throw new ConfigError(`model property of ${what} is required`);
  if (!model.trim()) throw new ConfigError("Model cannot be empty");
}

/**
 * @param {Access} options
 * @param {string} model
 * @param {string} [provider] fixed by a subpath
 * @returns {{access: Record<string, unknown>, handlers: Handlers}}
 */
export function describeAccess({ apiKey, baseURL, baseUrl, headers, maxResponseBytes }, model, provider) {
  const access = {
    model: provider ? [provider, model].filter(Boolean).join(":") : model,
    api_key: typeof apiKey === "function" ? true : (apiKey ?? null),
    base_url: baseURL ?? baseUrl ?? addressFromEnvironment(provider ?? model.split(":")[0]),
    headers: headers ?? null,
    max_response_bytes: maxResponseBytes ?? null,
  };
  return { access, handlers: { api_key: () => (typeof apiKey === "function" ? apiKey() : apiKey) } };
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
