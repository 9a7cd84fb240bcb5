"""Limits, cancelling, and malformed items, against a server that answers as it is told to."""

import asyncio
import json
import time

import pytest

from staysail import BadRequestError, ConfigError, McpServer, NetworkError, StreamError, Text, ToolError
from staysail.tools.mcp import McpLimits
from tests.mcp.misbehaving import INFO, TOOL, VERSION, misbehaving

SCHEMA = {"type": "object", "properties": {"a": {"type": "number"}}}


def listing(path, *items, **more):
    async def answer(call):
        await call.result({path: list(items), **more})

    return answer


async def slow_progress(call):
    token = call.message["params"]["_meta"]["progressToken"]
    await call.stream()
    for number in range(6):
        await asyncio.sleep(0.25)
        params = {"progressToken": token, "progress": number, "total": 6, "message": "still at it"}
        await call.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
    await call.event({"jsonrpc": "2.0", "id": call.id, "result": {"content": [{"type": "text", "text": "done at last"}]}})


async def never(call):
    await call.stream()
    await asyncio.sleep(30)


async def keep_writing(call):
    async with asyncio.timeout(5):
        while True:
            await call.write(b": still there?\n\n")
            await asyncio.sleep(0.02)


async def test_progress_keeps_an_idle_call_alive_but_not_beyond_its_time():
    told = []
    async with misbehaving({"tools/call": slow_progress}) as server:
        async with McpServer(server.url, timeout_s=20, idle_s=1.0) as patient:
            assert (await patient.call_tool("add", on_progress=told.append)).text == "done at last"
        assert [progress.progress for progress in told] == [*range(6)]
        async with McpServer(server.url, timeout_s=0.5, idle_s=1.0) as hasty:
            with pytest.raises(NetworkError, match=r"did not finish the tool add within 0\.5 s; raise timeout_s"):
                await hasty.call_tool("add", on_progress=told.append)
        server.behaviours["tools/call"] = never
        async with McpServer(server.url, timeout_s=20, idle_s=0.4) as silent:
            with pytest.raises(NetworkError, match=r"said nothing for 0\.4 s; raise idle_s"):
                await silent.call_tool("add")


@pytest.mark.parametrize("how", ["cancelled", "late", "flooded"])
async def test_a_call_that_is_given_up_is_cancelled_on_the_server_and_its_connection_ends(how):
    async def flood(call):
        await call.stream()
        while True:
            await call.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {}})

    async with misbehaving({"tools/call": flood if how == "flooded" else never}) as server:
        limits = McpLimits(messages=50)
        async with McpServer(server.url, timeout_s=0.4 if how == "late" else 20, limits=limits) as client:
            call = asyncio.create_task(client.call_tool("add"))
            while not server.count("tools/call"):
                await asyncio.sleep(0.01)
            if how == "cancelled":
                call.cancel()
            with pytest.raises((asyncio.CancelledError, NetworkError, StreamError)):
                await call
        [asked] = [made for made in server.calls if made.method == "tools/call"]
        [told] = [made.message for made in server.calls if made.method == "notifications/cancelled"]
        assert told["params"]["requestId"] == asked.id
        with pytest.raises(ConnectionError):
            await keep_writing(asked)
        assert server.calls[-1].http == "DELETE"


async def test_a_session_that_cannot_be_ended_does_not_hold_up_whoever_closes():
    async def silence(call):
        await asyncio.sleep(30)

    async with misbehaving({"DELETE": silence}) as server:
        client = McpServer(server.url)
        await client.connect()
        began = time.monotonic()
        await client.close()
        assert time.monotonic() - began < 8


async def test_one_malformed_tool_is_left_out_and_the_others_stay():
    good = {"name": "add", "description": "Adds.", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}}
    tools = [
        good,
        None,
        "add",
        {"inputSchema": SCHEMA},
        {"name": ["x"]},
        {"name": "schemaless", "inputSchema": "{}"},
        {"name": "listy", "inputSchema": {"type": "array"}},
        good | {"description": "another"},
        {"name": "odd", "title": 5, "description": ["d"], "annotations": "dangerous", "outputSchema": 1, "icons": {"src": "x"}},
        {"name": "hints", "annotations": {"readOnlyHint": "yes", "destructiveHint": False, "title": "Hints"}},
        {"name": "plain"},
    ]
    async with misbehaving({"tools/list": listing("tools", *tools)}) as server, McpServer(server.url) as client:
        found = {tool.name: tool for tool in await client.tools()}
        warnings = " | ".join(client.warnings)
    assert list(found) == ["add", "odd", "hints", "plain"]
    assert found["add"].description == "Adds."
    assert (found["odd"].title, found["odd"].description, found["odd"].annotations) == (None, "", {})
    assert found["hints"].annotations == {"destructiveHint": False, "title": "Hints"}
    assert not found["hints"].idempotent
    assert found["plain"].parameters == {"type": "object", "properties": {}}
    for sentence in ("a tool without name", "'schemaless' is left out", "'listy' is left out", "listed twice", "title of the tool 'odd'"):
        assert sentence in warnings


