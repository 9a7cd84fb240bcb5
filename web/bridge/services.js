/**
 * What Python may call at any time, on behalf of no call.
 *
 * @import { Handlers } from "./rpc.js"
 */

import { embed as embedForStore } from "../stores/indexed-db-store.js";
import { complete, embed } from "../models/local-engines.js";
import { mcpServices } from "../mcp.js";
import { sandboxServices } from "../sandbox/services.js";
import { pluginServices } from "../toolfs/plugin-objects.js";
import { toolfsServices } from "../toolfs/services.js";

/** @type {Handlers} */
export const services = {
  "engine.complete": complete,
  "engine.embed": embed,
  "store.embed": embedForStore,
  "storage.persist": async () => (await globalThis.navigator?.storage?.persist?.()) ?? false,
  ...toolfsServices,
  ...pluginServices,
  ...sandboxServices,
  ...mcpServices,
};
