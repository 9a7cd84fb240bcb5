"""Tool calls of streamed Chat Completions, in the pieces that servers cut them into."""

import json
from contextlib import aclosing
from typing import Any

import pytest

from staysail import Agent, ToolCallDelta, ToolCallDone, ToolResult, tool
from staysail.testing import ReplayTransport
from tests.contracts.specimens import sse
from tests.contracts.spoken import recorded, speak


def piece(index: Any = 0, id: Any = None, name: Any = None, arguments: Any = None, **more: Any) -> dict[str, Any]:
    """A piece of a call; what is None is left out."""
    function = {key: value for key, value in {"name": name, "arguments": arguments}.items() if value is not None}
    return {key: value for key, value in {"index": index, "id": id, "function": function}.items() if value is not None} | more


TIDE, WIND = ("tide", {"port": "Oslo"}), ("wind", {"port": "Bergen"})
OSLO, BERGEN = json.dumps(TIDE[1]), json.dumps(WIND[1])
CUT: dict[str, tuple[list[dict[str, Any]], list[Any]]] = {
    "as specified": ([piece(0, "a", "tide", ""), piece(0, arguments=OSLO[:9]), piece(0, arguments=OSLO[9:])], [TIDE]),
    "a name in pieces": ([piece(0, "a", "ti"), piece(0, "a", "de", ""), piece(0, arguments=OSLO)], [TIDE]),
    "a name in letters, without the id again": (
        [piece(0, "a", "t"), *(piece(0, name=letter) for letter in "ide"), piece(0, arguments=OSLO)],
        [TIDE],
    ),
    "a name whose pieces are alike": ([piece(0, "a", "pi"), piece(0, name="pi"), piece(0, arguments="{}")], [("pipi", {})]),
    "a name that grows": ([piece(0, "a", "ti"), piece(0, "a", "tide"), piece(0, arguments=OSLO)], [TIDE]),
    "a name with each piece": ([piece(0, "a", "tide", OSLO[:5]), piece(0, "a", "tide", OSLO[5:])], [TIDE]),
    "an empty name with each piece": ([piece(0, "a", "tide", ""), piece(0, "", "", OSLO)], [TIDE]),
    "an id with each piece": ([piece(0, "a", "tide", OSLO[:5]), piece(0, "a", arguments=OSLO[5:])], [TIDE]),
    "an id that changes": ([piece(0, "a", "tide", ""), piece(0, "b", arguments=OSLO[:5]), piece(0, "c", arguments=OSLO[5:])], [TIDE]),
    "an id that changes, the name with it": (
        [piece(0, "a", "tide", ""), piece(0, "b", "tide", OSLO[:5]), piece(0, "c", "tide", OSLO[5:])],
        [TIDE],
    ),
    "an id that comes late": ([piece(0, name="tide", arguments=OSLO[:5]), piece(0, "late", arguments=OSLO[5:])], [TIDE]),
    "no ids": ([piece(0, name="tide", arguments=OSLO), piece(1, name="wind", arguments=BERGEN)], [TIDE, WIND]),
    "no ids and one index": ([piece(0, name="tide", arguments=OSLO), piece(0, name="wind", arguments=BERGEN)], [TIDE, WIND]),
    "the same tool twice without ids": (
        [piece(0, name="tide", arguments=OSLO), piece(0, name="tide", arguments=BERGEN)],
        [TIDE, ("tide", WIND[1])],
    ),
    "the same tool twice without ids or indices": (
        [piece(None, name="tide", arguments=OSLO), piece(None, name="tide", arguments=BERGEN)],
        [TIDE, ("tide", WIND[1])],
    ),
    "calls of no arguments, without ids, at one index": (
        [piece(0, name="pipi"), piece(0, name="tide", arguments=OSLO)],
        [("pipi", {}), TIDE],
    ),
    "one index for all": ([piece(0, "a", "tide", OSLO), piece(0, "b", "wind", BERGEN)], [TIDE, WIND]),
    "one id for all": ([piece(0, "a", "tide", OSLO), piece(1, "a", "wind", BERGEN)], [TIDE, WIND]),
    "no indices": (
        [piece(None, "a", "tide", OSLO[:4]), piece(None, "a", arguments=OSLO[4:]), piece(None, "b", "wind", BERGEN)],
        [TIDE, WIND],
    ),
    "an index as text": (
        [piece("0", "a", "tide", OSLO[:4]), piece("0", arguments=OSLO[4:]), piece("1", "b", "wind", BERGEN)],
        [TIDE, WIND],
    ),
    "an id as a number": ([piece(0, 7, "tide", OSLO), piece(1, 8, "wind", BERGEN)], [TIDE, WIND]),
    "the last piece one index too far": ([piece(0, "a", "tide", OSLO[:4]), piece(1, arguments=OSLO[4:])], [TIDE]),
    "calls interleaved": (
        [piece(0, "a", "tide", ""), piece(1, "b", "wind", ""), piece(0, arguments=OSLO), piece(1, arguments=BERGEN)],
        [TIDE, WIND],
    ),
    "parallel calls glued together": ([piece(0, "a", "tide", OSLO + BERGEN)], [TIDE, ("tide", WIND[1])]),
    "parallel calls glued together in pieces": (
        [piece(0, "a", "tide", OSLO), piece(0, arguments=BERGEN[:5]), piece(0, arguments=BERGEN[5:])],
        [TIDE, ("tide", WIND[1])],
    ),
    "an empty object before the arguments": ([piece(0, "a", "tide", "{}"), piece(0, arguments=OSLO)], [TIDE]),
    "the arguments twice": ([piece(0, "a", "tide", OSLO), piece(0, "a", "tide", OSLO)], [TIDE]),
    "braces within texts": ([piece(0, "a", "tide", '{"port": "}{"}')], [("tide", {"port": "}{"})]),
    "arguments as an object": ([piece(0, "a", "tide", TIDE[1])], [TIDE]),
    "arguments as JSON in JSON": ([piece(0, "a", "tide", json.dumps(OSLO))], [TIDE]),
    "arguments that are null": ([piece(0, "a", "pipi", "null")], [("pipi", {})]),
    "fields beside the function": ([{"index": 0, "id": "a", "name": "tide", "arguments": OSLO}], [TIDE]),
    "a call that is no list": ([piece(0, "a", "tide", OSLO)], [TIDE]),
}


