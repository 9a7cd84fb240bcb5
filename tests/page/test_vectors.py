"""The vector store in Chromium: backends that agree to the bit, real IndexedDB, reloads, two tabs, pages that die while they write.
STAYSAIL_KILLS says how many die."""

import json
import os
import random
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from selenium.common.exceptions import WebDriverException

BACKENDS = Path(__file__).with_name("vector_backends.py")
EVERY = bool(os.environ.get("STAYSAIL_EVERY"))
KILLS = int(os.environ.get("STAYSAIL_KILLS", "3"))


@pytest.mark.parametrize("backend", ["relaxed", pytest.param("plain", marks=pytest.mark.thorough), "numkong"])
def test_each_backend_gives_what_numpy_gives_to_the_bit(page, backend):
    page.run('from staysail.host.packages import load_packages\nawait load_packages(["numpy", "numkong"])')
    page.run(BACKENDS.read_text("utf-8"))
    assert json.loads(page.run(f"json.dumps(await compare({backend!r}, {5 if EVERY else 1}))")) == []


class Page:
    """A page in the current window, with Python in a worker, or else in the page's own thread: there big records are kept otherwise."""

    def __init__(self, driver, site, *, worker=True):
        self.driver, self.site, self.worker = driver, site, worker
        driver.get(f"{site}tests/page/empty.html")
        self.script(WORKER if worker else THREAD)
        self.run(SETUP)

    def run(self, code):
        """The value of the last expression, through JSON."""
        return self.script("return await runPython(code)", f"import json\n{code}")

    def start(self, code):
        """Runs without waiting."""
        self.driver.execute_script("finished = false; runPython(arguments[0]).then(() => (finished = true))", code)

    def script(self, body, code=""):
        answer = self.driver.execute_async_script(
            "const [code, done] = arguments; (async () => {"
            + body
            + "})().then((value) => done({ value }), (error) => done({ error: String(error).slice(-2000) }));",
            code,
        )
        assert "error" not in answer, answer["error"]
        return answer["value"]


THREAD = """
const { startPython } = await import("/tests/page/python_start.mjs");
const pyodide = await startPython();
globalThis.runPython = (code) => pyodide.runPythonAsync(code);
"""
WORKER = """
const start = () => {
  const worker = new Worker("/tests/page/python_worker.mjs", { type: "module" });
  const waiting = new Map();
  worker.onmessage = ({ data: [id, answer] }) => { waiting.get(id)(answer); waiting.delete(id); };
  const run = async (code) => {
    const id = Math.random();
    const answer = await new Promise((done) => { waiting.set(id, done); worker.postMessage([id, code]); });
    if ("error" in answer) throw new Error(answer.error);
    return answer.value;
  };
  return { run, end: () => worker.terminate() };
};
let current = start(), next;
globalThis.runPython = (code) => current.run(code);
globalThis.prepare = () => { next ??= start(); };  // so that the next one is up when this one dies
globalThis.kill = () => { current.end(); [current, next] = [next ?? start(), undefined]; };
"""
# 64 rows a segment, so that a few hundred rows fill, empty and compact segments.
SETUP = """
import random
from array import array
import js
from pyodide.ffi import to_js
from staysail import VectorStore

async def open_notes():
    "Where a worker notes how far it came, at once and for the next one to see."
    folder = await js.navigator.storage.getDirectory()
    options = [to_js(choice, dict_converter=js.Object.fromEntries) for choice in ({"create": True}, {"mode": "readwrite-unsafe"})]
    return await (await folder.getFileHandle("notes", options[0])).createSyncAccessHandle(options[1])

def note(notes, done, begun):
    notes.write(to_js(f"{done:9}{begun:9}".encode()), to_js({"at": 0}, dict_converter=js.Object.fromEntries))

def noted(notes):
    data = js.Uint8Array.new(18)
    notes.read(data, to_js({"at": 0}, dict_converter=js.Object.fromEntries))
    return int(data.to_bytes()[:9]), int(data.to_bytes()[9:])

def vector(at):
    row = array("f", bytes(4 * 4096))
    row[at % 4096] = 1.0
    return row

def step(i, model):
    "The i-th change: what to call, and what is there after it."
    rng = random.Random(i)
    kind = rng.choice(["add", "add", "upsert", "delete"]) if model else "add"
    after = dict(model)
    if kind == "delete":
        ids = rng.sample(sorted(model), max(1, len(model) // 2))
        for id in ids:
            del after[id]
        return "delete", ids, after
    if kind == "upsert":
        new = {id: (f"again {i}", int(id) + i) for id in rng.sample(sorted(model), min(len(model), 20))}
    else:
        new = {str(1000 * i + j): (f"text {i}", 1000 * i + j) for j in range(rng.choice([1, 30, 200]))}
    return kind, new, after | new

async def perform(store, kind, what):
    if kind == "delete":
        return await store.delete(what)
    documents = [{"id": id, "text": text} for id, (text, _) in what.items()]
    return await getattr(store, kind)(documents, vectors=[vector(at) for _, at in what.values()])

async def contents(store):
    ids = sorted(await store.ids())
    return {item["id"]: [item["document"], item["vector"].index(1.0)] for item in await store.get(ids, vectors=True)}

def model_of(count):
    model = {}
    for i in range(count):
        model = step(i, model)[2]
    return model

def shown(model):
    return {id: [text, at % 4096] for id, (text, at) in model.items()}

def expected(count):
    return shown(model_of(count))
"""


