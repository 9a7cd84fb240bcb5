// Vector stores and what may be asked of them.

import { Agent, IndexedDBVectorStore } from "staysail";
import { EmbeddingModel } from "staysail/openai";
import { QdrantAdapter } from "staysail/qdrant";
import { Reranker } from "staysail/cohere";
import { InMemoryVectorStore, copy, ingest, loadDocuments, searchTool, splitText } from "staysail/vector_store";
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

export async function rank(): Promise<void> {
  const byYear = await store.search("mast", 3, { rerank: (query, hits) => (is<string>()(query as string), [...hits].reverse()) });
  is<string>()(byYear[0]![1]);
  const reranker = new Reranker({ model: "rerank-v3.5" });
  is<number>()((await reranker.rerank("mast", ["a", "b"], { topN: 1 }))[0]!.index);
  await store.search("mast", 3, { rerank: reranker, diversity: 0.5 });
  searchTool(store, { rerank: reranker });
  is<string>()((await store.searchBatch(["mast", "keel"], 3))[0]![0]![1]);
  // @ts-expect-error: what gives no hits is no reranker
  await store.search("mast", 3, { rerank: () => 3 });
}

export async function carry(file: File): Promise<void> {
  is<Uint8Array>()(await store.export());
  is<Blob>()(await store.export({ as: "blob" }));
  is<ReadableStream<Uint8Array>>()(await store.export({ as: "stream" }));
  // @ts-expect-error: no such form
  await store.export({ as: "text" });
  is<number>()(await store.import(file, { replace: true }));
  await store.import(fetch("notes.zip"));
  await store.import(new Uint8Array());
  // @ts-expect-error: an address is to be fetched
  await store.import("notes.zip");
  for (const page of await loadDocuments(file, { password: "p" })) is<string>()(page.text);
  // @ts-expect-error: loading splits nothing
  await loadDocuments(file, { size: 3 });
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

export const agent = new Agent({
  model: "openai:gpt-4o",
  tools: [searchTool(store, { mode: "hybrid" })],
  dynamicContext: { sample: 2, dynamicTools: store, mode: "hybrid" },
});
// @ts-expect-error: no such mode
searchTool(store, { mode: "fuzzy" });
