"""Vector search in a page: this package's ways beside plain JavaScript and numpy, in one run, a query of each in turn.

Data: normalised float32 from a fixed seed, 768 dimensions, a thousand centres of standard normal numbers and around each its rows, centre
+ 0.5 x noise. Queries: 50 of the rows + 0.2 x noise. k is 10, the metric cosine. Recall is taken against the exact search. BENCH_VECTORS
names the sizes, "10000,100000" unless told.

How long the page's thread cannot run is told beside controls, for two processors are shared by the page, the worker and all of the
browser's own threads: a worker that stores the same rows by plain JavaScript, one that only computes, and none."""

import os
import statistics

from bench.harness import Bench, Page, Row, median_row

DIM, K, BATCH = 768, 10, 32
SIZES = tuple(int(size) for size in os.environ.get("BENCH_VECTORS", "10000,100000").split(","))
RUNS = {10_000: 40}  # queries of each subject; fewer where each is slow
FEWER = 15
VISITS = 7  # of new pages

# Python in a worker, where a page's Python belongs. Meanwhile the page's thread notes when it could not run.
BOOT = """
const worker = new Worker(new URL("python_worker.mjs", location.href), { type: "module" });
const waiting = new Map();
worker.onmessage = ({ data: [id, answer] }) => { waiting.get(id)(answer); waiting.delete(id); };
globalThis.runPython = async (code) => {
  const id = Math.random();
  const answer = await new Promise((done) => { waiting.set(id, done); worker.postMessage([id, code]); });
  if ("error" in answer) throw new Error(answer.error);
  return answer.value;
};
const gaps = [];
const clock = () => performance.timeOrigin + performance.now();
let last = clock();
const tick = () => {
  const now = clock();
  if (now - last > 2) gaps.push([last, now]);
  last = now;
  setTimeout(tick, 0);
};
tick();
globalThis.clock = clock;
const within = (spans, [from, to]) => spans.some(([begun, done]) => from < done && begun < to);
globalThis.longest = (spans) => Math.max(0, ...gaps.filter((gap) => within(spans, gap)).map(([from, to]) => to - from));
await runPython(setup);
"""
SETUP = """
import js, json, pyodide_js, time
from pyodide.ffi import to_js
await pyodide_js.loadPackage("numpy")
js.eval(JAVASCRIPT)
None
"""

# Plain JavaScript, as one would write it with care: four sums, and a sorted list of the best k.
JAVASCRIPT = """
globalThis.searchRows = (rows, query, dim, k) => {
  const started = performance.now();
  const scores = [], slots = [];
  for (let slot = 0, at = 0; at < rows.length; slot++, at += dim) {
    let a = 0, b = 0, c = 0, d = 0;
    for (let i = 0; i < dim; i += 4) {
      a += rows[at + i] * query[i]; b += rows[at + i + 1] * query[i + 1];
      c += rows[at + i + 2] * query[i + 2]; d += rows[at + i + 3] * query[i + 3];
    }
    const score = a + b + c + d;
    if (scores.length < k || score > scores[k - 1]) {
      let place = scores.length;
      while (place && scores[place - 1] < score) place--;
      scores.splice(place, 0, score); slots.splice(place, 0, slot);
      if (scores.length > k) { scores.pop(); slots.pop(); }
    }
  }
  return performance.now() - started;
};
globalThis.clock = () => performance.timeOrigin + performance.now();
globalThis.compute = (ms) => {
  const until = performance.now() + ms;
  let sum = 0;
  while (performance.now() < until) for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i);
  return sum;
};
globalThis.storeRows = async (rows, blockBytes) => {
  const open = indexedDB.open("bench-plain", 1);
  open.onupgradeneeded = () => open.result.createObjectStore("rows");
  await new Promise((done) => (open.onsuccess = done));
  const started = performance.now();
  const transaction = open.result.transaction("rows", "readwrite", { durability: "relaxed" });
  const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  for (let at = 0; at < bytes.length; at += blockBytes) {
    transaction.objectStore("rows").put(bytes.slice(at, at + blockBytes), at);
  }
  await new Promise((done, failed) => { transaction.oncomplete = done; transaction.onabort = failed; });
  const elapsed = performance.now() - started;
  open.result.close();
  indexedDB.deleteDatabase("bench-plain");
  return elapsed;
};
"""

