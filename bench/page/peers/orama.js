import { create, insertMultiple, search } from "@orama/orama";
import { persist, restore } from "@orama/plugin-data-persistence";

async function fill(rows, dim) {
  const index = create({ schema: { id: "string", embedding: `vector[${dim}]` } });
  for (let first = 0; first < rows.length / dim; first += 1000) {
    const documents = [];
    for (let at = first; at < Math.min(first + 1000, rows.length / dim); at++) {
      documents.push({ id: String(at), embedding: [...rows.subarray(at * dim, (at + 1) * dim)] });
    }
    await insertMultiple(index, documents, 1000);
  }
  return index;
}

const asking = (index) => async (query, k) => {
  const { hits } = await search(index, { mode: "vector", vector: { value: query, property: "embedding" }, similarity: 0, limit: k });
  return hits.map(({ id }) => id);
};

export const subjects = { "@orama/orama": { kind: "exact", build: async (rows, dim) => asking(await fill(rows, dim)) } };

export const durable = {
  "@orama/orama, its JSON in IndexedDB": {
    kind: "exact",
    async save(rows, dim) {
      const text = await persist(await fill(rows, dim), "json", "browser");
      const database = await openDatabase();
      const transaction = database.transaction("files", "readwrite", { durability: "relaxed" });
      transaction.objectStore("files").put(text, "index");
      await new Promise((done, failed) => ((transaction.oncomplete = done), (transaction.onabort = () => failed(transaction.error))));
      database.close();
    },
    async open() {
      const database = await openDatabase();
      const text = await settled(database.transaction("files").objectStore("files").get("index"));
      return asking(await restore("json", text, "browser"));
    },
  },
};

async function openDatabase() {
  const request = indexedDB.open("peer-orama", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("files");
  return settled(request);
}

const settled = (request) =>
  new Promise((done, failed) => ((request.onsuccess = () => done(request.result)), (request.onerror = () => failed(request.error))));
