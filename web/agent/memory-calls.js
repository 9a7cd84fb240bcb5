/**
 * `memory` as Python gets it, and the functions of policies that Python calls. Loaded with the first call of an agent that has policies.
 *
 * @import { Handlers } from "../bridge/rpc.js"
 * @import { Policy } from "./memory-policies.js"
 */

import { toCamel, toSnake } from "../bridge/spelling.js";
import { ConfigError } from "../errors.js";

/**
 * @param {Policy[]} policies
 * @param {string | undefined} provider fixed by a subpath
 */
export function describeMemory(policies, provider) {
  return Promise.all(
    policies.map(async ({ kind, options, count }) => {
      const { apiKey, baseURL, model, ...plain } = options;
      const access = model
        ? {
            model: provider ? `${provider}:${model}` : model,
            api_key: typeof apiKey === "function" ? await apiKey() : apiKey,
            base_url: baseURL,
          }
        : {};
      return { kind, options: { ...toSnake(plain), ...access }, counts: Boolean(count) };
    }),
  );
}

/**
 * Returns the functions of policies that Python may call.
 * @param {Policy[]} policies
 * @returns {Handlers}
 */
export function answerMemory(policies) {
  return {
    "memory.count": async ({ index, text }) => {
      const counted = await policies[index].count?.(text);
      return Array.isArray(counted) || ArrayBuffer.isView(counted) ? /** @type {any} */ (counted).length : counted;
    },
    "memory.fit": async ({ index, messages: records, prompt_at: promptAt }) => {
      const messages = toCamel(records);
      const kept = await policies[index].fit?.(messages, { promptAt });
      if (!Array.isArray(kept)) throw new ConfigError("fit gives an array of messages");
      // Messages that stay keep their identity in Python.
      return kept.map((message) => (messages.includes(message) ? messages.indexOf(message) : toSnake(message)));
    },
  };
}