class Ports:
    """An agent with tools that note how they are called."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.ran: list[Any] = []

        @tool
        def tide(port: str) -> str:
            """Tide at a port."""
            self.ran.append(("tide", {"port": port}))
            return "high"

        @tool
        def wind(port: str) -> str:
            """Wind at a port."""
            self.ran.append(("wind", {"port": port}))
            return "calm"

        @tool
        def pipi() -> str:
            """Says pong."""
            self.ran.append(("pipi", {}))
            return "pong"

        self.transport = ReplayTransport([*answers, speak("chat", True, "Done.")])
        self.agent = Agent("openai-compatible:m", base_url="http://x/v1", transport=self.transport, tools=[tide, wind, pipi], retry=False)

    async def run(self, prompt: str = "Go.", **options: Any) -> list[Any]:
        async with aclosing(self.agent.stream(prompt, **options)) as events:
            return [event async for event in events]


@pytest.mark.parametrize("kind", CUT)
async def test_the_calls_that_the_model_meant_are_made(kind: str):
    pieces, meant = CUT[kind]
    alone = kind == "a call that is no list"
    chunks = [{"choices": [{"index": 0, "delta": {"tool_calls": piece if alone else [piece]}}]} for piece in pieces]
    ports = Ports(recorded("chat", True, sse(*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}).decode()))
    events = await ports.run()
    assert sorted(ports.ran, key=repr) == sorted(meant, key=repr)
    done = [event for event in events if isinstance(event, ToolCallDone)]
    shown = {event.id for event in events if isinstance(event, ToolCallDelta)}
    results = {event.id for event in events if isinstance(event, ToolResult)}
    assert len({event.id for event in done}) == len(meant)
    assert shown <= {event.id for event in done} == results
    reply = events[-1].reply
    assert [call.id for message in reply.messages for call in message.tool_calls] == [event.id for event in done]
    sent = [message["tool_call_id"] for message in ports.transport.bodies[-1]["messages"] if message["role"] == "tool"]
    assert sorted(sent) == sorted(results)
    assert all(isinstance(id, str) and id for id in sent)


@pytest.mark.parametrize("given", ["", None, "call_0", "functions.tide:0"])
async def test_ids_differ_between_turns(given: str | None):
    chunk = {"id": "x", "choices": [{"index": 0, "delta": {"tool_calls": [piece(0, given, "tide", OSLO)]}, "finish_reason": "tool_calls"}]}
    ports = Ports(*[recorded("chat", True, sse(chunk, done=True).decode())] * 3)
    events = await ports.run()
    first = events[-1].reply
    ids = [call.id for message in first.messages for call in message.tool_calls]
    assert len(set(ids)) == 3
    again = Ports(recorded("chat", True, sse(chunk, done=True).decode()))
    reply = (await again.run("Once more.", history=first.messages))[-1].reply
    assert len({call.id for message in reply.messages for call in message.tool_calls}) == 4