async def test_malformed_resources_and_prompts_are_left_out_alone():
    resources = [{"uri": "a://b", "name": 5, "size": "big", "annotations": []}, {"name": "no address"}, 7]
    prompts = [{"name": "p", "arguments": [{"name": "x"}, "y", {"name": 3}]}, {"name": ""}, {"title": "t"}]
    behaviours = {
        "resources/list": listing("resources", *resources),
        "resources/templates/list": listing("resourceTemplates", {"uriTemplate": "a://{x}", "icons": [1, {"src": "i.png"}]}, []),
        "prompts/list": listing("prompts", *prompts),
    }
    async with misbehaving(behaviours) as server, McpServer(server.url) as client:
        assert await client.resources() == [{"uri": "a://b", "name": "a://b"}]
        assert await client.resource_templates() == [{"uriTemplate": "a://{x}", "icons": [{"src": "i.png"}], "name": "a://{x}"}]
        assert await client.prompts() == [{"name": "p", "arguments": [{"name": "x"}]}]
        assert len(client.warnings) == 8


@pytest.mark.parametrize(("cursor", "why"), [(5, "no text"), ({"page": 2}, "no text"), ("again", "the same page again")])
async def test_a_malformed_cursor_ends_a_list_with_what_came_before_it(cursor, why):
    async with misbehaving({"tools/list": listing("tools", TOOL, nextCursor=cursor)}) as server, McpServer(server.url) as client:
        assert [tool.name for tool in await client.tools()] == ["add"]
        assert why in " ".join(client.warnings)


async def test_a_page_that_is_no_list_is_left_out():
    async def answer(call):
        await call.result({"tools": "none", "nextCursor": "2"} if "cursor" not in call.message["params"] else {"tools": [TOOL]})

    async with misbehaving({"tools/list": answer}) as server, McpServer(server.url) as client:
        assert [tool.name for tool in await client.tools()] == ["add"]


async def test_a_server_of_five_hundred_tools_is_read_page_by_page():
    names = [f"tool.{number}" for number in range(498)] + ["tool_0", "tool/0"]

    async def answer(call):
        at = int(call.message["params"].get("cursor", 0))
        page = [TOOL | {"name": name, "description": "d" * 200} for name in names[at : at + 7]]
        await call.result({"tools": page} | ({"nextCursor": str(at + 7)} if at + 7 < len(names) else {}))

    async with misbehaving({"tools/list": answer}) as server, McpServer(server.url) as client:
        tools = await client.tools(prefix="s_")
        assert [tool.server_name for tool in tools] == names
        assert len({tool.name for tool in tools}) == 500
        assert {tool.name for tool in tools} >= {"s_tool_0", "s_tool_0_2", "s_tool_0_3"}
        assert len(await client.tools(allow=["tool.1?"])) == 10


async def test_ten_thousand_tools_whose_names_no_provider_takes_are_renamed_in_time():
    answer = listing("tools", *[TOOL | {"name": f"{chr(0x4E00 + number)}"} for number in range(10_000)])
    async with misbehaving({"tools/list": answer}) as server, McpServer(server.url) as client:
        began = time.process_time()
        tools = await client.tools()
        assert time.process_time() - began < 3
        assert len({tool.name for tool in tools}) == 10_000
        assert [tool.name for tool in tools[:3]] == ["_", "__2", "__3"]


async def test_the_bytes_of_a_list_are_those_of_all_its_pages():
    async def page(call):
        await call.result({"tools": [TOOL | {"description": "d" * 50_000}], "nextCursor": f"{call.id}"})

    async with misbehaving({"tools/list": page}) as server, McpServer(server.url, limits=McpLimits(response_bytes=1 << 20)) as client:
        with pytest.raises(StreamError, match="more than 1048576 response bytes in answer to tools/list; raise response_bytes"):
            await client.tools()
        assert server.count("tools/list") < 25


