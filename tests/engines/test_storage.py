"""What each engine keeps: vectors, files, keys, documents; and plugins with their limits."""

import base64
import os
import random
import time

import pytest

from tests.conftest import EVERY
from tests.engines.conftest import Tab
from tests.plugins import plugin

KILLS = int(os.environ.get("STAYSAIL_KILLS", "20" if EVERY else "2"))

BUSY = 'export default { name: "busy", version: "1", execute() { for (;;); } };'


def test_vectors_are_there_after_a_reload(open_tab, started, name):
    first = started.call("storage.fillStore", name=name)
    assert first["count"] == 499
    assert first["near"][0] == "7"
    assert first["word"] == ["4"]
    assert all(int(id) >= 400 for id in first["filtered"])
    again = open_tab()
    again.call("agents.start")
    assert again.call("storage.readStore", name=name) == first


def test_two_tabs_write_into_one_store_and_nothing_is_lost(open_tab, started, name):
    other = open_tab()
    other.call("agents.start")
    started.run("globalThis.added = call('storage.addSlowly', a)", {"name": name, "tab": "a"})
    other.call("storage.addSlowly", name=name, tab="b")
    started.run("await added")
    assert [tab.call("storage.countStore", name=name) for tab in (started, other)] == [24, 24]


def test_a_page_that_ends_while_it_writes_leaves_the_state_before_or_after(open_tab, engine, site, name):
    chance, inside = random.Random(5), 0
    for number in range(KILLS):
        tab = Tab(engine, f"{site}tests/engines/flow.html")
        tab.call("agents.start")
        tab.run("void call('storage.writeUntilGone', a)", {"name": name})
        tab.wait("(JSON.parse(localStorage.getItem(a) ?? '[0, 0]'))[1] > 0", name)
        time.sleep(chance.uniform(0.05, 0.5))
        if number % 2:
            tab.go(f"{site}tests/page/empty.html")
        tab.close()
        reader = open_tab()
        reader.call("agents.start")
        left = reader.call("storage.lookBack", name=name)
        assert left["state"] >= 0, f"page {number} left {left}"
        assert left["count"] == left["sum"], left
        inside += left["inside"]
        reader.go(f"{site}tests/page/empty.html")
    assert inside, "no page ended inside a write: the test shows nothing"


def test_files_have_snapshots_and_sessions_are_held_to_their_paths(open_tab, started, name):
    told = started.call("storage.useFiles", name=name)
    assert told["changed"] == "Ada steers, Grace cooks"
    assert told["refused"] == ["refused"] * 3
    assert (told["paths"], told["back"]) == (["/toolfs/data/crew.txt"], "Ada steers")
    again = open_tab()
    again.call("agents.start")
    assert again.call("storage.readFile", name=name) == "Ada steers"


def test_a_folder_of_the_origin_is_a_mount_where_there_is_one(started, table):
    told = started.call("storage.usePrivateFolder")
    assert told in ("kept", "the browser has none")
    table.note("OPFS as a mount", "yes" if told == "kept" else "no")


def test_a_wasm_plugin_answers_and_is_held_to_its_limits(started):
    module = base64.b64encode(plugin("probe", "-DFILES")).decode()
    told = started.call("storage.usePlugin", module=module, busy=BUSY)
    assert told["upper"] == {"success": True, "result": "HELLO"}
    assert told["read"].get("result") == "hello", told
    assert "may not read" in told["refused"]["error"]
    assert not told["http"]["success"]
    assert "0.5 s" in told["busy"]["error"]


def test_a_key_is_kept_encrypted(open_tab, started, name):
    kept = started.call("storage.keepKey", name=name, key="sk-marked-5b1c")
    assert kept["seen"] is False
    assert kept["wrong"]["name"]
    again = open_tab()
    again.call("agents.start")
    told = again.call("storage.loadKey", name=name)
    assert told["locked"]
    assert told["key"] == "sk-marked-5b1c"


def test_documents_are_read_and_say_where_a_passage_stands(started):
    files = {
        "harbour.md": b"# Fees\n\nA berth costs twelve crowns a night.",
        "sails.html": b"<h1>Sails</h1><p>A staysail is set on a stay.</p>",
    }
    told = started.call("storage.readDocuments", files={name: base64.b64encode(data).decode() for name, data in files.items()})
    assert [(kind, name) for kind, name, _ in told["events"]] == [("file_done", "harbour.md"), ("file_done", "sails.html")]
    assert "twelve crowns" in str(told["document"])


@pytest.mark.thorough
def test_a_hundred_thousand_vectors_are_searched(started, table):
    told = started.call("storage.timeSearch", timeout_s=280, count=100_000, size=384)
    assert told["1bit"]["ids"] == told["none"]["ids"]
    table.note("search in 100,000 vectors of 384 dimensions, exact, ms", told["none"]["ms"])
    table.note("the same by 1 bit with rescoring, ms", told["1bit"]["ms"])
