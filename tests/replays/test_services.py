"""Recorded calls of everything that is no conversation: what is sent is what was recorded, and what comes back is what the body says."""

import base64
import json
from collections.abc import Awaitable, Callable

import pytest

from staysail import (
    EmbeddingModel,
    ImageModel,
    ProviderError,
    Reranker,
    SpeechModel,
    TranscriptionModel,
    list_models,
)
from staysail.testing import ReplayTransport
from tests.replays.scope import Scenario, scenarios

# Recording file -> our provider, where it has no file of its own.
COMPATIBLE = {"doubleword": "openai-compatible", "venice": "openai-compatible"}
SOUND = b"RIFF\x00\x00\x00\x00WAVE"


class Call:
    """One recorded call, and what is made of it."""

    def __init__(self, file: str, interaction: dict) -> None:
        self.provider = COMPATIBLE.get(file, file)
        self.request, self.response = interaction["request"], interaction["response"]
        self.transport = ReplayTransport([interaction])
        self.options = {"api_key": "test-key", "base_url": "http://127.0.0.1", "transport": self.transport, "retry": False}

    @property
    def recorded(self) -> dict:
        return json.loads(self.request["body"])

    @property
    def told(self) -> dict:
        return json.loads(self.response["body"])

    @property
    def sent(self) -> dict:
        return self.transport.bodies[-1]

    def name(self, model: str) -> str:
        return f"{self.provider}:{model}"


async def embed(call: Call) -> None:
    body = call.recorded
    if "images" in body:
        model = EmbeddingModel(call.name(body["model"]), **call.options)
        vectors = await model.embed_images([base64.b64decode(body["images"][0].partition(",")[2])])
        assert vectors == call.told["embeddings"]["float"]
        assert call.sent["input_type"] == "image"
        return
    texts = body.get("texts") or body["input"]
    more = {name: value for name, value in body.items() if name not in ("model", "texts", "input", "dimensions", "input_type")}
    model = EmbeddingModel(
        call.name(body["model"]),
        dimensions=body.get("dimensions"),
        input_type=body.get("input_type"),
        additional_params=more,
        concurrency=1,
        **call.options,
    )
    found = await model.embed_texts(texts)
    assert call.sent == body
    told = call.told
    rows = told["data"] if "data" in told else told["embeddings"]
    assert [one.vec for one in found] == [row["embedding"] if isinstance(row, dict) else row for row in rows]
    assert [one.document for one in found] == texts
    usage = told.get("usage") or {"prompt_tokens": told["meta"]["billed_units"]["input_tokens"]}
    assert model.usage.input_tokens == usage["prompt_tokens"]


async def embed_with_gemini(call: Call) -> None:
    body = call.recorded
    requests = body["requests"]
    id = requests[0]["model"].removeprefix("models/")
    model = EmbeddingModel(call.name(id), dimensions=requests[0].get("output_dimensionality"), **call.options)
    found = await model.embed_texts([request["content"]["parts"][0]["text"] for request in requests])
    spelt = json.loads(json.dumps(body).replace("output_dimensionality", "outputDimensionality"))
    assert call.sent == spelt
    assert [one.vec for one in found] == [row["values"] for row in call.told["embeddings"]]


async def rerank(call: Call) -> None:
    body = call.recorded
    model = Reranker(call.name(body["model"]), **call.options)
    found = await model.rerank(body["query"], body["documents"], top_n=body.get("top_n"))
    if body.get("top_n") == 0 or not body["documents"]:
        assert found == []  # known without asking
        return
    assert call.sent == body | ({"top_n": min(body["top_n"], len(body["documents"]))} if "top_n" in body else {})
    best_first = sorted(call.told["results"], key=lambda row: -row["relevance_score"])
    assert [(one.index, one.score) for one in found] == [(row["index"], row["relevance_score"]) for row in best_first]
    assert model.usage.input_tokens == call.told["usage"]["prompt_tokens"]


async def draw(call: Call) -> None:
    body = call.recorded
    more = {name: value for name, value in body.items() if name not in ("model", "prompt", "size")}
    model = ImageModel(call.name(body["model"]), additional_params=more, **call.options)
    found = await model.generate(body["prompt"], size=body.get("size"))
    assert call.sent == body
    assert [image.base64 for image in found.images] == [row["b64_json"] for row in call.told["data"]]
    assert found.raw == call.told


async def speak(call: Call) -> None:
    body = call.recorded
    model = SpeechModel(call.name(body["model"]), voice=body["voice"], format=body.get("response_format"), **call.options)
    sound = await model.speak(body["input"], speed=body["speed"])
    assert call.sent == body
    assert sound.data == base64.b64decode(call.response["body"])
    assert sound.media_type == call.response["headers"]["content-type"]


async def transcribe(call: Call) -> None:
    if call.request["body"]:
        body = call.recorded
        model = TranscriptionModel(call.name(body["model"]), **call.options)
        found = await model.transcribe(base64.b64decode(body["input_audio"]["data"]), filename=f"x.{body['input_audio']['format']}")
        assert call.sent == body
    else:  # a recorded form is without its body
        model = TranscriptionModel(call.name("m"), **call.options)
        found = await model.transcribe(SOUND, filename="x.wav", language="en")
        sent = call.transport.requests[0]
        assert SOUND in sent.body
        assert b'name="model"\r\n\r\nm\r\n' in sent.body
        assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
    told = call.told
    assert found.text == told["text"]
    usage = told.get("usage") or {}
    assert found.usage.total_tokens == usage.get("total_tokens", 0)
    assert found.duration_s == told.get("duration", usage.get("seconds"))


async def list_them(call: Call) -> None:
    options = {name: value for name, value in call.options.items() if name != "retry"}
    found = await list_models(call.provider, **options)
    told = call.told
    rows = told.get("data") or told["models"]
    assert [one.id for one in found] == [row.get("id") or row["name"] for row in rows]
    assert [one.raw for one in found] == rows
    lengths = ("context_length", "max_context_length", "context_window")
    assert [one.context_length for one in found] == [next((row[name] for name in lengths if row.get(name)), None) for row in rows]


SERVICES: dict[str, Callable[[Call], Awaitable[None]]] = {
    "/embeddings": embed,
    "/v1/embed": embed,
    ":batchEmbedContents": embed_with_gemini,
    "/rerank": rerank,
    "/images/generations": draw,
    "/audio/speech": speak,
    "/audio/transcriptions": transcribe,
    "/models": list_them,
    "/api/tags": list_them,
}


def service_of(interaction: dict) -> Callable[[Call], Awaitable[None]] | None:
    path = interaction["request"]["path"]
    return next((service for end, service in SERVICES.items() if path.endswith(end)), None)


def with_services() -> list[Scenario]:
    return [scenario for scenario in scenarios() if scenario.reason and any(map(service_of, scenario.all))]


@pytest.mark.parametrize("scenario", with_services(), ids=str)
async def test_a_recorded_service_is_asked_and_read_as_it_was(scenario: Scenario):
    for interaction in scenario.all:
        service, call = service_of(interaction), Call(scenario.file, interaction)
        if service is None:
            continue
        if call.response["status"] < 400:
            await service(call)
            continue
        if call.request["body"] and not json.loads(call.request["body"]).get("documents", [0]):
            continue  # nothing to rerank is not asked for
        # What was too much for one request goes in several here; the first gets the recorded answer.
        with pytest.raises(ProviderError) as raised:
            await service(call)
        assert raised.value.status == call.response["status"]
        assert raised.value.body == call.told
