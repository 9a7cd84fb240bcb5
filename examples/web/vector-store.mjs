// Documents with metadata, found by meaning, by words, or both, and filtered. In a page: give a name, and they are kept in IndexedDB.

import { IndexedDBVectorStore } from "staysail";
import { EmbeddingModel } from "staysail/openai";

const embedder = new EmbeddingModel({ apiKey: process.env.OPENAI_API_KEY, model: "text-embedding-3-small" });
const store = new IndexedDBVectorStore(":memory:", { embedder });
await store.add([
  { id: "stay", text: "A stay holds a mast from ahead or astern.", metadata: { part: "rigging", year: 2024 } },
  { id: "shroud", text: "A shroud holds a mast from the side.", metadata: { part: "rigging", year: 2019 } },
  { id: "keel", text: "A keel keeps a boat from drifting sideways.", metadata: { part: "hull", year: 2024 } },
]);

for (const [score, id] of await store.search("What holds the mast?", 2)) console.log(score.toFixed(2), id);

const [[, newest]] = await store.search("holds a mast", 1, { mode: "keyword", where: { part: "rigging", year: { gte: 2020 } } });
console.log("since 2020:", newest, "of", await store.count());

await store.close();
