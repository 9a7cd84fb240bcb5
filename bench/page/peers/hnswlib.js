import { loadHnswlib } from "/bench/built/hnswlib-wasm/hnswlib.js";

let library;
export const load = async () => void (library = await loadHnswlib());

const split = (rows, dim) => Array.from({ length: rows.length / dim }, (_, at) => rows.subarray(at * dim, (at + 1) * dim));

function hnsw(rows, dim) {
  const index = new library.HierarchicalNSW("ip", dim, "");
  index.initIndex(rows.length / dim, 16, 200, 100);
  index.addItems(split(rows, dim), false);
  index.setEfSearch(64);
  return index;
}

export const subjects = {
  "hnswlib-wasm HNSW (M 16, ef 200/64)": {
    kind: "ann",
    async build(rows, dim) {
      const index = hnsw(rows, dim);
      return (query, k) => index.searchKnn(query, k, undefined).neighbors;
    },
  },
  "hnswlib-wasm brute force": {
    kind: "exact",
    async build(rows, dim) {
      const index = new library.BruteforceSearch("ip", dim);
      index.initIndex(rows.length / dim);
      split(rows, dim).forEach((row, at) => index.addPoint(row, at));
      return (query, k) => index.searchKnn(query, k, undefined).neighbors;
    },
  },
};

const sync = (read) => new Promise((done) => library.EmscriptenFileSystemManager.syncFS(read, done));

export const durable = {
  "hnswlib-wasm HNSW, IDBFS": {
    kind: "ann",
    async save(rows, dim) {
      const index = hnsw(rows, dim);
      await index.writeIndex("peer.dat");
      await sync(false);
    },
    async open(dim) {
      await sync(true);
      const index = new library.HierarchicalNSW("ip", dim, "");
      await index.readIndex("peer.dat", 100_000);
      index.setEfSearch(64);
      return (query, k) => index.searchKnn(query, k, undefined).neighbors;
    },
  },
};
