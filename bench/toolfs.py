"""ToolFS in a page on IndexedDB, beside what IndexedDB itself costs there: reads, writes and appends a second; snapshots of many files."""

import json

from bench.harness import Bench, Row

FILES = 10_000
ROUNDS = 300

START = """
const { loadPyodide } = await import(new URL("../../wheels/pyodide.mjs", location.href).href);
globalThis.pyodide = await loadPyodide({ indexURL: new URL("../../wheels/", location.href).href });
await pyodide.loadPackage("staysail", { messageCallback: () => {} });
"""

# One transaction for each put, one for each get: what any file system on IndexedDB pays at least.
FLOOR = """
const opening = indexedDB.open("floor", 1);
opening.onupgradeneeded = () => opening.result.createObjectStore("t");
await new Promise((done) => (opening.onsuccess = done));
const ended = (transaction) => new Promise((done) => (transaction.oncomplete = done));
const rates = {};
for (const [name, mode, work] of [
  ["put", "readwrite", (table, at) => table.put(new Uint8Array(1024), `k${at}`)],
  ["get", "readonly", (table, at) => table.get(`k${at}`)],
]) {
  const begun = performance.now();
  for (let at = 0; at < rounds; at++) {
    const transaction = opening.result.transaction("t", mode, { durability: "relaxed" });
    work(transaction.objectStore("t"), at);
    await ended(transaction);
  }
  rates[name] = (rounds / (performance.now() - begun)) * 1000;
}
opening.result.close();
return rates;
"""

MEASURE = f"""
import json, time
from staysail import ToolFS
from staysail.fs.blobs import Blobs
from staysail.fs.tree import Record, TreeMount
from staysail.host.idb_records import IdbRecords

store = IdbRecords("staysail:toolfs:bench")
await store.destroy()
toolfs = ToolFS("bench")
tree = toolfs.mount("/toolfs/data")
session = toolfs.session("bench", {{"/toolfs": "*"}})
rates = {{}}

async def rate(name, work):
    begun = time.perf_counter()
    for at in range({ROUNDS}):
        await work(at)
    rates[name] = {ROUNDS} / (time.perf_counter() - begun)

data = bytes(1024)
await toolfs.write("/toolfs/data/warm", data, session)
await rate("write", lambda at: toolfs.write(f"/toolfs/data/f{{at}}", data + str(at).encode(), session))
await rate("read", lambda at: toolfs.read(f"/toolfs/data/f{{at}}", session))
await rate("append", lambda at: toolfs.append("/toolfs/data/log", data, session))

# Many files, put there at once: what is measured is the snapshot.
puts = {{}}
for at in range({FILES}):
    hash, blob = tree.blobs.put(str(at).encode() * 100)
    record = Record("file", len(str(at)) * 100, "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z", hash)
    puts |= blob
    puts[tree._key((f"many{{at % 100}}", str(at)))] = record.encode()
    puts[tree._key((f"many{{at % 100}}",))] = Record("directory", 0, "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z").encode()
await store.commit(puts)
times = {{}}

async def clock(name, work):
    begun = time.perf_counter()
    await work
    times[name] = (time.perf_counter() - begun) * 1000

before = (await store.estimate())[0]
await clock("create", toolfs.snapshot(session, "one"))
await toolfs.write("/toolfs/data/many0/0", "changed", session)
await clock("create again, one file changed", toolfs.snapshot(session, "two"))
await clock("diff", toolfs.diff("one", "two", session))
await clock("roll back, one file changed", toolfs.rollback("one", session))
await toolfs.delete("/toolfs/data/many1", session, recursive=True)
await clock("roll back, 100 files deleted", toolfs.rollback("one", session))
await toolfs.close()
await store.destroy()
json.dumps([rates, times])
"""


def measure(bench: Bench) -> list[Row]:
    with bench.page() as page:
        floor = page.run(FLOOR, rounds=ROUNDS)
        page.run(START)
        rates, times = json.loads(page.run("return await pyodide.runPythonAsync(code)", code=MEASURE))
    group = "Calls a second on IndexedDB, 1 KiB each, with session, audit and hash"
    options = {"floor": "IndexedDB alone, a put a transaction", "more_is_better": True}
    rows = [
        Row(group, "IndexedDB alone, a put a transaction", floor["put"], "calls/s"),
        Row(group, "IndexedDB alone, a get a transaction", floor["get"], "calls/s", **options),
    ]
    rows += [Row(group, name, rate, "calls/s", **options) for name, rate in rates.items()]
    return rows + [Row(f"Snapshots of {FILES:,} files", name, ms, "ms", floor="create") for name, ms in times.items()]
