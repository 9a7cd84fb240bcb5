"""MCP servers that would hold the client for ever, fill its memory, or make it raise what is no StaysailError."""

import asyncio
import gzip
import json
import time
from contextlib import aclosing, suppress
from random import Random
from typing import Any

import pytest

from staysail import McpServer, NetworkError, StaysailError
from staysail.tools.mcp import McpLimits
from tests.mcp.misbehaving import INFO, TOOL, VERSION, Call, misbehaving

TIMEOUT_S = 0.6
SLACK_S = 4.0
LIMITS = McpLimits(message_bytes=1 << 20, response_bytes=2 << 20, messages=500, requests=20, pages=30, items=500, resumes=10)
BUFFERED_BYTES = 16 << 20
"""What sockets and the HTTP client may hold beyond the limits."""

NOTE = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}
MEGABYTE = b"x" * (1 << 20)


async def endless_pages(call: Call) -> None:
    await call.result({"tools": [TOOL], "nextCursor": f"{time.monotonic_ns()}"})


async def huge_pages(call: Call) -> None:
    await call.result({"tools": [TOOL | {"name": f"t{n}"} for n in range(400)], "nextCursor": f"{time.monotonic_ns()}"})


async def never(call: Call) -> None:
    await asyncio.sleep(60)


async def silent_after_headers(call: Call) -> None:
    await call.stream()
    await asyncio.sleep(60)


async def hangs_up(call: Call) -> None:
    pass


async def endless_headers(call: Call) -> None:
    await call.write("HTTP/1.1 200 X\r\n")
    while True:
        await call.write("x-a: " + "a" * 1000 + "\r\n")


async def slow_headers(call: Call) -> None:
    await call.write("HTTP/1.1 200 X\r\n")
    while True:
        await call.write("x-a: a\r\n")
        await asyncio.sleep(0.02)


async def drips(call: Call) -> None:
    await call.begin()
    while True:
        await call.write(" ")
        await asyncio.sleep(0.02)


async def huge_body(call: Call) -> None:
    await call.begin()
    await call.write('{"jsonrpc": "2.0", "result": "')
    for _ in range(1024):
        await call.write(MEGABYTE)


async def huge_error(call: Call) -> None:
    await call.begin(500)
    for _ in range(1024):
        await call.write(MEGABYTE)


async def drips_error(call: Call) -> None:
    await call.begin(400)
    while True:
        await call.write("x")
        await asyncio.sleep(0.02)


async def gzip_bomb(call: Call) -> None:
    await call.begin(content_encoding="gzip")
    await call.write(gzip.compress(b" " * (64 << 20)))


async def huge_line(call: Call) -> None:
    await call.stream()
    await call.write("data: ")
    for _ in range(1024):
        await call.write(MEGABYTE)


async def huge_event(call: Call) -> None:
    await call.stream()
    for _ in range(1 << 20):
        await call.write("data: " + "x" * 1000 + "\n")


async def comments(call: Call) -> None:
    await call.stream()
    while True:
        await call.write(": alive\n\n" * 1000)


async def slow_comments(call: Call) -> None:
    await call.stream()
    while True:
        await call.write(": alive\n\n")
        await asyncio.sleep(0.02)


async def notes(call: Call) -> None:
    await call.stream()
    while True:
        await call.event(NOTE)


async def pings(call: Call) -> None:
    await call.stream()
    for number in range(1 << 30):
        await call.event({"jsonrpc": "2.0", "id": number, "method": "ping"})


async def batches(call: Call) -> None:
    await call.begin()
    await call.write(json.dumps([NOTE] * 5000))


async def elicitations(call: Call) -> None:
    await call.stream()
    for number in range(1 << 30):
        params = {"message": "?", "requestedSchema": {"type": "object", "properties": {}}}
        await call.event({"jsonrpc": "2.0", "id": f"e{number}", "method": "elicitation/create", "params": params})


