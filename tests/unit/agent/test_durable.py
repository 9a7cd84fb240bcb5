"""Durable runs: cut off at every record, taken up, watched and taken over."""

import asyncio
import json
import os
from collections import Counter
from contextlib import aclosing, suppress
from typing import Any

import pytest

from staysail import (
    Agent,
    ApprovalNeeded,
    AskAgain,
    ConfigError,
    Conversations,
    GiveResult,
    HandedOver,
    Handoff,
    Image,
    MaxTurnsError,
    Message,
    ProviderError,
    Refuse,
    RunDone,
    RunLog,
    RunStopped,
    StepDone,
    TextDelta,
    ToolCall,
    ToolProgress,
    ToolResult,
    UsageLimits,
    current_call,
    current_run,
    tool,
)
from staysail.agent.run_log import ProcessRunLocks, memory_log
from staysail.core.memory_records import MemoryRecords
from staysail.testing import ScriptedModel


class Died(BaseException):
    """The process is gone: nothing it does after this is kept."""


class Mortal(MemoryRecords):
    """Dies with the commit of this number: before it is kept, or right after."""

    def __init__(self, kept: MemoryRecords, dies_at: int, *, after: bool):
        super().__init__()
        self.records, self._left, self._after = kept.records, dies_at, after

    async def commit(self, puts: Any, deletes: Any = ()) -> None:
        self._left -= 1
        if self._left < 0 or (self._left == 0 and not self._after):
            raise Died
        await super().commit(puts, deletes)
        if self._left == 0:
            raise Died


class World:
    """Five steps with tools that leave traces outside of the run."""

    def __init__(self) -> None:
        self.effects: Counter[str] = Counter()
        self.asked = 0

        @tool
        async def book(room: str) -> str:
            """Books."""
            self.effects[f"book {room}"] += 1
            return f"{room} is booked"

        @tool(approval="always")
        async def pay(euros: int) -> str:
            """Pays."""
            self.effects[f"pay {euros}"] += 1
            return f"{euros} paid"

        @tool(idempotent=True)
        async def look(at: str) -> str:
            """Looks."""
            self.effects[f"look {at}"] += 1
            return f"{at} seen"

        self.tools = [book, pay, look]

    def answer(self, request: Any) -> Any:
        """By what was said so far, as a model does."""
        self.asked += 1
        step = sum(message.role == "assistant" for message in request.messages)
        return [
            [ToolCall("1", "book", {"room": "A"}), ToolCall("2", "look", {"at": "sea"})],
            [ToolCall("3", "pay", {"euros": 10}), ToolCall("4", "book", {"room": "B"})],
            [ToolCall("5", "book", {"room": "C"})],
            [ToolCall("6", "look", {"at": "map"}), ToolCall("7", "book", {"room": "D"})],
            "All is booked.",
        ][step]

    def agent(self, records: MemoryRecords, **options: Any) -> Agent:
        log = RunLog(records, ProcessRunLocks())
        return Agent(ScriptedModel([self.answer], repeat=True), tools=self.tools, durable=log, **options)

    def settle(self, request: Any) -> Any:
        """What a person finds out of a call that is uncertain."""
        if not request.uncertain:
            return True
        (argument,) = request.arguments.values()
        results = {"book": f"{argument} is booked", "pay": f"{argument} paid"}
        return GiveResult(results[request.tool]) if self.effects[f"{request.tool} {argument}"] else True


async def expected() -> tuple[list, int]:
    world, kept = World(), MemoryRecords()
    reply = await world.agent(kept).prompt("Book.", approve=lambda request: True)
    return [message.to_dict() for message in reply.messages], len(kept.records) - 1


async def begin_or_resume(agent: Agent, world: World) -> Any:
    runs = await agent.runs()
    return await (agent.resume(runs[0].id, approve=world.settle) if runs else agent.prompt("Book.", approve=world.settle))


