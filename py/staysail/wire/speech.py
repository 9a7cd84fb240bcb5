"""Speech models: text to speech."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..core.errors import ConfigError
from ..core.messages import Audio
from .faults import parse_body
from .format import ServiceKind, merge_params
from .service import RemoteModel
from .shapes import read_media, record


class SpeechModel(RemoteModel):
    """A model that speaks texts.

    Args:
        voice: A voice of the model.
        format: Format of the sound ("mp3", "wav", "opus", ...), where it can be chosen.
    """

    kind: ClassVar[ServiceKind] = "speech"

    def __init__(self, model: str, *, voice: str | None = None, format: str | None = None, **options: Any) -> None:
        super().__init__(model, **options)
        self.voice, self.format = voice, format
        if format and self.service.form != "openai":
            raise ConfigError(f"{self.name} has one format only")

    async def speak(
        self, text: str, *, voice: str | None = None, speed: float | None = None, additional_params: Mapping[str, Any] | None = None
    ) -> Audio:
        """Returns the text, spoken. Raises ProviderError.

        Args:
            speed: 1.0 is the voice's own.
        """
        if not text.strip():
            raise ConfigError("Text cannot be empty")
        body = self._render(text, voice or self.voice, {} if speed is None else {"speed": speed})
        sent = merge_params(merge_params(body, self.additional_params), additional_params or {})
        data, response = await self._ask_bytes(self._path("audio/speech"), sent)
        kind = response.headers.get("content-type", "").partition(";")[0]
        if "json" in kind:
            return self._read(_parse, parse_body(data))
        return Audio(data=data, media_type=kind or f"audio/{self.format or 'mpeg'}")

    def _render(self, text: str, voice: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
        if self.service.form == "hyperbolic":  # whose models are languages
            speaker = {"speaker": voice} if voice else {}
            return {"text": text, "language": self.model} | speaker | dict(given)
        shape = {"response_format": self.format} if self.format else {}
        return {"model": self.model, "input": text, "voice": voice or "alloy"} | shape | dict(given)


def _parse(body: Any) -> Audio:
    sound = read_media(Audio, record(body).get("audio"), "audio/mpeg")
    if sound is None or not sound.data:
        raise ValueError("no sound in the answer")
    return sound
