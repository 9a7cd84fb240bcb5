"""Runs that belong to a conversation."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress

import pytest

from staysail import (
    Agent,
    Approve,
    AuthError,
    ConfigError,
    Conversations,
    MaxTurnsError,
    Message,
    QuotaError,
    RateLimitError,
    RunDone,
    Text,
    TextDelta,
    ToolCall,
    tool,
)
from staysail.agent.conversation import CUT_OFF
from staysail.agent.exchanges import unpaired
from staysail.core.memory_records import MemoryRecords
from staysail.testing import ScriptedModel

ADD = ToolCall("c1", "add", {"a": 2, "b": 3})


@tool
async def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


@tool
async def wait() -> None:
    """Waits for ever."""
    await asyncio.Event().wait()


@pytest.fixture
def conversations() -> Conversations:
    return Conversations(":memory:")


def told(model: ScriptedModel) -> list[str]:
    return [message.text for message in model.requests[-1].messages]


async def kept(conversations: Conversations, id: str = "a") -> list[str]:
    messages = (await conversations.load(id)).messages
    assert unpaired(messages) == []
    return [f"{message.role}: {message.text or ' '.join(part.type for part in message.content)}" for message in messages]


async def test_each_run_goes_on_where_the_last_one_ended(conversations):
    model = ScriptedModel([[Text("Adding."), ADD], "Five.", "Ada."])
    agent = Agent(model, tools=[add], conversations=conversations, conversation="a")
    first = await agent.prompt("My name is Ada. 2 + 3?")
    assert (await conversations.load("a")).messages == first.messages
    second = await agent.prompt("What is my name?")
    assert model.requests[-1].messages[:-1] == first.messages
    assert (await conversations.load("a")).messages == second.messages
    assert len(second.messages) == 6


async def test_a_stream_is_kept_before_its_end_is_told(conversations):
    agent = Agent(ScriptedModel(["One two."]), conversations=conversations, conversation="a")
    async for event in agent.stream("Hi"):
        if isinstance(event, RunDone):
            assert await kept(conversations) == ["user: Hi", "assistant: One two."]
            break
    assert len(await kept(conversations)) == 2


async def test_a_call_may_name_another_conversation_or_none(conversations):
    model = ScriptedModel(["ok"], repeat=True)
    agent = Agent(model, conversations=conversations, conversation="a")
    await agent.prompt("In a.")
    await agent.prompt("In b.", conversation="b")
    assert told(model) == ["In b."]
    await agent.prompt("In none.", conversation=None, history=["Before."])
    assert told(model) == ["Before.", "In none."]
    assert await kept(conversations) == ["user: In a.", "assistant: ok"]
    assert await kept(conversations, "b") == ["user: In b.", "assistant: ok"]
    with pytest.raises(ConfigError, match="'a' has a history of its own"):
        await agent.prompt("x", history=["Before."])


async def test_without_a_store_of_its_own_an_agent_uses_the_programs():
    model = ScriptedModel(["ok"], repeat=True)
    await Agent(model, conversation="shared by two agents").prompt("One.")
    await Agent(model, conversation="shared by two agents").prompt("Two.")
    assert told(model) == ["One.", "ok", "Two."]


async def test_a_run_that_never_got_an_answer_leaves_nothing(conversations):
    agent = Agent(ScriptedModel([AuthError("no", status=401)]), conversations=conversations, conversation="a")
    with pytest.raises(AuthError):
        await agent.prompt("Hi")
    assert await kept(conversations) == []
    assert await conversations.list() == []


async def test_a_run_that_failed_after_its_tools_keeps_them_and_ends_in_words(conversations):
    agent = Agent(ScriptedModel([ADD, RateLimitError("busy")]), tools=[add], conversations=conversations, conversation="a")
    with pytest.raises(RateLimitError):
        await agent.prompt("2 + 3?")
    assert await kept(conversations) == ["user: 2 + 3?", "assistant: tool_call", "tool: tool_result", f"assistant: {CUT_OFF}"]


async def test_a_run_out_of_turns_is_kept(conversations):
    agent = Agent(ScriptedModel([ADD], repeat=True), tools=[add], max_turns=2, conversations=conversations, conversation="a")
    with pytest.raises(MaxTurnsError):
        await agent.prompt("2 + 3?")
    assert len(await kept(conversations)) == 6


async def test_a_run_cancelled_within_a_tool_keeps_the_call_with_a_result(conversations):
    agent = Agent(ScriptedModel([ToolCall("c1", "wait", {})]), tools=[wait], conversations=conversations, conversation="a")
    task = asyncio.ensure_future(agent.prompt("Wait."))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await kept(conversations) == ["user: Wait.", "assistant: tool_call", "tool: tool_result", f"assistant: {CUT_OFF}"]


async def test_a_stream_that_was_left_keeps_what_was_said_so_far(conversations):
    agent = Agent(ScriptedModel(["One two three four."]), conversations=conversations, conversation="a")
    async with aclosing(agent.stream("Count.")) as events:
        async for event in events:
            if isinstance(event, TextDelta) and event.text.startswith("two"):
                break
    assert await kept(conversations) == ["user: Count.", "assistant: One two "]


async def test_a_run_that_waits_for_approval_is_kept_when_it_was_resumed(conversations):
    @tool(approval="always")
    async def send(to: str) -> str:
        """Sends."""
        return "sent"

    agent = Agent(
        ScriptedModel([ToolCall("c", "send", {"to": "Ada"}), "Done."]), tools=[send], conversations=conversations, conversation="a"
    )
    paused = await agent.prompt("Send it.")
    assert paused.pending
    assert await kept(conversations) == []
    plain = paused.run.to_dict()
    await conversations.append("a", [Message.user("Meanwhile."), Message.assistant("Yes.")])
    await agent.resume(plain, {"c": Approve()})
    assert await kept(conversations) == [
        "user: Meanwhile.",
        "assistant: Yes.",
        "user: Send it.",
        "assistant: tool_call",
        "tool: tool_result",
        "assistant: Done.",
    ]


async def test_runs_at_once_in_one_conversation_are_kept_one_after_another(conversations):
    model = ScriptedModel(["ok"], repeat=True, delay_s=0.005)
    agent = Agent(model, conversations=conversations, conversation="a")
    await agent.batch_prompt([f"Question {n}" for n in range(8)], concurrency=8)
    lines = await kept(conversations)
    assert len(lines) == 16
    assert lines[1::2] == ["assistant: ok"] * 8
    assert sorted(lines[::2]) == [f"user: Question {n}" for n in range(8)]


async def test_an_answer_that_cannot_be_kept_is_in_the_error():
    full = Conversations(MemoryRecords(quota_bytes=10))
    with pytest.raises(QuotaError) as raised:
        await Agent(ScriptedModel(["An answer."]), conversations=full, conversation="a").prompt("Hi")
    assert [message.text for message in raised.value.history] == ["Hi", "An answer."]
    agent = Agent(ScriptedModel([ADD, RateLimitError("busy")]), tools=[add], conversations=full, conversation="a")
    with pytest.raises(RateLimitError) as busy:
        await agent.prompt("2 + 3?")
    assert "does not hold this run" in busy.value.__notes__[0]


async def test_what_is_damaged_is_told_and_the_rest_is_the_history():
    records = MemoryRecords()
    conversations, model = Conversations(records), ScriptedModel(["ok"], repeat=True)
    agent = Agent(model, conversations=conversations, conversation="a")
    for n in range(3):
        await agent.prompt(f"Question {n}")
    second = sorted(key for key in records.records if key.startswith("entry/"))[1]
    records.records[second] = records.records[second].replace(b"Question", b"Quextion")
    agent = Agent(model, conversations=Conversations(records), conversation="a")
    with pytest.warns(UserWarning, match="a part of the conversation 'a' is damaged and was left out"):
        await agent.prompt("And?")
    assert told(model) == ["Question 0", "ok", "Question 2", "ok", "And?"]


async def test_no_key_is_kept():
    records = MemoryRecords()
    agent = Agent(
        "openai-compatible:m",
        api_key="sk-very-secret-key",
        base_url="http://127.0.0.1:9/v1?key=sk-very-secret-key",
        retry=False,
        headers={"x-token": "sk-very-secret-key"},
        conversations=Conversations(records),
        conversation="a",
    )
    with suppress(Exception):
        await agent.prompt("Hi")
    other = Agent(ScriptedModel([ADD, AuthError("bad key")]), tools=[add], conversations=Conversations(records), conversation="a")
    with suppress(AuthError):
        await other.prompt("Hi", headers={"x-token": "sk-very-secret-key"})
    assert records.records
    assert b"sk-very" not in b"".join([*records.records.values(), *(key.encode() for key in records.records)])
