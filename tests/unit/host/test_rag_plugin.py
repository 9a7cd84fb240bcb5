"""The example plugin, in the steps of ToolFS's document: build, shrink, list the exports in Node, load, execute, compare the two worlds."""

import json
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from staysail import ToolFS
from staysail.core.errors import ConfigError
from staysail.fs.ports import PluginSource
from staysail.fs.session import Grant
from tests.plugins import RAG
from tools.plugins import FREESTANDING, SMALL, build

DOCUMENTS = [
    {
        "id": "doc1",
        "content": "ToolFS is a virtual filesystem for AI agents that provides secure file access.",
        "metadata": {"topic": "files"},
    },
    {
        "id": "doc2",
        "content": "Plugins in ToolFS can be written in Go and compiled to WASM for sandboxed execution.",
        "metadata": {"n": [1, {}]},
    },
    {
        "id": "doc3",
        "content": 'Quotes "and" back\\slashes,\nlines, tabs\t and \u0001 — 中文 and \U0001f600 in the text: ÅNGSTRÖM Ångström.',
    },
    {
        "id": "doc4",
        "content": "Vector databases store documents as vectors; a vector store finds vectors.",
        "metadata": {"topic": "vectors", "x": "}]"},
    },
    {"id": "doc5", "content": "Search finds documents. Search is search."},
    {"id": "empty", "content": ""},
]
REQUESTS = [
    {"operation": "search", "data": {"query": "ToolFS plugins in wasm"}},
    {"operation": "search", "data": {"query": "search documents", "top_k": 1}},
    {"operation": "search", "data": {"input": "VECTORS vector"}},
    {"operation": "search", "data": {"query": "中文 \U0001f600"}},
    {"operation": "search", "data": {"query": 'back\\slashes "and"\n'}},
    {"operation": "search", "data": {"query": "nothing fits this: xyzzy"}},
    {"operation": "search", "data": {"query": "in", "top_k": 1000}},
    {"operation": "read_file", "path": "/query?text=vector+store%2C+documents&top_k=2"},
    {"operation": "read_file", "path": "/query?top_k=3&text=%E4%B8%AD%E6%96%87"},
    {"operation": "read_file", "path": "/query", "options": {"text": "documents", "top_k": 1}},
    {"operation": "search", "data": {}},
    {"operation": "list_dir"},
    {"operation": "absent"},
]


def test_the_module_is_built_shrunk_and_its_exports_are_listed_in_node(tmp_path: Path):
    large = build(RAG / "rag.c", (*FREESTANDING, "-O1", "-g"))
    small = build(RAG / "rag.c", (*FREESTANDING, *SMALL))
    assert len(small) < len(large) / 2
    assert b".debug_info" in large
    assert b".debug_info" not in small
    file = tmp_path / "rag.wasm"
    file.write_bytes(small)
    program = (
        "const wasm = require('fs').readFileSync(process.argv[1]);"
        "const names = (module) => WebAssembly.Module.exports(module).map(({ name }) => name);"
        "WebAssembly.compile(wasm).then((module) => console.log(JSON.stringify(names(module))));"
    )
    node = shutil.which("node")
    assert node
    done = subprocess.run([node, "-e", program, str(file)], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) == {"memory", "init", "execute", "version", "operations", "skill_document"}


async def test_both_worlds_answer_alike(toolfs: ToolFS):
    spec = spec_from_file_location("rag_plugin", RAG / "rag.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    config = {"documents": DOCUMENTS[:3], "path": "/toolfs/data/documents.jsonl"}
    session = toolfs.session("a", {"/toolfs": "*"})
    lines = [json.dumps(document, ensure_ascii=index % 2 == 0) for index, document in enumerate(DOCUMENTS[3:])]
    await toolfs.write("/toolfs/data/documents.jsonl", "\n\n".join(lines) + "\n", session)
    grant = Grant.of({"/toolfs/data": "read"})
    source = PluginSource("wasm", "rag-wasm", build(RAG / "rag.c"))
    known = (await toolfs.inspect_plugin(source))["wasm"]
    assert (known["abi"], known["runs"], known["needs"]["files"], known["needs"]["network"]) == ("extism", True, True, False)
    ours = await toolfs.add_plugin(module.Rag(), grant=grant, config=config)
    wasm = await toolfs.add_plugin(source, grant=grant, config=config)
    for part in ("version", "skill_document", "operations"):
        assert getattr(wasm.plugin, part) == getattr(ours.plugin, part)
    answers = []
    for request in REQUESTS:
        expected = await toolfs.execute("rag", request, session)
        assert await toolfs.execute("rag-wasm", request, session) == expected, request
        answers.append(expected)
    first = answers[0]["result"]
    assert [result["id"] for result in first["results"]] == ["doc2", "doc1", "doc3"]
    assert first["results"][0].keys() == {"id", "content", "score", "metadata"}
    assert [len(answer["result"]["results"]) for answer in answers[1:10]] == [1, 1, 1, 2, 0, 2, 2, 1, 1]
    assert [answer["success"] for answer in answers[10:]] == [False, True, False]

    toolfs.mount_plugin("/toolfs/found", "rag-wasm")
    found = json.loads(await toolfs.read("/toolfs/found/query?text=vector+store&top_k=1", session))
    assert [result["id"] for result in found["results"]] == ["doc4"]
    narrow = toolfs.session("narrow", {"/toolfs/plugins": "execute"})
    refused = await toolfs.execute("rag-wasm", REQUESTS[0], narrow)
    assert refused["success"] is False
    assert "may not read /toolfs/data/documents.jsonl" in refused["error"]
    toolfs.remove_plugin("rag-wasm")
    with pytest.raises(ConfigError, match="did not start: a document is"):
        await toolfs.add_plugin(source, config={"documents": [{"id": 1}]})
