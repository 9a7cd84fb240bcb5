"""Models without an agent, for JavaScript: completions, embeddings, transcriptions, pictures and speech."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import staysail

from ..core.completion import CompletionRequest
from ..core.errors import ConfigError
from ..core.events import plain
from ..core.messages import Audio, Media, Message
from ..wire.engine_model import embed
from ..wire.format import Registry
from .access import read_access, read_limits
from .peer import Method, Peer
from .remote import Owner

type FileList = list[dict[str, Any]]  # a method below hides `list`


class Models:
    """The methods `model.*` of one peer."""

    def __init__(self, peer: Peer) -> None:
        self._owner = Owner(peer)
        self.methods: dict[str, Method] = {
            "model.complete": self.complete,
            "model.stream": self.stream,
            "model.embed": self.embed,
            "model.rerank": self.rerank,
            "model.transcribe": self.transcribe,
            "model.draw": self.draw,
            "model.read": self.read,
            "model.speak": self.speak,
            "model.list": self.list,
            "model.known": self.known,
            "providers": self.providers,
            "files.upload": self.upload,
            "files.list": self.all_files,
            "files.get": self.file,
            "files.content": self.content,
            "files.delete": self.delete,
        }

    async def complete(self, params: dict[str, Any]) -> dict[str, Any]:
        completion = await self._chat(params).complete(CompletionRequest(**params["request"]))
        return completion.to_dict()

    async def stream(self, params: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        """Yields events and, last, the completion."""
        async with aclosing(self._chat(params).stream(CompletionRequest(**params["request"]))) as events:
            async for event in events:
                yield event.to_dict()

    async def embed(self, params: dict[str, Any]) -> list[list[float]]:
        provider, _, name = params["access"]["model"].partition(":")
        if provider == "local":
            return await embed("local", params["texts"], name)
        model = staysail.EmbeddingModel(**self._options(params))
        return [embedding.vec for embedding in await model.embed_texts(params["texts"])]

    async def rerank(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        model = staysail.Reranker(**self._options(params))
        return [_fields(ranked) for ranked in await model.rerank(params["query"], params["documents"], top_n=params["top_n"])]

    async def transcribe(self, params: dict[str, Any]) -> dict[str, Any]:
        """Transcribes audio. params: data, as base64 text, and its media_type."""
        audio = Audio(data=params["data"], media_type=params.get("media_type"))
        return _fields(await staysail.TranscriptionModel(**self._options(params)).transcribe(audio, **params["asked"]))

    async def read(self, params: dict[str, Any]) -> dict[str, Any]:
        """Reads a document. params: `part`, a file or a picture, and `asked`, the options of OcrModel.read."""
        document = Message.from_dict({"role": "user", "content": [params["part"]]}).content[0]
        if not isinstance(document, Media):
            raise ConfigError("OCR reads files and pictures")
        found = await staysail.OcrModel(**self._options(params)).read(document, **params["asked"])
        pages = [_fields(page) | {"images": {name: picture.to_dict() for name, picture in page.images.items()}} for page in found.pages]
        return {"markdown": found.markdown, "pages": pages, "pages_read": found.pages_read, "raw": found.raw}

    async def draw(self, params: dict[str, Any]) -> dict[str, Any]:
        return _fields(await staysail.ImageModel(**self._options(params)).generate(params["prompt"], **params["asked"]))

    async def speak(self, params: dict[str, Any]) -> dict[str, Any]:
        return (await staysail.SpeechModel(**self._options(params)).speak(params["text"], **params["asked"])).to_dict()

    async def providers(self, params: dict[str, Any]) -> list[str]:
        """Returns the names of providers, of those with the service, if `params` names one."""
        return staysail.provider_names(params.get("service"))

    async def list(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        """Returns the models of the provider that `access` names as its model."""
        access = read_access(self._owner, params["access"])
        return [_fields(info) for info in await staysail.list_models(access.pop("model"), **access)]

    async def known(self, params: dict[str, Any]) -> dict[str, Any] | None:
        """Returns what the catalog has of a model, "provider:model"; None for a model that it does not have."""
        provider, _, model = params["model"].partition(":")
        known = Registry.known(provider, model) if Registry.known else None
        return None if known is None else _fields(known)

    async def upload(self, params: dict[str, Any]) -> dict[str, Any]:
        """params: data, as base64 text."""
        return _described(await self._files(params).upload(base64.b64decode(params["data"]), **params["asked"]))

    async def all_files(self, params: dict[str, Any]) -> FileList:
        return [_described(file) for file in await self._files(params).list()]

    async def file(self, params: dict[str, Any]) -> dict[str, Any]:
        return _described(await self._files(params).get(params["id"]))

    async def content(self, params: dict[str, Any]) -> str:
        return base64.b64encode(await self._files(params).content(params["id"])).decode()

    async def delete(self, params: dict[str, Any]) -> None:
        await self._files(params).delete(params["id"])

    def _files(self, params: dict[str, Any]) -> staysail.ProviderFiles:
        """The files of a provider, which `access` names as its model."""
        access = read_access(self._owner, params["access"])
        return staysail.ProviderFiles(access.pop("model"), **access)

    def _chat(self, params: dict[str, Any]) -> staysail.Model:
        access = read_access(self._owner, params["access"])
        model = access.pop("model")
        return staysail.load_model(model, **access) if isinstance(model, str) else model

    def _options(self, params: dict[str, Any]) -> dict[str, Any]:
        return read_access(self._owner, params["access"]) | read_limits(params["options"])


def _fields(value: Any) -> dict[str, Any]:
    return {name: plain(getattr(value, name)) for name in type(value).__match_args__}


def _described(file: staysail.RemoteFile) -> dict[str, Any]:
    return {name: value for name, value in _fields(file).items() if name != "reference"} | {"part": file.part.to_dict()}
