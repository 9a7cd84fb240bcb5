/**
 * Methods that Python may call at any time, on behalf of no call of JavaScript's.
 *
 * A module that has such methods registers them with `serve` when it is loaded. Python needs the ones below also where JavaScript loaded
 * nothing for them: the modules behind them load with the first call.
 *
 * @import { Handlers } from "./rpc.js"
 */

/** @type {Handlers} */
export const services = {
  "engine.complete": async (params, context) => (await import("../models/local-engines.js")).complete(params, context),
  "engine.embed": async (params, context) => (await import("../models/local-engines.js")).embed(params, context),
  "sandbox.run": async (params) => (await import("../sandbox/services.js")).run(params),
  "sandbox.end": async (params) => (await import("../sandbox/services.js")).end(params),
  "storage.persist": async () => (await globalThis.navigator?.storage?.persist?.()) ?? false,
};

/** Registers methods, by their names. @param {Handlers} handlers */
export function serve(handlers) {
  Object.assign(services, handlers);
}
