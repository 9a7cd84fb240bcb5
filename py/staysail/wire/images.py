"""Image models, which make pictures from text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ..core.errors import ConfigError
from ..core.messages import Image
from ..core.usage import Usage
from ..core.value import Value
from .faults import parse_body
from .format import ServiceKind, merge_params
from .service import RemoteModel, parse_usage
from .shapes import read_media, record, records, string


class GeneratedImages(Value):
    """Pictures that a model made.

    Args:
        images: Bytes, or addresses where the provider keeps the bytes.
        raw: The whole answer; None where it was the bytes alone.
    """

    images: tuple[Image, ...]
    usage: Usage = Usage()
    raw: Any = None

    @property
    def image(self) -> Image:
        return self.images[0]


class ImageModel(RemoteModel):
    """A model that makes pictures. model: "provider:model"."""

    kind: ClassVar[ServiceKind] = "images"

    async def generate(
        self, prompt: str, *, size: str | None = None, n: int = 1, additional_params: Mapping[str, Any] | None = None
    ) -> GeneratedImages:
        """Returns the pictures. Raises ProviderError; ConfigError for an option that the provider does not have.

        Args:
            size: "1024x1024" (width x height) or "16:9", as the provider has it.
            n: Number of pictures, where the provider makes several at a time.
        """
        if not prompt.strip():
            raise ConfigError("Prompt cannot be empty")
        path, body = self._render(prompt, size, n)
        sent = merge_params(merge_params(body, self.additional_params), additional_params or {})
        data, response = await self._ask_bytes(path, sent)
        kind = response.headers.get("content-type", "").partition(";")[0]
        if kind.startswith("image/"):
            return GeneratedImages((Image(data=data, media_type=kind),))
        result = self._read(_parse, parse_body(data))
        self.usage += result.usage
        return result

    def _render(self, prompt: str, size: str | None, n: int) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = {"model": self.model, "prompt": prompt} | ({"n": n} if n != 1 else {})
        match self.service.form:
            case "openai":
                return self._path("images/generations"), body | ({"size": size} if size else {})
            case "xai":
                ratio = {"aspect_ratio": self._ratio(size)} if size else {}
                return self._path("images/generations"), body | {"response_format": "b64_json"} | ratio
            case "openrouter":
                self._only_one(n)
                shape: dict[str, Any] = {"image_config": {"aspect_ratio": self._ratio(size)}} if size else {}
                words = [{"role": "user", "content": prompt}]
                return self._path("chat/completions"), {"model": self.model, "messages": words, "modalities": ["image", "text"]} | shape
            case "gemini" if self.model.startswith("imagen"):
                settings = {"sampleCount": n} | ({"aspectRatio": self._ratio(size)} if size else {})
                return self._path("models/{model}:predict"), {"instances": [{"prompt": prompt}], "parameters": settings}
        self._only_one(n)
        if self.service.form == "gemini":
            config: dict[str, Any] = {"responseModalities": ["IMAGE"]}
            if size:
                config["imageConfig"] = {"aspectRatio": self._ratio(size)}
            contents = [{"role": "user", "parts": [{"text": prompt}]}]
            return self._path("models/{model}:generateContent"), {"contents": contents, "generationConfig": config}
        sides = self._sides(size)
        if self.service.form == "hyperbolic":
            return self._path("image/generation"), {"model_name": self.model, "prompt": prompt} | sides
        return self._path("{model}"), {"inputs": prompt} | ({"parameters": sides} if sides else {})

    def _only_one(self, n: int) -> None:
        if n != 1:
            raise ConfigError(f"{self.name} makes one picture at a time, not {n}")

    def _ratio(self, size: str) -> str:
        if ":" not in size:
            raise ConfigError(f'{self.endpoint.provider.name} takes the size as a ratio, such as "16:9", not {size!r}')
        return size

    def _sides(self, size: str | None) -> dict[str, int]:
        if size is None:
            return {}
        width, _, height = size.partition("x")
        if not (width.isdigit() and height.isdigit()):
            raise ConfigError(f'{self.endpoint.provider.name} takes the size as width x height, such as "1024x768", not {size!r}')
        return {"width": int(width), "height": int(height)}


def _parse(body: Mapping[str, Any]) -> GeneratedImages:
    kind = f"image/{string(body.get('output_format')) or 'png'}"
    images = tuple(image for image in _find(body, kind) if image)
    if not images:
        raise ValueError("no picture in the answer")
    return GeneratedImages(images, parse_usage(body.get("usage") or body.get("usageMetadata")), body)


def _find(body: Mapping[str, Any], kind: str) -> Iterable[Image | None]:
    for row in records(body.get("data")):
        given = row.get("b64_json")
        yield read_media(Image, given, string(row.get("mime_type")) or kind) if given else read_media(Image, row.get("url"), None)
    hyperbolic = body.get("images")
    for row in hyperbolic if isinstance(hyperbolic, list) else ():
        text = string(row["image"] if isinstance(row, dict) and "image" in row else row)
        yield read_media(Image, text, _sniff(text))
    for row in records(body.get("predictions")):  # Imagen's
        yield read_media(Image, row.get("bytesBase64Encoded"), string(row.get("mimeType")) or kind)
    for choice in records(body.get("choices")):
        for row in records(record(choice.get("message")).get("images")):
            yield read_media(Image, record(row.get("image_url")).get("url"), kind)
    for candidate in records(body.get("candidates")):
        for part in records(record(candidate.get("content")).get("parts")):
            data = record(part.get("inlineData"))
            if data and not part.get("thought"):
                yield read_media(Image, data.get("data"), string(data.get("mimeType")) or kind)


def _sniff(text: str) -> str:
    """Returns the type of a picture in base64 whose provider does not name it: a JPEG begins with /9j/, a WebP with UklGR."""
    return "image/jpeg" if text.startswith("/9j/") else "image/webp" if text.startswith("UklGR") else "image/png"