@pytest.mark.parametrize(
    "answer",
    [{}, [], None, "ok", 5, {"supportedVersions": "2026-07-28"}, {"supportedVersions": []}, {"supportedVersions": [5]}, {"tools": []}],
)
async def test_a_server_that_answers_discovery_with_nonsense_is_greeted_with_a_handshake(answer):
    async def nonsense(call):
        await call.result(answer)

    async with misbehaving({"server/discover": nonsense}) as server, McpServer(server.url) as client:
        assert (await client.connect()).protocol == VERSION
        assert server.count("initialize") == 1


async def test_a_result_is_found_by_an_id_that_is_text_and_an_error_that_names_no_request():
    async def textual(call):
        await call.begin()
        await call.write(json.dumps({"jsonrpc": "2.0", "id": str(call.id), "result": {"content": "just text"}}))

    async def nameless(call):
        await call.begin()
        await call.write(json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32602, "message": "no such resource"}}))

    async with misbehaving({"tools/call": textual, "resources/read": nameless}) as server, McpServer(server.url) as client:
        assert (await client.call_tool("add")).text == "just text"
        with pytest.raises(BadRequestError, match="no such resource"):
            await client.read_resource("a://b")


async def test_structured_results_are_held_to_the_tools_output_schema():
    tool = TOOL | {"outputSchema": {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}}
    answers = iter([{"total": 5}, {"total": "five"}, None])

    async def answer(call):
        structured = next(answers)
        await call.result({"content": []} | ({} if structured is None else {"structuredContent": structured}))

    async with misbehaving({"tools/list": listing("tools", tool), "tools/call": answer}) as server, McpServer(server.url) as client:
        [add] = await client.tools()
        assert await add.call({}) == [Text('{"total": 5}')]
        with pytest.raises(ToolError, match="output schema does not allow: total"):
            await add.call({})
        with pytest.raises(ToolError, match="no structured content"):
            await add.call({})


async def test_blocks_that_cannot_be_read_spoil_themselves_alone():
    content = [{"type": "image", "data": "%%%"}, {"type": "text", "text": "whole"}, 5, {"type": "audio"}, "bare"]

    async def answer(call):
        await call.result({"content": content, "isError": "no"})

    async with misbehaving({"tools/call": answer}) as server, McpServer(server.url) as client:
        result = await client.call_tool("add")
    assert not result.is_error
    assert result.text == '[image that cannot be read]\nwhole\n5\n{"type": "audio"}\nbare'


@pytest.mark.parametrize(("mode", "expected"), [("form", "bob: 42"), ("url", "opened https://example.com/pay")])
async def test_what_a_server_asks_does_not_count_as_the_servers_time(mode, expected):
    """On the stream of the call, and on the stream of unasked messages, which some servers use for it."""
    replies = asyncio.Queue()

    async def ask(call):
        await call.stream()
        params = {"mode": mode, "message": "Who?", "url": "https://example.com/pay", "elicitationId": "e"}
        if mode == "form":
            del params["url"]
            properties = {"name": {"type": "string"}, "age": {"type": "integer", "default": 42}}
            params["requestedSchema"] = {"type": "object", "properties": properties}
        await call.event({"jsonrpc": "2.0", "id": "e1", "method": "elicitation/create", "params": params})
        answer = await replies.get()
        content = answer.get("content")
        text = f"{content['name']}: {content['age']}" if mode == "form" else f"opened {params['url']}"
        await call.event({"jsonrpc": "2.0", "id": call.id, "result": {"content": [{"type": "text", "text": text}]}})

    async def take(call):
        replies.put_nowait(call.message["result"])
        await call.begin(202)

    async def fill_in(params):
        await asyncio.sleep(0.8)
        return {"action": "accept", "content": {"name": "bob"}}

    answerers = {"elicitation/create": fill_in, "elicitation/url": fill_in}
    async with misbehaving({"tools/call": ask, "POST": take}) as server:
        client = McpServer(server.url, timeout_s=0.6, answerers=answerers)
        assert (await client.call_tool("add")).text == expected
        greeting = next(call for call in server.calls if call.method == "initialize")
        assert greeting.message["params"]["capabilities"]["elicitation"] == {"form": {}, "url": {}}


