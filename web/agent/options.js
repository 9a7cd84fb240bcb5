/**
 * An agent's options: checked at once, and described for Python at each call.
 *
 * @import { AgentOptions, CallOptions, DynamicContext, RunOptions, ToolApproval, UsageLimits } from "../types.js"
 * @import { Handler, Handlers, Peer } from "../bridge/rpc.js"
 * @import { BoundTool, Joinable } from "./tool-types.js"
 */

import { ACCESS_OPTIONS, LIMIT_OPTIONS, checkChain, checkNames, describeChain, describeLimits } from "../models/access.js";
import { STORE, Conversations } from "./conversations.js";
import { ConfigError } from "../errors.js";
import { answerToolboxes, describeToolbox, readToolboxes } from "./dynamic-tools.js";
import { answerHooks, describeHooks, readHooks } from "./hooks.js";
import { readMemory } from "./memory-policies.js";
import { IN_PYTHON, checkSearch, isInPython, searchStore } from "../stores/search.js";
import { answerPreamble, checkPreamble, describePreamble } from "./preamble.js";
import { isStandard, jsonSchema, validate } from "./schema.js";
import { toCamel, toSnake } from "../bridge/spelling.js";
import { Steering } from "./steering.js";
import { bindTool } from "./tools.js";
import { answerTracer, checkTracer, describeTracer } from "./tracing.js";

/** Options that cross unchanged, with their names in Python. */
const PLAIN = /** @type {const} */ ({
  context: "context",
  temperature: "temperature",
  maxTokens: "max_tokens",
  toolChoice: "tool_choice",
  toolConcurrency: "tool_concurrency",
  maxTurns: "max_turns",
  outputRetries: "output_retries",
  durable: "durable",
});
const RUN_OPTIONS = [
  ...Object.keys(PLAIN),
  ...LIMIT_OPTIONS,
  "preamble",
  "reasoning",
  "headers",
  "tools",
  "toolTimeoutMs",
  "dynamicContext",
  "dynamicTools",
  "outputSchema",
  "outputCheck",
  "hooks",
  "tracer",
  "usageLimits",
  "approve",
  "approvalTimeoutMs",
  "memory",
  "conversation",
  "conversations",
];
const LEVELS = ["none", "minimal", "low", "medium", "high", "max"];
const USAGE_LIMITS = ["requests", "inputTokens", "outputTokens", "totalTokens", "cost", "seconds", "toolCalls", "prices"];
const AGENT_OPTIONS = [...RUN_OPTIONS, ...ACCESS_OPTIONS, "model", "name", "cache"];
const CALL_OPTIONS = [...RUN_OPTIONS, "history", "signal", "approvals", "steering"];

/**
 * A described call: the agent as plain data, and the functions that Python may call back.
 * @typedef {{agent: Record<string, unknown>, handlers: Handlers}} Described
 */

/** Checks an agent's options. Throws a ConfigError for options that cannot work. @param {AgentOptions} options */
export function checkAgentOptions(options) {
  if (options === null || typeof options !== "object") throw new ConfigError("Agent takes an object of options, at least {model}");
  checkNames(options, AGENT_OPTIONS);
  checkChain(options, options.model, "Agent");
  const { cache } = options;
  if (cache != null && !(cache.maxEntries >= 1)) throw new ConfigError("cache is {maxEntries}, at least 1");
  checkRunOptions(options);
}

/** @param {CallOptions} options */
export function checkCallOptions(options) {
  checkNames(options, CALL_OPTIONS);
  if (options.steering != null && !(options.steering instanceof Steering)) throw new ConfigError("steering is a new Steering()");
  checkRunOptions(options);
}

