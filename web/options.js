/**
 * An agent's options: checked at once, and described for Python at each call.
 *
 * @import { AgentOptions, CallOptions, DynamicContext, RunOptions, SearchIndex } from "./types.js"
 * @import { Handlers, Peer } from "./rpc.js"
 * @import { BoundTool } from "./tools.js"
 */

import { ConfigError } from "./errors.js";
import { jsonSchema } from "./schema.js";
import { bindTool } from "./tools.js";

/** Options that cross as they are, and their names in Python. */
const PLAIN = /** @type {const} */ ({
  preamble: "preamble",
  context: "context",
  temperature: "temperature",
  maxTokens: "max_tokens",
  toolChoice: "tool_choice",
  toolConcurrency: "tool_concurrency",
  maxTurns: "max_turns",
  additionalParams: "additional_params",
  headers: "headers",
  outputRetries: "output_retries",
});
const RUN_OPTIONS = new Set([...Object.keys(PLAIN), "tools", "toolTimeoutMs", "dynamicContext", "retry", "timeoutMs", "outputSchema"]);
const AGENT_OPTIONS = new Set([...RUN_OPTIONS, "apiKey", "model", "baseURL", "baseUrl", "cache"]);
const CALL_OPTIONS = new Set([...RUN_OPTIONS, "history", "signal"]);

/**
 * What a call needs: the agent as plain data, and the functions that Python may call back.
 * @typedef {{agent: Record<string, unknown>, handlers: Handlers}} Described
 */

/** Refuses what cannot work, before anything starts. @param {AgentOptions} options */
export function checkAgentOptions(options) {
  if (options === null || typeof options !== "object") throw new ConfigError("Agent takes an object of options, at least {model}");
  checkNames(options, AGENT_OPTIONS);
  const { apiKey, model, cache } = options;
  if (typeof apiKey === "string" && !apiKey.trim()) throw new ConfigError("API key cannot be empty");
  if (apiKey != null && typeof apiKey !== "string" && typeof apiKey !== "function") throw new ConfigError("apiKey is text, or a function that gives it");
  if (typeof model !== "string") throw new ConfigError("model property of Agent is required");
  if (!model.trim()) throw new ConfigError("Model cannot be empty");
  if (cache != null && !(cache.maxEntries >= 1)) throw new ConfigError("cache is {maxEntries}, at least 1");
  checkRunOptions(options);
}

/** @param {CallOptions} options */
export function checkCallOptions(options) {
  checkNames(options, CALL_OPTIONS);
  checkRunOptions(options);
}

/** @param {RunOptions} options */
function checkRunOptions({ temperature, maxTokens, maxTurns, toolConcurrency, tools, dynamicContext, outputSchema }) {
  if (temperature != null && !(temperature >= 0 && temperature <= 2)) throw new ConfigError(`Temperature must be between 0 and 2, got ${temperature}`);
  if (maxTokens != null && !(maxTokens > 0)) throw new ConfigError(`Max tokens must be greater than 0, got ${maxTokens}`);
  if (maxTurns != null && !(maxTurns >= 1)) throw new ConfigError(`maxTurns counts model calls, so it is at least 1, got ${maxTurns}`);
  if (toolConcurrency != null && !(toolConcurrency >= 1)) throw new ConfigError(`toolConcurrency is at least 1, got ${toolConcurrency}`);
  const names = (tools ?? []).map((tool) => bindTool(tool).name);
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice) throw new ConfigError(`two tools have the name "${twice}"; a model could not tell them apart`);
  readContexts(dynamicContext).forEach(checkContext);
  if (outputSchema != null) jsonSchema(outputSchema);
}

/**
 * @param {AgentOptions} options
 * @param {{provider?: string, id: string, prompt: string, peer: Peer}} about
 * @returns {Promise<Described>}
 */
