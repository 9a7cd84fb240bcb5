"""Embedding, reranking and what else a provider does besides chat, whoever the provider is."""

import array
import asyncio
import base64
from decimal import Decimal
from email.parser import BytesParser

import pytest

from staysail import (
    Completion,
    ConfigError,
    EmbeddingModel,
    ImageModel,
    Message,
    ProviderError,
    RateLimitError,
    Reranker,
    ServerError,
    SpeechModel,
    StreamError,
    TranscriptionModel,
    Usage,
    cost,
    list_models,
)
from staysail.testing import ScriptedClock
from staysail.wire.multipart import render_form
from tests.server import Box


def lengths(seen) -> dict:
    """Vectors that tell the text they are of; given in any order, as they carry their index."""
    texts = seen.json["input"]
    rows = [{"index": n, "embedding": [float(len(text))]} for n, text in enumerate(texts)]
    return {"body": {"data": rows[::-1], "usage": {"prompt_tokens": len(texts), "total_tokens": len(texts)}}}


async def test_texts_go_in_batches_and_come_back_in_order_with_the_usage_added_up(box: Box):
    box.add(*[lengths] * 4)
    model = EmbeddingModel("openai:m", api_key="k", base_url=box.url, batch_size=3, dimensions=1)
    texts = ["x" * n for n in range(10)]
    found = await model.embed_texts(texts)
    assert [(one.document, one.vec) for one in found] == [(text, [float(len(text))]) for text in texts]
    assert sorted(len(body["input"]) for body in box.bodies) == [1, 3, 3, 3]
    assert {body["dimensions"] for body in box.bodies} == {1}
    assert model.usage == Usage(10, 0, 10)


async def test_a_request_holds_no_more_text_than_the_provider_takes(box: Box):
    box.add(*[lengths] * 4)
    texts = ["é" * 200_000, "b" * 100_000, "c" * 700_000, "d"]
    found = await EmbeddingModel("openai:m", api_key="k", base_url=box.url, concurrency=1).embed_texts(texts)
    assert [one.vec for one in found] == [[float(len(text))] for text in texts]
    assert [[len(text) for text in body["input"]] for body in box.bodies] == [[200_000, 100_000], [700_000], [1]]


async def test_no_texts_ask_nothing(box: Box):
    assert await EmbeddingModel("openai:m", api_key="k", base_url=box.url).embed_texts([]) == []
    assert box.seen == []


async def test_only_so_many_requests_are_under_way_at_once(box: Box):
    def slow(seen):
        return lengths(seen) | {"before_s": 0.05}

    box.add(*[slow] * 6)
    await EmbeddingModel("openai:m", api_key="k", base_url=box.url, batch_size=1, concurrency=2).embed_texts("abcdef")
    assert box.most_at_once == 2


async def test_a_busy_provider_is_asked_again_when_it_says(box: Box):
    box.add({"status": 429, "headers": {"retry-after": "7"}, "body": {"error": {"message": "slow down"}}}, lengths)
    clock = ScriptedClock()
    model = EmbeddingModel("openai:m", api_key="k", base_url=box.url, clock=clock)
    assert (await model.embed_text("abc")).vec == [3.0]
    assert clock.slept == [7.0]


async def test_one_failed_batch_fails_the_whole_and_ends_the_others(box: Box):
    box.add({"status": 400, "body": {"error": {"message": "too long"}}, "if": '"b"'})
    box.add(*[{"stall": "headers"}] * 2)
    model = EmbeddingModel("openai:m", api_key="k", base_url=box.url, batch_size=1, retry=False)
    with pytest.raises(ProviderError, match="too long"):
        await model.embed_texts(["a", "b", "c"])
    assert [await asyncio.to_thread(seen.wait_closed, 2.0) for seen in box.seen if seen.json["input"] != ["b"]] == ["client"] * (
        len(box.seen) - 1
    )


async def test_vectors_in_base64_are_read_as_numbers(box: Box):
    packed = base64.b64encode(array.array("f", [0.5, -2.0]).tobytes()).decode()
    box.add({"body": {"data": [{"index": 0, "embedding": packed}]}})
    params = {"encoding_format": "base64"}
    model = EmbeddingModel("openai:m", api_key="k", base_url=box.url, additional_params=params)
    assert (await model.embed_text("x")).vec == [0.5, -2.0]
    assert box.bodies[0]["encoding_format"] == "base64"


@pytest.mark.parametrize(
    ("provider", "kind", "sent"),
    [
        ("cohere", None, {"input_type": "search_document"}),
        ("cohere", "query", {"input_type": "search_query"}),
        ("voyageai", "query", {"input_type": "query"}),
        ("jina", "document", {"task": "retrieval.passage"}),
        ("openai", "query", {}),
    ],
)
async def test_a_query_and_a_document_are_told_apart_in_the_provider_s_words(box: Box, provider: str, kind: str | None, sent: dict):
    box.add({"body": {"embeddings": [[1.0]]}})
    await EmbeddingModel(f"{provider}:m", api_key="k", base_url=box.url).embed_text("x", input_type=kind)
    body = box.bodies[0]
    assert {name: value for name, value in body.items() if name in ("input_type", "task")} == sent