/** @param {RunOptions} options */
function checkRunOptions({
  preamble,
  temperature,
  maxTokens,
  reasoning,
  maxTurns,
  toolConcurrency,
  tools,
  dynamicContext,
  dynamicTools,
  outputSchema,
  outputCheck,
  hooks,
  tracer,
  usageLimits,
  approve,
  memory,
  conversation,
  conversations,
}) {
  if (temperature != null && !(temperature >= 0 && temperature <= 2))
    throw new ConfigError(`Temperature must be between 0 and 2, got ${temperature}`);
  if (maxTokens != null && !(maxTokens > 0)) throw new ConfigError(`Max tokens must be greater than 0, got ${maxTokens}`);
  if (reasoning != null && !isReasoning(reasoning))
    throw new ConfigError(`reasoning is ${LEVELS.join(", ")} or {budgetTokens}, not ${JSON.stringify(reasoning)}`);
  if (maxTurns != null && !(maxTurns >= 1)) throw new ConfigError(`maxTurns counts model calls, so it is at least 1, got ${maxTurns}`);
  if (toolConcurrency != null && !(toolConcurrency >= 1)) throw new ConfigError(`toolConcurrency is at least 1, got ${toolConcurrency}`);
  const names = (tools ?? []).map((tool) => bindTool(tool).name);
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice) throw new ConfigError(`two tools have the name "${twice}"; a model could not tell them apart`);
  readContexts(dynamicContext).forEach(checkContext);
  readToolboxes(dynamicTools);
  if (outputSchema != null) jsonSchema(outputSchema);
  checkPreamble(preamble);
  if (outputCheck != null && typeof outputCheck !== "function") throw new ConfigError("outputCheck is a function of the output");
  readHooks(hooks);
  checkTracer(tracer);
  if (approve != null && typeof approve !== "function") throw new ConfigError("approve is a function of an approval request");
  checkNames(usageLimits ?? {}, USAGE_LIMITS);
  readMemory(memory);
  if (conversation != null && (typeof conversation !== "string" || !conversation))
    throw new ConfigError("conversation is the id of one: a text");
  if (conversations != null && !(conversations instanceof Conversations))
    throw new ConfigError("conversations is a new Conversations(name)");
}

/** @param {unknown} value */
function isReasoning(value) {
  if (typeof value === "string") return LEVELS.includes(value);
  const tokens = /** @type {{budgetTokens?: unknown} | null} */ (value)?.budgetTokens;
  return Number.isInteger(tokens) && Number(tokens) >= 0;
}

/**
 * @param {AgentOptions} options
 * @param {{provider?: string, id: string, prompt: string, peer: Peer, crew: Joinable}} about
 * @returns {Promise<Described>}
 */
export async function describeAgent(options, { provider, id, prompt, peer, crew }) {
  const { model, cache, toolTimeoutMs, outputSchema } = options;
  const tools = (options.tools ?? []).map(bindTool);
  const contexts = readContexts(options.dynamicContext);
  const toolboxes = readToolboxes(options.dynamicTools);
  const hooks = readHooks(options.hooks);
  const policies = readMemory(options.memory);
  /** @type {Record<string, unknown>} */
  const run = describeLimits(options);
  for (const [name, wireName] of Object.entries(PLAIN)) {
    const value = options[/** @type {keyof typeof PLAIN} */ (name)];
    if (value != null) run[wireName] = value;
  }
  if (options.reasoning != null) run.reasoning = toSnake(options.reasoning);
  if (tools.length) run.tools = await Promise.all(tools.map((tool) => defineTool(tool, prompt, peer, crew)));
  if (contexts.length) run.dynamic_context = contexts.map((context, index) => describeContext(context, index, peer));
  if (toolboxes.length) {
    const define = (/** @type {BoundTool} */ tool) => defineTool(tool, prompt, peer, crew);
    run.dynamic_tools = await Promise.all(toolboxes.map((toolbox) => describeToolbox(toolbox, define)));
  }
  if (toolTimeoutMs != null) run.tool_timeout_s = toolTimeoutMs / 1000;
  if (outputSchema != null) run.output_type = jsonSchema(outputSchema);
  if (options.preamble != null) run.preamble = describePreamble(options.preamble);
  if (options.outputCheck) run.output_check = true;
  if (hooks.length) run.hooks = describeHooks(hooks);
  if (options.tracer) run.tracer = describeTracer(options.tracer);
  if (options.usageLimits != null) run.usage_limits = describeUsageLimits(options.usageLimits);
  if (cache != null) run.cache = { id, max_entries: cache.maxEntries };
  if (options.approve) run.approve = true;
  const memory = policies.length ? await import("./memory-calls.js") : undefined;
  if (memory) run.memory = await memory.describeMemory(policies, provider);
  if (options.conversation != null) {
    run.conversation = options.conversation;
    run.conversations = options.conversations?.[STORE]() ?? null;
  }
  if (options.approvalTimeoutMs != null) run.approval_timeout_s = options.approvalTimeoutMs / 1000;
  const { access, handlers } = describeChain(options, model, provider);
  // Where two tools have one name, Python takes the first, and a tool of `tools` before the others.
  const all = [...toolboxes.flatMap((toolbox) => toolbox.tools).reverse(), ...tools];
  const asking = {
    ...answerToolboxes(toolboxes),
    ...memory?.answerMemory(policies),
    hook: answerHooks(hooks),
    trace: answerTracer(options.tracer),
    approve: askApprove(options.approve),
    preamble: answerPreamble(options.preamble),
    output_check: askOutputCheck(options),
  };
  return {
    agent: { ...access, name: options.name ?? null, options: run },
    handlers: { ...handlers, ...handlersOf(all, contexts), ...asking },
  };
}

