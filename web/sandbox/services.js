/**
 * The interpreters that Python requested for a model's code, by the ids that Python gave them.
 *
 * @import { SandboxOptions, Work } from "./sandbox.js"
 */

import { Sandbox } from "./sandbox.js";

/** @type {Map<string, Sandbox>} */
const sandboxes = new Map();

/**
 * Runs code in an interpreter, which is started where it does not run yet.
 * @param {{id: string, options: SandboxOptions} & Work} params
 */
export function run({ id, options, ...work }) {
  const sandbox = sandboxes.get(id) ?? new Sandbox(options);
  sandboxes.set(id, sandbox);
  return sandbox.run(work);
}

/** Ends an interpreter, if it runs. @param {{id: string}} params */
export function end({ id }) {
  sandboxes.get(id)?.end();
  sandboxes.delete(id);
}
