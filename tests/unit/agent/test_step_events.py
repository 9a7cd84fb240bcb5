"""The events by which a reader rebuilds an answer step by step: beginnings, messages, sources, files, and the values of tools."""

import json
from typing import Any

from staysail import (
    Agent,
    FileCreated,
    Image,
    Reasoning,
    Refuse,
    ReplayDone,
    RunDone,
    RunStarted,
    SourceFound,
    StepDone,
    StepStarted,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
    tool,
)
from staysail.agent.reply import read_tool_result
from staysail.agent.run_log import memory_log
from staysail.testing import ScriptedModel


async def drain(events: Any) -> list:
    return [event async for event in events]


@tool
async def weather(city: str) -> dict:
    """Current weather."""
    return {"city": city, "wind": [3, None]}


@tool
async def greet() -> str:
    """Greets."""
    return "7"


@tool
async def photo() -> Image:
    """Takes a photo."""
    return Image(b"a", media_type="image/png")


CALLS = [ToolCall("w", "weather", {"city": "Oslo"}), ToolCall("g", "greet", {}), ToolCall("p", "photo", {})]


async def test_each_step_begins_and_ends_with_its_message():
    model = ScriptedModel([[Reasoning("hm", "sig"), ToolCall("g", "greet", {})], "done"])
    events = await drain(Agent(model, tools=[greet]).stream("go"))
    steps = [event for event in events if isinstance(event, StepStarted | StepDone)]
    assert [(type(event).__name__, event.step) for event in steps] == [
        ("StepStarted", 1),
        ("StepDone", 1),
        ("StepStarted", 2),
        ("StepDone", 2),
    ]
    told = [event.to_dict() for event in steps if isinstance(event, StepDone)]
    assert told[0]["message"]["content"][0] == {"type": "reasoning", "text": "hm", "signature": "sig"}
    assert "completion" not in told[0]
    assert [step["message"] for step in told] == [m.to_dict() for m in events[-1].reply.messages if m.role == "assistant"]


async def test_a_result_has_the_value_that_its_tool_returned_where_it_is_no_text():
    events = await drain(Agent(ScriptedModel([CALLS, "done"]), tools=[weather, greet, photo]).stream("go"))
    values = {event.id: event for event in events if isinstance(event, ToolResult)}
    assert values["w"].value == {"city": "Oslo", "wind": [3, None]}
    assert json.loads(values["w"].text) == values["w"].value
    assert "value" not in values["g"].to_dict()
    assert "value" not in values["p"].to_dict()
    kept = read_tool_result(json.loads(json.dumps(values["w"].to_dict())))
    assert kept.value == values["w"].value


async def test_a_hook_that_changes_a_result_leaves_no_old_value():
    class Hides:
        def after_tool(self, context: Any, call: Any, result: ToolResult) -> ToolResult:
            return result.replace(content=(Text("hidden"),))

    agent = Agent(ScriptedModel([[CALLS[0]], "done"]), tools=[weather], hooks=Hides())
    result = next(event for event in await drain(agent.stream("go")) if isinstance(event, ToolResult))
    assert (result.text, result.value) == ("hidden", None)


@tool(approval="always")
async def pay() -> str:
    """Pays."""
    return "paid"


async def test_a_refused_call_says_so():
    model = ScriptedModel([[ToolCall("y", "pay", {})], "done"])
    events = await drain(Agent(model, tools=[pay], approve=lambda _request: Refuse("no")).stream("go"))
    result = next(event for event in events if isinstance(event, ToolResult))
    assert (result.refused, result.is_error) == (True, True)


async def test_files_and_cited_pages_of_an_answer_are_events():
    cited = Text("It sails.", ({"type": "url_citation", "url": "https://example.org/a", "title": "A"},))
    events = await drain(Agent(ScriptedModel([[cited, Image(b"a", media_type="image/png")]])).stream("go"))
    names = [type(event).__name__ for event in events]
    assert names[-4:] == ["FileCreated", "SourceFound", "StepDone", "RunDone"]
    assert next(event for event in events if isinstance(event, FileCreated)).part.media_type == "image/png"
    assert next(event for event in events if isinstance(event, SourceFound)).source["id"] == "https://example.org/a"


async def test_a_resumed_run_gives_the_same_events_and_then_says_that_the_new_ones_begin():
    log = memory_log()
    model = ScriptedModel([[CALLS[0]], "done"])
    first = await drain(Agent(model, tools=[weather], durable=log).stream("go"))
    assert isinstance(first[0], RunStarted)
    again = await drain(Agent(ScriptedModel([]), tools=[weather], durable=log).resume_stream(first[0].run_id))
    end = next(position for position, event in enumerate(again) if isinstance(event, ReplayDone))
    assert [type(event).__name__ for event in again[end:]] == ["ReplayDone", "RunDone"]

    def shape(events: list) -> list:
        return [event for event in events if isinstance(event, StepStarted | StepDone | ToolResult)]

    assert shape(again) == shape(first)
    assert "".join(event.text for event in again if isinstance(event, TextDelta)) == "done"
    assert again[-1].reply.messages == first[-1].reply.messages
    assert isinstance(again[-1], RunDone)