@pytest.fixture
def page(driver, site):
    made = Page(driver, site)
    yield made
    made.driver.get("about:blank")


def test_what_is_stored_is_there_after_a_reload(driver, site, page):
    told = page.run(
        """
store = VectorStore("reload")
await store.destroy()
store = VectorStore("reload", durability="strict", segment_rows=64)
for i in range(6):
    kind, what, model = step(i, model if i else {})
    await perform(store, kind, what)
about = await store.explain()
json.dumps([about["backend"], about["stored_bytes"] > 0, await contents(store) == expected(6), await store.persist() in (True, False)])
"""
    )
    assert told == '["kernel", true, true, true]'
    again = Page(driver, site)
    assert (
        again.run(
            """
store = VectorStore("reload")
whole = await contents(store) == expected(6)
id, (text, at) = next(iter(expected(6).items()))
hit = (await store.search(vector(at), 1))[0]
words = await store.search("text", 3, mode="keyword")
result = json.dumps([whole, hit.score, hit.document == text, len(words) > 0])
await store.destroy()
result
"""
        )
        == "[true, 1.0, true, true]"
    )


def test_two_tabs_write_one_after_another_and_see_each_other(driver, site, page):
    page.run(
        """
await VectorStore("tabs").destroy()
store = VectorStore("tabs", segment_rows=64)
await store.add([{"id": "first"}], vectors=[vector(0)])
None
"""
    )
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    try:
        other = Page(driver, site)
        second = driver.current_window_handle
        writing = 'for i in range(40):\n    await store.add([{"id": f"%s{i}"}], vectors=[vector(%d + i)])'
        other.run('store = VectorStore("tabs")\nawait store.count()')
        driver.switch_to.window(first)
        page.start(writing % ("a", 100))
        driver.switch_to.window(second)
        other.start(writing % ("b", 200))
        end = time.monotonic() + 60
        for window in (second, first):
            driver.switch_to.window(window)
            while not driver.execute_script("return globalThis.finished"):
                assert time.monotonic() < end, "the tabs did not finish writing"
                time.sleep(0.1)
        seen = {}
        for name, window, tab in (("first", first, page), ("second", second, other)):
            driver.switch_to.window(window)
            # A message to the other tab is on its way when the write returns.
            time.sleep(0.2)
            seen[name] = tab.run("json.dumps([await store.count(), (await store.search(vector(239), 1))[0].id])")
        assert seen == {"first": '[81, "b39"]', "second": '[81, "b39"]'}
        driver.switch_to.window(second)
        driver.close()
    finally:
        driver.switch_to.window(first)
    page.run("await store.destroy()")


