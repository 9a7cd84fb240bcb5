/**
 * What Python may call at any time, on behalf of no call.
 *
 * @import { Handlers } from "./rpc.js"
 */

/** @type {Handlers} */
export const services = {};
