"""What a run shares with its tools, hooks, preamble functions and output checks: `deps`, through the RunContext."""

import asyncio
import dataclasses
from typing import Protocol

import pytest

from staysail import Agent, ConfigError, Handoff, Hooks, RunContext, ToolCall, tool
from staysail.agent.settings import Settings
from staysail.testing import ScriptedModel


@dataclasses.dataclass
class Harbour:
    name: str
    password: str = "mooring-password"
    log: list[str] = dataclasses.field(default_factory=list)


@tool
def berth(context: RunContext[Harbour], length_m: float) -> str:
    """A free berth."""
    context.deps.log.append(f"{context.step}: {length_m}")
    return f"{context.deps.name} 3"


@tool
async def tide(hours: int, context: RunContext | None = None) -> str:
    """The tide."""
    return f"{context.deps.name if context else 'nowhere'} +{hours}"


def asking(*calls: ToolCall, then: str = "Done.") -> ScriptedModel:
    return ScriptedModel([list(calls), then])


async def test_a_tool_receives_the_context_of_its_run_and_the_schema_leaves_it_out():
    model = asking(ToolCall("1", "berth", {"length_m": 8}), ToolCall("2", "tide", {"hours": 2}))
    oslo = Harbour("Oslo")
    reply = await Agent(model, tools=[berth, tide], deps_type=Harbour).prompt("A berth?", deps=oslo)
    assert [result.text for result in reply.steps[0].tool_results] == ["Oslo 3", "Oslo +2"]
    assert oslo.log == ["1: 8.0"]
    schemas = {definition.name: definition.parameters for definition in model.requests[0].tools}
    assert list(schemas["berth"]["properties"]) == ["length_m"]
    assert list(schemas["tide"]["properties"]) == ["hours"]
    assert schemas["tide"]["required"] == ["hours"]


async def test_the_model_cannot_write_the_context_itself():
    model = asking(ToolCall("1", "berth", {"length_m": 8, "context": {"deps": {"name": "Rome"}}}))
    reply = await Agent(model, tools=[berth]).prompt("A berth?", deps=Harbour("Oslo"))
    [result] = reply.steps[0].tool_results
    assert result.is_error
    assert "unknown context" in result.text


async def test_runs_at_the_same_time_each_have_their_own_deps():
    agent = Agent(ScriptedModel([lambda _: [ToolCall("1", "berth", {"length_m": 1})]] * 20 + ["x"] * 20), tools=[berth], max_turns=1)
    harbours = [Harbour(str(n)) for n in range(20)]
    runs = await asyncio.gather(*(agent.prompt("?", deps=harbour) for harbour in harbours), return_exceptions=True)
    assert len(runs) == 20
    assert all(harbour.log == ["1: 1.0"] for harbour in harbours)


async def test_methods_and_partials_take_the_context_too():
    class Port:
        @tool
        def wind(self, context: RunContext[Harbour], hours: int) -> str:
            """Wind."""
            return f"{context.deps.name} {hours}"

    reply = await Agent(asking(ToolCall("1", "wind", {"hours": 3})), tools=[Port().wind]).prompt("?", deps=Harbour("Oslo"))
    assert reply.steps[0].tool_results[0].text == "Oslo 3"


async def test_hooks_and_agents_that_serve_as_tools_read_the_same_deps():
    seen = []

    class Watch(Hooks):
        async def before_model(self, context: RunContext[Harbour], request):
            seen.append(context.deps.name)

    inner = Agent(asking(ToolCall("1", "berth", {"length_m": 2})), name="pilot", tools=[berth], deps_type=Harbour)
    outer = Agent(asking(ToolCall("1", "pilot", {"prompt": "?"})), tools=[inner.as_tool()], hooks=Watch())
    oslo = Harbour("Oslo")
    await outer.prompt("?", deps=oslo)
    assert seen == ["Oslo", "Oslo"]
    assert oslo.log == ["1: 2.0"]


async def test_a_handover_keeps_the_deps():
    second = Agent(asking(ToolCall("1", "tide", {"hours": 1})), name="second", tools=[tide])
    first = Agent(ScriptedModel([[ToolCall("1", "transfer_to_second", {})]]), tools=[Handoff(second)])
    reply = await first.prompt("?", deps=Harbour("Oslo"))
    assert [result.text for step in reply.steps for result in step.tool_results][-1] == "Oslo +1"


async def test_an_agent_may_have_deps_of_its_own():
    agent = Agent(asking(ToolCall("1", "tide", {"hours": 1})), tools=[tide], deps=Harbour("Oslo"))
    reply = await agent.prompt("?")
    assert reply.steps[0].tool_results[0].text == "Oslo +1"


async def test_missing_and_wrong_deps_are_said_before_anything_is_sent():
    model = ScriptedModel(["never"])
    agent = Agent(model, deps_type=Harbour)
    with pytest.raises(ConfigError, match=r"needs deps.*a Harbour"):
        await agent.prompt("?")
    with pytest.raises(ConfigError, match="are a Harbour, not a int"):
        await agent.prompt("?", deps=3)
    assert model.requests == []


async def test_a_protocol_is_taken_at_its_word():
    class Named(Protocol):
        name: str

    agent = Agent(asking(ToolCall("1", "berth", {"length_m": 1})), deps_type=Named, tools=[berth])
    await agent.prompt("?", deps=Harbour("Oslo"))


async def test_a_durable_run_is_resumed_with_deps_that_were_never_stored():
    @tool(approval="always")
    def leave(context: RunContext[Harbour]) -> str:
        """Leaves."""
        return f"left {context.deps.name}"

    agent = Agent(asking(ToolCall("1", "leave", {})), tools=[leave], durable=":memory:", deps_type=Harbour)
    paused = await agent.prompt("?", deps=Harbour("Oslo"))
    assert "mooring" not in str(paused.to_dict())
    with pytest.raises(ConfigError, match="needs deps"):
        await agent.resume(paused, {paused.pending[0].id: True})
    reply = await agent.resume(paused, {paused.pending[0].id: True}, deps=Harbour("Rome"))
    assert reply.steps[0].tool_results[0].text == "left Rome"


async def test_outside_a_run_a_required_context_is_an_error_and_an_optional_one_is_none():
    assert await tide.call({"hours": 1}) == "nowhere +1"
    with pytest.raises(ConfigError, match="'context' of the tool berth"):
        await berth.call({"length_m": 1})


def test_no_repr_shows_the_deps():
    agent = Agent(ScriptedModel([]), deps=Harbour("Oslo"))
    assert "mooring" not in repr(agent) + repr(agent.settings) + repr(Settings(deps=Harbour("Oslo")))
