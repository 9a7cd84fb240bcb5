/** Functions of a ToolFS that Python may call, by the ToolFS's id. @import { PluginObject, ToolFSOptions } from "./types.js" */

import { fromBase64 } from "../bridge/base64.js";
import { serve } from "../bridge/services.js";

/** @type {Map<string, Pick<ToolFSOptions, "searchIndex" | "embedder"> & {plugins?: Map<string, PluginObject>}>} */
export const given = new Map();

/**
 * @param {string} id
 * @returns {any}
 */
const indexOf = (id) => given.get(id)?.searchIndex;

serve({
  "toolfs.search": ({ id, query, n }) => ("topN" in indexOf(id) ? indexOf(id).topN({ query, samples: n }) : indexOf(id).search(query, n)),
  "toolfs.embed": async ({ id, texts }) => (await given.get(id)?.embedder?.embedTexts(texts))?.map(({ vec }) => vec),
  "toolfs.export_index": ({ id }) => indexOf(id).export(),
  "toolfs.import_index": ({ id, data }) => indexOf(id).import(fromBase64(data)),
});