async def test_killed_at_every_record_it_ends_with_the_same_messages_and_no_effect_twice():
    messages, commits = await expected()
    assert commits > 25
    for after in (False, True):
        for dies_at in range(1, commits + 1):
            world, kept = World(), MemoryRecords()
            for deaths in (dies_at, 3, 2):  # the runs after the first die soon too
                agent = world.agent(Mortal(kept, deaths, after=after))
                with suppress(Died):
                    await begin_or_resume(agent, world)
            agent = world.agent(kept)
            reply = await begin_or_resume(agent, world)
            assert [message.to_dict() for message in reply.messages] == messages, (dies_at, after)
            effects = {name: count for name, count in world.effects.items() if not name.startswith("look")}
            assert effects == {"book A": 1, "book B": 1, "book C": 1, "book D": 1, "pay 10": 1}, (dies_at, after)
            assert (await agent.runs())[0].state == "done"


async def test_killed_at_every_record_it_goes_on_within_an_agent_that_serves_as_a_tool():
    sent: Counter[str] = Counter()

    @tool(approval="always")
    async def send(to: str) -> str:
        sent[to] += 1
        return f"sent to {to}"

    def settle(request: Any) -> Any:
        if not request.uncertain:
            return True
        return GiveResult("Both went.") if sent["Rome"] else True  # somebody looks whether the last letter went

    def chief(records: MemoryRecords) -> Agent:
        inner = [ToolCall("s", "send", {"to": "Oslo"}), ToolCall("s", "send", {"to": "Rome"}), "Both went."]
        crew = Agent(ScriptedModel([lambda request: inner[said(request)]], repeat=True), name="post", tools=[send])
        outer = [ToolCall("1", "post", {"prompt": "Write to both."}), "Done."]
        model = ScriptedModel([lambda request: outer[said(request)]], repeat=True)
        return Agent(model, tools=[crew.as_tool()], durable=RunLog(records, ProcessRunLocks()))

    def said(request: Any) -> int:
        return sum(message.role == "assistant" for message in request.messages)

    async def go(agent: Agent) -> Any:
        runs = await agent.runs()
        return await (agent.resume(runs[0].id, approve=settle) if runs else agent.prompt("Go.", approve=settle))

    whole = MemoryRecords()
    messages = (await go(chief(whole))).messages
    commits = len(whole.records) - 1
    assert commits > 12
    for after in (False, True):
        for dies_at in range(1, commits + 1):
            sent.clear()
            kept = MemoryRecords()
            with suppress(Died):
                await go(chief(Mortal(kept, dies_at, after=after)))
            assert (await go(chief(kept))).messages == messages, (dies_at, after)
            assert sent["Rome"] == 1, (dies_at, after)


async def test_answers_received_are_not_asked_for_again():
    _, commits = await expected()
    for dies_at in range(2, commits, 3):
        world, kept = World(), MemoryRecords()
        with pytest.raises(Died):
            await world.agent(Mortal(kept, dies_at, after=True)).prompt("Book.", approve=world.settle)
        kinds = [json.loads(data)["kind"] for key, data in sorted(kept.records.items()) if key.startswith("run/")]
        begun, answered = kinds.count("model_begun"), kinds.count("answered")
        world.asked = 0
        agent = world.agent(kept)
        await agent.resume((await agent.runs())[0].id, approve=world.settle)
        assert world.asked == 5 - answered, (begun, answered)


async def test_a_call_that_was_begun_is_asked_about_and_one_that_is_idempotent_is_not():
    world, kept = World(), MemoryRecords()
    first = world.agent(kept)
    stuck = asyncio.Event()

    @tool
    async def book(room: str) -> str:
        stuck.set()
        return await asyncio.Event().wait()  # type: ignore[return-value]

    first = Agent(first.model, tools=[book, *world.tools[1:]], durable=RunLog(kept, ProcessRunLocks()))
    task = asyncio.create_task(first.prompt("Book."))
    await stuck.wait()
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    agent = world.agent(kept)
    (info,) = await agent.runs()
    assert (info.state, info.prompt, info.owned) == ("stopped", "Book.", False)
    paused = await agent.resume(info.id)
    assert [(request.id, request.tool, request.uncertain) for request in paused.pending] == [("1", "book", True)]
    assert paused.run_id == info.id
    assert (await agent.runs())[0].state == "paused"
    again = await agent.resume(info.id)
    assert again.pending == paused.pending
    refused = await agent.resume(paused, {"1": Refuse("leave it")})
    assert [request.tool for request in refused.pending] == ["pay"]
    assert "refused this call: leave it" in str(refused.messages[2])
    assert world.effects["book A"] == 0


