"""What a model refuses is learned: mended, sent once more, told, and remembered."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from staysail import Agent, BadRequestError, CompletionRequest, MaxTurnsError, RequestAdjusted, load_model, tool
from staysail.wire.learning import forget_refusals
from tests.contracts.specimens import SPECIMENS


@pytest.fixture(autouse=True)
def _forget():
    forget_refusals()


class Refusing:
    """A transport whose server refuses a body for which `judge` gives words (or an error's body), and otherwise answers."""

    def __init__(self, wire: str, judge: Any, status: int = 400) -> None:
        self._wire, self._judge, self._refusal = wire, judge, status
        self.bodies: list[dict[str, Any]] = []

    @asynccontextmanager
    async def send(self, request: Any) -> AsyncGenerator["Refusing"]:
        body = json.loads(request.body)
        self.bodies.append(json.loads(request.body))
        words = self._judge(body)
        self.status = self._refusal if words else 200
        self.headers = {"content-type": "application/json"}
        specimen = SPECIMENS[self._wire]()
        refused = words if isinstance(words, dict) else {"error": {"message": words}}
        self._body = (
            json.dumps(refused).encode() if words else specimen.stream if body.get("stream") else json.dumps(specimen.whole).encode()
        )
        if not words and body.get("stream"):
            self.headers = {"content-type": "text/event-stream"}
        yield self

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._body


def model_of(provider: str, judge: Any, name: str = "some-model", **options: Any) -> tuple[Any, Refusing]:
    transport = Refusing({"anthropic": "anthropic", "gemini": "gemini", "openai": "responses"}.get(provider, "chat"), judge, **options)
    base = {"base_url": "https://provider.example/v1"} if provider == "openai-compatible" else {}
    return load_model(f"{provider}:{name}", api_key="k", transport=transport, **base), transport


# (provider, the refusal's words, request's options, what the body has, what it has once mended). "…" stands for the field's absence.
REFUSALS = [
    ("openai", "Unsupported parameter: 'temperature' is not supported with this model.", {"temperature": 1}, ("temperature", 1), "…"),
    ("openai-compatible", "Unrecognized request argument supplied: temperature", {"temperature": 1}, ("temperature", 1), "…"),
    ("anthropic", "`temperature` is deprecated for this model.", {"temperature": 1}, ("temperature", 1), "…"),
    ("openai-compatible", "Unknown parameter: 'stream_options'.", {"max_tokens": 5}, ("max_tokens", 5), 5),
    (
        "openai-compatible",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        {"max_tokens": 5},
        ("max_tokens", 5),
        "…",
    ),
    (
        "anthropic",
        "max_tokens: 99999 > 64000, which is the maximum allowed number of output tokens for some-model",
        {"max_tokens": 99_999},
        ("max_tokens", 99_999),
        64_000,
    ),
    (
        "openai-compatible",
        "max_tokens is too large: 99999. This model supports at most 16384 completion tokens, whereas you provided 99999.",
        {"max_tokens": 99_999},
        ("max_tokens", 99_999),
        16_384,
    ),
    (
        "anthropic",
        "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length or `max_tokens` and try again",
        {"max_tokens": 32_000},
        ("max_tokens", 32_000),
        10_000,
    ),
    (
        "openai-compatible",
        "Unsupported value: 'reasoning_effort' does not support 'max' with this model. Supported values are: 'low', 'medium', and 'high'.",
        {"reasoning": "max"},
        ("reasoning_effort", "max"),
        "high",
    ),
    (
        "anthropic",
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort".',
        {"reasoning": {"budget_tokens": 2000}},
        ("thinking", {"type": "enabled", "budget_tokens": 2000}),
        {"type": "adaptive", "display": "summarized"},
    ),
    ("groq", "'top_k' : property 'top_k' is unsupported", {"additional_params": {"top_k": 3}}, ("top_k", 3), "…"),
    ("openai", "Unknown parameter: 'seed'.", {"additional_params": {"seed": 3}}, ("seed", 3), "…"),
]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("provider", "words", "options", "sent", "mended"), REFUSALS, ids=[f"{r[0]}: {r[1][:40]}" for r in REFUSALS])
async def test_a_refused_parameter_is_mended_and_sent_once_more(provider, words, options, sent, mended, streamed):
    field, value = sent
    bad = "stream_options" if "stream_options" in words else field

    def judge(body: dict) -> str | None:
        return words if body.get(bad, "…") == (value if bad == field else body.get(bad)) and bad in body else None

    model, transport = model_of(provider, judge)
    request = CompletionRequest("x", **options)
    if streamed:
        events = [event async for event in model.stream(request)]
        completion = events[-1]
    else:
        events, completion = [], await model.complete(request)
    if bad == "stream_options" and not streamed:
        assert len(transport.bodies) == 1
        return
    assert len(transport.bodies) == 2
    assert transport.bodies[0].get(field) == value
    assert transport.bodies[1].get(field, "…") == mended
    assert completion.text
    # Nobody asked for stream_options, and max_tokens under another name is what was asked for.
    own = bad == "stream_options" or "instead" in words
    assert len(completion.warnings) == (0 if own else 1)
    if streamed:
        adjusted = [event for event in events if isinstance(event, RequestAdjusted)]
        assert [event.learned for event in adjusted] == [True]
    # Remembered for this model and address.
    again = await model.complete(request)
    assert len(transport.bodies) == 3
    assert again.warnings == completion.warnings
    assert transport.bodies[2].get(field, "…") == mended or bad == "stream_options"