async def progress(call: Call) -> None:
    token = call.message["params"].get("_meta", {}).get("progressToken", 0)
    await call.stream()
    for number in range(1 << 30):
        params = {"progressToken": token, "progress": number}
        await call.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
        await asyncio.sleep(0.02)


async def other_ids(call: Call) -> None:
    await call.stream()
    for number in range(1 << 30):
        await call.event({"jsonrpc": "2.0", "id": number + 10_000, "result": {}})


async def long_retry(call: Call) -> None:
    await call.stream()
    await call.event(NOTE, id="1", retry=10**14)


async def no_retry(call: Call) -> None:
    await call.stream()
    await call.event(NOTE, id="1", retry=0)


async def empty_retry(call: Call) -> None:
    await call.stream()
    await call.write("id: 1\nretry: 0\ndata:\n\n")


async def redirects(call: Call) -> None:
    await call.begin(307, location=call.path)


async def not_json(call: Call) -> None:
    await call.stream()
    await call.write("data: {]\n\n")


async def nested(call: Call) -> None:
    await call.begin()
    await call.write("[" * 200_000)


async def unauthorized(call: Call) -> None:
    await call.error(401, www_authenticate='Bearer resource_metadata="x' + "y" * 5000 + '"')


async def forgotten(call: Call) -> None:
    await call.error(404)


SLOW: dict[str, tuple[str, Any]] = {
    # the method that is attacked, and how
    "no answer": ("tools/call", never),
    "no body": ("tools/call", silent_after_headers),
    "slow headers": ("tools/call", slow_headers),
    "slow body": ("tools/call", drips),
    "slow error": ("tools/call", drips_error),
    "slow comments": ("tools/call", slow_comments),
    "endless progress": ("tools/call", progress),
    "no handshake": ("initialize", never),
    "slow pages": ("tools/list", drips),
}
LARGE: dict[str, tuple[str, Any, str]] = {
    # the method that is attacked, how, and a word that the error must hold
    "endless pages": ("tools/list", endless_pages, "pages"),
    "huge pages": ("tools/list", huge_pages, "items"),
    "connection ended": ("tools/call", hangs_up, ""),
    "endless headers": ("tools/call", endless_headers, ""),
    "1 GB body": ("tools/call", huge_body, "message_bytes"),
    "1 GB error": ("tools/call", huge_error, "500"),
    "gzip bomb": ("tools/call", gzip_bomb, "_bytes"),
    "1 GB line": ("tools/call", huge_line, "message_bytes"),
    "1 GB event": ("tools/call", huge_event, "message_bytes"),
    "flood of comments": ("tools/call", comments, "response_bytes"),
    "flood of notifications": ("tools/call", notes, "messages"),
    "flood of pings": ("tools/call", pings, "requests"),
    "huge batch": ("tools/call", batches, "messages"),
    "flood of elicitations": ("tools/call", elicitations, "requests"),
    "answers to other ids": ("tools/call", other_ids, "messages"),
    "retry of 10^14": ("tools/call", long_retry, "wait"),
    "retry of 0": ("tools/call", no_retry, "resumes"),
    "empty retry of 0": ("tools/call", empty_retry, ""),
    "redirects": ("tools/call", redirects, "final address"),
    "no JSON": ("tools/call", not_json, "JSON"),
    "nested JSON": ("tools/call", nested, "deeper"),
    "401 for ever": ("tools/call", unauthorized, "401"),
    "session forgotten for ever": ("tools/call", forgotten, "404"),
    "1 GB handshake": ("initialize", huge_body, "message_bytes"),
    "endless handshake": ("initialize", notes, "messages"),
}
UNASKED = ("flood of notifications", "flood of pings", "retry of 0", "flood of comments", "1 GB line", "no JSON")


