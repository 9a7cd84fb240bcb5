"""A list of models: the next answers where the one before cannot, and reads what was said so far."""

from typing import Any

import pytest

from staysail import (
    Agent,
    AuthError,
    BadRequestError,
    Completion,
    ConfigError,
    Fallback,
    Hooks,
    Message,
    ModelChanged,
    NetworkError,
    RateLimitError,
    RunDone,
    ServerError,
    StreamError,
    TextDelta,
    ToolCall,
    ToolOutput,
    load_model,
    tool,
)
from staysail.core.ports import ModelTraits
from staysail.testing import ScriptedModel
from tests.rules import RulesTransport


@tool
def weather(city: str) -> str:
    """Current weather."""
    return f"Sun in {city}"


def link(name: str, provider: str = "") -> tuple[Any, RulesTransport]:
    provider = provider or name.partition(":")[0]
    transport = RulesTransport(provider)
    return load_model(name, api_key="k", transport=transport), transport


class Failing:
    """A Model that fails with each of some errors in turn, then says its name."""

    def __init__(self, name: str, *errors: Exception, after: str = "") -> None:
        self.name, self.traits, self.calls = name, ModelTraits(), 0
        self._errors, self._after = list(errors), after

    async def complete(self, request: Any) -> Completion:
        self.calls += 1
        if self._errors:
            raise self._errors.pop(0)
        return Completion(Message.assistant(self.name))

    async def stream(self, request: Any):
        if self._after:
            yield TextDelta(self._after)
        done = await self.complete(request)
        yield TextDelta(done.text)
        yield done


GOES_ON = [
    ServerError("overloaded", status=529, retryable=True),
    NetworkError("offline"),
    RateLimitError("slow down", status=429, retryable=True),
    StreamError("broke", retryable=True),
    BadRequestError("no", status=404, code="model_not_found"),
    BadRequestError("models/x is not found", status=404),
    BadRequestError("Invalid model: x", status=400),
    BadRequestError("prompt is too long: 9 > 8", status=400),
    BadRequestError("x", status=400, code="context_length_exceeded"),
    ConfigError("this browser has no model", code="unavailable"),
]
STOPS = [
    AuthError("bad key", status=401),
    BadRequestError("messages: text content blocks must be non-empty", status=400),
    StreamError("filtered", retryable=False),
    ConfigError("no such option"),
]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("error", GOES_ON, ids=lambda error: str(error)[:20])
async def test_the_next_model_answers_where_one_cannot(error: Exception, streamed: bool):
    second = Failing("second")
    agent = Agent([Failing("first", error), second], retry=False)
    events = [event async for event in agent.stream("x")] if streamed else []
    reply = events[-1].reply if streamed else await agent.prompt("x")
    assert reply.text == "second"
    if streamed:
        [changed] = [event for event in events if isinstance(event, ModelChanged)]
        assert (changed.model, changed.previous, changed.error) == ("second", "first", str(error))
        assert changed.to_dict()["type"] == "model_changed"


@pytest.mark.parametrize("error", STOPS, ids=lambda error: str(error)[:20])
async def test_other_errors_end_the_run(error: Exception):
    second = Failing("second")
    with pytest.raises(type(error)):
        await Agent([Failing("first", error), second], retry=False).prompt("x")
    assert second.calls == 0


async def test_no_model_goes_on_with_what_another_has_begun_to_say():
    first, second = Failing("first", ServerError("x", status=500), after="Hel"), Failing("second")
    with pytest.raises(ServerError):
        [event async for event in Agent([first, second], retry=False).stream("x")]
    assert second.calls == 0


async def test_when_every_model_fails_it_is_the_first_ones_error_and_retried_as_that_allows(monkeypatch):
    first = Failing("first", ServerError("one", status=500, retryable=True, retry_after_s=0.0))
    second = Failing("second", ServerError("two", status=500, retryable=True))
    reply = await Agent(Fallback([first, second], rest_s=0.0)).prompt("x")
    assert reply.text == "first"
    assert (first.calls, second.calls) == (2, 1)
    with pytest.raises(ServerError, match="one"):
        await Agent([Failing("a", ServerError("one", status=500)), Failing("b", ServerError("two", status=500))], retry=False).prompt("x")


async def test_a_model_that_failed_rests_and_one_that_does_not_exist_is_not_asked_again():
    first, second = Failing("first", ServerError("x", status=500)), Failing("second")
    chain = Fallback([first, second])
    agent = Agent(chain, retry=False)
    await agent.prompt("x")
    events = [event async for event in agent.stream("x")]
    assert first.calls == 1
    assert [event.error for event in events if isinstance(event, ModelChanged)] == ["it rests after a failure"]
    chain._rests[0] = 0.0
    assert (await agent.prompt("x")).text == "first"
    missing = Failing("missing", BadRequestError("x", status=404, code="model_not_found"))
    lasting = Fallback([missing, second], rest_s=0.0)
    for _ in range(3):
        await lasting.complete(Agent(second).request((Message.user("x"),), 1, Agent(second).settings, Agent(second).start("x"), []))
    assert missing.calls == 1


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("bad", ["overloaded", "no-such-model", "tiny-context"])
async def test_providers_as_they_are_go_on_from_one_to_the_next(bad: str, streamed: bool):
    first, _ = link(f"openai:{bad}")
    second, _ = link("anthropic:claude-opus-5-5")
    agent = Agent([first, second], tools=[weather], retry=False)
    prompt = "Use weather. " + "x" * 2000
    reply = [event async for event in agent.stream(prompt)][-1].reply if streamed else await agent.prompt(prompt)
    assert reply.text == "Hello."
    assert [step.completion.model for step in reply.steps] == ["claude-opus-5-5"] * 2


