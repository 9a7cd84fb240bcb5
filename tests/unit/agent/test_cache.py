import asyncio
from contextlib import aclosing

import pytest

from staysail import Agent, Cache, Completion, ConfigError, Message, ProviderError, TextDelta, ToolCall, Usage, tool
from staysail.testing import ScriptedModel


def agent_of(*answers: object, cache: Cache, **options) -> tuple[Agent, ScriptedModel]:
    model = ScriptedModel(answers)  # type: ignore[arg-type]
    return Agent(model, cache=cache, retry=False, **options), model


async def test_the_same_request_is_answered_from_the_cache():
    agent, model = agent_of("one", cache=Cache())
    replies = [await agent.prompt("a"), await agent.prompt("a")]
    assert [reply.text for reply in replies] == ["one", "one"]
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    "change", [{"temperature": 0.5}, {"preamble": "p"}, {"max_tokens": 5}, {"additional_params": {"x": 1}}, {"context": "doc"}]
)
async def test_any_other_parameter_asks_again(change: dict):
    agent, _ = agent_of("one", "two", cache=Cache())
    assert (await agent.prompt("a")).text == "one"
    assert (await agent.prompt("a", **change)).text == "two"


async def test_a_cached_answer_streams():
    agent, model = agent_of("one two", cache=Cache())
    await agent.prompt("a")
    async with aclosing(agent.stream("a")) as events:
        assert "".join([event.text async for event in events if isinstance(event, TextDelta)]) == "one two"
    assert len(model.requests) == 1


async def test_a_streamed_answer_is_cached():
    cache = Cache()
    agent, model = agent_of("one", cache=cache)
    async with aclosing(agent.stream("a")) as events:
        async for _ in events:
            pass
    assert (await agent.prompt("a")).text == "one"
    assert (len(model.requests), cache.hits, cache.misses) == (1, 1, 1)


async def test_the_least_recently_used_answer_goes_first():
    cache = Cache(max_entries=2)
    agent, model = agent_of("1", "2", "3", "4", cache=cache)
    for prompt in ("a", "b", "a", "c", "a", "b"):
        await agent.prompt(prompt)
    assert [request.messages[0].text for request in model.requests] == ["a", "b", "c", "b"]
    assert len(cache) == 2


async def test_failed_and_cut_answers_are_asked_for_again():
    cut = Completion(Message.assistant("cut"), Usage(), "length")
    agent, _ = agent_of(ProviderError("no"), cut, "whole", cache=Cache())
    with pytest.raises(ProviderError):
        await agent.prompt("a")
    assert (await agent.prompt("a")).text == "cut"
    assert (await agent.prompt("a")).text == "whole"


async def test_a_stream_left_early_is_not_cached():
    cache = Cache()
    agent, _ = agent_of("one two", "three", cache=cache)
    async with aclosing(agent.stream("a")) as events:
        await anext(events)
    assert len(cache) == 0
    assert (await agent.prompt("a")).text == "three"


async def test_tools_still_run_when_the_model_is_answered_from_the_cache():
    count = 0

    @tool
    def add() -> str:
        nonlocal count
        count += 1
        return "same"

    agent, _ = agent_of(ToolCall("1", "add", {}), "done", cache=Cache(), tools=[add])
    await agent.prompt("a")
    await agent.prompt("a")
    assert count == 2


async def test_runs_at_once_share_a_cache_safely():
    cache = Cache(max_entries=3)
    agent, _ = agent_of(*[str(n) for n in range(40)], cache=cache)
    replies = await asyncio.gather(*(agent.prompt(str(n % 5)) for n in range(40)))
    assert len(replies) == 40
    assert len(cache) <= 3


def test_a_cache_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="at least 1"):
        Cache(max_entries=0)


async def test_a_cached_answer_is_not_paid_for_again():
    agent = Agent(ScriptedModel(["Hello"], usage=Usage(3, 2, 5)), cache=Cache())
    assert (await agent.prompt("Hi")).usage == Usage(3, 2, 5)
    assert (await agent.prompt("Hi")).usage == Usage()