SEARCH = """
import numpy as np
from staysail.indexes.flat import FlatIndex
from staysail.wiring import load_backend

rng = np.random.default_rng(7)
centres = rng.standard_normal((1000, DIM), dtype=np.float32)
x = np.empty((N, DIM), np.float32)
for at in range(0, N, 5000):
    part = x[at : at + 5000]
    part[:] = centres[rng.integers(0, 1000, len(part))]
    part += 0.5 * rng.standard_normal(part.shape, dtype=np.float32)
    part /= np.linalg.norm(part, axis=1, keepdims=True)
rows = rng.integers(0, N, 50)
queries = x[rows] * 27.7 + 0.2 * rng.standard_normal((50, DIM), dtype=np.float32)
queries /= np.linalg.norm(queries, axis=1, keepdims=True)
asked = queries.tolist()

backend = await load_backend()
index = FlatIndex(backend, DIM, "cosine")
started = time.perf_counter()
index.commit(index.stage(x))
index.encode(0, N)
built_s = time.perf_counter() - started
in_javascript = to_js(x.reshape(-1))

def ours(way):
    def search(at):
        query = index.query(asked[at])
        if way == "exact":
            return [slot for _, slot in index.exact(query, K)]
        return [slot for _, slot in index.rescore(query, index.candidates(query, K, way), K)]
    return search

def by_numpy(at):
    scores = x @ queries[at]
    best = np.argpartition(-scores, K)[:K]
    return best[np.argsort(-scores[best])].tolist()

def coarse(at):
    return backend.near_signs(index.signs, N, index.query(asked[at]), DIM, 200, 200, None)

def timed(search, at):
    started = time.perf_counter()
    search(at)
    return (time.perf_counter() - started) * 1000

subjects = {
    "exact": ours("exact"),
    "7-bit, then exact": ours("int8"),
    "1-bit, 7-bit, then exact": ours("1bit"),
    "numpy": by_numpy,
}
times = {name: [] for name in (*subjects, "plain JavaScript", "1-bit scan and top 200 alone")}
for at in range(-3, RUNS):  # the first ones warm up
    lap = {name: timed(search, at % 50) for name, search in subjects.items()}
    lap["1-bit scan and top 200 alone"] = timed(coarse, at % 50)
    lap["plain JavaScript"] = js.searchRows(in_javascript, to_js(queries[at % 50]), DIM, K)
    if at >= 0:
        for name, ms in lap.items():
            times[name].append(ms)
recall = {}
for name, search in subjects.items():
    found = [len(set(search(at)) & set(subjects["exact"](at))) for at in range(RUNS)]
    recall[name] = sum(found) / (K * RUNS)

batch = {"exact": [], "numpy": []}
if N <= 20_000:
    for _ in range(5):
        made = [index.query(query) for query in asked[:BATCH]]
        started = time.perf_counter()
        index.exact_batch(made, K)
        batch["exact"].append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        scores = queries[:BATCH] @ x.T
        best = np.argpartition(-scores, K, axis=1)[:, :K]
        np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1), 1)
        batch["numpy"].append((time.perf_counter() - started) * 1000)
del index, subjects
json.dumps([times, recall, batch, built_s, backend.name, backend.reason])
"""

INGEST = """
from staysail import VectorStore
await VectorStore("bench").destroy()
store = VectorStore("bench")
await store.count()
part = 10_000
rates, plain, adding, storing = [], [], [], []
for at in range(0, N, part):
    piece = x[at : at + part]
    copied, begun = to_js(piece.reshape(-1)), js.clock()
    plain.append(len(piece) / (await js.storeRows(copied, 1 << 20)) * 1000)
    storing.append([begun, js.clock()])
    started, begun = time.perf_counter(), js.clock()
    await store.add(vectors=piece)
    rates.append(len(piece) / (time.perf_counter() - started))
    adding.append([begun, js.clock()])
kind = (await store.explain())["storage"]
await store.close()
await js.Promise.new(lambda done, _: js.setTimeout(done, 500))
begun = js.clock()
js.compute(sum(done - begun for begun, done in adding))
json.dumps([rates, plain, asked[0], kind, adding, storing, [[begun, js.clock()]]])
"""

FIRST = """
import json, time
from staysail import VectorStore
query = json.loads(asked)
started = time.perf_counter()
store = VectorStore("bench")
hits = await store.search(query, 10)
first = (time.perf_counter() - started) * 1000
started = time.perf_counter()
await store.search(query, 10)
again = (time.perf_counter() - started) * 1000
told = await store.explain()
await store.close()
json.dumps([first, again, told["memory_bytes"], told["last_search"]])
"""


MILLION = """
import numpy as np
from staysail import VectorStore
await VectorStore("million").destroy()
store = VectorStore("million", dtype="f16", memory_bytes=256 << 20)
rng = np.random.default_rng(7)
base = rng.standard_normal((20_000, 384), dtype=np.float32)
"null"
"""
ADD_TO_MILLION = """
mirrored = base * rng.choice(np.float32([-1, 1]), 384)  # along other axes each time
started = time.perf_counter()
await store.add(vectors=mirrored)
json.dumps(len(base) / (time.perf_counter() - started))
"""
SEARCH_MILLION = """
opened = store._opening.opened
index, backend = opened.index, opened.index.backend
await store.search(base[0], 10)
coarse, whole = [], []
for at in range(15):
    query = index.query(base[at])
    started = time.perf_counter()
    backend.near_signs(index.signs, index.size, query, 384, 200, 200, None)
    coarse.append((time.perf_counter() - started) * 1000)
    started = time.perf_counter()
    index.candidates(query, 10, "1bit")
    whole.append((time.perf_counter() - started) * 1000)
heap = pyodide_js._module.HEAP8.length
await store.destroy()
json.dumps([coarse, whole, index.size, heap / 2**20])
"""


