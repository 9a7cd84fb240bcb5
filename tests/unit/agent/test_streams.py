"""Streams of text and of typed answers, and streams in code that cannot await."""

import asyncio
import dataclasses
import threading
import time

import pytest

from staysail import Agent, ConfigError, OutputDelta, ProviderError, RunDone, TextDelta, ToolCall, ToolResult, tool
from staysail.core.ports import ModelTraits
from staysail.testing import ScriptedModel


@dataclasses.dataclass
class Trip:
    harbour: str
    nights: int


NATIVE = ModelTraits(native_output=True)


@tool
async def look() -> str:
    """Looks."""
    await asyncio.sleep(0)
    return "fog"


async def test_stream_text_yields_the_pieces_of_the_text():
    agent = Agent(ScriptedModel([["Let me look. ", ToolCall("1", "look", {})], "There is fog."]), tools=[look])
    pieces = [piece async for piece in agent.stream_text("?")]
    assert "".join(pieces) == "Let me look. There is fog."
    assert len(pieces) > 3


async def test_stream_output_yields_parts_and_then_the_value():
    agent = Agent(ScriptedModel(['{"harbour": "Oslo by the fjord", "nights": 2}'], traits=NATIVE), output_type=Trip)
    *parts, last = [part async for part in agent.stream_output("?")]
    assert last == Trip("Oslo by the fjord", 2)
    assert parts[0] != parts[-1] == {"harbour": "Oslo by the fjord", "nights": 2}
    assert all("Oslo by the fjord".startswith(part.get("harbour", "")) for part in parts)


async def test_stream_output_needs_a_type():
    with pytest.raises(ConfigError, match="give output_type"):
        async for _ in Agent(ScriptedModel(["a"])).stream_output("?"):
            pass


def test_stream_sync_yields_the_events_in_plain_code():
    agent = Agent(ScriptedModel([[ToolCall("1", "look", {})], "There is fog."]), tools=[look])
    events = list(agent.stream_sync("?"))
    assert [event.text for event in events if isinstance(event, ToolResult)] == ["fog"]
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "There is fog."
    assert isinstance(events[-1], RunDone)


async def test_stream_sync_runs_inside_a_running_loop():
    agent = Agent(ScriptedModel(['{"harbour": "Oslo", "nights": 2}'], traits=NATIVE), output_type=Trip)
    events = list(agent.stream_sync("?"))
    assert events[-1].reply.output == Trip("Oslo", 2)
    assert any(isinstance(event, OutputDelta) for event in events)


def test_one_agent_streams_in_many_threads():
    agent = Agent(ScriptedModel(["There is fog."] * 16), tools=[look])
    texts = []

    def work():
        texts.extend(event.reply.text for _ in range(2) for event in agent.stream_sync("?") if isinstance(event, RunDone))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert texts == ["There is fog."] * 16


def test_leaving_the_loop_cancels_the_run_and_ends_its_thread():
    ended = []

    class Slow(ScriptedModel):
        async def stream(self, request):
            try:
                async for event in super().stream(request):
                    yield event
            finally:
                ended.append(time.monotonic())

    agent = Agent(Slow(["a b c d e f g h"], delay_s=0.2))
    began = time.monotonic()
    for event in agent.stream_sync("?"):
        if isinstance(event, TextDelta):
            break
    assert len(ended) == 1
    assert ended[0] - began < 1
    assert not [thread for thread in threading.enumerate() if thread.name == "staysail stream_sync"]


def test_an_error_arrives_where_the_stream_is_read():
    agent = Agent(ScriptedModel([ProviderError("no", code="x")]), retry=False)
    with pytest.raises(ProviderError) as caught:
        list(agent.stream_sync("?"))
    assert caught.value.history


def test_nothing_begins_before_the_first_event_is_read():
    model = ScriptedModel(["a"])
    stream = Agent(model).stream_sync("?")
    stream.close()
    assert model.requests == []
