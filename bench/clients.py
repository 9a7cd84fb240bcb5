"""A model call beside the libraries one would otherwise take, in a page: the same answers from the same server, each client in turn.
JavaScript's beside staysail's JavaScript API, Python's beside staysail in the same interpreter.

The JavaScript peers come from bench/package.json, the Python ones from bench/pyodide-peers.txt. What a client adds is its time less that
of a fetch written by hand in the same page."""

import json
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.harness import Bench, Row, median_row
from tests.server.answers import render

HERE = Path(__file__).parent
TEXT = "Fine, thanks."
CALL = {"name": "add", "arguments": {"a": 1, "b": 2}}
DELTAS = 10_000
CHUNK_BYTES = 16_384
FLOOR = "bare fetch, by hand"
JAVASCRIPT = {"ai": "ai", "openai": "openai (JavaScript)", "langchain": "LangChain.js", "anthropic": "@anthropic-ai/sdk"}
PYTHON = {"pyfetch": "pyfetch, by hand", "staysail": "staysail", "openai": "openai (Python)", "pydantic_ai": "pydantic-ai"}
RUNS = {"prompt": 30, "one": 15, "five": 6, "hundred": 3, "stream": 3}
WORKS = {"prompt": "A prompt", "one": "One round of tools", "five": "Five rounds of tools", "hundred": "100 prompts at once"}

IN_PAGE = """
const { inPage, measure } = await import("/bench/page/clients.js");
return measure(await inPage(mode, names), boxes, plan);
"""

IN_PYODIDE = """
const { inPyodide, measure } = await import("/bench/page/clients.js");
const { clients, imports } = await inPyodide(wheels, names);
return { imports, results: await measure(clients, boxes, plan) };
"""


def measure(bench: Bench) -> list[Row]:
    subprocess.run(["node", HERE / "page" / "build.mjs"], check=True)
    boxes = {"chat": _boxes(bench, _chat), "anthropic": _boxes(bench, _anthropic)}
    plan = {"text": TEXT, "deltas": DELTAS, "runs": RUNS}
    rows: list[Row] = []
    for mode, where in (("worker", "a worker"), ("main", "the main thread")):
        with bench.page() as page:
            results = page.run(IN_PAGE, mode=mode, names=list(JAVASCRIPT), boxes=boxes, plan=plan)
        rows += _rows(results, {**JAVASCRIPT, "staysail": "staysail"}, f"JavaScript; staysail's Python in {where}", "staysail")
    wheels = sorted(path.name for path in (HERE / "wheels").glob("*.whl"))
    with bench.page() as page:
        told = page.run(IN_PYODIDE, names=list(PYTHON), wheels=wheels, boxes={"chat": boxes["chat"]}, plan=plan)
    imports = "Import inside Pyodide (staysail from bytecode, the others from source, as their wheels are)"
    rows += [Row(imports, PYTHON[name], ms, "ms", floor="staysail") for name, ms in told["imports"].items()]
    return rows + _rows(told["results"], PYTHON, "Python, all in one Pyodide in the main thread", "staysail")


def _rows(results: dict[str, Any], subjects: dict[str, str], where: str, ours: str) -> list[Row]:
    """Times, what is above the floor, and rates; those that compare with `ours` say how many times it they are."""
    everyone = {"bare": FLOOR, **subjects}
    rows: list[Row] = []
    for work, title in WORKS.items():
        floor_ms = statistics.median(results["bare"][work])
        rows += [median_row(f"{title} ({where})", who, results[name][work], "ms", floor=FLOOR) for name, who in everyone.items()]
        added = {who: statistics.median(results[name][work]) - floor_ms for name, who in subjects.items()}
        rows += [Row(f"{title}: added to the bare fetch ({where})", who, ms, "ms", floor=ours) for who, ms in added.items()]
    for name, who in everyone.items():
        rates = [DELTAS / ms * 1000 for ms in results[name]["stream"]]
        rows.append(median_row(f"{DELTAS:,} deltas ({where})", who, rates, "deltas/s", more_is_better=True, floor=ours))
    held = f"Longest hold of the page's thread by {DELTAS:,} deltas ({where})"
    return rows + [median_row(held, who, results[name]["hold"], "ms") for name, who in everyone.items()]


def _boxes(bench: Bench, speak: Callable[[], tuple[dict[str, Any], dict[str, Any], str]]) -> dict[str, str]:
    """Base URLs by work. Anthropic's client wants one that ends before the version."""
    answer, call, stream = ({"body": body} for body in speak())
    stream |= {"headers": {"content-type": "text/event-stream"}, "chunk_bytes": CHUNK_BYTES}
    answers = {"prompt": [answer], "one": [call, answer], "five": [call] * 5 + [answer], "hundred": [answer], "stream": [stream]}
    urls = {work: bench.server.box(*given, loop=True).url for work, given in answers.items()}
    return {work: url.removesuffix("/v1") for work, url in urls.items()} if speak is _anthropic else urls


def _chat() -> tuple[dict[str, Any], dict[str, Any], str]:
    """An answer, a tool's call and a stream in Chat Completions' format."""
    text = " ".join(f"word{number % 1000}" for number in range(DELTAS))
    answer, call = (json.loads(_rendered(said)) for said in ({"text": TEXT}, {"tool_calls": [CALL]}))
    return answer, call, _rendered({"text": text}, stream=True)


def _rendered(said: dict[str, Any], *, stream: bool = False) -> str:
    return b"".join(render(said, "/chat/completions", {"model": "m", "stream": stream}, 1).pieces).decode()


def _anthropic() -> tuple[dict[str, Any], dict[str, Any], str]:
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "stop_sequence": None}
    usage = {"input_tokens": 1, "output_tokens": 1}
    answer = {**message, "content": [{"type": "text", "text": TEXT}], "usage": usage}
    use = {"type": "tool_use", "id": "t", "name": CALL["name"], "input": CALL["arguments"]}
    call = {**message, "stop_reason": "tool_use", "content": [use], "usage": usage}
    deltas = ({"type": "text_delta", "text": f"word{number % 1000} "} for number in range(DELTAS))
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "stop_reason": None, "content": [], "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": DELTAS}},
        {"type": "message_stop"},
    ]
    return answer, call, "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
