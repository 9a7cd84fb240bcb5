"""ToolFS in Chromium: every kind of mount, real IndexedDB, tabs that write at once, pages that die while they write. STAYSAIL_KILLS says
how many die."""

import json
import os
import random
import time
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.page.python_page import PythonPage, run_script
from tests.server import TestServer

UNIT = Path(__file__).parents[1] / "unit" / "fs"
KILLS = int(os.environ.get("STAYSAIL_KILLS", "2"))
ATTACKS = int(os.environ.get("STAYSAIL_ATTACKS", "2"))
"""Of each parametrised attack so many cases, evenly chosen; all of them are run on CPython."""

SETUP = """
import js
from js import localStorage
from staysail import ToolFS, ToolFSError
from staysail.host.idb_records import IdbRecords

ALL = {"/toolfs": "*"}

def opened(name="test", **options):
    toolfs = ToolFS(name, **options)
    toolfs.mount("/toolfs/data")
    return toolfs, toolfs.session("a", ALL)

async def destroy(name="test"):
    await IdbRecords(f"staysail:toolfs:{name}").destroy()

async def code_of_error(work):
    try:
        await work
    except ToolFSError as error:
        return error.code
"""


@pytest.fixture
def driver(browser: Chrome) -> Chrome:
    """On whatever page the test before has left, which saves starting Python for each."""
    return browser


@pytest.fixture
def page(driver: Chrome, site: str) -> PythonPage:
    page = PythonPage(driver, site, SETUP, fresh=False)
    page.run(SETUP)
    return page


def test_every_kind_of_mount_does_what_a_dict_of_paths_does(page):
    page.run((UNIT / "mount_contract.py").read_text("utf-8").replace("code_of", "code_of_mount"))
    page.run(
        """
from staysail.fs.blobs import Blobs
from staysail.fs.tree import TreeMount, used_by_trees
from staysail.host.handle_mount import HandleMount, open_private

await destroy()
store = IdbRecords("staysail:toolfs:test")
await check_mount(TreeMount(Blobs(store, [used_by_trees]), "t"))
root = await js.navigator.storage.getDirectory()
await check_mount(HandleMount(await open_private("contract/inner"), "test", kind="opfs"), steps=40)
folder = await root.getDirectoryHandle("contract")
assert [item.name async for item in folder.values()] == ["inner"]
await root.removeEntry("contract", js.Object.fromEntries(js.Object.entries(js.JSON.parse('{"recursive": true}'))))
await store.destroy()
"""
    )


def test_what_is_written_is_there_after_a_reload(driver, site, page):
    page.run(
        """
from staysail import VectorStore
await destroy()
await VectorStore("toolfs-test").destroy()
store = VectorStore("toolfs-test")
await store.add([{"id": "sail", "text": "red sails"}, {"id": "keel", "text": "a keel"}], vectors=[[1.0, 0.0], [0.0, 1.0]])
toolfs, session = opened(search_index=store)
await toolfs.write("/toolfs/data/a/b.txt", "kept", session)
await toolfs.append("/toolfs/data/a/b.txt", " and more", session)
await toolfs.remember("sails are set", session, id="m")
await toolfs.write("/toolfs/skills/knots/SKILL.md", "---\\nname: knots\\ndescription: Ties knots\\n---\\nTie.", session)
await toolfs.snapshot(session, "one")
await store.upsert([{"id": "sail", "text": "changed"}], vectors=[[0.5, 0.5]])
await store.delete("keel")
await toolfs.delete("/toolfs/data/a", session, recursive=True)
"""
    )
    again = PythonPage(driver, site, SETUP)
    told = again.run(
        """
from staysail import VectorStore
store = VectorStore("toolfs-test", embedder=lambda texts: [[1.0, 0.0] for _ in texts])
toolfs, session = opened(search_index=store)
diff = await toolfs.diff("one", None, session)
await toolfs.rollback("one", session)
found = await toolfs.search_rag("sails", session, top_k=5)
result = json.dumps([
    [diff.removed, diff.states],
    await toolfs.read_text("/toolfs/data/a/b.txt", session),
    (await toolfs.search_memory("sails", session))["results"][0]["id"],
    [skill.name for skill in await toolfs.skills(session)],
    [(hit["id"], hit["content"], hit["score"]) for hit in found["results"]],
    (await toolfs.diff("one", None, session)).to_dict(),
    [record["operation"] for record in await toolfs.audit.records()][:2],
    await toolfs.audit.verify(),
])
await store.destroy()
await destroy()
result
"""
    )
    assert json.loads(told) == [
        [["/toolfs/data/a", "/toolfs/data/a/b.txt"], ["rag"]],
        "kept and more",
        "m",
        ["knots"],
        [["sail", "red sails", 1.0], ["keel", "a keel", 0.0]],
        {"added": [], "removed": [], "changed": [], "states": []},
        ["write", "append"],
        [],
    ]


