"""Transcription models: speech to text."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping
from typing import Any, ClassVar

from ..core.errors import ConfigError
from ..core.messages import Audio
from ..core.usage import Usage
from ..core.value import Value
from ..core.whole_text import whole
from .faults import parse_body
from .format import ServiceKind, merge_params
from .multipart import render_form
from .service import RemoteModel, parse_usage
from .shapes import number, record, records, string

PATHS = {"gemini": "models/{model}:generateContent", "xai": "stt"}
PROMPT = "Transcribe the audio verbatim. Answer with its words alone."


class Transcription(Value):
    """The text of a recording.

    Args:
        segments: Parts of the text with their times, in the provider's form.
        duration_s: Seconds of audio, where the provider says it.
        raw: The whole answer.
    """

    text: str
    language: str | None = None
    duration_s: float | None = None
    segments: tuple[Mapping[str, Any], ...] = ()
    usage: Usage = Usage()
    raw: Any = None

    def __str__(self) -> str:
        return self.text


class TranscriptionModel(RemoteModel):
    """A model that turns speech into text. model: "provider:model"."""

    kind: ClassVar[ServiceKind] = "transcription"

    async def transcribe(
        self,
        audio: Audio | bytes,
        *,
        filename: str | None = None,
        language: str | None = None,
        prompt: str | None = None,
        temperature: float | None = None,
    ) -> Transcription:
        """Returns the text that is spoken in a recording. Raises ProviderError.

        Args:
            audio: Bytes. The format follows from the Audio's media type or the file's name; else it is WAV.
            language: ISO 639-1.
            prompt: Words that the audio may hold, or instructions.
        """
        part = audio if isinstance(audio, Audio) else Audio(data=audio)
        if part.data is None:
            raise ConfigError("a transcription needs the audio's bytes, not its address")
        media_type = part.media_type or mimetypes.guess_type(filename or part.name or "")[0] or "audio/wav"
        name = filename or part.name or f"audio.{_format(media_type)}"
        options = {"language": language, "prompt": prompt, "temperature": temperature}
        given = {key: value for key, value in options.items() if value is not None}
        path = self._path(PATHS.get(self.service.form, "audio/transcriptions"))
        data, _ = await self._ask_bytes(path, self._render(part.data, media_type, name, given))
        result = self._read(_parse, parse_body(data))
        self.usage += result.usage
        return result

    def _render(self, data: bytes, media_type: str, name: str, given: Mapping[str, Any]) -> Any:
        match self.service.form:
            case "openai":
                fields = merge_params({"model": self.model, **given}, self.additional_params)
                texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in fields.items()}
                return render_form(texts, {"file": (name, media_type, data)})
            case "xai":  # no model is named, and the file must be the last field
                if given.keys() - {"language"}:
                    raise ConfigError("xai takes the audio and its language alone, no prompt and no temperature")
                extra = {key: json.dumps(value) if not isinstance(value, str) else value for key, value in self.additional_params.items()}
                return render_form({**given, **extra}, {"file": (name, media_type, data)})
            case "openrouter":
                sound = {"data": Audio(data=data).base64, "format": _format(media_type)}
                return merge_params({"model": self.model, "input_audio": sound, **given}, self.additional_params)
            case "bytes":
                if more := [*given, *self.additional_params]:
                    raise ConfigError(f"{self.endpoint.provider.name} takes the audio alone, no {', '.join(more)}")
                return media_type, data
        return merge_params(_render_gemini(data, media_type, given), self.additional_params)


def _render_gemini(data: bytes, media_type: str, given: Mapping[str, Any]) -> dict[str, Any]:
    language = f" It is in the language {given['language']}." if "language" in given else ""
    prompt = f" {given['prompt']}" if "prompt" in given else ""
    parts = [{"text": PROMPT + language + prompt}, {"inlineData": {"mimeType": media_type, "data": Audio(data=data).base64}}]
    config = {"generationConfig": {"temperature": given["temperature"]}} if "temperature" in given else {}
    return {"contents": [{"role": "user", "parts": parts}]} | config


def _parse(raw: Any) -> Transcription:
    body = whole(raw)
    if isinstance(body, str):  # response_format text, srt or vtt
        return Transcription(body.strip(), raw=raw)
    if "candidates" in body:
        candidate = next(iter(records(body["candidates"])), {})
        parts = records(record(candidate.get("content")).get("parts"))
        text = "".join(string(part.get("text")) for part in parts if not part.get("thought"))
        return Transcription(text, usage=parse_usage(body.get("usageMetadata")), raw=raw)
    if not isinstance(body["text"], str):
        raise ValueError("the text is none")
    usage = record(body.get("usage"))
    duration = body.get("duration") or usage.get("seconds") or usage.get("prompt_audio_seconds")
    return Transcription(
        body["text"],
        string(body.get("language")) or None,
        number(duration),
        tuple(records(body.get("segments")) or records(body.get("chunks")) or records(body.get("words"))),
        parse_usage(usage),
        raw,
    )


def _format(media_type: str) -> str:
    kind = media_type.partition(";")[0].rpartition("/")[2].removeprefix("x-").removeprefix("vnd.")
    return {"mpeg": "mp3", "wave": "wav", "mp4": "m4a"}.get(kind, kind)
