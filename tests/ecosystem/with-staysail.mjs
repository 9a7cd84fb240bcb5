// Loaded before a program (node --import): `staysail` is the package of this tree, and its Python starts from wheels/.

import { register } from "node:module";

import { configure } from "../../web/index.js";

const resolver = `
const web = ${JSON.stringify(new URL("../../web/", import.meta.url).href)};
const own = new Set(["ai-sdk", "ag-ui", "assistant-ui", "errors", "completion", "streaming", "types"]);
export function resolve(name, context, next) {
  if (name === "staysail") return next(web + "index.js", context);
  if (!name.startsWith("staysail/")) return next(name, context);
  const path = name.slice("staysail/".length);
  return next(web + (own.has(path) ? path : "providers/" + path) + ".js", context);
}`;
register(`data:text/javascript,${encodeURIComponent(resolver)}`);
configure({ runtimeURL: new URL("../../wheels/", import.meta.url) });