async def attacked(name: str, method: str, behaviour: Any, timeout_s: float) -> StaysailError:
    """The error that a call ends with, which must come in time and before much was sent."""
    again = {"GET": behaviour} if "retry" in name else {}
    async with misbehaving({method: behaviour, **again}) as server:
        answerers = {"elicitation/create": lambda params: {"action": "decline"}} if "elicitations" in name else None
        client = McpServer(server.url, timeout_s=timeout_s, limits=LIMITS, answerers=answerers)
        began = time.monotonic()
        with pytest.raises(StaysailError) as caught:
            await (client.tools() if method == "tools/list" else client.call_tool("add"))
        assert time.monotonic() - began < timeout_s + SLACK_S, name
        assert sum(call.sent for call in server.calls) < BUFFERED_BYTES, name
        assert len(server.calls) < 80, name
        server.behaviours.clear()
        await client.close()
    return caught.value


async def test_a_call_ends_in_time_however_slowly_a_server_answers(attack):
    for _ in attack.tries("slow servers, rounds", least=1):
        errors = await asyncio.gather(*(attacked(name, *SLOW[name], TIMEOUT_S) for name in SLOW))
        attack.count("slow servers", len(SLOW))
        for name, error in zip(SLOW, errors, strict=True):
            assert isinstance(error, NetworkError), name
            assert error.code == "timeout", name
            assert "timeout_s" in str(error), name


async def test_a_call_ends_with_an_error_that_says_of_what_a_server_sent_too_much(attack):
    names = list(LARGE)
    for number in attack.tries("servers that send too much", least=len(names)):
        name = names[number % len(names)]
        method, behaviour, word = LARGE[name]
        error = await attacked(name, method, behaviour, 20.0)
        assert word in str(error), name


async def test_a_flood_on_the_stream_of_unasked_messages_ends_that_stream_and_no_call(attack):
    for number in attack.tries("floods of unasked messages", least=len(UNASKED)):
        name = UNASKED[number % len(UNASKED)]
        heard: list[str] = []

        def hear(method: str, params: Any, heard: list[str] = heard) -> None:
            heard.append(method)

        async with (
            misbehaving({"GET": LARGE[name][1]}) as server,
            McpServer(server.url, timeout_s=20.0, limits=LIMITS, on_notification=hear) as client,
        ):
            await asyncio.sleep(0.2)
            assert (await client.call_tool("add")).text == "added", name
            assert len(heard) <= LIMITS.messages, name
            assert server.count("GET") <= LIMITS.resumes + 2, name
            assert sum(call.sent for call in server.calls) < BUFFERED_BYTES, name


VALUES: list[Any] = [None, True, 0, -1, 10**30, 1.5, "", "x", "\ud83d", "\u0000", [], [[]], {}, {"": {}}, [None], {"type": []}, "a" * 5000]
RESULTS: dict[str, Any] = {
    "initialize": {"protocolVersion": VERSION, "instructions": "i"} | INFO,
    "tools/list": {
        "tools": [
            {
                "name": "add",
                "title": "Add",
                "description": "d",
                "inputSchema": {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]},
                "outputSchema": {"type": "object", "properties": {"total": {"type": "number"}}},
                "annotations": {"readOnlyHint": True, "title": "t"},
                "icons": [{"src": "https://example.com/i.png", "sizes": ["1x1"]}],
            }
        ],
        "nextCursor": "",
    },
    "tools/call": {
        "content": [
            {"type": "text", "text": "t"},
            {"type": "image", "data": "aGk=", "mimeType": "image/png"},
            {"type": "resource", "resource": {"uri": "a://b", "blob": "aGk=", "mimeType": "x/y"}},
            {"type": "resource_link", "uri": "a://b", "name": "n"},
        ],
        "structuredContent": {"total": 1},
        "isError": False,
    },
    "resources/list": {"resources": [{"uri": "a://b", "name": "n", "size": 3, "annotations": {"audience": ["user"]}}]},
    "resources/templates/list": {"resourceTemplates": [{"uriTemplate": "a://{b}", "name": "n"}]},
    "resources/read": {"contents": [{"uri": "a://b", "text": "t"}, {"uri": "a://c", "blob": "aGk=", "mimeType": "image/png"}]},
    "prompts/list": {"prompts": [{"name": "p", "arguments": [{"name": "a", "required": True}]}]},
    "prompts/get": {"messages": [{"role": "user", "content": {"type": "text", "text": "t"}}, {"role": "assistant", "content": []}]},
}


