/** Options of the agent's runs: approval of tool calls, limits, durable runs. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */
/** @import { UsageLimits } from "../../web/types.js" */

import { find } from "../find.js";

/** The fields, and the limits that they set. */
const LIMITS = /** @type {const} */ ({
  "limit-requests": "requests",
  "limit-tool-calls": "toolCalls",
  "limit-tokens": "totalTokens",
  "limit-seconds": "seconds",
  "limit-cost": "cost",
});

/**
 * @param {StaysailChat} chat
 * @param {() => void} onChange
 */
export function watchRunOptions(chat, onChange) {
  const keep = find("keep-runs", HTMLInputElement);
  keep.addEventListener("change", () => (chat.durable = keep.checked));
  find("ask-first", HTMLInputElement).addEventListener("change", onChange);
  find("limits", HTMLElement).addEventListener("input", onChange);
}

/** Whether tools are called only after the user's approval. */
export const asksFirst = () => find("ask-first", HTMLInputElement).checked;

/**
 * @param {string} model "provider:model", whose prices these are
 * @returns {UsageLimits | undefined}
 */
export function chosenLimits(model) {
  const given = Object.entries(LIMITS).flatMap(([id, name]) => {
    const most = numberIn(id);
    return most === undefined ? [] : [[name, most]];
  });
  if (!given.length) return undefined;
  const { inputUsd: input, outputUsd: output } = typedPrices();
  const prices = input !== undefined && output !== undefined ? { prices: { [model]: { input, output } } } : {};
  return { ...Object.fromEntries(given), ...prices };
}

/** The prices that were typed, in US dollars for a million tokens. */
export const typedPrices = () => ({ inputUsd: numberIn("price-input"), outputUsd: numberIn("price-output") });

/** @param {string} id */
function numberIn(id) {
  const { valueAsNumber } = find(id, HTMLInputElement);
  return valueAsNumber >= 0 ? valueAsNumber : undefined;
}
