// From one store to another, with ids, metadata and vectors: nothing is embedded again. A QdrantAdapter of "staysail/qdrant" is one too.

import { IndexedDBVectorStore, InMemoryVectorStore } from "staysail";
import { EmbeddingModel } from "staysail/openai";
import { copy } from "staysail/vector_store";

const embedder = new EmbeddingModel({ apiKey: process.env.OPENAI_API_KEY, model: "text-embedding-3-small" });
const first = new InMemoryVectorStore(embedder);
await first.addDocuments([
  { id: "stay", text: "A stay holds a mast from ahead or astern.", metadata: { part: "rigging" } },
  { id: "keel", text: "A keel keeps a boat from drifting sideways.", metadata: { part: "hull" } },
]);

const kept = new IndexedDBVectorStore(":memory:", { embedder }); // in a page, a name keeps it in IndexedDB
const written = await copy(first, kept, { onProgress: (done, total) => console.log(`${done} of ${total}`) });
const [[, found]] = await kept.search("mast", 1, { mode: "keyword", where: { part: "rigging" } });
console.log(written, found);