def test_two_tabs_write_at_once_and_lose_nothing(driver, site, page):
    page.run('await destroy()\nlocalStorage.clear()\ntoolfs, session = opened()\nawait toolfs.write("/toolfs/data/first", "1", session)')
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    try:
        other = PythonPage(driver, site, SETUP)
        second = driver.current_window_handle
        other.run(
            "toolfs, session = opened()\nheard = set()\ntoolfs._store.watch(heard.update)\nawait toolfs.list('/toolfs/data', session)"
        )
        writing = """
for i in range(20):
    await toolfs.append("/toolfs/data/log", f"{NAME}{i};", session)
    await toolfs.write(f"/toolfs/data/{NAME}/{i}", NAME * i, session)
    if i % 5 == 0:
        await toolfs.snapshot(session, f"{NAME}{i}")
localStorage.setItem(NAME, "done")
"""
        driver.switch_to.window(first)
        page.start(f"NAME = 'a'{writing}")
        driver.switch_to.window(second)
        other.start(f"NAME = 'b'{writing}")
        end = time.monotonic() + 120
        while not driver.execute_script("return localStorage.getItem('a') && localStorage.getItem('b')"):
            assert time.monotonic() < end, "the tabs did not finish writing"
            time.sleep(0.1)
        reading = """
log = (await toolfs.read_text("/toolfs/data/log", session)).split(";")
files = [len(await toolfs.read(f"/toolfs/data/{name}/{i}", session)) == i for name in "ab" for i in range(20)]
snapshots = [entry.name for entry in await toolfs.list("/toolfs/snapshots", session)]
json.dumps([sorted(log), all(files), len(snapshots), await toolfs.audit.verify()])
"""
        expected = [sorted(["", *(f"{name}{i}" for name in "ab" for i in range(20))]), True, 8, []]
        assert json.loads(other.run(reading)) == expected
        assert "tree" in other.run("json.dumps(sorted(heard))")
        driver.switch_to.window(first)
        assert json.loads(page.run(reading)) == expected
        driver.switch_to.window(second)
        driver.close()
    finally:
        driver.switch_to.window(first)
    page.run("await toolfs.close()\nawait destroy()")


# Writes a numbered generation over and over: a directory of files whose contents all name it, and a snapshot of each.
GENERATIONS = """
toolfs, session = opened("kill")
at = int(localStorage.getItem("begun") or 0)
while True:
    at += 1
    localStorage.setItem("begun", str(at))
    await toolfs.write("/toolfs/data/whole", f"{at} " * 2000, session)
    await toolfs.append("/toolfs/data/log", f"{at};", session)
    (here,) = [entry.path for entry in await toolfs.list("/toolfs/data", session) if entry.name.startswith("moved")]
    if here != f"/toolfs/data/moved{at}":
        await toolfs.rename(here, f"/toolfs/data/moved{at}", session)
    await toolfs.snapshot(session, f"s{at}")
    if at % 4 == 0:
        await toolfs.rollback((localStorage.getItem("all") or f"s{at} ").split()[-1], session)
    localStorage.setItem("done", str(at))
    localStorage.setItem("all", (localStorage.getItem("all") or "") + f"s{at} ")
"""