async def test_a_call_that_needs_addresses_opened_first_is_made_again_once_they_are():
    opened = []

    async def need(call):
        if opened:
            return await call.result({"content": "paid"})
        data = {"elicitations": [{"mode": "url", "message": "Pay", "url": "https://example.com/pay", "elicitationId": "e"}]}
        await call.begin()
        await call.write(json.dumps({"jsonrpc": "2.0", "id": call.id, "error": {"code": -32042, "message": "pay", "data": data}}))
        return None

    def open_it(params):
        opened.append(params["url"])
        return {"action": "accept"}

    async with misbehaving({"tools/call": need}) as server:
        assert (await McpServer(server.url, answerers={"elicitation/url": open_it}).call_tool("add")).text == "paid"
        assert opened == ["https://example.com/pay"]
        opened.clear()
        with pytest.raises(BadRequestError, match="pay"):
            await McpServer(server.url).call_tool("add")


@pytest.mark.parametrize("modern", [False, True])
async def test_a_change_of_a_resource_is_told_to_whoever_subscribed(modern):
    heard = asyncio.Queue()

    async def discover(call):
        versions = ["2026-07-28"] if modern else []
        await call.result({"supportedVersions": versions, "capabilities": {"resources": {"subscribe": True}}})

    async def tell(call):
        await call.stream()
        await call.event({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "a://b"}})
        await asyncio.sleep(30)

    async def accept(call):
        await call.result({})

    behaviours = {"server/discover": discover, "subscriptions/listen": tell, "GET": tell}
    behaviours |= {"resources/subscribe": accept, "resources/unsubscribe": accept}
    async with (
        misbehaving(behaviours) as server,
        McpServer(server.url, on_notification=lambda method, params: heard.put_nowait((method, params["uri"]))) as client,
    ):
        await client.subscribe("a://b")
        async with asyncio.timeout(5):
            assert await heard.get() == ("notifications/resources/updated", "a://b")
        await client.unsubscribe("a://b")
        asked = [(call.method, call.message.get("params", {})) for call in server.calls if call.message and "method" in call.message]
    if modern:
        assert [params["notifications"] for method, params in asked if method == "subscriptions/listen"] == [
            {"resourceSubscriptions": ["a://b"]}
        ]
    else:
        assert ("resources/subscribe", {"uri": "a://b"}) in asked
        assert ("resources/unsubscribe", {"uri": "a://b"}) in asked
    with pytest.raises(ConfigError, match="on_notification"):
        await McpServer(server.url).subscribe("a://b")


@pytest.mark.parametrize("modern", [False, True])
async def test_a_server_is_told_which_log_messages_are_wanted(modern):
    heard = []

    async def discover(call):
        versions = ["2026-07-28"] if modern else []
        await call.result({"supportedVersions": versions, "capabilities": {"tools": {}}})

    async def greet(call):
        await call.result({"protocolVersion": VERSION, "capabilities": {"tools": {}, "logging": {}}})

    async def log(call):
        await call.stream()
        await call.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "error", "data": "leak"}})
        await call.event({"jsonrpc": "2.0", "id": call.id, "result": {}})

    async def accept(call):
        await call.result({})

    behaviours = {"server/discover": discover, "initialize": greet, "tools/call": log, "logging/setLevel": accept}
    async with (
        misbehaving(behaviours) as server,
        McpServer(server.url, log_level="error", on_notification=lambda method, params: heard.append(params["data"])) as client,
    ):
        await client.call_tool("add")
        asked = {call.method: call.message.get("params", {}) for call in server.calls}
    assert heard == ["leak"]
    if modern:
        assert asked["tools/call"]["_meta"]["io.modelcontextprotocol/logLevel"] == "error"
    else:
        assert asked["logging/setLevel"] == {"level": "error"}
    with pytest.raises(ConfigError, match="log_level is one of debug"):
        McpServer(server.url, log_level="loud")


async def test_arguments_that_are_no_json_are_told_before_anything_is_sent():
    async with misbehaving({}) as server, McpServer(server.url) as client:
        for wrong in ({"a": float("nan")}, {"a": object()}):
            with pytest.raises(ConfigError, match="cannot be written as JSON"):
                await client.call_tool("add", wrong)
        assert (await client.call_tool("add", {"a": "\ud83d"})).text == "added"
        assert server.count("tools/call") == 1


def test_limits_are_whole_numbers_and_times_more_than_nothing():
    for wrong in ({"pages": 0}, {"messages": -1}, {"items": 1.5}, {"resumes": True}):
        with pytest.raises(ConfigError, match="McpLimits is a whole number from 1 on"):
            McpLimits(**wrong)
    for wrong in ({"timeout_s": 0}, {"idle_s": -1}):
        with pytest.raises(ConfigError, match="more than 0"):
            McpServer("http://127.0.0.1/mcp", **wrong)
    assert INFO["capabilities"]