PAIRS = [
    ("openai:gpt-6-sol", "anthropic:claude-opus-5-5"),
    ("anthropic:claude-opus-5-5", "openai:gpt-6-sol"),
    ("anthropic:claude-haiku-4-5", "gemini:gemini-3.8-flash"),
    ("gemini:gemini-3.8-flash", "deepseek:deepseek-v4-pro"),
    ("deepseek:deepseek-v4-pro", "mistral:mistral-large-4"),
    ("openrouter:openai/gpt-6-sol", "deepseek:deepseek-v4-pro"),
    ("mistral:mistral-large-4", "groq:openai/gpt-oss-120b"),
    ("groq:openai/gpt-oss-120b", "cohere:command-a-reasoning-08-2025"),
    ("xai:grok-4.7", "ollama:qwen3:8b"),
    ("ollama:qwen3:8b", "openai-chat:gpt-5-mini"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=[f"{one} to {other}" for one, other in PAIRS])
async def test_a_run_that_changes_models_in_its_middle_is_read_by_the_next(one: str, other: str):
    """The first model calls a tool and fails before it has read the result."""
    first, _ = link(one)
    second, transport = link(other)

    class Once:
        name, traits = first.name, first.traits

        def __init__(self) -> None:
            self.calls = 0

        async def complete(self, request):
            self.calls += 1
            if self.calls > 1:
                raise ServerError("overloaded", status=503, retryable=True)
            return await first.complete(request)

        async def stream(self, request):
            yield await self.complete(request)

    agent = Agent([Once(), second], tools=[weather], reasoning="high", retry=False)
    reply = await agent.prompt("Use weather.")
    assert transport.refused == []
    assert reply.text == "Hello."
    assert [message.role for message in reply.messages] == ["user", "assistant", "tool", "assistant"]
    again = await Agent(first, tools=[weather]).prompt("And now?", history=reply.messages)
    assert again.text == "Hello."


async def test_typed_output_comes_the_way_that_every_model_of_the_chain_has():
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    first, _ = link("openai:overloaded")
    second, transport = link("deepseek:deepseek-v4-pro")
    reply = await Agent([first, second], output_type=schema, retry=False).prompt("x")
    assert reply.output == {"city": "x"}
    assert transport.refused == []


async def test_what_it_cost_and_who_answered_is_told_of_the_model_that_answered():
    class Watch(Hooks):
        def __init__(self) -> None:
            self.models: list[str] = []

        async def after_model(self, context, completion):
            self.models.append(context.model)

    watch = Watch()
    await Agent([Failing("openai:first", ServerError("x", status=500)), Failing("anthropic:second")], hooks=[watch], retry=False).prompt(
        "x"
    )
    assert watch.models == ["anthropic:second"]


async def test_a_durable_run_keeps_the_change(tmp_path):
    agent = Agent([Failing("first", ServerError("x", status=500)), Failing("second")], durable=str(tmp_path), retry=False)
    events = [event async for event in agent.stream("x")]
    run_id = events[-1].reply.run_id
    again = [event async for event in agent.resume_stream(run_id)]
    assert isinstance(again[-1], RunDone)
    assert again[-1].reply.text == "second"


def test_no_provider_gets_the_key_of_another():
    with pytest.raises(ConfigError, match="mapping by provider"):
        Agent(["openai:a", "anthropic:b"], api_key="sk-openai")
    agent = Agent(["openai:a", {"model": "anthropic:b", "api_key": "kb"}], api_key={"openai": "ka"})
    assert [model.endpoint._key for model in agent.model.models] == ["ka", "kb"]
    with pytest.raises(ConfigError, match="API key"):
        Agent(["openai:a", "anthropic:b"], api_key={"openai": "ka"})
    with pytest.raises(ConfigError, match="address"):
        Agent(["ollama:a", "ollama:b"], base_url="http://127.0.0.1:1")
    with pytest.raises(ConfigError, match="at least one"):
        Agent([])
    assert "ka" not in repr(agent)


async def test_a_chain_of_one_and_a_scripted_model_work_as_ever():
    assert (await Agent([ScriptedModel(["Hi."])]).prompt("x")).text == "Hi."
    call = ToolCall("c", "weather", {"city": "Oslo"})
    history = [Message.user("x"), Message.assistant([call]), Message.tool([ToolOutput("c", "weather", ())])]
    assert (await Agent([ScriptedModel(["Hi."])]).prompt("x", history=history)).text == "Hi."
