"""Speech, transcription, pictures, OCR and reranking of the providers whose shapes are their own."""

import base64
import io
import wave
from typing import Any

import pytest

from staysail import ConfigError, File, Image, ImageModel, OcrModel, ProviderError, Reranker, SpeechModel, StreamError, TranscriptionModel
from tests.rules.account import form_of
from tests.server import Box

SOUND = base64.b64encode(b"\x01\x02" * 100).decode()
GEMINI = {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=16000", "data": SOUND}}]}}]}
SPEECH: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "mistral:voxtral-tts",
        {"body": {"audio_data": SOUND}},
        "/audio/speech",
        {"model": "voxtral-tts", "input": "Hi", "response_format": "mp3", "voice_id": "v"},
    ),
    (
        "xai:tts",
        {"base64": SOUND, "headers": {"content-type": "audio/mpeg"}},
        "/tts",
        {"text": "Hi", "voice_id": "v", "language": "auto", "output_format": {"codec": "mp3"}},
    ),
    (
        "openrouter:openai/gpt-audio",
        {"base64": SOUND, "headers": {"content-type": "audio/mpeg"}},
        "/audio/speech",
        {"model": "openai/gpt-audio", "input": "Hi", "voice": "v"},
    ),
]


@pytest.mark.parametrize(("model", "answer", "path", "sent"), SPEECH, ids=[row[0] for row in SPEECH])
async def test_words_are_spoken_in_each_providers_way(box: Box, model: str, answer: dict[str, Any], path: str, sent: dict[str, Any]):
    box.add(answer)
    sound = await SpeechModel(model, api_key="k", base_url=box.url).speak("Hi", voice="v")
    assert sound.data == base64.b64decode(SOUND)
    assert box.seen[0].path.endswith(path)
    assert box.bodies[0] == sent


async def test_samples_of_gemini_are_a_wav_file(box: Box):
    box.add({"body": GEMINI})
    sound = await SpeechModel("gemini:gemini-3.8-flash-tts", api_key="k", base_url=box.url).speak("Hi")
    with wave.open(io.BytesIO(sound.data or b"")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth(), file.getnframes()) == (16_000, 1, 2, 100)
    config = box.bodies[0]["generationConfig"]
    assert config["responseModalities"] == ["AUDIO"]
    assert config["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"] == {"voiceName": "Kore"}
    whole = {"mimeType": "audio/wav", "data": SOUND}
    box.add({"body": {"candidates": [{"content": {"parts": [{"inlineData": whole}]}}]}})
    assert (await SpeechModel("gemini:m", api_key="k", base_url=box.url).speak("Hi")).data == base64.b64decode(SOUND)


@pytest.mark.parametrize("body", [{}, {"candidates": []}, {"candidates": [{"content": {"parts": [{"text": "no"}]}}]}, {"audio_data": 3}])
async def test_an_answer_without_sound_is_an_error(box: Box, body: dict[str, Any]):
    box.add({"body": body})
    with pytest.raises(StreamError):
        await SpeechModel("gemini:m", api_key="k", base_url=box.url, retry=False).speak("Hi")


@pytest.mark.parametrize(("model", "format"), [("gemini:m", "mp3"), ("mistral:m", "mulaw"), ("xai:m", "opus"), ("hyperbolic:EN", "mp3")])
def test_a_format_that_a_provider_lacks_is_refused_at_once(model: str, format: str):
    with pytest.raises(ConfigError, match=format):
        SpeechModel(model, api_key="k", format=format)


async def test_a_speed_that_a_provider_lacks_is_refused_at_once():
    with pytest.raises(ConfigError, match="speed"):
        await SpeechModel("mistral:m", api_key="k").speak("Hi", speed=2.0)