@pytest.mark.parametrize("body", [{"data": []}, {"data": [{"index": 0}]}, {"nothing": 1}, {"data": "text"}, [1]])
async def test_an_answer_that_is_no_embedding_is_told_as_such(box: Box, body):
    box.add({"body": body})
    with pytest.raises(StreamError, match="openai"):
        await EmbeddingModel("openai:m", api_key="k", base_url=box.url, retry=False).embed_text("x")


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"batch_size": 99_999}, {"dimensions": 0}, {"concurrency": 0}])
def test_options_that_cannot_be_are_refused(options: dict):
    with pytest.raises(ConfigError):
        EmbeddingModel("openai:m", api_key="k", **options)


async def test_reranked_documents_come_best_first(box: Box):
    rows = [{"index": 0, "relevance_score": 0.1}, {"index": 2, "relevance_score": 0.9}]
    box.add({"body": {"data": rows, "usage": {"total_tokens": 6}}})
    model = Reranker("voyageai:rerank-2", api_key="k", base_url=box.url)
    found = await model.rerank("q", ["a", "b", "c"], top_n=2)
    assert [(one.document, one.score) for one in found] == [("c", 0.9), ("a", 0.1)]
    assert box.bodies[0]["top_k"] == 2
    assert model.usage.total_tokens == 6


@pytest.mark.parametrize(
    ("name", "path", "sent", "answer"),
    [
        ("hyperbolic:FLUX", "/image/generation", {"model_name": "FLUX", "width": 640}, {"images": [{"image": "/9j/AA=="}]}),
        ("xai:grok", "/images/generations", {"response_format": "b64_json"}, {"data": [{"url": "https://x.example/a.png"}]}),
        ("gemini:imagen-4", ":predict", {"instances": [{"prompt": "A cat"}]}, {"predictions": [{"bytesBase64Encoded": "AA=="}]}),
        (
            "gemini:flash-image",
            ":generateContent",
            {"generationConfig": {"responseModalities": ["IMAGE"]}},
            {"candidates": [{"content": {"parts": [{"text": "x"}, {"inlineData": {"data": "AA==", "mimeType": "image/webp"}}]}}]},
        ),
    ],
)
async def test_a_picture_is_asked_for_in_the_provider_s_way(box: Box, name: str, path: str, sent: dict, answer: dict):
    box.add({"body": answer})
    size = "640x480" if name.startswith("hyperbolic") else None
    found = await ImageModel(name, api_key="k", base_url=box.url).generate("A cat", size=size)
    assert box.seen[0].path.endswith(path)
    assert sent.items() <= box.bodies[0].items()
    assert len(found.images) == 1
    assert found.image.media_type == {"hyperbolic:FLUX": "image/jpeg", "gemini:flash-image": "image/webp", "xai:grok": None}.get(
        name, "image/png"
    )


async def test_a_provider_that_answers_with_the_picture_itself_is_read_too(box: Box):
    box.add({"base64": "AAEC", "headers": {"content-type": "image/png"}})
    found = await ImageModel("huggingface:org/model", api_key="k", base_url=box.url).generate("A cat")
    assert found.image.data == b"\x00\x01\x02"
    assert box.seen[0].path.endswith("/hf-inference/models/org/model")


async def test_what_an_image_model_cannot_do_is_said_before_asking():
    with pytest.raises(ConfigError, match="one picture at a time"):
        await ImageModel("hyperbolic:m", api_key="k").generate("x", n=2)
    with pytest.raises(ConfigError, match="ratio"):
        await ImageModel("xai:m", api_key="k").generate("x", size="1024x1024")


async def test_speech_comes_as_sound(box: Box):
    box.add({"base64": "AAEC", "headers": {"content-type": "audio/wav"}}, {"body": {"audio": "AAEC"}})
    spoken = await SpeechModel("openai:tts-1", api_key="k", base_url=box.url, format="wav").speak("Hi", speed=2.0)
    assert (spoken.data, spoken.media_type) == (b"\x00\x01\x02", "audio/wav")
    assert box.bodies[0] == {"model": "tts-1", "input": "Hi", "voice": "alloy", "response_format": "wav", "speed": 2.0}
    assert (await SpeechModel("hyperbolic:EN", api_key="k", base_url=box.url).speak("Hi")).data == b"\x00\x01\x02"