def measure(bench: Bench) -> list[Row]:
    """BENCH_MILLION=1 measures a million rows too, which takes minutes."""
    rows: list[Row] = []
    if os.environ.get("BENCH_MILLION"):
        with bench.page() as page:
            rows += _measure_million(page)
    for size in SIZES:
        with bench.page() as page:
            rows += _measure_size(page, size)
    return rows


def _measure_million(page: Page) -> list[Row]:
    page.run(BOOT, setup=f"JAVASCRIPT = {JAVASCRIPT!r}\n{SETUP}")
    _python(page, MILLION)
    rates = [_python(page, ADD_TO_MILLION) for _ in range(50)]
    coarse, whole, size, heap = _python(page, SEARCH_MILLION)
    group = f"{size:,} x 384, float16 on disk"
    return [
        median_row(group, "1-bit scan and top 200", coarse, "ms"),
        median_row(group, "1-bit, 7-bit: what is then scored exactly", whole, "ms"),
        median_row(group, "durable ingest in batches of 20,000", rates, "vectors/s"),
        Row(group, "the interpreter's memory, all in all", heap, "MB"),
    ]


def _measure_size(page: Page, size: int) -> list[Row]:
    group = f"{size:,} x {DIM}"
    page.run(BOOT, setup=f"JAVASCRIPT = {JAVASCRIPT!r}\n{SETUP}")
    header = f"N, DIM, K, BATCH, RUNS = {size}, {DIM}, {K}, {BATCH}, {RUNS.get(size, FEWER)}\n"
    times, recall, batch, built_s, backend, reason = _python(page, header + SEARCH)
    print(f"  {group}: {backend}, {reason}; {size / built_s:,.0f} vectors/s into memory, quantised both ways", flush=True)
    rows = [
        median_row(f"{group}, one query", f"{name}{_recalled(recall.get(name))}", values, "ms", floor="plain JavaScript")
        for name, values in times.items()
    ]
    p95 = [statistics.quantiles(values, n=20)[-1] for values in times.values()]
    rows += [Row(f"{group}, one query, p95", name, value, "ms") for name, value in zip(times, p95, strict=True)]
    rows += [median_row(f"{group}, {BATCH} queries at once", name, values, "ms", floor="numpy") for name, values in batch.items() if values]
    rates, plain, asked, storage, *spans = _python(page, INGEST)
    adding, storing, computing = (page.run("return longest(spans)", spans=which) for which in spans)
    took_ms = sum(done - begun for begun, done in spans[0])
    print(f"  stored in {storage}", flush=True)
    alone = "plain JavaScript: rows alone"
    durable = f"{group}, durable ingest in batches of 10,000"
    rows += [
        median_row(durable, "staysail: rows, codes, bits", rates, "vectors/s", floor=alone, more_is_better=True),
        median_row(durable, alone, plain, "vectors/s", more_is_better=True),
    ]
    firsts, agains, searching = [], [], []
    for _ in range(VISITS):
        page.driver.refresh()
        page.run(BOOT, setup="import staysail.stores.vector_store")
        page.run("globalThis.begun = clock()")
        first, again, *_ = _python(page, f"asked = {asked!r}\nasked = __import__('json').dumps(asked)\n{FIRST}")
        searching.append(page.run("return longest([[begun, clock()]])"))
        firsts.append(first)
        agains.append(again)
    rows += [
        median_row(f"{group}, new page, interpreter up", "opening to first answer", firsts, "ms"),
        median_row(f"{group}, new page, interpreter up", "the same query again", agains, "ms"),
    ]
    _python(page, "await store.destroy()\n'null'")
    wait = "const begun = clock(); await new Promise((done) => setTimeout(done, ms)); return longest([[begun, clock()]])"
    blocked = {
        "staysail adds": adding,
        "plain JavaScript stores the same rows": storing,
        "a worker computes for as long": computing,
        "staysail opens and searches": max(searching),
        "nothing goes on": page.run(wait, ms=took_ms),
    }
    group += ", longest time the page's thread could not run"
    return rows + [Row(group, what, ms, "ms", floor="nothing goes on") for what, ms in blocked.items()]


def _recalled(recall: float | None) -> str:
    return "" if recall is None or recall == 1 else f" (recall {recall:.3f})"


def _python(page: Page, code: str) -> list:
    return page.run("return JSON.parse(await runPython(code));", code=code)