async def test_it_is_remembered_for_the_model_and_its_address_alone():
    words = "Unsupported parameter: 'temperature' is not supported with this model."
    model, transport = model_of("openai", lambda body: words if "temperature" in body else None)
    await model.complete(CompletionRequest("x", temperature=1))
    other, others = model_of("openai", lambda body: None, "other-model")
    await other.complete(CompletionRequest("x", temperature=1))
    assert others.bodies[0]["temperature"] == 1
    elsewhere = load_model("openai:some-model", api_key="k", base_url="https://elsewhere.example/v1", transport=others)
    await elsewhere.complete(CompletionRequest("x", temperature=1))
    assert others.bodies[1]["temperature"] == 1
    same = load_model("openai:some-model", api_key="k", transport=transport)
    await same.complete(CompletionRequest("x", temperature=1))
    assert "temperature" not in transport.bodies[-1]


async def test_a_server_that_refuses_for_ever_is_asked_a_few_times_only():
    model, transport = model_of("openai-compatible", lambda body: "Unknown parameter: 'temperature'.")
    with pytest.raises(BadRequestError, match="temperature"):
        await model.complete(CompletionRequest("x", temperature=1))
    assert len(transport.bodies) == 2


async def test_several_refusals_in_a_row_are_mended_one_by_one():
    def judge(body: dict) -> str | None:
        return next((f"Unknown parameter: '{field}'." for field in ("temperature", "top_p", "seed") if field in body), None)

    model, transport = model_of("openai-compatible", judge)
    done = await model.complete(CompletionRequest("x", temperature=1, additional_params={"top_p": 0.5, "seed": 1}))
    assert len(transport.bodies) == 4
    assert [warning.split()[0] for warning in done.warnings] == ["temperature", "top_p", "seed"]


@tool
def weather(city: str) -> str:
    """Current weather."""
    return city


@pytest.mark.parametrize(
    ("options", "words", "advice"),
    [
        (
            {"tools": [weather], "tool_choice": "required"},
            "Invalid value: 'tool_choice' is not supported with this model.",
            'tool_choice="auto"',
        ),
        (
            {"output": {"type": "object"}},
            "Unsupported parameter: 'response_format' is not supported with this model.",
            "leave output_type out",
        ),
    ],
)
async def test_what_would_change_the_meaning_is_an_error_that_says_what_to_do(options, words, advice):
    model, transport = model_of("openai-compatible", lambda body: words)
    with pytest.raises(BadRequestError, match=advice) as raised:
        await model.complete(CompletionRequest("x", **options))
    assert words in str(raised.value)
    assert raised.value.status == 400
    assert len(transport.bodies) == 1


@pytest.mark.parametrize("params", [{"logprobs": True}, {"n": 2}, {"stop": ["x"]}])
async def test_what_the_caller_reads_in_the_answer_is_never_left_out(params):
    field = next(iter(params))
    model, transport = model_of("openai-compatible", lambda body: f"Unknown parameter: '{field}'.")
    with pytest.raises(BadRequestError):
        await model.complete(CompletionRequest("x", additional_params=params))
    assert len(transport.bodies) == 1


@pytest.mark.parametrize(
    "words", ["The prompt is too long.", "Invalid 'messages': empty array.", "Unknown parameter: 'model'.", "", "x" * 10_000]
)
async def test_a_refusal_that_names_nothing_to_mend_is_passed_on_at_once(words):
    model, transport = model_of("openai-compatible", lambda body: {"error": {"message": words}})
    with pytest.raises(BadRequestError):
        await model.complete(CompletionRequest("x", temperature=1))
    assert len(transport.bodies) == 1


async def test_an_agent_tells_what_its_model_did_not_get():
    words = "Unsupported parameter: 'temperature' is not supported with this model."
    model, _ = model_of("openai", lambda body: words if "temperature" in body else None)
    agent = Agent(model, tools=[weather], temperature=0.5, max_turns=1, retry=False)
    told: list[str] = []

    async def listen() -> None:
        async for event in agent.stream("x"):
            told.extend([event.message] if isinstance(event, RequestAdjusted) else [])

    with pytest.raises(MaxTurnsError):  # the specimen asks for tools for ever
        await listen()
    assert told == [f"temperature was left out: openai:some-model refused it ({words})"]


async def test_a_known_models_limits_need_no_refusal():
    def refuse(body: dict) -> str | None:
        return "no" if {"temperature", "top_p"} & set(body) else None

    model, transport = model_of("openai", refuse, "gpt-6-sol")
    done = await model.complete(CompletionRequest("x", temperature=0.5, additional_params={"top_p": 0.5}))
    assert len(transport.bodies) == 1
    assert done.warnings == (
        "temperature was left out: openai:gpt-6-sol takes none",
        "top_p was left out: openai:gpt-6-sol takes none",
    )