async def test_a_pending_approval_is_still_pending_after_the_process_died():
    world, kept = World(), MemoryRecords()
    paused = await world.agent(kept).prompt("Book.")
    run_id = paused.run_id
    assert run_id
    agent = world.agent(kept)
    assert [request.tool for request in (await agent.resume(run_id)).pending] == ["pay"]
    with pytest.raises(ConfigError, match="no tool call 'x' waits for approval"):
        await agent.resume(run_id, {"x": True})
    reply = await agent.resume(run_id, {"3": True})
    assert reply.text == "All is booked."
    assert world.effects["pay 10"] == 1
    assert (await agent.resume(run_id)).text == "All is booked."
    assert world.asked == 5


async def test_what_happened_so_far_is_told_first():
    world, kept = World(), MemoryRecords()
    paused = await world.agent(kept).prompt("Book.")
    agent = world.agent(kept)
    async with aclosing(agent.resume_stream(paused.run_id, {"3": True})) as stream:
        events = [event async for event in stream]
    assert [event.step for event in events if isinstance(event, StepDone)] == [1, 2, 3, 4, 5]
    assert sorted(event.id for event in events if isinstance(event, ToolResult)) == list("1234567")
    assert len([event for event in events if isinstance(event, ApprovalNeeded)]) in (1, 2)
    assert isinstance(events[-1], RunDone)
    assert events[-1].reply.run_id == paused.run_id


async def test_a_run_that_failed_is_listed_and_goes_on():
    kept = MemoryRecords()
    model = ScriptedModel([ProviderError("the provider is down"), "fine"])
    agent = Agent(model, durable=RunLog(kept, ProcessRunLocks()))
    with pytest.raises(ProviderError):
        await agent.prompt("Go.")
    (info,) = await agent.runs()
    assert info.state == "failed"
    reply = await agent.resume(info.id)
    assert reply.text == "fine"
    await agent.forget_run(info.id)
    assert await agent.runs() == []
    assert kept.records == {}
    with pytest.raises(ConfigError, match="no such run on record"):
        await agent.resume(info.id)


async def test_one_owns_a_run_another_watches_and_takes_over():
    records, locks = MemoryRecords(), ProcessRunLocks()
    go_on = asyncio.Event()

    picture = Image(data=b"\x89PNG", media_type="image/png")

    @tool(idempotent=True)
    async def wait() -> str:
        await go_on.wait()
        run, call = current_run(), current_call()
        assert run
        assert call
        if run.emit:
            run.emit(ToolProgress(call.id, "wait", "stdout", "half", None))
            run.emit(ToolProgress(call.id, "wait", "display", "", picture))
            run.emit(ToolProgress("another", "wait", "stdout", "of no call that runs", None))
        return "waited"

    wait.emits = True

    def agent(*answers: Any) -> Agent:
        return Agent(ScriptedModel(answers, delay_s=0.001), tools=[wait], durable=RunLog(records, locks))

    first = agent([ToolCall("1", "wait", {})], "one two three")
    owner = asyncio.create_task(collect(first.stream("Go.")))
    while not (runs := await first.runs()) or not runs[0].owned:
        await asyncio.sleep(0.005)
    watcher = asyncio.create_task(collect(agent().resume_stream(runs[0].id)))
    only = asyncio.create_task(collect(agent().watch(runs[0].id)))
    await asyncio.sleep(0.05)
    go_on.set()
    told, seen, watched = await asyncio.gather(owner, watcher, only)
    assert seen[-1].reply.messages == told[-1].reply.messages
    for other in (seen, watched):
        assert [event.text for event in other if isinstance(event, TextDelta)] == ["one ", "two ", "three"]
        assert [event.id for event in other if isinstance(event, ToolResult)] == ["1"]
        tool_told = [event for event in other if event.type in ("tool_progress", "tool_result")]
        assert [(event.text, event.part) for event in tool_told[:-1]] == [("half", None), ("", picture)]

    go_on.clear()
    first = agent([ToolCall("1", "wait", {})])
    owner = asyncio.create_task(collect(first.stream("Again.")))
    while not any(info.owned for info in await first.runs()):
        await asyncio.sleep(0.005)
    run_id = next(info.id for info in await first.runs() if info.owned)
    successor = asyncio.create_task(collect(agent("taken over").resume_stream(run_id)))
    only = asyncio.create_task(collect(agent().watch(run_id)))
    await asyncio.sleep(0.05)
    assert not successor.done()
    owner.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await owner
    for other in (successor, only):  # its owner stopped it, which is no death
        with pytest.raises(RunStopped, match="cancelled"):
            await other
    assert (await agent("taken over").resume(run_id)).text == "taken over"


