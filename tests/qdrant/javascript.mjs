// Makes the calls named on standard input with a JavaScript client: the official one, or this package's adapter.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const { client: which, url, apiKey, collection, vector, calls } = JSON.parse(await text(process.stdin));

async function open() {
  if (which === "official") {
    const path = createRequire(new URL("../../web/package.json", import.meta.url)).resolve("@qdrant/js-client-rest");
    const { QdrantClient } = (await import(path)).default;
    return new QdrantClient({ url, apiKey, checkCompatibility: false });
  }
  const { QdrantAdapter } = await import("../../web/qdrant.js");
  const embedTexts = async (/** @type {string[]} */ texts) => texts.map((document) => ({ document, vec: vector }));
  return new QdrantAdapter(collection, { embedTexts }, { url, apiKey });
}

const client = await open();
const results = [];
for (const [method, ...values] of calls) results.push((await client[method](...values)) ?? null);
console.log(JSON.stringify(results));
process.exit(0); // the official client keeps its connections
