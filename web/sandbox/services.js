/**
 * The interpreters that Python asked for, for code that a model wrote.
 *
 * @import { Handlers } from "../bridge/rpc.js"
 */

import { Sandbox } from "./sandbox.js";

/** @type {Map<string, Sandbox>} */
const sandboxes = new Map();

/** @type {Handlers} */
export const sandboxServices = {
  "sandbox.run": ({ id, options, ...work }) => {
    const sandbox = sandboxes.get(id) ?? new Sandbox(options);
    sandboxes.set(id, sandbox);
    return sandbox.run(/** @type {import("./sandbox.js").Work} */ (work));
  },
  "sandbox.end": ({ id }) => {
    sandboxes.get(id)?.end();
    sandboxes.delete(id);
  },
};
