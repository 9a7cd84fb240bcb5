import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";

export const subjects = {
  "LangChain.js MemoryVectorStore": {
    kind: "exact",
    async build(rows, dim) {
      const store = new MemoryVectorStore({ embedDocuments: async () => [], embedQuery: async () => [] });
      const count = rows.length / dim;
      const vectors = Array.from({ length: count }, (_, at) => [...rows.subarray(at * dim, (at + 1) * dim)]);
      await store.addVectors(
        vectors,
        Array.from({ length: count }, (_, at) => ({ pageContent: "", metadata: { at } })),
      );
      return async (query, k) => (await store.similaritySearchVectorWithScore([...query], k)).map(([document]) => document.metadata.at);
    },
  },
};
