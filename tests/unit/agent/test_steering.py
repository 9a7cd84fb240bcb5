"""Messages that reach a run while it is under way."""

import asyncio
import json
from contextlib import aclosing, suppress
from typing import Any

import pytest

from staysail import (
    Agent,
    CallModel,
    Completion,
    ConfigError,
    Deliver,
    Finish,
    MaxTurnsError,
    Message,
    MessageDelivered,
    MessageQueued,
    QueuedMessage,
    Run,
    RunDone,
    RunLog,
    Steering,
    ToolCall,
    tool,
)
from staysail.agent.run_log import ProcessRunLocks
from staysail.core.memory_records import MemoryRecords
from staysail.testing import ScriptedModel


@tool
async def look(at: str) -> str:
    """Looks."""
    return f"{at} seen"


def looking(*answers: Any) -> ScriptedModel:
    return ScriptedModel([[ToolCall("1", "look", {"at": "sea"})], *answers])


def said(model: ScriptedModel, at: int = -1) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in model.requests[at].messages]


async def events_of(agent: Agent, steering: Steering, prompt: str = "Go.", **sent: Any) -> list[Any]:
    """The run's events; each message of `sent` goes out before the result of the first tool."""
    seen: list[Any] = []
    async with aclosing(agent.stream(prompt, steering=steering)) as events:
        async for event in events:
            seen.append(event)
            if event.type == "step_done" and event.step == 1:
                for text, when in sent.items():
                    steering.send(text, when=when)
    return seen


async def test_a_message_for_the_next_step_is_in_the_next_model_call():
    model, steering = looking("All seen."), Steering()
    seen = await events_of(Agent(model, tools=[look]), steering, hurry="next_step")
    assert said(model) == [("user", "Go."), ("assistant", ""), ("tool", ""), ("user", "hurry")]
    assert [event.type for event in seen if isinstance(event, MessageQueued | MessageDelivered)] == ["message_queued", "message_delivered"]
    assert steering.pending == ()
    assert seen[-1].reply.text == "All seen."


async def test_a_message_for_after_the_answer_gets_an_answer_of_its_own():
    model, steering = looking("All seen.", "And more."), Steering()
    seen = await events_of(Agent(model, tools=[look]), steering, more="after")
    assert [text for _, text in said(model)] == ["Go.", "", "", "All seen.", "more"]
    assert seen[-1].reply.text == "And more."
    assert [message.text for message in seen[-1].reply.messages][-3:] == ["All seen.", "more", "And more."]


async def test_messages_for_after_the_answer_are_answered_one_by_one_and_those_for_the_next_step_come_first():
    model, steering = ScriptedModel(["one", "two", "three"]), Steering()
    for text, when in (("b", "after"), ("a", "next_step"), ("c", "after")):
        steering.send(text, when=when)  # type: ignore[arg-type]
    reply = await Agent(model).prompt("Go.", steering=steering)
    assert [message.text for message in reply.messages] == ["Go.", "a", "one", "b", "two", "c", "three"]


async def test_an_answer_that_was_complete_is_followed_by_another_for_a_message_that_came_meanwhile():
    steering = Steering()

    def answer(request: Any) -> str:
        steering.send("wait")
        return "Done."

    reply = await Agent(ScriptedModel([answer, "Waiting."])).prompt("Go.", steering=steering)
    assert [message.text for message in reply.messages] == ["Go.", "Done.", "wait", "Waiting."]


async def test_max_turns_counts_anew_after_an_answer_and_not_before():
    steering = Steering()
    model = ScriptedModel(["one", "two"])
    steering.send("more", when="after")
    reply = await Agent(model, max_turns=1).prompt("Go.", steering=steering)
    assert reply.text == "two"
    with pytest.raises(MaxTurnsError):
        await events_of(Agent(looking("never"), tools=[look], max_turns=1), steering, hurry="next_step")
    assert [queued.message.text for queued in steering.pending] == ["hurry"]  # for the next run


