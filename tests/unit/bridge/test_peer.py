"""The boundary's protocol, from the text that crosses; nothing of a browser is needed for it."""

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest

from staysail import ConfigError, JsonError, RateLimitError
from staysail.bridge.peer import ROOM, Peer, RemoteError


class Wire:
    """The other side: what was sent there, and a way to send from there."""

    def __init__(self):
        self.sent = []
        self.bytes = []
        self.peer = Peer(self._take, asyncio.get_running_loop())

    def _take(self, text, *data):
        self.sent.append(json.loads(text))
        self.bytes += data

    def say(self, **message):
        self.peer.receive(json.dumps(message))

    async def until(self, *kinds):
        """The first message of one of these kinds."""
        async with asyncio.timeout(2):
            while True:
                for message in self.sent:
                    if message["type"] in kinds:
                        return message
                await asyncio.sleep(0)


@pytest.fixture
async def wire():
    return Wire()


async def test_a_call_ends_in_its_value(wire):
    async def double(params):
        return params["n"] * 2

    wire.peer.methods["double"] = double
    wire.say(type="call", id=1, method="double", params={"n": 21})
    assert await wire.until("done", "fault") == {"type": "done", "id": 1, "value": 42}


async def test_an_error_crosses_with_its_lineage_and_data(wire):
    async def fail(params):
        raise RateLimitError("slow down", status=429, retry_after_s=1.5, retryable=True, body={"a_key": 1})

    wire.peer.methods["fail"] = fail
    wire.say(type="call", id=1, method="fail")
    error = (await wire.until("done", "fault"))["error"]
    assert error["lineage"] == ["RateLimitError", "ProviderError", "StaysailError"]
    assert (error["status"], error["retry_after_s"], error["retryable"], error["body"]) == (429, 1.5, True, {"a_key": 1})


@pytest.mark.parametrize("thrown", [ZeroDivisionError("oops"), KeyboardInterrupt(), SystemExit(2), MemoryError()])
async def test_whatever_a_method_raises_its_caller_is_told(wire, thrown):
    async def fail(params):
        raise thrown

    wire.peer.methods["fail"] = fail
    wire.say(type="call", id=1, method="fail")
    error = (await wire.until("done", "fault"))["error"]
    assert error["code"] == "internal"
    assert type(thrown).__name__ in error["message"]
    assert "test_peer.py" in error["traceback"]


@pytest.mark.parametrize(
    "params",
    ["[" * 8_000, "[" * 200 + "]" * 200, "NaN", "1e999", "1" * 5_000, '{"a" 1}', '"\x01"', "", '{"a": 1}, "id": {'],
    ids=["endless", "deep", "nan", "large", "digits", "broken", "control", "nothing", "two ids"],
)
async def test_a_call_that_cannot_be_read_fails_and_the_others_go_on(wire, params):
    async def ping(params):
        return "pong"

    wire.peer.methods["ping"] = ping
    wire.peer.receive(f'{{"type":"call","id":7,"method":"ping","params":{params}}}')
    fault = await wire.until("fault")
    assert (fault["id"], fault["error"]["lineage"][-1]) == (7, "StaysailError")
    wire.say(type="call", id=8, method="ping")
    assert await wire.until("done") == {"type": "done", "id": 8, "value": "pong"}


@pytest.mark.parametrize("kind", ["event", "done", "fault"])
async def test_an_answer_that_cannot_be_read_fails_its_call_alone(wire, kind):
    lost, kept = (asyncio.ensure_future(wire.peer.call("ask", {"n": n})) for n in (1, 2))
    await asyncio.sleep(0)
    first, second = (message["id"] for message in wire.sent)
    wire.peer.receive(f'{{"type":"{kind}","id":{first},"value":{"[" * 8_000}')
    with pytest.raises(RemoteError, match="a message from JavaScript cannot be read as JSON: nested deeper"):
        await lost
    wire.say(type="done", id=second, value="here")
    assert await kept == "here"


async def test_a_message_that_names_no_call_ends_them_all(wire):
    asked = asyncio.ensure_future(wire.peer.call("ask", {}))
    await asyncio.sleep(0)
    wire.peer.receive("no message at all")
    with pytest.raises(RemoteError):
        await asked


