// This package: `VectorStore.search` as a Python program calls it, documents read and all, and the index alone; numpy in the same
// interpreter. Times are taken in Python.

let python;

export async function load() {
  const { startPython } = await import("/tests/page/python_start.mjs"); // as pages do
  python = await startPython();
  await python.loadPackage("numpy", { messageCallback: () => {} });
  await python.runPythonAsync(PROGRAM);
}

const PROGRAM = `
import time
import numpy as np
from staysail import VectorStore
from staysail.indexes.flat import FlatIndex
from staysail.wiring import load_backend

x = store = index = None
built = {}

def take(rows, dim):
    global x
    if x is None:
        x = np.frombuffer(rows.to_py(), np.float32).reshape(-1, dim)

async def build_store(way):
    global store
    if store is None:
        store = VectorStore("peer-memory")
        await store.destroy()
        store = VectorStore("peer-memory")
        await store.add(vectors=x, ids=[str(at) for at in range(len(x))])
    async def search(query, k):
        started = time.perf_counter()
        hits = await store.search(query, k, quantization=way)
        ms = (time.perf_counter() - started) * 1000
        return ms, [int(hit.id) for hit in hits]
    built["store", way] = search

async def build_index(way):
    global index
    if index is None:
        index = FlatIndex(await load_backend(), x.shape[1], "cosine")
        index.commit(index.stage(x))
        index.encode(0, len(x))
    async def search(query, k):
        started = time.perf_counter()
        asked = index.query(query)
        hits = index.exact(asked, k) if way == "none" else index.rescore(asked, index.candidates(asked, k, way), k)
        ms = (time.perf_counter() - started) * 1000
        return ms, [slot for _, slot in hits]
    built["index", way] = search

async def build_numpy(way):
    async def search(query, k):
        query = np.array(query, np.float32)
        started = time.perf_counter()
        scores = x @ query
        best = np.argpartition(-scores, k)[:k]
        best = best[np.argsort(-scores[best])]
        ms = (time.perf_counter() - started) * 1000
        return ms, best.tolist()
    built["numpy", way] = search

async def call(what, way, query, k):
    return await built[what, way](query.to_py().tolist(), k)

async def save():
    kept = VectorStore("peer-kept")
    await kept.destroy()
    kept = VectorStore("peer-kept")
    await kept.count()
    started = time.perf_counter()
    await kept.add(vectors=x)
    ms = (time.perf_counter() - started) * 1000
    await kept.close()
    return ms

async def open_kept():
    global kept
    kept = VectorStore("peer-kept")

async def ask_kept(query, k):
    return [hit.id for hit in await kept.search(query.to_py().tolist(), k)]
`;

const subject = (kind, what, way) => ({
  kind,
  async build(rows, dim) {
    python.globals.get("take")(rows, dim);
    await python.globals.get(`build_${what}`)(way);
    return async (query, k) => {
      const [ms, found] = (await python.globals.get("call")(what, way, query, k)).toJs();
      return { ms, found };
    };
  },
});

export const subjects = {
  "staysail VectorStore exact": subject("exact", "store", "none"),
  "staysail VectorStore 7-bit": subject("ann", "store", "int8"),
  "staysail VectorStore 1-bit": subject("ann", "store", "1bit"),
  "staysail index exact": subject("exact", "index", "none"),
  "staysail index 7-bit": subject("ann", "index", "int8"),
  "staysail index 1-bit": subject("ann", "index", "1bit"),
  "numpy in Pyodide": subject("exact", "numpy", ""),
};

export const durable = {
  "staysail VectorStore": {
    kind: "ann",
    async save(rows, dim) {
      python.globals.get("take")(rows, dim);
      return { ms: await python.globals.get("save")() };
    },
    async open() {
      await python.globals.get("open_kept")();
      return async (query, k) => (await python.globals.get("ask_kept")(query, k)).toJs().map(() => -1);
    },
  },
};