def test_a_page_that_dies_while_it_writes_leaves_nothing_half(driver, site):
    rng = random.Random(7)
    page = PythonPage(driver, site, SETUP)
    page.run(
        """
localStorage.clear()
await destroy("kill")
toolfs, session = opened("kill")
for i in range(20):
    await toolfs.write(f"/toolfs/data/moved0/{i}", str(i), session)
"""
    )
    died_inside = 0
    for _ in range(KILLS):
        page.start(GENERATIONS)
        time.sleep(rng.uniform(0.2, 0.9))
        driver.get("about:blank")
        page = PythonPage(driver, site, SETUP)
        told = json.loads(
            page.run(
                """
done, begun = int(localStorage.getItem("done") or 0), int(localStorage.getItem("begun") or 0)
toolfs, session = opened("kill")
problems = []
if begun and await toolfs.exists("/toolfs/data/whole", session):
    words = (await toolfs.read_text("/toolfs/data/whole", session)).split()
    if len(words) != 2000 or len(set(words)) != 1:
        problems.append(f"half a file: {len(words)} words, {set(words)}")
if begun and await toolfs.exists("/toolfs/data/log", session):
    log = (await toolfs.read_text("/toolfs/data/log", session)).split(";")[:-1]
    if any(int(a) >= int(b) for a, b in zip(log, log[1:])):
        problems.append(f"a log out of order: {log}")
moved = [entry.path for entry in await toolfs.list("/toolfs/data", session) if entry.name.startswith("moved")]
held = {path: len(await toolfs.list(path, session)) for path in moved}
if list(held.values()) != [20]:
    problems.append(f"half a move: {held}")
names = [entry.name for entry in await toolfs.list("/toolfs/snapshots", session)]
gone = [name for name in (localStorage.getItem("all") or "").split()[-3:] if name not in names]
if gone:
    problems.append(f"snapshots are gone: {gone}, {names}")
for name in names[-3:]:
    await toolfs.rollback(name, session)
    diff = await toolfs.diff(name, None, session)
    if diff.added or diff.removed or diff.changed:
        problems.append(f"{name} did not come back: {diff}")
for name in sorted(names, key=lambda name: int(name[1:]))[:-5]:
    await toolfs.delete(f"/toolfs/snapshots/{name}", session, recursive=True)
problems += await toolfs.audit.verify()
json.dumps([problems, begun > done])
"""
            )
        )
        assert told[0] == []
        died_inside += told[1]
    assert died_inside > 0, "no page died inside a write: the test tested nothing"
    page.run('await destroy("kill")')


def test_a_full_disk_is_told_and_harms_nothing(driver, site):
    # An origin of its own: Chromium remembers how much room another had while its databases were open.
    origin = site.rstrip("/").replace("127.0.0.1", "localhost")
    page = PythonPage(driver, f"{origin}/", SETUP)
    used = page.run("await destroy()\n(await js.navigator.storage.estimate()).usage")
    driver.execute_cdp_cmd("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": used + 3_000_000})
    page.run('toolfs, session = opened()\nawait toolfs.write("/toolfs/data/a", "kept", session)')
    try:
        told = page.run(
            """
from staysail import QuotaError
import os
try:
    for at in range(10):
        await toolfs.write(f"/toolfs/data/big{at}", os.urandom(1 << 20), session)
    error = None
except QuotaError as caught:
    error = str(caught)
json.dumps([error, await toolfs.read_text("/toolfs/data/a", session), len(await toolfs.list("/toolfs/data", session)) == at + 1])
"""
        )
        error, kept, whole = json.loads(told)
        assert "no room left" in error
        assert (kept, whole) == ("kept", True)
        # What nobody needs any more is swept to make room.
        page.run(
            """
for entry in await toolfs.list("/toolfs/data", session):
    if entry.name != "a":
        await toolfs.delete(entry.path, session)
await toolfs.write("/toolfs/data/again", os.urandom(1 << 20), session)
"""
        )
        assert json.loads(page.run("json.dumps(await toolfs.audit.verify())")) == []
    finally:
        driver.execute_cdp_cmd("Storage.overrideQuotaForOrigin", {"origin": origin})
    page.run("await toolfs.close()\nawait destroy()")


def test_each_attack_is_refused_on_files_in_indexeddb_too(page):
    """The suite of CPython, run in the page: what it needs of pytest is little."""
    source = (UNIT / "test_attacks.py").read_text("utf-8")
    page.run((Path(__file__).with_name("toolfs_attacks.py")).read_text("utf-8"))
    page.run(f"failures, count = await run_attacks({source!r}, {ATTACKS})\nassert not failures, failures[:3]\nassert count > 14, count")


