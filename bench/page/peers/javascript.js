// Plain JavaScript, as one would write it with care: four sums, and a sorted list of the best k. IndexedDB as it comes, in rows of 1 MB.

const NAME = "peer-javascript";

export const subjects = { "plain JavaScript": { kind: "exact", build: async (rows, dim) => searchOver(rows, dim) } };

export const durable = {
  "plain JavaScript, IndexedDB": {
    kind: "exact",
    async save(rows) {
      const database = await openDatabase();
      const transaction = database.transaction("rows", "readwrite", { durability: "relaxed" });
      const bytes = new Uint8Array(rows.buffer);
      for (let at = 0; at < bytes.length; at += 1 << 20) transaction.objectStore("rows").put(bytes.slice(at, at + (1 << 20)), at);
      await new Promise((done, failed) => ((transaction.oncomplete = done), (transaction.onabort = () => failed(transaction.error))));
      database.close();
    },
    async open(dim) {
      const database = await openDatabase();
      const blocks = await settled(database.transaction("rows").objectStore("rows").getAll());
      const rows = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0) / 4);
      let at = 0;
      for (const block of blocks) {
        new Uint8Array(rows.buffer).set(block, at);
        at += block.length;
      }
      return searchOver(rows, dim);
    },
  },
};

export function searchOver(rows, dim) {
  return (query, k) => {
    const scores = [];
    const slots = [];
    for (let slot = 0, at = 0; at < rows.length; slot++, at += dim) {
      let a = 0,
        b = 0,
        c = 0,
        d = 0;
      for (let i = 0; i < dim; i += 4) {
        a += rows[at + i] * query[i];
        b += rows[at + i + 1] * query[i + 1];
        c += rows[at + i + 2] * query[i + 2];
        d += rows[at + i + 3] * query[i + 3];
      }
      const score = a + b + c + d;
      if (scores.length < k || score > scores[k - 1]) {
        let place = scores.length;
        while (place && scores[place - 1] < score) place--;
        scores.splice(place, 0, score);
        slots.splice(place, 0, slot);
        if (scores.length > k) scores.pop(), slots.pop();
      }
    }
    return slots;
  };
}

async function openDatabase() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore("rows");
  return settled(request);
}

const settled = (request) =>
  new Promise((done, failed) => ((request.onsuccess = () => done(request.result)), (request.onerror = () => failed(request.error))));
