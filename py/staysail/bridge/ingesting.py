"""Ingestion of the page's files into a store. A file's bytes cross when its turn has come, so that one file is in memory at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

import staysail

from ..core.errors import ConfigError, LoaderError
from ..core.utf16 import Utf16Places
from ..rag.markup import split_html
from ..rag.source import Source, open_source
from ..rag.splitters import Passage, split_code, split_markdown, split_sentences, split_text, split_tokens
from .peer import BYTES, Method, Peer, RemoteError
from .stores import Stores

SPLITTERS: dict[str, Callable[..., list[Passage]]] = {
    "text": split_text,
    "tokens": split_tokens,
    "sentences": split_sentences,
    "markdown": split_markdown,
    "html": split_html,
    "code": split_code,
}


class Ingesting:
    def __init__(self, peer: Peer, stores: Stores) -> None:
        self._peer, self._stores = peer, stores
        self.methods: dict[str, Method] = {"store.ingest": self.ingest, "documents.load": self.load, "text.split": self.split}

    async def ingest(self, params: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        """Ingests files. params: store, options, splitter, and files: each {name, media_type, size_bytes}, or {url, name, media_type}."""
        store, options = self._stores.find(**params["store"]), params["options"]
        if described := params.get("splitter"):
            options = {**options, "splitter": self._splitter(options, **described)}
        files = [self._open(index, **file) for index, file in enumerate(params["files"])]
        async with aclosing(staysail.ingest(files, store, **options)) as events:
            async for event in events:
                yield event.to_dict()

    async def load(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        documents = await staysail.load_documents(self._open(0, **params["file"]), **params["options"])
        return [
            {"id": document.id, "text": document.text, "metadata": dict(document.metadata), "notes": list(document.notes)}
            for document in documents
        ]

    async def split(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        """Returns the passages of a text, at offsets as JavaScript counts them."""
        text = params["text"]
        passages, place = self._splitter(params["options"], **params["splitter"])(text), Utf16Places(text).units
        return [{"text": p.text, "start": place(p.start), "end": place(p.end), "metadata": dict(p.metadata)} for p in passages]

    def _splitter(self, options: dict[str, Any], kind: str, language: str = "", identity: str = "") -> Any:
        """Returns one of our splitters, of the size in the options, or the splitter of the other side."""
        if kind == "own":
            return RemoteSplitter(self._peer, identity)
        sizes = {name: options[name] for name in ("size", "overlap") if name in options}
        return partial(SPLITTERS[kind], **({"language": language} if kind == "code" else {}), **sizes)

    def _open(self, index: int, name: str | None, media_type: str = "", size_bytes: int | None = None, url: str | None = None) -> Source:
        if url is not None:
            return open_source(url, name=name, media_type=media_type)
        return Source(name or "document", self._reader(index, name or "document"), media_type, size_bytes)

    def _reader(self, index: int, name: str) -> Callable[[int], Awaitable[bytes]]:
        async def read(_: int) -> bytes:
            try:
                data: bytes = (await self._peer.call("file", {"index": index}))[BYTES]
            except RemoteError as error:
                raise LoaderError(f"{name} cannot be read: {error}", code="not_found", file=name) from error
            return data

        return read


class RemoteSplitter:
    """A splitter on the other side, whose offsets count UTF-16. identity: distinguishes it from other splitters."""

    def __init__(self, peer: Peer, identity: str) -> None:
        self._peer, self.__qualname__ = peer, identity

    async def __call__(self, text: str) -> list[Passage]:
        try:
            passages = await self._peer.call("split", {"text": text})
        except RemoteError as error:
            raise ConfigError(f"the splitter failed: {error}") from error
        place = Utf16Places(text).characters
        return [Passage(passage["text"], place(passage["start"]), place(passage["end"]), passage["metadata"]) for passage in passages]