async def test_a_message_that_was_withdrawn_is_not_delivered():
    model, steering = ScriptedModel(["one"]), Steering()
    id = steering.send("no", when="after")

    def answer(request: Any) -> str:
        assert steering.withdraw(id)
        return "one"

    reply = await Agent(ScriptedModel([answer])).prompt("Go.", steering=steering)
    assert reply.text == "one"
    assert not steering.withdraw(id)
    assert model.requests == []


async def test_a_paused_answer_is_continued_before_a_message_is_delivered():
    run = Run("Go.")
    queued = QueuedMessage("1", Message.user("hurry"), "next_step")
    run.complete(Completion(Message.assistant("Half"), finish_reason="paused"))
    assert run.queue(queued)
    assert not run.queue(queued)
    assert isinstance(run.next(), CallModel)
    run.complete(Completion(Message.assistant(" done.")))
    restored = Run.from_dict(json.loads(json.dumps(run.to_dict())))
    for state in (run, restored):
        assert state.next() == Deliver((queued,))
        state.deliver(queued)
        assert isinstance(state.next(), CallModel)
        state.complete(Completion(Message.assistant("Hurried.")))
        match state.next():
            case Finish(reply):
                assert [message.text for message in reply.messages] == ["Go.", "Half done.", "hurry", "Hurried."]
        assert not state.queue(queued)  # an id is taken once


def test_a_message_without_content_or_place_is_refused():
    steering = Steering()
    for content in ("", "  ", []):
        with pytest.raises(ConfigError, match="empty"):
            steering.send(content)
    with pytest.raises(ConfigError, match="when is"):
        steering.send("a", when="soon")  # type: ignore[arg-type]


async def test_a_steering_serves_one_run_at_a_time():
    steering = Steering()

    async def answer(request: Any) -> str:
        with pytest.raises(ConfigError, match="serves a run already"):
            await Agent(ScriptedModel(["no"])).prompt("Go.", steering=steering)
        return "one"

    await Agent(ScriptedModel([answer])).prompt("Go.", steering=steering)
    assert (await Agent(ScriptedModel(["two"])).prompt("Go.", steering=steering)).text == "two"


class Died(BaseException):
    pass


class Mortal(MemoryRecords):
    def __init__(self, kept: MemoryRecords, dies_at: int):
        super().__init__()
        self.records, self._left = kept.records, dies_at

    async def commit(self, puts: Any, deletes: Any = ()) -> None:
        self._left -= 1
        if self._left < 0:
            raise Died
        await super().commit(puts, deletes)


async def test_a_durable_run_that_is_killed_at_any_record_delivers_each_message_once():
    """A message is lost only where its process died before the message was on record."""
    texts = ["Go.", "", "", "hurry", "All seen.", "more", "And more."]
    answers: list[Any] = [[ToolCall("1", "look", {"at": "sea"})], "All seen.", "And more."]

    def model() -> ScriptedModel:
        return ScriptedModel([lambda request: answers[sum(m.role == "assistant" for m in request.messages)]], repeat=True)

    @tool(idempotent=True)
    async def look(at: str) -> str:
        await asyncio.sleep(0)
        return f"{at} seen"

    for dies_at in range(1, 18):
        kept, steering = MemoryRecords(), Steering()
        agent = Agent(model(), tools=[look], durable=RunLog(Mortal(kept, dies_at), ProcessRunLocks()))
        with suppress(Died):
            await events_of(agent, steering, hurry="next_step", more="after")
        kinds = [json.loads(data)["kind"] for key, data in kept.records.items() if key.startswith("run/")]
        if kinds.count("queued") < 2:
            continue
        again = Agent(model(), tools=[look], durable=RunLog(kept, ProcessRunLocks()))
        seen = [event async for event in again.resume_stream((await again.runs())[0].id)]
        assert [message.text for message in seen[-1].reply.messages] == texts, dies_at
        assert [event.message.text for event in seen if isinstance(event, MessageDelivered)] == ["hurry", "more"]
        assert isinstance(seen[-1], RunDone)
