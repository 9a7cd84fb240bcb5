"""Instructions that functions write."""

import pytest

from staysail import Agent, ConfigError, RunContext, ToolCall, tool
from staysail.testing import ScriptedModel


@tool
def look() -> str:
    """Looks."""
    return "fog"


async def test_functions_write_the_preamble_before_each_model_call():
    async def steps(context: RunContext[str]) -> str:
        return f"You are on {context.deps}. This is call {context.step}."

    model = ScriptedModel([[ToolCall("1", "look", {})], "Fog."])
    await Agent(model, tools=[look], preamble=["Be brief.", steps, lambda: None]).prompt("?", deps="the Ada")
    assert [request.preamble for request in model.requests] == [
        "Be brief.\n\nYou are on the Ada. This is call 1.",
        "Be brief.\n\nYou are on the Ada. This is call 2.",
    ]


async def test_a_single_function_serves_too_and_a_call_may_replace_it():
    model = ScriptedModel(["a", "b", "c"])
    agent = Agent(model, preamble=lambda: "One.")
    await agent.prompt("?")
    await agent.prompt("?", preamble="Two.")
    await agent.prompt("?", preamble=["Three.", "Four."])
    assert [request.preamble for request in model.requests] == ["One.", "Two.", "Three.\n\nFour."]


async def test_a_stream_and_a_durable_run_have_it_too():
    model = ScriptedModel(["a"])
    agent = Agent(model, preamble=lambda context: f"Run {context.id[:2]}", durable=":memory:")
    events = [event async for event in agent.stream("?")]
    assert model.requests[0].preamble == f"Run {events[0].run_id[:2]}"


async def test_an_error_in_it_ends_the_run():
    def broken() -> str:
        raise LookupError("no instructions today")

    with pytest.raises(LookupError, match="no instructions"):
        await Agent(ScriptedModel(["never"]), preamble=broken).prompt("?")


async def test_what_is_no_text_is_refused_by_name():
    def number() -> int:
        return 3

    with pytest.raises(ConfigError, match="function number returned int"):
        await Agent(ScriptedModel(["never"]), preamble=number).prompt("?")
    with pytest.raises(ConfigError, match="preamble is text, a function"):
        Agent(ScriptedModel([]), preamble=3)
