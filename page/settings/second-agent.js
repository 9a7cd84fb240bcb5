/** A second agent, which the chat's own agent can call or hand over to. */

/** @import { AgentOptions, Delegate } from "../../web/types.js" */

import { Agent, handoff } from "../../web/index.js";
import { find } from "../find.js";

const mode = find("second-mode", HTMLSelectElement);
const name = find("second-name", HTMLInputElement);
const preamble = find("second-preamble", HTMLTextAreaElement);

/** @param {() => void} onChange */
export function watchSecondAgent(onChange) {
  for (const field of [mode, name, preamble]) field.addEventListener("input", onChange);
}

/**
 * Returns the tool that leads to the second agent; undefined where there is none.
 * @param {AgentOptions} access the model and how it is reached
 * @returns {Delegate[]}
 */
export function secondAgent(access) {
  if (!mode.value) return [];
  const agent = new Agent({ ...access, name: name.value.trim() || "second", preamble: preamble.value });
  const description = `An agent that is told: ${preamble.value}`.slice(0, 500);
  return [mode.value === "tool" ? agent.asTool({ description, events: true }) : handoff(agent, { description })];
}
