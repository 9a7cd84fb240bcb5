"""Speech models: text to speech."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any, ClassVar, Unpack

from ..core.errors import ConfigError
from ..core.messages import Audio
from ..core.signatures import lists
from .faults import parse_body
from .format import ServiceKind, merge_params
from .service import RemoteModel, RemoteOptions
from .shapes import read_media, record, records, string

# Formats by the shape of the service; one that is not here passes any on.
FORMATS: dict[str, tuple[str, ...]] = {
    "hyperbolic": (),
    "gemini": ("wav",),
    "mistral": ("mp3", "wav", "pcm", "flac", "opus"),
    "xai": ("mp3", "wav", "pcm", "mulaw", "alaw"),
}
PATHS = {"xai": "tts", "gemini": "models/{model}:generateContent"}


class SpeechModel(RemoteModel):
    """A model that speaks texts.

    Args:
        voice: A voice of the model.
        format: Format of the sound ("mp3", "wav", "opus", ...), where it can be chosen.
    """

    kind: ClassVar[ServiceKind] = "speech"

    @lists(RemoteOptions, {})
    def __init__(self, model: str, *, voice: str | None = None, format: str | None = None, **options: Unpack[RemoteOptions]) -> None:
        super().__init__(model, **options)
        self.voice, self.format = voice, format
        known = FORMATS.get(self.service.form)
        if format and known is not None and format not in known:
            raise ConfigError(f"{self.name} gives {', '.join(known) or 'one format only'}, not {format}")

    async def speak(
        self, text: str, *, voice: str | None = None, speed: float | None = None, additional_params: Mapping[str, Any] | None = None
    ) -> Audio:
        """Returns the text, spoken. Raises ProviderError.

        Args:
            voice: A voice of the model, in place of this object's.
            speed: 1.0 is the voice's own.
            additional_params: Further fields of the request.
        """
        if not text.strip():
            raise ConfigError("Text cannot be empty")
        if speed is not None and self.service.form in ("mistral", "gemini"):
            raise ConfigError(f"{self.name} has no speed")
        body = self._render(text, voice or self.voice, {} if speed is None else {"speed": speed})
        sent = merge_params(merge_params(body, self.additional_params), additional_params or {})
        data, response = await self._ask_bytes(self._path(PATHS.get(self.service.form, "audio/speech")), sent)
        kind = response.headers.get("content-type", "").partition(";")[0]
        if "json" in kind:
            return self._read(_parse, parse_body(data))
        return Audio(data=data, media_type=kind or f"audio/{self.format or 'mpeg'}")

    def _render(self, text: str, voice: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
        if self.service.form == "hyperbolic":  # whose models are languages
            speaker = {"speaker": voice} if voice else {}
            return {"text": text, "language": self.model} | speaker | dict(given)
        form = self.service.form
        if form == "xai":
            codec = {"codec": self.format or "mp3"}
            return {"text": text, "voice_id": voice or "eve", "language": "auto", "output_format": codec, **given}
        if form == "gemini":
            config = {
                "responseModalities": ["AUDIO"],
                "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice or "Kore"}}},
            }
            return {"contents": [{"role": "user", "parts": [{"text": text}]}], "generationConfig": config}
        if form == "mistral":
            return {"model": self.model, "input": text, "response_format": self.format or "mp3"} | ({"voice_id": voice} if voice else {})
        shape = {"response_format": self.format} if self.format else {}
        return {"model": self.model, "input": text, "voice": voice or "alloy"} | shape | dict(given)


def _parse(body: Any) -> Audio:
    fields = record(body)
    for candidate in records(fields.get("candidates")):
        for part in records(record(candidate.get("content")).get("parts")):
            data = record(part.get("inlineData"))
            sound = read_media(Audio, data.get("data"), string(data.get("mimeType")) or "audio/L16;rate=24000")
            if isinstance(sound, Audio) and sound.data:
                return _with_header(sound)
    sound = read_media(Audio, fields.get("audio") or fields.get("audio_data"), "audio/mpeg")
    if sound is None or not sound.data:
        raise ValueError("no sound in the answer")
    return sound


def _with_header(sound: Audio) -> Audio:
    """Samples without a header (audio/L16;rate=24000) as a WAV file."""
    kind = sound.media_type or ""
    if not re.match(r"audio/(l16|pcm)", kind, re.IGNORECASE):
        return sound
    rate = int(found[1]) if (found := re.search(r"rate=(\d{1,6})\b", kind)) else 24_000
    data = sound.data or b""
    head = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVEfmt ", 16, 1, 1, rate, 2 * rate, 2, 16, b"data", len(data))
    return Audio(data=head + data, media_type="audio/wav")
