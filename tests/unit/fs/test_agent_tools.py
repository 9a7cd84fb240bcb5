import asyncio
import json

import pytest

from staysail import Agent, SearchHit, ToolCall, ToolError, ToolFS
from staysail.fs.session import Grant
from staysail.testing import ScriptedModel

ALL = {"/toolfs": "*"}


@pytest.fixture
async def toolfs() -> ToolFS:
    class Index:
        async def top_n(self, query, n):
            return [SearchHit(0.5, "d1", "Sails are red.")][:n]

    toolfs = ToolFS(search_index=Index())
    toolfs.mount("/toolfs/data")
    return toolfs


def tools_of(toolfs: ToolFS, session=None) -> dict:
    return {tool.name: tool for tool in toolfs.tools(session or toolfs.session("a", ALL))}


async def test_an_agent_works_through_it_and_reads_its_errors(toolfs: ToolFS):
    calls = [
        [ToolCall("1", "write_file", {"path": "/toolfs/data/plan.txt", "content": "one\ntwo\n"})],
        [ToolCall("2", "edit_file", {"path": "/toolfs/data/plan.txt", "old": "two", "new": "three"})],
        [ToolCall("3", "read_file", {"path": "/toolfs/data/none.txt"}), ToolCall("4", "read_file", {"path": "/toolfs/data/plan.txt"})],
        [
            ToolCall("5", "write_file", {"path": "/toolfs/../etc/passwd", "content": "x"}),
            ToolCall("6", "remember", {"content": "The plan has three."}),
        ],
        [ToolCall("7", "recall", {"query": "plan"}), ToolCall("8", "search_documents", {"query": "sails"})],
        "done",
    ]
    agent = Agent(ScriptedModel(calls), tools=toolfs.tools(toolfs.session("agent", ALL)), max_turns=10)
    reply = await agent.prompt("go")
    outputs = {part.id: part for message in reply.messages if message.role == "tool" for part in message.content}
    assert outputs["1"].text == "wrote /toolfs/data/plan.txt, 8 bytes"
    assert outputs["2"].text == "replaced 1 in /toolfs/data/plan.txt"
    assert outputs["3"].is_error
    assert outputs["3"].text == "/toolfs/data/none.txt: there is nothing here; list the directory above to see what is there"
    assert outputs["4"].text == "one\nthree\n"
    assert outputs["5"].is_error
    assert "leaves /toolfs" in outputs["5"].text
    assert "The plan has three." in outputs["7"].text
    assert outputs["8"].text == "[d1] Sails are red."


@pytest.mark.parametrize(
    ("paths", "offered"),
    [
        ({}, set()),
        ({"/toolfs/data": "read"}, {"read_file"}),
        ({"/toolfs/data": "list"}, {"list_files", "search_files"}),
        ({"/toolfs/data": "write"}, {"write_file", "edit_file"}),
        ({"/toolfs/memory": "read"}, {"read_file", "recall"}),
        ({"/toolfs/rag": "read"}, {"read_file", "search_documents"}),
        ({"/toolfs/skills/one": "read"}, {"read_file", "list_skills", "load_skill"}),
        ({"/toolfs/data": "delete"}, {"delete_file"}),
    ],
)
async def test_tools_that_the_session_cannot_use_are_not_offered(toolfs: ToolFS, paths: dict, offered: set):
    assert set(tools_of(toolfs, toolfs.session("a", paths))) == offered


async def test_long_files_are_read_piece_by_piece(toolfs: ToolFS):
    tools = tools_of(toolfs)
    text = "".join(f"line {n}\n" for n in range(1, 6001))
    await tools["write_file"].call({"path": "/toolfs/data/long", "content": text})
    shown, at = "", 1
    while True:
        piece = await tools["read_file"].call({"path": "/toolfs/data/long", "first_line": at})
        assert len(piece) < 31_000
        body, mark, rest = piece.partition("\n[lines ")
        shown += body
        if not mark:
            break
        at = int(rest.rpartition("first_line=")[2].rstrip("]"))
    assert shown == text
    assert (await tools["read_file"].call({"path": "/toolfs/data/long", "first_line": 3, "lines": 1})).startswith(
        "line 3\n\n[lines 3 to 3 of 6000"
    )
    with pytest.raises(ToolError, match="has 6000 lines"):
        await tools["read_file"].call({"path": "/toolfs/data/long", "first_line": 6001})
    await tools["write_file"].call({"path": "/toolfs/data/empty", "content": ""})
    assert await tools["read_file"].call({"path": "/toolfs/data/empty"}) == "[the file is empty]"


