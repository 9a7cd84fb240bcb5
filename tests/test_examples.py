"""Every program of examples/python runs as it stands, with the test server in the provider's place, and prints what it must; and every
program in the documentation is one of examples/, which tests run."""

import ast
import asyncio
import inspect
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.mcp import python_servers
from tests.plugins import RAG, WEB
from tests.server import TestServer
from tools.plugins import build

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "examples" / "python"
PAGES = [ROOT / "README.md", ROOT / "web" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^( *)```(js|ts|python|html) title=\"(examples/[^\"]+)\"\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
LONGEST_FRAGMENT = 14  # lines that show a word or two, and are no program


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"tool_calls": [{"name": name, "arguments": arguments}]}


def embed(seen: Any) -> dict[str, Any]:
    """Vectors by the words of a text."""
    words = ("mast", "ahead", "drift", "night", "berth", "sail", "dogs")
    texts = [seen.json["input"]] if isinstance(seen.json["input"], str) else seen.json["input"]
    data = [
        {"object": "embedding", "index": at, "embedding": [0.1, *(float(word in text.lower()) for word in words)]}
        for at, text in enumerate(texts)
    ]
    return {"body": {"object": "list", "model": "m", "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}}


ONCE = {"status": 503, "headers": {"retry-after": "0"}, "body": {}}
REFUSED = {"status": 400, "body": {"error": {"message": "no"}}, "if": "sail"}

# What the provider answers, and what the program prints.
EXAMPLES: dict[str, tuple[list[Any], str]] = {
    "basic.py": ([call("weather", city="Oslo"), {"text": "Clear, 7 °C."}], "Clear, 7 °C.\n"),
    "agents.py": (
        [call("weather", city="Oslo"), {"text": "It is 7 °C in Oslo."}, {"text": "7 °C too."}],
        "It is 7 °C in Oslo. 30\n7 °C too.\n",
    ),
    "checks.py": (
        [
            call("take", item="ham"),
            call("take", item="beans"),
            {"text": "Beans, with everything else there is aboard."},
            {"text": "Beans."},
        ],
        "Beans. ['beans']\n",
    ),
    "partial_output.py": (
        [{"text": '{"harbour": "Oslo", "nights": 2}'}, {"text": "Fair winds, and soft ones."}],
        "Trip(harbour='Oslo', nights=2)\nFair winds, and soft ones.\n",
    ),
    "coming_from_pydantic_ai.py": (
        [call("free_berths"), {"text": '{"berth": "A1", "nights": 2}'}, {"text": '{"berth": "B2", "nights": 2}'}],
        "B2 2\n",
    ),
    "coming_from_langchain.py": (
        [call("depth", harbour="Oslo"), {"text": "Twelve metres."}, {"text": "Yes, with chain."}],
        "Twelve metres.\nYes, with chain.\n",
    ),
    "coming_from_openai.py": (
        [call("depth", harbour="Oslo"), {"text": "Yes."}, {"text": '{"anchor": true, "chain_m": 60}'}],
        "Yes.\nTrue 60\n",
    ),
    "providers.py": (
        [{"text": "Jib."}, {"body": {"choices": [{"message": {"content": "Spinnaker."}, "finish_reason": "stop"}]}}],
        "Jib.\nSpinnaker.\n",
    ),
    "streaming.py": ([{"text": "Once a robot set sail."}], "Once a robot set sail.\n5 tokens, ended by stop\n"),
    "structured_output.py": ([{"text": '{"number": "2026-17", "total": 120, "due": "2026-12-24"}'}], "2026-17 120.0 2026\n"),
    "batch.py": (
        [
            {"text": "navire", "if": "ship"},
            {"status": 400, "body": {"error": {"message": "no"}}, "if": "sail"},
            {"text": "étai", "if": "stay"},
        ],
        "ship navire\nsail failed: BadRequestError\nstay étai\n",
    ),
    "retries.py": (
        [ONCE, {"text": "Bend, then stand."}],
        "Status 503: call 2 in a moment\nBend, then stand.\n",
    ),
    "approval.py": ([call("pay", euros=120), {"text": "The fee is paid."}], "pay {'euros': 120}\nThe fee is paid.\n"),
    "delegation.py": (
        [
            call("translator", prompt="ahoy"),
            {"text": "ohé"},
            {"text": "It is 'ohé'."},
            call("transfer_to_billing"),
            {"text": "Two berths."},
        ],
        "It is 'ohé'.\n[billing]\nTwo berths.\n",
    ),
    "durable.py": (
        [call("book", nights=2), {"status": 500, "body": {"error": {"message": "down"}}}, {"text": "Berth 1 is yours."}],
        "cut off: 500\non record: berth 1 for 2 nights\nBerth 1 is yours.\n1 booking\n",
    ),
    "hooks.py": (
        [{"text": "As an AI, I cannot say."}, {"text": "Ask the harbour master."}, {"text": "As an AI, no."}, {"text": "As an AI, no."}],
        "Ask the harbour master.\nthe run reached its limit of 2 requests (it would be or is 3)\n",
    ),
    "tracing.py": (
        [call("depth"), {"text": "Twelve metres."}],
        "chat gpt-6-luna 5\nexecute_tool depth None\nchat gpt-6-luna 5\ninvoke_agent bosun 10\n",
    ),
    "conversations.py": (
        [{"text": "Hello, Ada."}, {"text": "Ada."}, {"text": "North."}],
        "Ada.\nNorth.\n[('My name is Ada.', 4), ('My name is Ada.', 4)]\n",
    ),
    "documents.py": (
        [call("search", query="night in the harbour"), {"text": "Twelve crowns [harbour.md#1]."}],
        "harbour.md 2\nsails.html 1\nTwelve crowns [harbour.md#1].\n['harbour.md', 'sails.html']\n",
    ),
    "vector_store.py": ([], "shroud\nstay\nsince 2020: stay of 3\n"),
    "toolfs.py": (
        [call("edit_file", path="/toolfs/data/crew.txt", old="steers.", new="steers. Grace cooks."), {"text": "Done."}],
        "Done.\n('/toolfs/data/crew.txt',)\nAda steers.\n",
    ),
    "plugins.py": ([], "extism {'files': True, 'network': False, 'clock': False, 'random': False}\nharbour\n"),
    "mcp.py": ([call("math_add", a=2, b=3), {"text": "5."}], "5.\n"),
    "testing.py": ([], "as written\n"),
    "errors.py": (
        [call("read", page=9), call("read", page=9), {"status": 401, "body": {"error": {"message": "no key"}}}],
        "too many turns: 5 messages, 30 tokens\nprovider: 401 do not try again\n",
    ),
}


# What a program prints the second time, where it differs: the first has left records in its folder.
AGAIN = {
    "conversations.py": "Ada.\nNorth.\n[('My name is Ada.', 4), ('My name is Ada.', 8), ('My name is Ada.', 4)]\n",
    "documents.py": "Twelve crowns [harbour.md#1].\n['harbour.md', 'sails.html']\n",
}


async def run(name: str) -> None:
    code = compile((FOLDER / name).read_text("utf-8"), name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, {"__name__": "__main__"})
    if inspect.iscoroutine(result):
        await asyncio.wait_for(result, 30)


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.py")))
async def test_a_program_runs_as_it_stands_also_a_second_time_in_the_same_folder(name: str, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.chdir(tmp_path)
    if name == "plugins.py":
        (tmp_path / "rag.wasm").write_bytes(build(RAG / "rag.c"))
        (tmp_path / "node_modules").mkdir()
        (tmp_path / "node_modules" / "staysail").symlink_to(WEB, target_is_directory=True)
    answers, printed = EXAMPLES[name]
    for time in (1, 2):
        with TestServer() as server, python_servers() if name == "mcp.py" else nullcontext({"json": ""}) as urls:
            box = server.box(*answers)
            choose = box.take
            monkeypatch.setattr(box, "take", lambda seen, choose=choose: embed(seen) if seen.path.endswith("/embeddings") else choose(seen))
            monkeypatch.setenv("STAYSAIL_OPENAI_BASE_URL", box.url)
            monkeypatch.setenv("SERVER_URL", box.url)
            monkeypatch.setenv("MCP_URL", urls["json"])
            await run(name)
            await asyncio.sleep(0)
        assert capsys.readouterr().out == (printed if time == 1 else AGAIN.get(name, printed))


def blocks() -> list[Any]:
    return [pytest.param(page, match, id=f"{page.stem}:{match[3]}") for page in PAGES for match in BLOCK.finditer(page.read_text("utf-8"))]


@pytest.mark.parametrize(("page", "block"), blocks())
def test_a_program_in_the_documentation_is_the_one_that_runs(page: Path, block: re.Match[str]):
    text = "\n".join(line.removeprefix(block[1]) for line in block[4].splitlines()).strip()
    assert text == (ROOT / block[3]).read_text("utf-8").strip(), f"{page.name}: run `python -m tools.docs --fill`"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_other_code_in_the_documentation_is_short(page: Path):
    rest = BLOCK.sub("", page.read_text("utf-8"))
    long = [code for code in re.findall(r"```(?:js|ts|python|html)\n(.*?)```", rest, re.DOTALL) if code.count("\n") > LONGEST_FRAGMENT]
    assert long == []


def test_every_example_is_shown_somewhere():
    shown = {match[3] for page in PAGES for match in BLOCK.finditer(page.read_text("utf-8"))}
    programs = {
        str(path.relative_to(ROOT))
        for folder in ("python", "web")
        for path in (ROOT / "examples" / folder).iterdir()
        if path.suffix in (".py", ".mjs", ".html")
    }
    assert programs - shown == set()
