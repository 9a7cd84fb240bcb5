// Vector stores and what may be asked of them.

import { Agent, IndexedDBVectorStore } from "staysail";
import { EmbeddingModel } from "staysail/openai";
import { QdrantAdapter } from "staysail/qdrant";
import { InMemoryVectorStore, copy, ingest, searchTool, splitText } from "staysail/vector_store";
import { is } from "./is.js";

const store = new IndexedDBVectorStore("notes", { dim: 3, metric: "cosine", embedder: (texts) => texts.map(() => [1, 0, 0]) });
new IndexedDBVectorStore("notes", { embedder: new EmbeddingModel({ model: "text-embedding-3-small" }) });
// @ts-expect-error: no such metric
new IndexedDBVectorStore("notes", { metric: "manhattan" });
// @ts-expect-error: a store has a name
new IndexedDBVectorStore();

export async function find(): Promise<string[]> {
  is<string[]>()(await store.add([{ id: "a", text: "A stay", metadata: { year: 2024 } }, "A keel"]));
  is<number>()(await store.count());
  const hits = await store.search("mast", 3, { mode: "hybrid", where: { year: { gte: 2020 } }, threshold: 0.2 });
  // @ts-expect-error: no such mode
  await store.search("mast", 3, { mode: "fuzzy" });
  return hits.map(([, id]) => id);
}

export async function read(file: File): Promise<void> {
  for await (const event of ingest([file], store, { splitter: "sentences", size: 300 })) {
    if (event.type === "file_done") is<number>()(event.chunks);
  }
  ingest([file], store, { splitter: (text) => [{ text, start: 0, end: text.length }] });
  // @ts-expect-error: a passage says where it is
  ingest([file], store, { splitter: (text) => [{ text }] });
  // @ts-expect-error: no such splitter
  ingest([file], store, { splitter: "verses" });
  for (const passage of await splitText("text", { by: { code: "python" } })) is<number>()(passage.start);
}

export async function move(): Promise<void> {
  const model = new EmbeddingModel({ model: "text-embedding-3-small" });
  const qdrant = new QdrantAdapter("notes", model, { url: "http://127.0.0.1:6333" });
  is<number>()(await copy(store, qdrant, { resume: true, onProgress: (done, total) => done / total }));
  await copy(qdrant, new InMemoryVectorStore(model));
  await copy(new InMemoryVectorStore(model), store);
  // @ts-expect-error: nothing can be copied out of a function
  await copy(() => [], store);
}

export const agent = new Agent({ model: "openai:gpt-4o", tools: [searchTool(store, { mode: "hybrid" })], dynamicContext: { sample: 2, dynamicTools: store, mode: "hybrid" } });
// @ts-expect-error: no such mode
searchTool(store, { mode: "fuzzy" });