async def test_a_recording_is_sent_as_a_form_that_others_can_read(box: Box):
    box.add({"body": {"text": "Hello", "language": "en", "duration": 1.5}})
    model = TranscriptionModel("groq:whisper", api_key="k", base_url=box.url)
    found = await model.transcribe(b"\r\n--\x00sound", filename='my "take".mp3', language="en", temperature=0.0)
    assert (found.text, found.language, found.duration_s) == ("Hello", "en", 1.5)
    seen = box.seen[0]
    form = BytesParser().parsebytes(f"content-type: {seen.headers['content-type']}\r\n\r\n".encode() + seen.body)
    parts = {part.get_param("name", header="content-disposition"): part for part in form.get_payload()}
    assert parts["file"].get_payload(decode=True) == b"\r\n--\x00sound"
    assert parts["file"].get_content_type() == "audio/mpeg"
    assert {name: parts[name].get_payload() for name in ("model", "language", "temperature")} == {
        "model": "whisper",
        "language": "en",
        "temperature": "0.0",
    }


def test_no_name_breaks_out_of_its_header():
    _, body = render_form({'a"\r\nx: y': "v"}, {"file": ("é\r\n.wav", "audio/wav", b"")})
    assert b"\r\nx: y" not in body
    assert "é%0D%0A.wav".encode() in body


@pytest.mark.parametrize("text", ["plain words", ""])
async def test_a_transcript_that_comes_as_text_is_the_text(box: Box, text: str):
    box.add({"body": text, "headers": {"content-type": "text/plain"}})
    model = TranscriptionModel("openai:m", api_key="k", base_url=box.url, additional_params={"response_format": "text"})
    assert (await model.transcribe(b"x")).text == text


async def test_every_page_of_a_list_of_models_is_read(box: Box):
    box.add({"body": {"data": [{"id": "a", "display_name": "A"}], "has_more": True, "last_id": "a"}}, {"body": {"data": [{"id": "b"}]}})
    found = await list_models("anthropic", api_key="k", base_url=box.url)
    assert [(one.id, one.name) for one in found] == [("a", "A"), ("b", "b")]
    assert [seen.query for seen in box.seen] == ["", "after_id=a"]
    box.add({"body": {"models": [{"name": "models/g", "inputTokenLimit": 9}]}}, {"body": [{"id": "t"}]}, {"status": 500, "body": {}})
    assert [(one.id, one.context_length) for one in await list_models("gemini", api_key="k", base_url=box.url)] == [("g", 9)]
    assert [one.id for one in await list_models("together", api_key="k", base_url=box.url)] == ["t"]
    with pytest.raises(ServerError):
        await list_models("openai", api_key="k", base_url=box.url)


async def test_a_key_in_an_answer_is_not_handed_on(box: Box):
    box.add({"status": 429, "body": {"error": {"message": "sk-secret-1 is out of luck"}}})
    with pytest.raises(RateLimitError) as raised:
        await Reranker("jina:m", api_key="sk-secret-1", base_url=box.url, retry=False).rerank("q", ["a"])
    assert "sk-secret-1" not in f"{raised.value} {raised.value.to_dict()}"


def told(body: dict) -> Completion:
    return Completion(Message.assistant("x"), Usage(1000, 100, 1100), raw=body)


@pytest.mark.parametrize(
    ("body", "dollars"),
    [
        ({"usage": {"cost": 0.00125}}, "0.00125"),
        ({"usage": {"cost": {"total_cost": 0.006}}}, "0.006"),
        ({"usage": {"cost_in_usd_ticks": 700_000_000}}, "0.07"),
        ({"cost": {"usd": 0.5}}, "0.5"),
    ],
)
def test_a_cost_that_the_provider_told_is_taken_at_its_word(body: dict, dollars: str):
    found = cost(told(body), "openrouter:any/model")
    assert found is not None
    assert (found.total_usd, found.source) == (Decimal(dollars), "provider")


def test_a_cost_that_was_not_told_comes_from_the_table_with_what_was_cached_counted_once():
    plain = cost(Usage(1000, 100, 1100), "anthropic:claude-sonnet-4-5")
    cached = cost(Usage(100, 100, 1100, cached_input_tokens=900), "anthropic:claude-sonnet-4-5")
    openai = cost(Usage(1000, 100, 1100, cached_input_tokens=900), "openai:gpt-5-nano")
    assert plain is not None
    assert cached is not None
    assert openai is not None
    assert plain.source == "table"
    assert plain.total_usd == Decimal("0.0045")  # $3 and $15 a million
    assert cached.total_usd == Decimal("0.00207")  # nine tenths of it at a tenth
    assert openai.total_usd < Decimal("0.00009")


def test_what_the_table_does_not_know_has_no_price():
    assert cost(Usage(1, 1, 2), "openai:a-model-of-next-year") is None
    assert cost(Usage(1, 1, 2), "llamacpp:mine") is None
