/**
 * Where a model is and how it is called: the options that every class has.
 *
 * @import { Access, Limits } from "../types.js"
 * @import { Handlers } from "../bridge/rpc.js"
 */

import { ConfigError } from "../errors.js";

export const ACCESS_OPTIONS = ["apiKey", "baseURL", "baseUrl", "headers"];
export const LIMIT_OPTIONS = ["retry", "timeoutMs", "additionalParams"];

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
 * @param {string} [provider] the one that a subpath fixes
 * @returns {{access: Record<string, unknown>, handlers: Handlers}}
 */
export function describeAccess({ apiKey, baseURL, baseUrl, headers }, model, provider) {
  const access = {
    model: provider ? [provider, model].filter(Boolean).join(":") : model,
    api_key: typeof apiKey === "function" ? true : (apiKey ?? null),
    base_url: baseURL ?? baseUrl ?? addressFromEnvironment(provider ?? model.split(":")[0]),
    headers: headers ?? null,
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

/** {connectMs: 500} as {connect_s: 0.5}. @param {Record<string, number | null | undefined>} values */
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
