"""Numbers that no float holds, and numbers longer than Python reads, wherever text from outside may hold one: read as absent, or an error
of ours."""

import json
import math
from typing import Any

import pytest

from staysail import (
    Agent,
    BadRequestError,
    EmbeddingModel,
    ProviderError,
    RateLimitError,
    Reranker,
    SpeechModel,
    TranscriptionModel,
    list_models,
    tool,
)
from staysail.core.messages import ToolCall
from staysail.core.patterns import PatternError, compile_pattern
from staysail.core.validation import check
from staysail.testing import ReplayTransport, ScriptedModel
from staysail.wire.faults import error_of_response

LONG = "9" * 6_000
NUMBERS = (LONG, "1e999", "-1e999", "NaN", "Infinity", "nan")


def answers(body: str, status: int = 200) -> dict[str, Any]:
    answer = {"response": {"status": status, "headers": {"content-type": "application/json"}, "body": body}}
    return {"api_key": "k", "transport": ReplayTransport([answer] * 3), "base_url": "http://127.0.0.1"}


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:9])
async def test_services_do_without_a_number_that_is_none(number: str):
    said = await TranscriptionModel("openai:m", **answers(json.dumps({"text": "a", "duration": number}))).transcribe(b"RIFF")
    assert (said.text, said.duration_s) == ("a", None)
    prices = {"prompt": number, "completion": "0.000001"}
    [info] = await list_models("openrouter", **answers(json.dumps({"data": [{"id": "m", "pricing": prices}]})))
    assert (info.input_usd, info.output_usd) == (None, 1.0)
    rows = {"results": [{"index": 0, "relevance_score": number}]}
    with pytest.raises(ProviderError, match="unknown shape"):
        await Reranker("cohere:m", **answers(json.dumps(rows))).rerank("q", ["a"])
    usage = {"prompt_tokens": number, "total_tokens": number}
    model = EmbeddingModel("openai:m", **answers(json.dumps({"data": [{"index": 0, "embedding": [1.0]}], "usage": usage})))
    await model.embed_texts(["a"])
    assert model.usage.input_tokens == 0


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:9])
def test_a_delay_that_is_none_is_not_waited_for(number: str):
    for headers, body in (
        ({"retry-after": number}, ""),
        ({"retry-after-ms": number}, ""),
        ({}, json.dumps({"error": {"message": f"try again in {number}s"}})),
        ({}, json.dumps({"error": {"message": "x", "details": [{"retryDelay": f"{number}s"}]}})),
    ):
        error = error_of_response(429, headers, body.encode(), "openai")
        assert isinstance(error, RateLimitError)
        assert error.retry_after_s is None or math.isfinite(error.retry_after_s)


@pytest.mark.parametrize(
    "words",
    [f"max_tokens must be <= {LONG}", f"input length and `max_tokens` exceed context limit: {LONG} + 5 > {LONG}"],
    ids=["most", "together"],
)
async def test_a_limit_of_tokens_that_is_none_is_not_learned(words: str):
    with pytest.raises(BadRequestError):
        await Agent("anthropic:claude-opus-4-6", **answers(json.dumps({"error": {"message": words}}), 400)).prompt("x")


async def test_sound_at_a_rate_that_is_none_has_the_usual_one():
    sound = {"inlineData": {"mimeType": f"audio/L16;rate={LONG}", "data": "AAAA"}}
    body = json.dumps({"candidates": [{"content": {"parts": [sound]}}]})
    audio = await SpeechModel("gemini:m", **answers(body)).speak("a")
    assert audio.data is not None
    assert audio.data[24:28] == (24_000).to_bytes(4, "little")


def test_patterns_and_references_with_long_numbers_are_told():
    with pytest.raises(PatternError, match="no group"):
        compile_pattern(f"(a)\\{LONG}")
    for schema in ({"pattern": f"(a)\\{LONG}"}, {"$ref": f"#/allOf/{LONG}", "allOf": [{}]}, {"pattern": f"a{{{LONG}}}"}):
        check("a", schema)


async def test_an_argument_of_many_digits_goes_back_to_the_model():
    ran = []

    @tool
    def dive(depth: int) -> str:
        """Dives."""
        ran.append(depth)
        return "done"

    reply = await Agent(ScriptedModel([ToolCall("c1", "dive", {"depth": LONG}), "So be it."]), tools=[dive]).prompt("x")
    assert (reply.text, ran) == ("So be it.", [])