async def test_nan_crosses_as_null(wire):
    async def measure(params):
        return {"value": float("nan"), "most": float("inf")}

    async def count(params):
        yield float("-inf")

    wire.peer.methods |= {"measure": measure, "count": count}
    wire.say(type="call", id=1, method="measure")
    assert (await wire.until("done"))["value"] == {"value": None, "most": None}
    wire.say(type="call", id=2, method="count")
    assert (await wire.until("event"))["values"] == [None]


async def test_a_value_that_cannot_cross_fails_its_call(wire):
    ring: list = []
    ring.append(ring)

    async def whole(params):
        return ring

    async def streamed(params):
        for value in (1, ring, 3):
            yield value
            await asyncio.sleep(0)

    async def at_once(params):
        for value in (1, ring, 3):
            yield value

    async def fault(params):
        raise RateLimitError("slow down", body=ring)

    wire.peer.methods |= {"whole": whole, "streamed": streamed, "at_once": at_once, "fault": fault}
    for id, method in enumerate(wire.peer.methods, 1):
        wire.say(type="call", id=id, method=method)
    async with asyncio.timeout(2):
        while len([message for message in wire.sent if message["type"] in ("done", "fault")]) < 4:
            await asyncio.sleep(0)
    ends = {message["id"]: message for message in wire.sent if message["type"] in ("done", "fault")}
    assert [ends[id]["type"] for id in (1, 2, 3, 4)] == ["fault"] * 4
    assert all("cannot be written as JSON" in ends[id]["error"]["message"] for id in (1, 2, 3))
    assert (ends[4]["error"]["message"], ends[4]["error"]["code"]) == ("slow down", "rate_limit")


async def test_a_call_that_cannot_be_sent_fails_where_it_was_made(wire):
    ring: list = []
    ring.append(ring)
    with pytest.raises(JsonError, match="a call for JavaScript cannot be written"):
        await wire.peer.call("ask", ring)


async def test_an_unknown_method_is_a_fault(wire):
    wire.say(type="call", id=1, method="nope")
    assert "no method 'nope'" in (await wire.until("fault"))["error"]["message"]


async def test_values_that_come_together_cross_together_and_those_after_a_wait_apart(wire):
    gate = asyncio.Event()

    async def count(params) -> AsyncGenerator[int]:
        for n in range(3):
            yield n
        await gate.wait()
        yield 3

    wire.peer.methods["count"] = count
    wire.say(type="call", id=1, method="count")
    assert (await wire.until("event"))["values"] == [0, 1, 2]
    gate.set()
    await wire.until("done")
    assert [message.get("values") for message in wire.sent] == [[0, 1, 2], [3], None]


async def test_a_reader_that_does_not_pull_holds_up_the_source(wire):
    made = 0

    async def endless(params) -> AsyncGenerator[int]:
        nonlocal made
        while True:
            made += 1
            yield made

    wire.peer.methods["endless"] = endless
    wire.say(type="call", id=1, method="endless")
    await wire.until("event")
    await asyncio.sleep(0.02)
    assert made == ROOM
    wire.say(type="pull", id=1, count=10)
    await asyncio.sleep(0.02)
    assert made == ROOM + 10
    wire.say(type="cancel", id=1)
    assert (await wire.until("fault"))["error"]["name"] == "RunCancelled"
    assert [value for message in wire.sent if message["type"] == "event" for value in message["values"]] == list(range(1, ROOM + 11))


async def test_cancelling_ends_the_source_and_gives_one_fault(wire):
    ended = []

    async def wait(params) -> AsyncGenerator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    wire.peer.methods["wait"] = wait
    wire.say(type="call", id=1, method="wait")
    await wire.until("event")
    wire.say(type="cancel", id=1)
    wire.say(type="cancel", id=1)
    await wire.until("fault")
    await asyncio.sleep(0.01)
    assert ended == [True]
    assert [message["type"] for message in wire.sent] == ["event", "fault"]


async def test_a_call_made_on_behalf_of_another_names_it(wire):
    async def ask(params):
        return await wire.peer.call("tool", {"x": 1})

    wire.peer.methods["ask"] = ask
    wire.say(type="call", id=7, method="ask")
    asked = await wire.until("call")
    assert (asked["method"], asked["params"], asked["parent"]) == ("tool", {"x": 1}, 7)
    wire.say(type="done", id=asked["id"], value="seen")
    assert (await wire.until("done"))["value"] == "seen"


