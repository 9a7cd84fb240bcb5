/**
 * Hooks: functions that run between an agent and its model and tools. Only the hooks that exist cross to Python.
 *
 * @import { HookDecision, Hooks } from "../types.js"
 * @import { Handler } from "../bridge/rpc.js"
 */

import { ConfigError, fromRecord } from "../errors.js";
import { toCamel, toSnake } from "../bridge/spelling.js";

/** The hooks' names in Python, and the kinds of decisions that each may return. */
const METHODS = /** @type {const} */ ({
  onStart: { wire: "on_start", may: ["stop"] },
  beforeModel: { wire: "before_model", may: ["request", "skip", "stop"] },
  afterModel: { wire: "after_model", may: ["completion", "askAgain", "stop"] },
  beforeTool: { wire: "before_tool", may: ["call", "skip", "askAgain", "stop"] },
  afterTool: { wire: "after_tool", may: ["result", "askAgain", "stop"] },
  onStep: { wire: "on_step", may: ["stop"] },
  onError: { wire: "on_error", may: ["skip", "askAgain"] },
  onDone: { wire: "on_done", may: [] },
});
/** @typedef {keyof typeof METHODS} HookName */
const NAMES = /** @type {HookName[]} */ (Object.keys(METHODS));

/**
 * Reads one set of hooks or several.
 * @param {Hooks | readonly Hooks[] | null | undefined} value
 * @returns {Hooks[]}
 */
export function readHooks(value) {
  const hooks = value == null ? [] : Array.isArray(value) ? [...value] : [/** @type {Hooks} */ (value)];
  for (const hook of hooks) {
    // An instance of a class may have other methods too.
    const isPlain = typeof hook === "object" && hook !== null && Object.getPrototypeOf(hook) === Object.prototype;
    const unknown = isPlain ? Object.keys(hook).find((name) => !(name in METHODS)) : undefined;
    if (unknown) throw new ConfigError(`there is no hook "${unknown}"; there are: ${NAMES.join(", ")}`);
    if (!NAMES.some((name) => typeof hook?.[name] === "function"))
      throw new ConfigError(`hooks have some of the methods ${NAMES.join(", ")}`);
  }
  return hooks;
}

/** Lists the hooks of each set by name. @param {Hooks[]} hooks */
export function describeHooks(hooks) {
  return hooks.map((hook) => NAMES.filter((name) => typeof hook[name] === "function").map((name) => METHODS[name].wire));
}

/**
 * Returns the function by which Python calls hooks.
 * @param {Hooks[]} hooks
 * @returns {Handler}
 */
export function answerHooks(hooks) {
  return async ({ index, name: wire, context, value, result }) => {
    const name = /** @type {HookName} */ (NAMES.find((known) => METHODS[known].wire === wire));
    const given = name === "onError" ? fromRecord(value) : toCamel(value);
    const rest = /** @type {any[]} */ ([given, toCamel(result)].slice(0, name === "onStart" ? 0 : name === "afterTool" ? 2 : 1));
    const method = /** @type {(...values: any[]) => unknown} */ (hooks[index][name]);
    const decision = /** @type {HookDecision | null | undefined} */ (await method.call(hooks[index], toCamel(context), ...rest));
    return decision == null ? null : writeDecision(decision, name);
  };
}

/**
 * @param {HookDecision} decision
 * @param {HookName} name
 */
function writeDecision(decision, name) {
  const may = /** @type {readonly string[]} */ (METHODS[name].may);
  const [kind, ...more] = typeof decision === "object" ? Object.keys(decision) : [typeof decision];
  if (!may.includes(kind) || more.length) {
    const allowed = may.map((word) => `{${word}}`).join(", ");
    throw new ConfigError(
      `${name} returned ${[kind, ...more].join(" and ")}; it may return ${allowed ? `${allowed} or nothing` : "nothing"}`,
    );
  }
  const value = /** @type {any} */ (decision)[kind];
  // A tool's own result keeps its spelling.
  const kept = kind === "result" || (kind === "skip" && name === "beforeTool");
  return { [kind === "askAgain" ? "ask_again" : kind]: kept ? value : toSnake(value) };
}