export async function describeAgent(options, { provider, id, prompt, peer }) {
  const { apiKey, model, cache, timeoutMs, toolTimeoutMs, retry, outputSchema } = options;
  const tools = (options.tools ?? []).map(bindTool);
  const contexts = readContexts(options.dynamicContext);
  /** @type {Record<string, unknown>} */
  const run = {};
  for (const [name, wireName] of Object.entries(PLAIN)) {
    const value = options[/** @type {keyof typeof PLAIN} */ (name)];
    if (value != null) run[wireName] = value;
  }
  if (tools.length) run.tools = await Promise.all(tools.map((tool) => tool.define(prompt, peer)));
  if (contexts.length) run.dynamic_context = contexts.map(({ sample }, index) => ({ sample, index }));
  if (toolTimeoutMs != null) run.tool_timeout_s = toolTimeoutMs / 1000;
  if (timeoutMs != null) run.timeout_s = typeof timeoutMs === "number" ? timeoutMs / 1000 : inSeconds(timeoutMs);
  if (retry != null) run.retry = typeof retry === "object" ? inSeconds(retry) : retry;
  if (outputSchema != null) run.output_type = jsonSchema(outputSchema);
  if (cache != null) run.cache = { id, max_entries: cache.maxEntries };
  const agent = {
    model: provider ? `${provider}:${model}` : model,
    api_key: typeof apiKey === "function" ? true : apiKey ?? null,
    base_url: baseURL(options, provider),
    options: run,
  };
  return { agent, handlers: handlersOf(tools, contexts, apiKey) };
}

/**
 * @param {BoundTool[]} tools
 * @param {DynamicContext[]} contexts
 * @param {AgentOptions["apiKey"]} apiKey
 * @returns {Handlers}
 */
function handlersOf(tools, contexts, apiKey) {
  const known = new Map(tools.map((tool) => [tool.name, tool]));
  return {
    tool: ({ name, args }, context) => known.get(name)?.call(args, context),
    search: ({ index, query, n }) => search(contexts[index].dynamicTools, query, n),
    api_key: () => (typeof apiKey === "function" ? apiKey() : apiKey),
  };
}

/** @param {SearchIndex} store @param {string} query @param {number} n @returns {unknown} */
function search(store, query, n) {
  return "topN" in store ? store.topN({ query, samples: n }) : store.search(query, n);
}

/** @param {RunOptions["dynamicContext"]} value @returns {DynamicContext[]} */
function readContexts(value) {
  if (value == null) return [];
  return Array.isArray(value) ? value : [value];
}

/** @param {DynamicContext} context */
function checkContext({ sample, dynamicTools: store }) {
  if (!(sample >= 1)) throw new ConfigError(`dynamicContext.sample is at least 1, got ${sample}`);
  const given = /** @type {Record<string, unknown> | null | undefined} */ (store);
  if (typeof given?.topN !== "function" && typeof given?.search !== "function") {
    throw new ConfigError("dynamicContext.dynamicTools is a vector store: something with topN(request) or search(query, n)");
  }
}

/** An address given, or one from the environment, where there is one. @param {any} options @param {string | undefined} provider @returns {string | null} */
export function baseURL(options, provider = options.model.split(":")[0]) {
  const variable = `STAYSAIL_${provider.toUpperCase().replaceAll("-", "_")}_BASE_URL`;
  return options.baseURL ?? options.baseUrl ?? globalThis.process?.env?.[variable] ?? null;
}

/** {connectMs: 500} as {connect_s: 0.5}. @param {Record<string, number | null | undefined>} values */
function inSeconds(values) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => (name.endsWith("Ms") ? [`${name.slice(0, -2)}_s`, value == null ? null : value / 1000] : [name, value])),
  );
}

/** @param {object} options @param {Set<string>} known */
function checkNames(options, known) {
  const unknown = Object.keys(options).find((name) => !known.has(name));
  if (unknown) throw new ConfigError(`there is no option "${unknown}"; there are: ${[...known].join(", ")}`);
}

