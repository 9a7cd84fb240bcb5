"""Agents as tools, and handing over."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from staysail import (
    Agent,
    ApprovalNeeded,
    Approve,
    Completion,
    ConfigError,
    GiveResult,
    HandedOver,
    Handoff,
    Hooks,
    Message,
    NestedEvent,
    Refuse,
    RunDone,
    TextDelta,
    ToolCall,
    ToolError,
    ToolResult,
    Usage,
    UsageLimitError,
    UsageLimits,
    current_call,
    current_run,
    tool,
)
from staysail.agent.run_log import memory_log
from staysail.testing import ScriptedModel


async def drain(stream: Any) -> list:
    async with aclosing(stream) as events:
        return [event async for event in events]


def ask(prompt: str = "Ahoy", id: str = "t1", name: str = "translator") -> ToolCall:
    return ToolCall(id, name, {"prompt": prompt})


def translator(*answers: Any, **options: Any) -> Agent:
    return Agent(ScriptedModel(answers, name="x:small"), name="translator", preamble="Translate.", **options)


def results(reply: Any) -> list[tuple[str, bool]]:
    return [(part.text, part.is_error) for message in reply.messages if message.role == "tool" for part in message.content]


async def test_an_agent_serves_as_a_tool_and_its_usage_counts():
    inner = translator("Ohé", usage_limits=UsageLimits(requests=1))
    chief = Agent(ScriptedModel([[ask(), ask("again", "t2")], "It is Ohé."]), tools=[inner.as_tool(description="Into French.")])
    reply = await chief.prompt("go")
    assert reply.text == "It is Ohé."
    assert results(reply)[0] == ("Ohé", False)
    assert results(reply)[1][1]  # the script had one answer: a failure of the inner agent is a failed call
    assert reply.usage == Usage(3, 3, 6)
    assert reply.run is None
    saved = json.loads(json.dumps(reply.to_dict()))
    assert saved["usage"]["total_tokens"] == 6
    definition = chief.model.requests[0].tools[0]  # type: ignore[attr-defined]
    assert (definition.name, definition.description, list(definition.parameters["properties"])) == (
        "translator",
        "Into French.",
        ["prompt"],
    )


async def test_a_typed_answer_is_the_tools_result():
    inner = translator(ToolCall("1", "final_answer", {"value": 7}), output_type=int)
    chief = Agent(ScriptedModel([ask(), "ok"]), tools=[inner.as_tool()])
    assert results(await chief.prompt("go")) == [("7", False)]


async def test_its_own_limits_fail_the_call_and_the_callers_end_the_run():
    chief = Agent(ScriptedModel([ask(), "I could not."]), tools=[translator("x").as_tool(usage_limits=UsageLimits(requests=0))])
    reply = await chief.prompt("go")
    assert results(reply)[0][0].startswith("translator failed: the run reached its limit of 0 requests")
    assert reply.text == "I could not."

    @tool
    async def noop() -> None:
        pass

    model = ScriptedModel([ToolCall("1", "noop", {})], repeat=True)
    inner = Agent(model, name="translator", tools=[noop], max_turns=50)
    chief = Agent(ScriptedModel([ask(), "x"]), tools=[inner.as_tool()], usage_limits=UsageLimits(requests=4))
    with pytest.raises(UsageLimitError) as raised:
        await chief.prompt("go")
    assert len(model.requests) == 3
    assert raised.value.usage == Usage(4, 4, 8)

    model = ScriptedModel([ToolCall("1", "noop", {})], repeat=True)
    inner = Agent(model, name="translator", tools=[noop], max_turns=50)
    with pytest.raises(UsageLimitError):
        await Agent(ScriptedModel([ask(), "x"]), tools=[inner.as_tool()], hooks=UsageLimits(total_tokens=6)).prompt("go")
    assert len(model.requests) == 2


async def test_the_money_of_both_counts_by_their_own_models():
    def priced(usd: float, *content: Any) -> Completion:
        return Completion(Message.assistant(list(content)), Usage(1, 1, 2), "stop", raw={"usage": {"cost": usd}})

    chief = Agent(
        ScriptedModel([priced(0.1, ask()), "x"]), tools=[translator(priced(0.5, "Ohé")).as_tool()], usage_limits=UsageLimits(cost=0.55)
    )
    with pytest.raises(UsageLimitError) as raised:
        await chief.prompt("go")
    assert raised.value.used == pytest.approx(0.6)


async def test_it_is_cancelled_with_its_caller():
    entered, left = asyncio.Event(), asyncio.Event()

    @tool
    async def forever() -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    inner = translator(ToolCall("1", "forever", {}), tools=[forever])
    task = asyncio.create_task(Agent(ScriptedModel([ask()]), tools=[inner.as_tool()]).prompt("go"))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as raised:
        await task
    assert left.is_set()
    assert raised.value.usage == Usage(2, 2, 4)


@pytest.mark.parametrize("calls", [[ask()], [ask(), ask("b", "t2")]])
async def test_its_events_are_told_when_they_are_asked_for(calls: list):
    def chief(**options: Any) -> Agent:
        return Agent(ScriptedModel([calls, "done"]), tools=[translator("Ohé du bateau", "Ohé").as_tool(**options)])

    events = await drain(chief(events=True).stream("go"))
    nested = [event for event in events if isinstance(event, NestedEvent)]
    assert {event.call_id for event in nested} == {call.id for call in calls}
    assert "".join(event.event.text for event in nested if event.call_id == "t1" and isinstance(event.event, TextDelta)) in (
        "Ohé du bateau",
        "Ohé",
    )
    told = next(event for event in nested if isinstance(event.event, TextDelta)).to_dict()
    assert (told["type"], told["agent"], told["event"]["type"]) == ("nested_event", "translator", "text_delta")
    last = max(position for position, event in enumerate(events) if isinstance(event, NestedEvent))
    assert any(isinstance(event, ToolResult) for event in events[last:])
    assert isinstance(events[-1], RunDone)
    assert not [event for event in await drain(chief().stream("go")) if isinstance(event, NestedEvent)]


async def test_hooks_see_whose_run_it_is_and_a_tool_knows_its_call():
    seen: list = []

    class Watch(Hooks):
        async def on_start(self, context: Any) -> None:
            seen.append((context.agent, context.parent.agent if context.parent else None))

    @tool
    async def which() -> str:
        context, call = current_run(), current_call()
        assert context
        assert call
        return f"{context.agent} {call.id}"

    inner = translator(ToolCall("w", "which", {}), "done", tools=[which], hooks=Watch())
    chief = Agent(ScriptedModel([ask(), "ok"]), name="chief", tools=[inner.as_tool()], hooks=Watch())
    await chief.prompt("go")
    assert seen == [("chief", None), ("translator", "chief")]
    assert inner.model.requests[1].messages[-1].content[0].text == "translator w"  # type: ignore[attr-defined]
    assert current_call() is None


# Approval within


sent: list[str] = []


@tool(approval="always")
async def send(to: str) -> str:
    """Sends."""
    sent.append(to)
    return f"sent to {to}"


@pytest.fixture(autouse=True)
def nothing_sent():
    sent.clear()


SEND, SEND_TOO = ToolCall("s", "send", {"to": "Rome"}), ToolCall("u", "send", {"to": "Oslo"})


def chief_of(*inner: Any, name: str = "translator", **options: Any) -> Agent:
    agent = Agent(ScriptedModel(inner), name=name, tools=[send], **options)
    return Agent(ScriptedModel([ask(name=name), "ok"]), name="chief", tools=[agent.as_tool(events=bool(options.get("durable")))])


async def test_its_tools_are_approved_by_the_callers_approve():
    asked: list = []
    reply = await chief_of(SEND, "it went").prompt("go", approve=lambda request: asked.append(request) or True)
    assert [(request.id, request.tool, request.agent) for request in asked] == [("t1/s", "send", "translator")]
    assert (results(reply), sent) == ([("it went", False)], ["Rome"])
    assert reply.usage == Usage(4, 4, 8)
    with pytest.raises(ToolError, match="needs approval for send, and no run calls it that could ask"):
        await Agent(ScriptedModel([SEND]), name="x", tools=[send]).as_tool().call({"prompt": "go"})


@pytest.mark.parametrize(
    ("answer", "told", "effects"),
    [
        (True, "sent to Rome", ["Rome"]),
        (Approve({"to": "Bari"}), 'The user changed the arguments to {"to": "Bari"}.\nsent to Bari', ["Bari"]),
        (Refuse("not today"), "The user refused this call: not today", []),
        (GiveResult("sent by hand"), "sent by hand", []),
    ],
)
async def test_a_run_pauses_with_what_an_agent_within_it_asks(answer: Any, told: str, effects: list):
    chief = chief_of(SEND, "it went")
    paused = await chief.prompt("go")
    saved = json.loads(json.dumps(paused.to_dict()))
    assert saved["pending"] == [
        {"id": "t1/s", "tool": "send", "arguments": {"to": "Rome"}, "uncertain": False, "expires_at": None, "agent": "translator"}
    ]
    assert (paused.finish_reason, paused.usage, sent) == ("paused", Usage(2, 2, 4), [])
    again = await chief.resume(saved["run"])
    assert again.pending == paused.pending
    reply = await chief.resume(json.loads(json.dumps(again.run.to_dict())), {"t1/s": answer})
    assert (reply.text, results(reply), sent) == ("ok", [("it went", False)], effects)
    assert reply.usage == Usage(4, 4, 8)
    (translator_tool,) = chief.settings.tools
    heard = translator_tool._agent.model.requests[-1].messages[-1]  # type: ignore[attr-defined]
    assert heard.content[0].text == told


async def test_agents_within_agents_ask_through_all_of_them():
    inner = chief_of([SEND, SEND_TOO], "both went")
    middle = inner.as_tool("middle", events=True)
    chief = Agent(ScriptedModel([[ask(name="middle"), SEND], "all done"]), tools=[middle, send])
    paused = await chief.prompt("go")
    assert [(request.id, request.agent) for request in paused.pending] == [
        ("t1/t1/s", "translator"),
        ("t1/t1/u", "translator"),
        ("s", None),
    ]
    paused = await chief.resume(json.loads(json.dumps(paused.run.to_dict())), {"t1/t1/u": True})
    assert ([request.id for request in paused.pending], sent) == (["t1/t1/s", "s"], ["Oslo"])
    events = await drain(chief.resume_stream(paused, {"t1/t1/s": False, "s": True}))
    assert events[-1].reply.text == "all done"
    assert sent == ["Oslo", "Rome"]
    assert [event.event.agent for event in events if isinstance(event, NestedEvent) and isinstance(event.event, NestedEvent)] == []
    assert results(events[-1].reply) == [("ok", False), ("sent to Rome", False)]
    assert events[-1].reply.usage == Usage(6, 6, 12)


async def test_who_is_asked_one_by_one_is_told_of_each_question_once():
    answers = {"s": [None, True], "t1/s": [None, None, True], "t1/u": [True]}
    asked: list[str] = []

    def approve(request: Any) -> Any:
        asked.append(request.id)
        return answers[request.id].pop(0)

    agent = Agent(ScriptedModel([[SEND, SEND_TOO], "both went"]), name="translator", tools=[send])
    chief = Agent(ScriptedModel([[ask(), SEND], "ok"]), tools=[agent.as_tool(), send])
    events = await drain(chief.stream("go", approve=approve))
    assert [event.request.id for event in events if isinstance(event, ApprovalNeeded)] == ["s", "t1/s", "t1/u"]
    assert ([request.id for request in events[-1].reply.pending], sent) == (["t1/s", "s"], ["Oslo"])
    paused = await chief.resume(events[-1].reply, approve=approve)
    assert ([request.id for request in paused.pending], sent) == (["t1/s"], ["Oslo", "Rome"])
    assert (await chief.resume(paused, approve=approve)).text == "ok"
    assert sent == ["Oslo", "Rome", "Rome"]
    assert asked.count("t1/u") == 1


async def test_what_an_agent_within_asks_is_refused_when_nobody_answers_in_time():
    chief = chief_of(SEND, "it did not go", approval_timeout_s=0.02)
    paused = await chief.prompt("go")
    await asyncio.sleep(0.03)
    assert (await chief.resume(paused)).text == "ok"
    assert sent == []
    reply = await chief_of(SEND, "no", approval_timeout_s=0.02).prompt("go", approve=lambda request: asyncio.Event().wait())
    assert (reply.text, sent) == ("ok", [])


async def test_hooks_and_money_count_a_call_once_that_paused_within():
    def priced(usd: float, *content: Any) -> Completion:
        return Completion(Message.assistant(list(content)), Usage(1, 1, 2), "stop", raw={"usage": {"cost": usd}})

    calls: list[str] = []

    class Watch(Hooks):
        async def before_tool(self, context: Any, call: Any) -> None:
            calls.append(f"before {call.name}")

        async def after_tool(self, context: Any, call: Any, result: Any) -> None:
            calls.append(f"after {call.name} of {context.tool_calls}")

    inner = Agent(ScriptedModel([priced(0.5, SEND), priced(0.1, "it went")]), name="translator", tools=[send])
    chief = Agent(ScriptedModel([priced(0.1, ask()), priced(0.1, "ok")]), tools=[inner.as_tool()], hooks=Watch())
    reply = await chief.prompt("go", approve=lambda request: True, usage_limits=UsageLimits(cost=0.85, tool_calls=2, requests=4))
    assert (reply.text, reply.usage) == ("ok", Usage(4, 4, 8))
    assert calls == ["before translator", "after translator of 2"]


@pytest.mark.parametrize("inner_log", [False, True])
async def test_a_durable_run_keeps_what_an_agent_within_it_asks(inner_log: bool):
    log, options = memory_log(), {"durable": memory_log()} if inner_log else {}
    chief = chief_of(SEND, "it went", **options)
    asked = asyncio.Event()

    async def approve(request: Any) -> bool:
        asked.set()
        return await asyncio.Event().wait()

    task = asyncio.create_task(chief.prompt("go", durable=log, approve=approve))
    await asked.wait()
    task.cancel()  # the page is gone while somebody is asked
    with pytest.raises(asyncio.CancelledError):
        await task
    (info,) = await chief.runs(durable=log)
    paused = await chief.resume(info.id, durable=log)
    assert [(request.id, request.uncertain) for request in paused.pending] == [("t1/s", False)]
    reply = await chief.resume(info.id, {"t1/s": True}, durable=log)
    assert (results(reply), sent, reply.usage) == ([("it went", False)], ["Rome"], Usage(4, 4, 8))
    assert (await chief.resume(info.id, durable=log)).messages == reply.messages


# Handing over


async def test_a_conversation_is_handed_over_with_its_history():
    @tool
    async def refund() -> str:
        return "refunded"

    model = ScriptedModel([ToolCall("r", "refund", {}), "Your money is on its way."])
    billing = Agent(model, name="Billing", preamble="You do refunds.", tools=[refund])
    front = ScriptedModel([ToolCall("h", "transfer_to_billing", {})])
    triage = Agent(front, name="triage", preamble="You route.", tools=[Handoff(billing)])
    events = await drain(triage.stream("I want my money back."))
    reply = events[-1].reply
    assert reply.text == "Your money is on its way."
    assert [event.agent for event in events if isinstance(event, HandedOver)] == ["Billing"]
    assert [message.role for message in model.requests[0].messages] == ["user", "assistant", "tool"]
    assert model.requests[0].preamble == "You do refunds."
    assert [definition.name for definition in model.requests[0].tools] == ["refund"]
    assert len(front.requests) == 1
    assert reply.usage == Usage(3, 3, 6)
    assert len(reply.steps) == 3


async def test_agents_may_hand_over_to_one_another_and_turns_and_limits_hold_for_the_whole():
    to_b, to_a = ToolCall("1", "transfer_to_b", {}), ToolCall("2", "transfer_to_a", {})
    model_a, model_b = ScriptedModel([to_b], repeat=True, name="x:a"), ScriptedModel([to_a], repeat=True, name="x:b")
    models: list = []

    class Watch(Hooks):
        async def before_model(self, context: Any, request: Any) -> None:
            models.append((context.agent, context.model))

    b = Agent(model_b, name="b", tools=[Handoff(lambda: a, name="transfer_to_a")])
    a: Agent = Agent(model_a, name="a", tools=[Handoff(b)], max_turns=9, hooks=Watch())
    with pytest.raises(UsageLimitError):
        await a.prompt("go", usage_limits=UsageLimits(requests=3))
    assert models[:3] == [("a", "x:a"), ("b", "x:b"), ("a", "x:a")]
    assert (len(model_a.requests), len(model_b.requests)) == (2, 1)


async def test_only_the_first_handover_of_a_turn_counts():
    first, second = Agent(ScriptedModel(["I am first."]), name="first"), Agent(ScriptedModel([]), name="second")
    calls = [ToolCall("1", "transfer_to_first", {}), ToolCall("2", "transfer_to_second", {})]
    reply = await Agent(ScriptedModel([calls]), tools=[Handoff(first), Handoff(second)]).prompt("go")
    assert reply.text == "I am first."
    assert [is_error for _, is_error in results(reply)] == [False, True]


async def test_a_run_that_was_handed_over_is_resumed_by_the_agent_in_charge():
    @tool(approval="always")
    async def refund() -> str:
        return "refunded"

    billing = Agent(ScriptedModel([ToolCall("r", "refund", {}), "Done."]), name="billing", tools=[refund])
    desk = Agent(ScriptedModel([]), name="desk", tools=[Handoff(billing)])
    triage = Agent(ScriptedModel([ToolCall("h", "transfer_to_billing", {})]), tools=[Handoff(desk), Handoff(billing)])
    paused = await triage.prompt("go")
    saved = json.loads(json.dumps(paused.to_dict()["run"]))
    assert saved["handed_over"] == "transfer_to_billing"
    assert (await triage.resume(saved, {"r": True})).text == "Done."
    with pytest.raises(ConfigError, match="no agent that can be reached from here"):
        await Agent(ScriptedModel([])).resume(saved, {"r": True})


async def test_the_output_type_of_the_run_holds_after_a_handover():
    other = Agent(ScriptedModel([ToolCall("1", "final_answer", {"value": 3})]), name="other")
    agent = Agent(ScriptedModel([ToolCall("h", "transfer_to_other", {})]), tools=[Handoff(other)])
    assert await agent.extract("How many?", int) == 3


def test_an_agent_that_others_call_needs_a_name():
    nameless = Agent(ScriptedModel([]))
    with pytest.raises(ConfigError, match="needs a name"):
        nameless.as_tool()
    with pytest.raises(ConfigError, match="needs a name"):
        Handoff(nameless)
    with pytest.raises(ConfigError, match="Handoff of a function needs a name"):
        Handoff(lambda: nameless)
    with pytest.raises(ConfigError, match="there is no option 'nonsense'"):
        nameless.as_tool("x", nonsense=1)  # type: ignore[call-arg]