def test_a_web_server_is_read_and_its_redirects_are_not_followed_blindly(page):
    with TestServer() as server:
        elsewhere = server.box({"text": "secret"})
        box = server.box(
            {"status": 200, "body": ["a.txt", {"path": "sub/b.txt", "size_bytes": 3}]},
            {"status": 200, "body": {"hello": "there"}},
            {"status": 302, "headers": {"location": f"{elsewhere.url}/secret"}, "body": {}},
            {"status": 404, "body": {}},
        )
        told = page.run(
            f"""
toolfs = ToolFS(":memory:")
toolfs.mount_http("/toolfs/web", {box.url!r}, index="index.json")
session = toolfs.session("a", ALL)
listed = [entry.name for entry in await toolfs.list("/toolfs/web", session)]
text = await toolfs.read_text("/toolfs/web/a.txt", session)
codes = [await code_of_error(toolfs.read("/toolfs/web/" + name, session)) for name in ("moved.txt", "none.txt")]
codes.append(await code_of_error(toolfs.write("/toolfs/web/a.txt", "x", session)))
json.dumps([listed, text, codes])
"""
        )
        listed, text, codes = json.loads(told)
        assert (listed, json.loads(text)) == (["a.txt", "sub"], {"hello": "there"})
        assert codes == ["unavailable", "not_found", "read_only"]
        assert elsewhere.seen == []


def test_a_directory_whose_permission_is_gone_says_whom_to_ask(page):
    told = page.run(
        """
from pyodide.code import run_js
handle = run_js('''({
  kind: "directory", name: "picked",
  async getFileHandle() { throw new DOMException("not now", "NotAllowedError"); },
  async queryPermission({ mode }) { return mode === "readwrite" ? "prompt" : "granted"; },
})''')
toolfs = ToolFS(":memory:")
mount = toolfs.mount_directory("/toolfs/work", handle)
session = toolfs.session("a", ALL)
errors = []
for work in (toolfs.read("/toolfs/work/a", session), toolfs.write("/toolfs/work/a", "x", session)):
    try:
        await work
    except ToolFSError as error:
        errors.append([error.code, "requestPermission" in str(error)])
json.dumps([errors, await mount.permission()])
"""
    )
    assert json.loads(told) == [[["no_permission", True]] * 2, "prompt"]


OPEN = """
const { boot } = await import("/web/index.js");
const { ToolFS } = await import("/web/toolfs.js");
await boot({ runtimeURL: "/wheels/" });
const toolfs = await ToolFS.open({ name: "js", mounts: { "/toolfs/data": {}, "/toolfs/fast": { opfs: "js-test" } } });
const me = toolfs.session({ name: "me", paths: { "/toolfs": "*" } });
"""


def test_javascript_has_every_mount_and_a_picked_directory_is_kept_for_later_visits(driver, site):
    driver.get(f"{site}tests/page/empty.html")
    told = run_script(
        driver,
        OPEN
        + """
        const root = await navigator.storage.getDirectory();
        const picked = await root.getDirectoryHandle("picked", { create: true }); // the same API as a directory that the user picked
        await toolfs.mount("/toolfs/work", { directory: picked });
        const heard = (async () => { for await (const areas of toolfs.changes()) if (areas.includes("tree")) return areas; })();
        await toolfs.write("/toolfs/data/a", "kept", me);
        await toolfs.write("/toolfs/fast/a", new Uint8Array([1, 2, 3]), me);
        await toolfs.write("/toolfs/work/sub/a.txt", "picked", me);
        const file = await (await (await picked.getDirectoryHandle("sub")).getFileHandle("a.txt")).getFile();
        const bytes = await toolfs.read("/toolfs/fast/a", me);
        return [await file.text(), [...bytes], await toolfs.permission("/toolfs/work"), (await heard).includes("tree")];
        """,
    )
    assert told == ["picked", [1, 2, 3], "granted", True]
    driver.refresh()
    told = run_script(
        driver,
        OPEN
        + """
        await toolfs.mount("/toolfs/work", { directory: true });
        const texts = [await toolfs.readText("/toolfs/data/a", me), await toolfs.readText("/toolfs/work/sub/a.txt", me)];
        const error = await toolfs.mount("/toolfs/other", { directory: true }).catch(({ name }) => name);
        const operations = (await toolfs.audit.records()).map(({ operation }) => operation);
        await toolfs.close();
        const root = await navigator.storage.getDirectory();
        for (const name of ["picked", "js-test"]) await root.removeEntry(name, { recursive: true });
        for (const name of ["staysail:toolfs:js", "staysail:handles"]) indexedDB.deleteDatabase(name);
        return [texts, error, operations.slice(0, 3)];
        """,
    )
    assert told == [["kept", "picked"], "ConfigError", ["write", "write", "write"]]
    driver.get("about:blank")