async def test_bytes_are_described_and_not_shown(toolfs: ToolFS):
    session = toolfs.session("a", ALL)
    await toolfs.write("/toolfs/data/b", b"\xff\x00", session)
    tools = tools_of(toolfs)
    assert "is binary: 2 bytes" in await tools["read_file"].call({"path": "/toolfs/data/b"})
    with pytest.raises(ToolError, match="binary"):
        await tools["edit_file"].call({"path": "/toolfs/data/b", "old": "a", "new": "b"})


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"old": "none", "new": "x"}, "does not occur"),
        ({"old": "a", "new": "x"}, "occurs 3 times"),
        ({"old": "", "new": "x"}, "must not be empty"),
        ({"old": "b", "new": "b"}, "differ"),
    ],
)
async def test_an_edit_that_is_not_exact_changes_nothing(toolfs: ToolFS, args: dict, told: str):
    tools = tools_of(toolfs)
    await tools["write_file"].call({"path": "/toolfs/data/f", "content": "a b a\na"})
    with pytest.raises(ToolError, match=told):
        await tools["edit_file"].call({"path": "/toolfs/data/f"} | args)
    assert await tools["read_file"].call({"path": "/toolfs/data/f"}) == "a b a\na"
    await tools["edit_file"].call({"path": "/toolfs/data/f", "old": "a", "new": "$&\\1", "replace_all": True})
    assert await tools["read_file"].call({"path": "/toolfs/data/f"}) == "$&\\1 b $&\\1\n$&\\1"


async def test_edits_at_once_lose_nothing_or_say_so(toolfs: ToolFS):
    tools = tools_of(toolfs)
    await tools["write_file"].call({"path": "/toolfs/data/f", "content": "a b c d"})
    edits = [tools["edit_file"].call({"path": "/toolfs/data/f", "old": letter, "new": letter.upper()}) for letter in "abcd"]
    results = await asyncio.gather(*edits, return_exceptions=True)
    done = {letter for letter, result in zip("abcd", results, strict=True) if isinstance(result, str)}
    text = await tools["read_file"].call({"path": "/toolfs/data/f"})
    assert text == " ".join(letter.upper() if letter in done else letter for letter in "abcd")
    assert all("read it again" in str(result) for result in results if not isinstance(result, str))


async def test_files_are_found_by_content_and_by_name(toolfs: ToolFS):
    tools = tools_of(toolfs)
    for n in range(60):
        await tools["write_file"].call({"path": f"/toolfs/data/{n}.txt", "content": f"number {n}\nRed sails (x)*"})
    assert await tools["search_files"].call({"text": "NUMBER 7", "path": "/toolfs/data"}) == "/toolfs/data/7.txt:1: number 7"
    assert await tools["search_files"].call({"text": "59.TXT", "where": "name"}) == "/toolfs/data/59.txt"
    many = (await tools["search_files"].call({"text": "(x)*"})).splitlines()
    assert (len(many), many[-1]) == (51, "[more than 50; look for something rarer]")
    assert await tools["search_files"].call({"text": "zebra", "path": "/toolfs/data"}) == "nothing below /toolfs/data holds 'zebra'"


async def test_directories_are_listed_in_short(toolfs: ToolFS):
    tools = tools_of(toolfs)
    assert await tools["list_files"].call({}) == "audit/\ndata/\nmemory/\nplugins/\nrag/\nskills/\nsnapshots/"
    assert await tools["list_files"].call({"path": "/toolfs/data"}) == "[the directory is empty]"
    await tools["write_file"].call({"path": "/toolfs/data/d/f", "content": "123"})
    assert await tools["list_files"].call({"path": "/toolfs/data/d"}) == "f (3 bytes)"
    await tools["delete_file"].call({"path": "/toolfs/data/d", "recursive": True})
    assert await tools["list_files"].call({"path": "/toolfs/data"}) == "[the directory is empty]"


async def test_skills_are_told_and_loaded(toolfs: ToolFS):
    tools = tools_of(toolfs)
    assert await tools["list_skills"].call({}) == "there are no skills"
    await tools["write_file"].call(
        {"path": "/toolfs/skills/sail/SKILL.md", "content": "---\nname: sail\ndescription: How to sail.\n---\nHoist it."}
    )
    await tools["write_file"].call({"path": "/toolfs/skills/sail/references/knots.md", "content": "x"})
    assert await tools["list_skills"].call({}) == "sail: How to sail."
    assert await tools["load_skill"].call({"name": "sail"}) == (
        "# Skill sail\n\nHoist it.\n\nReferences, to be read when needed:\n- /toolfs/skills/sail/references/knots.md"
    )


