"""Agents in each engine: Python's start in each mode, prompts, streams, tools, a stop, conversations, durable runs, MCP, a model's code."""

import json
import shutil

import pytest

from tests.mcp import serving

CALLS = [{"name": name, "arguments": arguments} for name, arguments in (("here", {"at": {"x": [1]}}), ("bad", {}), ("double", {"n": 21}))]


@pytest.mark.parametrize("mode", ["worker", "main", pytest.param("shared", marks=pytest.mark.thorough)])
def test_python_starts_from_the_snapshot(open_tab, server, table, mode):
    tabs = [open_tab() for _ in range(2 if mode == "shared" else 1)]
    seen = [tab.call("agents.start", mode=mode) for tab in tabs]
    assert all(told["restored"] for told in seen)
    for tab in tabs:
        assert tab.call("agents.prompt", base=server.box({"text": "Aye."}).url)["said"] == "Aye."
    table.note(f"start from the snapshot, {mode}, ms", seen[0]["ms"])


def test_the_browser_is_asked_for_features(open_tab, table):
    for feature, has in open_tab().call("agents.features").items():
        table.note(feature, "yes" if has else "no")


def test_python_starts_without_the_snapshot_and_draws_other_numbers(open_tab, started, table):
    plain = open_tab().call("agents.start", timeout_s=110, snapshot=False)
    assert plain["restored"] is False
    assert plain["drawn"] != started.call("agents.start")["drawn"]
    table.note("start without it, ms", plain["ms"])


def test_a_prompt_is_answered(started, server, table):
    box = server.box({"text": "Ahoy."}, {"text": "Ahoy again."})
    assert started.call("agents.prompt", base=box.url)["said"] == "Ahoy."
    second = started.call("agents.prompt", base=box.url)
    assert second["said"] == "Ahoy again."
    assert box.seen[0].headers["authorization"] == "Bearer k"
    table.note("prompt to a server of this machine, ms", second["ms"])


def test_a_stream_comes_bit_by_bit(started, server):
    box = server.box({"text": "one two three four five six", "delay_s": 0.05, "chunk_bytes": 90})
    told = started.call("agents.stream", base=box.url)
    assert told["text"] == "one two three four five six"
    assert told["pieces"] > 2
    assert told["spreadMs"] > 50


def test_tools_run_in_javascript_and_in_python(started, server):
    box = server.box({"tool_calls": CALLS}, {"text": "Done."})
    told = started.call("agents.tools", base=box.url)
    assert told["text"] == "Done."
    assert json.loads(told["results"]["here"]) == {"title": "A page for flows"}
    assert "no wind" in told["results"]["bad"]
    assert told["results"]["double"] == "42"
    assert told["given"] == [[{"at": {"x": [1]}}, True]]


def test_an_abort_and_a_left_loop_end_their_requests(started, server):
    box = server.box(*[{"text": "word " * 2000, "delay_s": 0.02}] * 2)
    assert started.call("agents.abort", base=box.url)["name"] == "AbortError"
    assert [seen.wait_closed(10.0) for seen in box.seen] == ["client"] * 2


def test_a_conversation_is_there_after_a_reload(open_tab, started, server, name):
    first = started.call("agents.converse", base=server.box({"text": "Hello, Ada."}, {"text": "Ada."}).url, name=name)
    assert first["said"] == ["user: My name is Ada.", "assistant: Hello, Ada.", "user: What is my name?", "assistant: Ada."]
    again = open_tab()
    again.call("agents.start")
    assert again.call("agents.converse", base="", name=name, again=True) == first


def test_a_durable_run_is_taken_over_by_another_tab(open_tab, started, server, name):
    calls = {"tool_calls": [{"id": "1", "name": "look", "arguments": {}}, {"id": "2", "name": "book", "arguments": {}}]}
    box = server.box(calls, {"text": "All is booked."})
    first = open_tab()
    first.call("agents.start")
    assert first.call("agents.beginRun", base=box.url, name=name) == "seen by A page for flows"
    first.go("about:blank")
    told = started.call("agents.takeOver", base=box.url, name=name)
    assert told["results"] == {"look": "seen by A page for flows", "book": "booked here"}
    assert (told["text"], told["left"]) == ("All is booked.", 0)
    assert len(box.seen) == 2


@pytest.mark.skipif(not shutil.which("node"), reason="there is no Node to serve with")
def test_an_mcp_server_is_used(started):
    with serving("node", "tests/mcp/servers.mjs") as urls:
        told = started.call("agents.useMCP", url=urls["newer"])
    assert told["sum"] == 5


def test_a_models_python_runs_apart_and_reaches_no_network(started):
    done, ten, error, kept, network = started.call("agents.runPython", timeout_s=110)
    assert "Done" in done
    assert (ten, kept) == (10, "aye")
    assert error.endswith("ZeroDivisionError: division by zero")
    assert "127.0.0.1" in network


def test_an_endless_loop_is_ended(started):
    assert "longer than 1.5 s" in started.call("agents.endless")