class Life:
    """The pages that write, one after another, each of which dies in the midst of it."""

    def __init__(self, driver, site):
        self.driver, self.site, self.home = driver, site, driver.current_window_handle
        driver.switch_to.new_window("tab")
        self.page = Page(driver, site)

    def die(self, how):
        """The worker is ended, its page is left, or the process of both ends."""
        if how == "worker":
            self.page.script("kill()")
            self.page.run(SETUP)
            return
        if how == "page":
            self.driver.get("about:blank")
        else:
            with suppress(WebDriverException):
                self.driver.execute_cdp_cmd("Page.crash", {})
            self.close()
            self.driver.switch_to.new_window("tab")
        self.page = Page(self.driver, self.site)

    def close(self):
        self.driver.close()
        self.driver.switch_to.window(self.home)


def test_a_page_that_dies_while_it_writes_leaves_the_state_before_or_after(driver, site):
    rng, life, died_inside = random.Random(11), Life(driver, site), Counter()
    life.page.run('notes = await open_notes()\nnote(notes, 0, 0)\nnotes.close()\nawait VectorStore("kill").destroy()')
    for number in range(KILLS):
        life.page.start(WRITE_ON)
        life.page.script("prepare()")
        time.sleep(rng.uniform(0.15, 0.9))
        how = ("page", "process")[number // 10 % 2] if number % 10 == 2 else "worker"
        life.die(how)
        whole, right, damaged, inside = json.loads(life.page.run(LOOK_BACK))
        assert (whole, right, damaged) == (True, True, 0), f"kill {number}, of the {how}, in {inside}"
        died_inside[inside and f"{inside}, {how}"] += 1
    print(f"{KILLS} kills: {dict(died_inside)}")
    assert died_inside.total() > died_inside[None], "no page died inside a write: the test tested nothing"
    life.page.run('await VectorStore("kill").destroy()')
    life.close()


WRITE_ON = """
notes = await open_notes()
store, i = VectorStore("kill", segment_rows=64), noted(notes)[0]
model = model_of(i)
while True:
    kind, what, model = step(i, model)
    note(notes, i, i + 1)
    await perform(store, kind, what)
    i += 1
    note(notes, i, i)
"""
LOOK_BACK = """
notes = await open_notes()
done, begun = noted(notes)
before = model_of(done)
kind, _, after = step(done, before)
store = VectorStore("kill")
found = await contents(store)
now = next((count for count, model in ((done, before), (done + 1, after)) if found == shown(model)), -1)
if now >= 0:
    note(notes, now, now)
model = after if now > done else before
right = all([(await store.search(vector(at), 1))[0].score == 1.0 for id, (_, at) in list(model.items())[:20]])
notes.close()
await store.close()
json.dumps([now >= 0, right, len(store.damage), kind if begun > done else None])
"""


@pytest.mark.parametrize("table", ["rows", "documents", "log", "file"])
def test_damage_on_disk_is_told_and_the_rest_is_found(driver, site, table):
    page = Page(driver, site, worker=table == "file")
    page.run(
        """
await VectorStore("damage").destroy()
store = VectorStore("damage", segment_rows=64)
await store.add([{"id": str(i), "text": f"text {i}"} for i in range(200)], vectors=[vector(i) for i in range(200)])
await store.close()
"""
    )
    if table == "file":  # its first record is of rows
        page.run(
            """
folder = await js.navigator.storage.getDirectory()
options = [to_js(choice, dict_converter=js.Object.fromEntries) for choice in ({"mode": "readwrite-unsafe"}, {"at": 4})]
access = await (await folder.getFileHandle("staysail%3Avectors%3Adamage")).createSyncAccessHandle(options[0])
access.write(to_js(b"?"), options[1])
access.close()
"""
        )
        table = "rows"
    else:
        page.script(
            """
        const open = indexedDB.open("staysail:vectors:damage");
        await new Promise((done) => (open.onsuccess = done));
        const transaction = open.result.transaction(code, "readwrite");
        const table = transaction.objectStore(code);
        table.openCursor().onsuccess = ({ target: { result: cursor } }) => {
          const bytes = cursor.value;
          bytes[bytes.length >> 1] ^= 1;
          cursor.update(bytes);
        };
        await new Promise((done) => (transaction.oncomplete = done));
        open.result.close();
        """,
            table,
        )
    told = page.run(
        """
import warnings
warnings.simplefilter("ignore")
store = VectorStore("damage")
found = [hit.id for at in (1, 70, 199) for hit in await store.search(vector(at), 1)]
result = json.dumps([found, [item.table for item in store.damage]])
await store.destroy()
result
"""
    )
    lost = {"rows": "1", "documents": "1", "log": "199"}[table]
    assert f'["{table}"]' in told
    for id in {"1", "70", "199"} - {lost}:
        assert f'"{id}"' in told.split("]")[0]


def test_a_full_disk_is_told_and_nothing_is_lost(driver, site):
    def allow(quota=None):
        driver.execute_cdp_cmd("Storage.overrideQuotaForOrigin", {"origin": site} | ({"quotaSize": quota} if quota else {}))

    def fill(page, quota):
        allow(quota)
        try:
            (none, needed, free, text), (added, part, _, _), count, found = json.loads(page.run(FILL))
        finally:
            allow()
        assert none == 80
        assert needed > 600 * 4 * 4096 > 4_000_000 > part
        assert f"this needs {needed:,} bytes" in text
        assert f"{free:,} left" in text
        assert 80 < added == count < 680
        assert found
        return added

    def check(page, added):
        whole = page.run(f"""
store = VectorStore("full")
same = [hit.id for i in (0, 79, {added - 1}) for hit in await store.search(noise(i), 1)] == ["0", "79", "{added - 1}"]
await store.add([{{"id": "after"}}], vectors=[noise(5000)])
result = json.dumps([same, await store.count(), len(store.damage), (await store.explain())["storage"]])
await store.destroy()
result
""")
        assert json.loads(whole) == [True, added + 1, 0, "OPFS and IndexedDB" if page.worker else "IndexedDB"]

    # An origin of its own: what tests before have deleted still counts until the browser tidies up.
    site = site.replace("127.0.0.1", "localhost")
    page = Page(driver, site, worker=False)
    # IndexedDB, where the page's own thread writes, remembers for half a minute how much there is: so the limit comes first.
    allow(8_000_000)
    page.run(BEGIN)
    added = fill(page, 8_000_000)
    page = Page(driver, site)
    page.run(NOISE)
    check(page, added)
    used = page.run(BEGIN)
    check(page, fill(page, used + 6_000_000))


NOISE = """
from staysail.core.errors import QuotaError

def noise(at):
    "What no disk can store in much fewer bytes."
    return array("f", array("h", random.Random(at).randbytes(2 * 4096)))
"""
BEGIN = f"""{NOISE}
await VectorStore("full").destroy()
store = VectorStore("full", segment_rows=64)
await store.add([{{"id": str(i), "text": f"text {{i}}"}} for i in range(80)], vectors=[noise(i) for i in range(80)])
(await store.explain())["stored_bytes"]
"""
FILL = """
async def fill(count, batch):
    "How many were added, and the error that stopped it."
    for at in range(80, 80 + count, batch):
        try:
            await store.add([{"id": str(at + i)} for i in range(batch)], vectors=[noise(at + i) for i in range(batch)])
        except QuotaError as error:
            return at, error.needed_bytes, error.free_bytes, str(error)

result = [await fill(600, 600), await fill(600, 20), await store.count()]
last = result[1][0] - 1
found = (await store.search(noise(last), 1))[0].id == str(last)
await store.close()
json.dumps([*result, found])
"""