class Calculator:
    name, version, skill_document = "my-calc", "1", "Adds numbers."
    operations = {
        "add": {
            "description": "Adds two numbers.",
            "parameters": {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a", "b"]},
        },
        "load": {"parameters": {"type": "object", "properties": {"path": {"type": "string"}, "deep": {"type": "boolean"}}}},
    }

    def execute(self, request):
        if request["operation"] == "add":
            return {"success": True, "result": request["options"]["a"] + request["options"]["b"]}
        return {"success": False, "error": json.dumps(request)}


async def test_each_operation_of_a_plugin_is_a_tool_with_its_schema(toolfs: ToolFS):
    await toolfs.add_plugin(Calculator(), grant=Grant())
    tools = tools_of(toolfs)
    add = tools["my_calc_add"]
    assert (add.description, add.parameters["required"]) == ("Adds two numbers.", ["a", "b"])
    assert "my_calc_add" not in tools_of(toolfs, toolfs.session("b", {"/toolfs/plugins": "read"}))
    model = ScriptedModel(
        [
            [
                ToolCall("1", "my_calc_add", {"a": 1, "b": 2}),
                ToolCall("2", "my_calc_add", {"a": "x"}),
                ToolCall("3", "my_calc_load", {"path": "/p", "deep": True}),
            ],
            "ok",
        ]
    )
    reply = await Agent(model, tools=[add, tools["my_calc_load"]]).prompt("go")
    three, bad, failed = reply.messages[-2].content
    assert three.text == "3"
    assert bad.is_error
    assert "a: expected number" in bad.text
    assert failed.is_error
    assert failed.text == 'my_calc_load: {"operation": "load", "path": "/p", "options": {"deep": true}}'


async def test_a_plugin_that_names_no_operations_is_one_tool(toolfs: ToolFS):
    class Echo:
        name, version, skill_document = "echo", "1", "Gives back what it gets."

        def execute(self, request):
            return {"success": True, "result": request}

    await toolfs.add_plugin(Echo())
    tool = tools_of(toolfs)["echo_execute"]
    assert tool.description == "Gives back what it gets."
    assert await tool.call({"operation": "x", "data": [1]}) == {"operation": "x", "data": [1]}


async def test_several_operations_are_one_request(toolfs: ToolFS):
    await toolfs.add_plugin(Calculator())
    session = toolfs.session("a", ALL)
    await toolfs.remember("A fact about boats.", session, id="fact", metadata={"sure": True})
    results = await toolfs.run(
        [
            {"type": "write_file", "path": "/toolfs/data/f", "content": "hello"},
            {"type": "read_file", "path": "/toolfs/data/f"},
            {"type": "list_dir", "path": "/toolfs/data"},
            {"type": "search_memory", "query": "boats"},
            {"type": "search_memory", "query": "zebra", "top_k": 2},
            {"type": "search_rag", "query": "sails & more", "top_k": 1},
            {"type": "execute_plugin", "plugin_name": "my-calc", "plugin_data": {"operation": "add", "options": {"a": 1, "b": 2}}},
            {"type": "execute_plugin", "plugin_name": "my-calc", "plugin_data": {"operation": "load"}},
            {"type": "read_file", "path": "/toolfs/data/none"},
            {"type": "read_file"},
            {"type": "search_rag", "query": "x", "top_k": "many"},
            {"type": "execute_plugin", "plugin_name": "none", "plugin_data": {"operation": "x"}},
            {"type": "execute_cli", "command": "rm"},
            "nonsense",
        ],
        session,
    )
    assert [(result["type"], result["source"], result["content"], result["success"]) for result in results] == [
        ("file", "/toolfs/data/f", "hello", True),
        ("file", "/toolfs/data/f", "hello", True),
        ("file", "/toolfs/data", "f", True),
        ("memory", "fact", "A fact about boats.", True),
        ("memory", "", "", True),
        ("rag", "d1", "Sails are red.", True),
        ("plugin", "my-calc", "3", True),
        ("plugin", "my-calc", "", False),
        ("file", "/toolfs/data/none", "", False),
        ("file", "", "", False),
        ("rag", "", "", False),
        ("plugin", "none", "", False),
        ("error", "", "", False),
        ("error", "", "", False),
    ]
    for result in results:
        assert isinstance(result["metadata"], dict)
        assert ("error" in result) == (not result["success"])
    assert results[3]["metadata"]["results"][0]["metadata"] == {"sure": True}
    assert results[5]["metadata"]["query"] == "sails & more"
    assert "there is no operation 'execute_cli'; there are read_file, write_file" in results[12]["error"]
    json.dumps(results)


async def test_a_chain_is_under_its_session_like_everything_else(toolfs: ToolFS):
    session = toolfs.session("a", {"/toolfs/data": "read"}, calls=2)
    operations = [{"type": "write_file", "path": "/toolfs/data/f", "content": "x"}] + [{"type": "read_file", "path": "/toolfs/data/f"}] * 3
    results = await toolfs.run(operations, session)
    assert ["may not write" in results[0]["error"], "2 calls" in results[-1]["error"]] == [True, True]
    assert not await toolfs.exists("/toolfs/data/f", toolfs.session("b", ALL))
