// Vector stores and what may be asked of them.

import { Agent, IndexedDBVectorStore } from "staysail";
import { EmbeddingModel } from "staysail/openai";
import { ingest, searchTool } from "staysail/vector_store";
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
  for await (const event of ingest([file], store)) {
    if (event.type === "file_done") is<number>()(event.chunks);
  }
}

export const agent = new Agent({ model: "openai:gpt-4o", tools: [searchTool(store)], dynamicContext: { sample: 2, dynamicTools: store } });