async def test_what_the_other_side_raises_is_raised_here_and_a_late_answer_is_ignored(wire):
    asking = asyncio.ensure_future(wire.peer.call("tool", None))
    asked = await wire.until("call")
    wire.say(type="fault", id=asked["id"], error={"name": "TypeError", "message": "no", "code": "x"})
    with pytest.raises(RemoteError, match="no") as raised:
        await asking
    assert (raised.value.name, raised.value.code) == ("TypeError", "x")
    wire.say(type="done", id=asked["id"], value="late")


async def test_an_error_tells_which_of_the_other_sides_it_comes_of(wire):
    async def search(params):
        try:
            await wire.peer.call("search", None)
        except RemoteError as error:
            raise ConfigError("the store failed") from error

    wire.peer.methods["search"] = search
    wire.say(type="call", id=1, method="search")
    asked = await wire.until("call")
    wire.say(type="fault", id=asked["id"], error={"name": "TypeError", "message": "no", "thrown": 3})
    fault = await wire.until("fault")
    assert (fault["error"]["name"], fault["error"]["thrown"]) == ("ConfigError", 3)


async def test_bytes_come_beside_a_call_and_beside_its_value(wire):
    async def reverse(params):
        return {"size": len(params["$bytes"]), "$bytes": params["$bytes"][::-1]}

    wire.peer.methods["reverse"] = reverse
    wire.peer.receive(json.dumps({"type": "call", "id": 1, "method": "reverse", "params": {}}), b"abc")
    assert await wire.until("done", "fault") == {"type": "done", "id": 1, "value": {"size": 3}}
    assert wire.bytes == [b"cba"]


async def test_when_the_other_side_is_gone_its_calls_end_and_nothing_more_is_sent(wire):
    ended = []

    async def wait(params):
        try:
            await wire.peer.call("tool", None)
        finally:
            ended.append(params)
            await asyncio.sleep(0)

    async def numbers(params) -> AsyncGenerator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            ended.append(params)

    wire.peer.methods |= {"wait": wait, "numbers": numbers}
    wire.peer.at_close.append(lambda: ended.append("closed"))
    wire.say(type="call", id=1, method="wait", params="a call")
    wire.say(type="call", id=2, method="numbers", params="a stream")
    await wire.until("event")
    sent = len(wire.sent)
    wire.peer.close()
    while len(ended) < 3:
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    assert set(ended) == {"a call", "a stream", "closed"}
    assert len(wire.sent) == sent
    assert len(asyncio.all_tasks()) == 1


async def test_cancelling_here_cancels_there(wire):
    asking = asyncio.ensure_future(wire.peer.call("tool", None))
    asked = await wire.until("call")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert wire.sent[-1] == {"type": "cancel", "id": asked["id"]}


async def test_a_stream_from_the_other_side_comes_in_order_and_asks_for_more(wire):
    async def read(params):
        return [value async for value in wire.peer.stream("numbers", None)]

    wire.peer.methods["read"] = read
    wire.say(type="call", id=1, method="read")
    asked = await wire.until("call")
    for start in range(0, ROOM, 64):
        wire.say(type="event", id=asked["id"], values=list(range(start, start + 64)))
        await asyncio.sleep(0)
    wire.say(type="done", id=asked["id"])
    assert (await wire.until("done"))["value"] == list(range(ROOM))
    assert sum(message["count"] for message in wire.sent if message["type"] == "pull") == ROOM


async def test_what_a_described_agent_cannot_be_is_told_as_configuration(wire):
    from staysail.bridge.agents import Agents
    from staysail.bridge.conversing import Conversing
    from staysail.bridge.modules import Modules
    from staysail.bridge.stores import Stores

    wire.peer.methods |= Agents(wire.peer, Modules(), Stores(wire.peer), Conversing()).methods
    wire.say(type="call", id=1, method="agent.run", params={"agent": "a", "agents": {"a": {"model": "nowhere:x"}}, "prompt": "Hi."})
    error = (await wire.until("fault"))["error"]
    assert error["lineage"][0] == ConfigError.__name__
