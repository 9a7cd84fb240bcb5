"""The README's Python runs as it stands, with a scripted model in the provider's place."""

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

from staysail import Agent, Completion, Message, ToolCall, ToolFS, Usage
from staysail.core.defaults import Defaults
from staysail.testing import ScriptedModel
from tests.mcp import python_servers
from tests.plugins import RAG, WEB
from tests.unit.rag import writers
from tools.plugins import build

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


async def run_block(part: str, **names: Any) -> None:
    """Runs the one Python block of the README that holds these words."""
    (source,) = (block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if part in block)
    code = compile(source, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, {"key": "k", "__name__": "readme", **names})
    if inspect.iscoroutine(result):
        await asyncio.wait_for(result, 10)


async def test_the_example_in_python_runs(monkeypatch, capsys):
    model = ScriptedModel([[ToolCall("1", "weather", {"city": "Oslo"})], "It is 7 °C in Oslo.", "And 18 °C in Rome."])
    monkeypatch.setattr(Defaults, "load_model", lambda name, **options: model)
    await run_block("reply.usage.total_tokens")
    assert capsys.readouterr().out == "It is 7 °C in Oslo. 4\n"
    assert len(model.requests) == 3
    assert model.requests[0].tools[0].parameters["properties"]["city"]["description"] == "Name of the city."


async def test_the_example_of_hooks_runs(capsys):
    spent = Usage(900, 300, 1200)
    answers = [Completion(Message.assistant(text), spent) for text in ("AS AN AI, I cannot say.", "Ask the harbour master.")]
    model = ScriptedModel([*answers, Completion(Message.assistant("Long."), Usage(9000, 9000, 18000))])
    await run_block("class Plain(Hooks)", agent=Agent(model))
    assert capsys.readouterr().out == "Ask the harbour master.\nthe run reached its limit of 8000 total tokens (it would be or is 18000)\n"


async def test_the_example_of_tracing_runs(capsys):
    answers = [[ToolCall("1", "weather", {"city": "Oslo"})], Completion(Message.assistant("7 °C."), Usage(9, 4, 13))]
    await run_block("MemoryExporter", agent=Agent(ScriptedModel(answers), name="pilot"))
    assert capsys.readouterr().out == "chat scripted 1\nexecute_tool weather None\nchat scripted 4\ninvoke_agent pilot 5\n"


async def test_the_example_of_plugins_runs(monkeypatch, capsys, tmp_path):
    (tmp_path / "rag.wasm").write_bytes(build(RAG / "rag.c"))
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "staysail").symlink_to(WEB, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    await run_block("inspect_plugin")
    assert capsys.readouterr().out.splitlines() == [
        "extism {'files': True, 'network': False, 'clock': False, 'random': False}",
        "harbour",
    ]


async def test_the_example_of_files_runs(monkeypatch, capsys, tmp_path):
    (tmp_path / "sails.pdf").write_bytes(writers.write_pdf())
    (tmp_path / "harbour.docx").write_bytes(writers.write_docx())
    (tmp_path / "faq.md").write_text("# Questions\nAsk the harbour master.", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    model = ScriptedModel([ToolCall("1", "search", {"query": "night"}), "Twelve crowns [harbour.docx#1]."])
    monkeypatch.setattr(Defaults, "load_model", lambda name, **options: model)
    await run_block("search_tool(store)", Agent=Agent, embedder=lambda texts: [[text.count("night") + 0.1, 1.0] for text in texts])
    told = capsys.readouterr().out.splitlines()
    assert told[:4] == ["sails.pdf 2", "harbour.docx 2", "faq.md 1", "harbour.docx#1 [41, 136]"]


async def test_the_example_of_toolfs_runs(monkeypatch, capsys, tmp_path):
    edit = {"path": "/toolfs/data/crew.txt", "old": "steers.", "new": "steers. Grace cooks."}
    model = ScriptedModel([[ToolCall("1", "edit_file", edit)], "Done."])
    monkeypatch.setattr(Defaults, "load_model", lambda name, **options: model)
    monkeypatch.chdir(tmp_path)
    names = {"store": None, "Agent": Agent}
    await run_block("toolfs.rollback", **names)
    assert capsys.readouterr().out == "('/toolfs/data/crew.txt',)\n"
    again = ToolFS(tmp_path / "notes")
    again.mount("/toolfs/data")
    assert await again.read_text("/toolfs/data/crew.txt", again.session("me", {"/toolfs": "*"})) == "Ada steers."
    await again.close()


async def test_the_example_of_approval_and_durable_runs_runs(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    model = ScriptedModel([ToolCall("1", "pay", {"euros": 120}), "The fee is paid."])
    await run_block("treasurer = Agent", model=model)
    assert capsys.readouterr().out == "pay {'euros': 120}\nThe fee is paid.\n"
    assert "paid 99" in str(model.requests[1].messages[-1])


async def test_the_example_of_mcp_runs(monkeypatch, capsys):
    model = ScriptedModel([ToolCall("1", "math_add", {"a": 2, "b": 3}), "5."])
    monkeypatch.setattr(Defaults, "load_model", lambda name, **options: model)
    with python_servers() as urls:
        await run_block("McpServer(mcp_url)", Agent=Agent, mcp_url=urls["json"])
    assert capsys.readouterr().out == "5.\n"
    assert '"total": 5' in model.requests[1].messages[-1].content[0].text
