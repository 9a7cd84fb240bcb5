import pytest

from staysail import Agent, Completion, ConfigError, Message, Reasoning, TextDelta, ToolCall, Usage
from staysail.testing import ScriptedClock, ScriptedModel


async def test_a_script_is_followed_in_order_and_then_over():
    agent = Agent(
        ScriptedModel(["a", lambda request: f"re {request.messages[-1].text}", Completion(Message.assistant("c"), Usage(9, 9, 18))])
    )
    assert [(await agent.prompt(str(n))).text for n in range(3)] == ["a", "re 1", "c"]
    with pytest.raises(ConfigError, match="script has 3 answers"):
        await agent.prompt("x")


async def test_a_script_may_repeat():
    agent = Agent(ScriptedModel(["a", "b"], repeat=True))
    assert [(await agent.prompt("x")).text for _ in range(4)] == ["a", "b", "a", "b"]


async def test_a_scripted_text_streams_word_by_word():
    model = ScriptedModel([[Reasoning("hm"), "one two  three", ToolCall("1", "f", {})]])
    from staysail import CompletionRequest

    events = [event async for event in model.stream(CompletionRequest("x"))]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["one ", "two  ", "three"]
    assert isinstance(events[-1], Completion)


async def test_a_scripted_clock_sleeps_without_taking_time():
    clock = ScriptedClock()
    await clock.sleep(3600)
    assert (clock.now(), clock.slept) == (3600, [3600])