async def test_xai_transcribes(box: Box):
    words = [{"text": "Hello", "start": 0.0, "end": 0.4}]
    box.add({"body": {"text": "Hello", "language": "en", "duration": 0.5, "words": words}})
    model = TranscriptionModel("xai:stt", api_key="k", base_url=box.url, additional_params={"diarize": True})
    found = await model.transcribe(b"sound", filename="a.mp3", language="en")
    assert (found.text, found.language, found.duration_s, list(found.segments)) == ("Hello", "en", 0.5, words)
    parts = form_of(box.seen[0])
    assert box.seen[0].path.endswith("/stt")
    assert [name for name, _, _ in parts] == ["language", "diarize", "file"]  # it takes the file last
    with pytest.raises(ConfigError, match="language alone"):
        await model.transcribe(b"x", prompt="Names")


async def test_openrouter_draws_and_ranks(box: Box):
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    box.add({"body": {"choices": [{"message": {"role": "assistant", "content": "", "images": [picture]}}], "usage": {"total_tokens": 5}}})
    found = await ImageModel("openrouter:google/flash-image", api_key="k", base_url=box.url).generate("A cat", size="16:9")
    assert (found.image.media_type, found.image.base64) == ("image/png", "iVBORw0KGgo=")
    assert box.bodies[0]["modalities"] == ["image", "text"]
    assert box.bodies[0]["image_config"] == {"aspect_ratio": "16:9"}
    box.add({"body": {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]}})
    ranked = await Reranker("openrouter:cohere/rerank-v3.5", api_key="k", base_url=box.url).rerank("q", ["a", "b"])
    assert [one.document for one in ranked] == ["b", "a"]
    assert box.seen[1].path.endswith("/rerank")


PAGES = {
    "pages": [
        {"index": 0, "markdown": "# One\n\n![a.jpeg](a.jpeg)", "images": [{"id": "a.jpeg", "image_base64": "/9j/AA=="}]},
        {"index": 2, "markdown": "Three", "images": []},
    ],
    "model": "mistral-ocr-latest",
    "usage_info": {"pages_processed": 2},
}
DOCUMENTS: list[tuple[Any, dict[str, Any]]] = [
    (b"%PDF", {"type": "document_url", "document_url": "data:application/pdf;base64,JVBERg=="}),
    (
        File(url="https://x.example/a.pdf", name="a"),
        {"type": "document_url", "document_url": "https://x.example/a.pdf", "document_name": "a"},
    ),
    (Image(data=b"x", media_type="image/webp"), {"type": "image_url", "image_url": "data:image/webp;base64,eA=="}),
    (File(file_id="f1"), {"type": "file", "file_id": "f1"}),
]


@pytest.mark.parametrize(("document", "sent"), DOCUMENTS)
async def test_a_document_is_read_as_markdown(box: Box, document: Any, sent: dict[str, Any]):
    box.add({"body": PAGES})
    found = await OcrModel("mistral:mistral-ocr-latest", api_key="k", base_url=box.url).read(document, pages=[0, 2], images=True)
    assert found.markdown == "# One\n\n![a.jpeg](a.jpeg)\n\nThree"
    assert [(page.index, list(page.images)) for page in found.pages] == [(0, ["a.jpeg"]), (2, [])]
    assert found.pages_read == 2
    assert box.bodies[0] == {"model": "mistral-ocr-latest", "document": sent, "include_image_base64": True, "pages": [0, 2]}


@pytest.mark.parametrize("body", [{}, {"pages": None}, [], "text"])
async def test_an_answer_without_pages_is_an_error(box: Box, body: Any):
    box.add({"body": body})
    with pytest.raises(ProviderError):
        await OcrModel("mistral:m", api_key="k", base_url=box.url, retry=False).read(b"x")


async def test_what_ocr_cannot_do_is_refused_at_once():
    with pytest.raises(ConfigError, match="at least one page"):
        await OcrModel("mistral:m", api_key="k").read(b"x", pages=[])
    with pytest.raises(ConfigError, match="no OCR models"):
        OcrModel("openai:m", api_key="k")