/** Respells the limits; names of models stay as they are. @param {UsageLimits} limits */
function describeUsageLimits({ prices, ...limits }) {
  return {
    ...toSnake(limits),
    ...(prices ? { prices: Object.fromEntries(Object.entries(prices).map(([model, price]) => [model, toSnake(price)])) } : {}),
  };
}

/**
 * @param {BoundTool} tool
 * @param {string} prompt
 * @param {Peer} peer
 * @param {Joinable} crew
 */
async function defineTool(tool, prompt, peer, crew) {
  const definition = await tool.define(prompt, peer, crew);
  const { needsApproval } = tool;
  return needsApproval ? { ...definition, approval: needsApproval === true ? "always" : "ask" } : definition;
}

/**
 * @param {RunOptions["approve"]} approve
 * @returns {Handler}
 */
function askApprove(approve) {
  return async ({ owner: _, ...request }, context) => approve?.(toCamel(request), context);
}

/**
 * Returns the function by which Python has an output checked. It reads the output as the reply will hold it.
 * @param {AgentOptions} options
 * @returns {Handler}
 */
function askOutputCheck({ outputSchema, outputCheck }) {
  return async ({ output, context }) => {
    const read = isStandard(outputSchema) ? await validate(outputSchema, output) : output;
    const answer = await outputCheck?.(read, toCamel(context));
    if (answer != null && answer !== read) throw new ConfigError("outputCheck throws to refuse an output, and otherwise returns nothing");
  };
}

/**
 * @param {DynamicContext} context
 * @param {number} index
 * @param {Peer} peer
 */
function describeContext({ sample, dynamicTools: store, filter, rerank, ...request }, index, peer) {
  if (rerank || !isInPython(store)) return { sample, index };
  const options = Object.entries({ where: filter, ...request }).filter(([, value]) => value != null);
  return { sample, index, store: store[IN_PYTHON](peer), options: Object.fromEntries(options) };
}

/**
 * @param {BoundTool[]} tools
 * @param {DynamicContext[]} contexts
 * @returns {Handlers}
 */
function handlersOf(tools, contexts) {
  const known = new Map(tools.map((tool) => [tool.name, tool]));
  return {
    tool: async ({ name, args, run_id: runId, call_id: callId }, { signal }) => {
      const { isAsyncGenerator, toolResult, toolSteps } = await import("./tool-result.js"); // before the tool acts: a module may not load
      const returned = await known.get(name)?.call(args, { signal, runId, callId });
      return isAsyncGenerator(returned) ? toolSteps(returned, name) : toolResult(returned, name);
    },
    approval: ({ name, args }) => askWhetherToAsk(known.get(name)?.needsApproval, args),
    search: ({ index, query, n }) => search(contexts[index], query, n),
  };
}

/**
 * @param {ToolApproval | undefined} needsApproval
 * @param {any} args
 */
async function askWhetherToAsk(needsApproval, args) {
  return Boolean(typeof needsApproval === "function" ? await needsApproval(args) : needsApproval);
}

/**
 * @param {DynamicContext} context
 * @param {string} query
 * @param {number} n
 * @returns {unknown}
 */
function search({ dynamicTools: store, sample: _, ...options }, query, n) {
  return searchStore(store, query, n, options);
}

/**
 * @param {RunOptions["dynamicContext"]} value
 * @returns {DynamicContext[]}
 */
function readContexts(value) {
  if (value == null) return [];
  return Array.isArray(value) ? value : [value];
}

/** @param {DynamicContext} context */
function checkContext({ sample, dynamicTools: store, ...options }) {
  if (!(sample >= 1)) throw new ConfigError(`dynamicContext.sample is at least 1, got ${sample}`);
  checkSearch(store, options, "dynamicContext.dynamicTools");
}