async def test_a_watcher_takes_over_when_the_owner_dies():
    kept, locks = MemoryRecords(), ProcessRunLocks()
    world = World()
    _, commits = await expected()
    for dies_at in range(3, commits, 7):
        kept = MemoryRecords()
        world = World()
        dying = Agent(
            ScriptedModel([world.answer], repeat=True, delay_s=0.002),
            tools=world.tools,
            durable=RunLog(Mortal(kept, dies_at, after=True), locks),
        )
        owner = asyncio.create_task(collect(dying.stream("Book.", approve=world.settle)))
        living = Agent(ScriptedModel([world.answer], repeat=True), tools=world.tools, durable=RunLog(kept, locks), approve=world.settle)
        while not (runs := await living.runs()):
            await asyncio.sleep(0.001)
        seen = await collect(living.resume_stream(runs[0].id))
        with pytest.raises(Died):
            await owner
        assert seen[-1].reply.text == "All is booked."
        assert all(count == 1 for name, count in world.effects.items() if not name.startswith("look"))
        text = "".join(event.text for event in seen if isinstance(event, TextDelta))
        assert text == "All is booked."


async def test_handovers_limits_feedback_and_typed_answers_are_on_record_too():
    kept = MemoryRecords()

    def triage() -> Agent:
        other = Agent(ScriptedModel(["no number", '{"value": 7}', ToolCall("f", "final_answer", {"value": 7})]), name="other")
        front = ScriptedModel([ToolCall("h", "transfer_to_other", {})])
        return Agent(front, tools=[Handoff(other)], durable=RunLog(kept, ProcessRunLocks()), output_type=int)

    reply = await triage().prompt("How many?")
    assert reply.output == 7
    again = await triage().resume(reply.run_id)
    assert (again.output, again.messages) == (7, reply.messages)
    events = await collect(triage().watch(reply.run_id))
    assert [event.agent for event in events if isinstance(event, HandedOver)] == ["other"]

    class Twice:
        async def after_model(self, context: Any, completion: Any) -> Any:
            return AskAgain("Once more.") if context.step == 1 else None

    agent = Agent(ScriptedModel(["a", "b"]), durable=memory_log(), hooks=Twice())
    reply = await agent.prompt("Go.")
    assert (await agent.resume(reply.run_id)).messages == reply.messages

    @tool
    async def noop() -> None:
        pass

    agent = Agent(ScriptedModel([ToolCall("1", "noop", {})], repeat=True), tools=[noop], durable=memory_log(), max_turns=2)
    with pytest.raises(MaxTurnsError):
        await agent.prompt("Go.")
    with pytest.raises(MaxTurnsError):
        await agent.resume((await agent.runs())[0].id)
    agent = Agent(ScriptedModel([ToolCall("1", "noop", {}), "done"]), tools=[noop], durable=memory_log())
    with pytest.raises(Exception, match="limit of 0 tool calls"):
        await agent.prompt("Go.", usage_limits=UsageLimits(tool_calls=0))
    assert (await agent.resume((await agent.runs())[0].id)).text == "done"