def mutated(value: Any, random: Random) -> Any:
    """The value with something at a random place replaced, left out or said twice."""
    if random.random() < 0.2 or not isinstance(value, dict | list) or not value:
        return random.choice(VALUES)
    copy = dict(value) if isinstance(value, dict) else list(value)
    key = random.choice(list(copy)) if isinstance(copy, dict) else random.randrange(len(copy))
    match random.randrange(8):
        case 0:
            del copy[key]
        case 1 if isinstance(copy, list):
            copy.append(copy[key])
        case _:
            copy[key] = mutated(copy[key], random)
    return copy


async def use_everything(client: McpServer) -> int:
    """Calls every method; returns how many raised an error of ours. What they give must be whole."""
    failed = 0

    async def tools() -> None:
        for tool in await client.tools():
            assert isinstance(tool.name, str)
            assert isinstance(tool.description, str)
            assert isinstance(tool.parameters, dict)
            await tool.call({"a": 1})

    for use in (
        tools,
        client.resources,
        client.resource_templates,
        lambda: client.read_resource("a://b"),
        client.prompts,
        lambda: client.get_prompt("p"),
    ):
        try:
            await use()
        except StaysailError as error:
            failed += 1
            json.dumps(error.to_dict(), default=lambda value: pytest.fail(f"{value!r} in an error"))
    return failed


@pytest.mark.parametrize("modern", [False, True])
async def test_results_of_any_type_raise_nothing_but_errors_of_ours(attack, modern):
    random = Random()

    async def answer(call: Call) -> None:
        result = RESULTS.get(call.method, {})
        if call.method == "server/discover":
            if not modern:
                return await call.error(400)
            result = {"supportedVersions": ["2026-07-28"]} | INFO
        whole = {"jsonrpc": "2.0", "id": call.id, "result": result}
        if random.random() < 0.4:
            whole = mutated(whole, random)
        await call.begin()
        await call.write(json.dumps(whole))
        return None

    behaviours = dict.fromkeys([*RESULTS, "server/discover"], answer)
    for tried in attack.random(f"results of other types, {'newer' if modern else 'older'} era", least=40):
        random.setstate(tried.getstate())
        async with misbehaving(behaviours) as server:
            client = McpServer(server.url, timeout_s=10)
            await use_everything(client)
            with suppress(StaysailError):
                await client.close()


async def test_events_cut_and_garbled_raise_nothing_but_errors_of_ours(attack):
    pieces = ["data: ", "id: ", "retry: ", "event: message\n", ": c", "\n", "\n\n", "\r", "{", "}", '"', "\x00", "\ufeff", "9" * 30, "é"]
    for random in attack.random("garbled events", least=40):
        result = json.dumps({"jsonrpc": "2.0", "id": 3, "result": {"content": []}})

        async def answer(call: Call, random: Random = random, result: str = result) -> None:
            text = "".join(random.choices([*pieces, result, f"data: {result}\n\n"], k=random.randrange(1, 30))).encode()
            await call.stream()
            while text:
                cut = random.randrange(1, 40)
                await call.write(text[:cut])
                text = text[cut:]

        async with misbehaving({"tools/call": answer, "GET": answer}) as server, aclosing(_closing(server.url)) as clients:
            async for client in clients:
                with suppress(StaysailError):
                    await client.call_tool("add")


async def _closing(url: str):
    client = McpServer(url, timeout_s=0.3)
    yield client
    await client.close()
