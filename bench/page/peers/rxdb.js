import { createRxDatabase } from "rxdb/plugins/core";
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";
import { cosineSimilarity } from "rxdb/plugins/vector";

async function opened(storage, name, dim) {
  const database = await createRxDatabase({ name, storage, multiInstance: false });
  const schema = {
    version: 0,
    primaryKey: "id",
    type: "object",
    properties: { id: { type: "string", maxLength: 20 }, embedding: { type: "array", items: { type: "number" }, maxItems: dim } },
    required: ["id", "embedding"],
  };
  const { items } = await database.addCollections({ items: { schema } });
  return items;
}

async function fill(items, rows, dim) {
  for (let first = 0; first < rows.length / dim; first += 1000) {
    const documents = [];
    for (let at = first; at < Math.min(first + 1000, rows.length / dim); at++) {
      documents.push({ id: String(at), embedding: [...rows.subarray(at * dim, (at + 1) * dim)] });
    }
    const { error } = await items.bulkInsert(documents);
    if (error.length) throw new Error(JSON.stringify(error[0]).slice(0, 200));
  }
}

/** A scan with the plugin's own distance, over documents that were read once. */
async function asking(items) {
  const documents = (await items.find().exec()).map((document) => document.toJSON());
  return (query, k) => {
    const asked = [...query];
    const scored = documents.map(({ id, embedding }) => ({ id, score: cosineSimilarity(asked, embedding) }));
    return scored
      .sort((a, b) => b.score - a.score)
      .slice(0, k)
      .map(({ id }) => id);
  };
}

export const subjects = {
  "RxDB vector plugin": {
    kind: "exact",
    async build(rows, dim) {
      const items = await opened(getRxStorageMemory(), "peer-memory", dim);
      await fill(items, rows, dim);
      return asking(items);
    },
  },
};

export const durable = {
  "RxDB, Dexie": {
    kind: "exact",
    save: async (rows, dim) => fill(await opened(getRxStorageDexie(), "peer-rxdb", dim), rows, dim),
    open: async (dim) => asking(await opened(getRxStorageDexie(), "peer-rxdb", dim)),
  },
};