@pytest.mark.parametrize("dies_at", range(1, 16))
async def test_a_handover_that_was_due_is_done(dies_at: int):
    kept = MemoryRecords()

    def triage(records: MemoryRecords) -> Agent:
        other = Agent(ScriptedModel(["I am the other."], repeat=True), name="other")
        front = ScriptedModel([ToolCall("h", "transfer_to_other", {})], repeat=True)
        return Agent(front, tools=[Handoff(other)], durable=RunLog(records, ProcessRunLocks()))

    with suppress(Died):
        await triage(Mortal(kept, dies_at, after=True)).prompt("Go.")
    agent = triage(kept)
    reply = await agent.resume((await agent.runs())[0].id)
    assert reply.text == "I am the other."
    assert len(reply.steps) == 2


async def test_a_directory_keeps_runs_for_other_processes(tmp_path):
    calls: list = []

    @tool
    async def key() -> str:
        call = current_call()
        assert call
        calls.append(call.id)
        return "used"

    directory = str(tmp_path / "runs")
    agent = Agent(ScriptedModel([ToolCall("1", "key", {}), "done"]), tools=[key], durable=directory)
    reply = await agent.prompt("Go.")
    program = f"""
import asyncio, sys
from staysail import Agent
from staysail.testing import ScriptedModel

async def main():
    agent = Agent(ScriptedModel([]), durable={directory!r})
    (info,) = await agent.runs()
    print(info.state, info.owned, (await agent.resume(info.id)).text)
    async with agent.settings.durable.locks.own("mine", wait=True):
        print("owned", flush=True)
        sys.stdin.readline()

asyncio.run(main())
"""
    import sys

    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    assert other.stdout
    assert (await other.stdout.readline()).decode() == "done False done\n"
    assert (await other.stdout.readline()).decode() == "owned\n"
    locks = agent.settings.durable.locks  # type: ignore[union-attr]
    assert await locks.owned() == {"mine"}
    async with locks.own("mine", wait=False) as mine:
        assert not mine
    other.kill()
    await other.wait()
    async with locks.own("mine", wait=True) as mine:
        assert mine
    assert reply.run_id
    assert calls == ["1"]


async def test_what_is_missing_is_said():
    with pytest.raises(ConfigError, match="give durable=True"):
        await Agent(ScriptedModel([])).resume("x")
    with pytest.raises(ConfigError, match="give durable=True"):
        await Agent(ScriptedModel([])).runs()
    with pytest.raises(ConfigError, match="say where runs are kept"):
        Agent(ScriptedModel([]), durable=True)


async def collect(stream: Any) -> list:
    async with aclosing(stream) as events:
        return [event async for event in events]


async def test_of_a_conversation_each_run_is_kept_once_however_often_it_died():
    _, commits = await expected()
    for dies_at in range(1, commits + 1, 2):
        world, kept, conversations = World(), MemoryRecords(), Conversations(":memory:")
        said = [Message.user("Ahoy."), Message.assistant("Ahoy!")]
        await conversations.append("crew", said)
        place: dict[str, Any] = {"conversation": "crew", "conversations": conversations}
        with suppress(Died):
            await world.agent(Mortal(kept, dies_at, after=bool(dies_at % 4 == 1)), **place).prompt("Book.", approve=world.settle)
        agent = world.agent(kept, **place)
        for _ in range(2):  # the second time it is over, and nothing more is kept
            (info,) = await agent.runs() or [None]
            reply = await (agent.resume(info.id, approve=world.settle) if info else agent.prompt("Book.", approve=world.settle))
        messages = (await conversations.load("crew")).messages
        assert messages == reply.messages, dies_at
        assert list(messages[:2]) == said
        assert [message.text for message in messages].count("All is booked.") == 1
        assert (await agent.runs())[0].conversation == "crew"
