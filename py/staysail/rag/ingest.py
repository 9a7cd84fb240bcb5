"""Ingesting: files are read, split, embedded and stored, one after another, each as a whole or not at all.

How it works. A file's passages are embedded before any is stored, then they take the place of what the store had of that file, in one write
where the store can. Each keeps the file's hash in its metadata; a file whose hash is there already is skipped, so a run that was stopped
is resumed by running it again. The hash covers how the file was split and embedded too."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import time
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ..core.completion import Document
from ..core.errors import ConfigError, LoaderError, StaysailError
from ..core.events import Event
from ..core.ports import DocumentStore
from ..core.value import NOTHING
from .decoding import check_encoding
from .loaders import read_documents
from .markup import split_readable
from .readable import Readable
from .request import MOST_BYTES, LoadRequest
from .source import Source, open_source
from .splitters import DEFINITIONS, Measure, Passage, split_code, split_markdown, split_text

FORMAT = 2  # of what is stored; another one makes every file be read again
BATCH = 64
ONE = (str, bytes, bytearray, memoryview, Mapping)  # which could be taken for many

type Splitter = Callable[[str], Iterable[Passage] | Awaitable[Iterable[Passage]]]
type Chunk = dict[str, Any]


class FileStarted(Event):
    """A file's turn has come. index: from 0. total: the number of files. Both total and size_bytes are None where they are not known."""

    file: str
    index: int
    total: int | None = None
    size_bytes: int | None = None


class FileProgress(Event):
    """Progress with a file. done, total: passages embedded and passages in all; while the file is read, pages, chapters or rows, and 0."""

    file: str
    done: int
    total: int


class FileDone(Event):
    """A file is stored.

    Args:
        chunks: Passages stored.
        replaced: Passages of an older version, whose place they took.
        seconds: How long it took.
        notes: The parts of the file that were left out, with counts ("pictures left out: 3"), and guesses, such as its encoding.
    """

    file: str
    chunks: int
    replaced: int
    seconds: float
    notes: tuple[str, ...] = ()


class FileSkipped(Event):
    """A file is not stored. reason: "unchanged", or "empty". notes: as in FileDone, of a file without text."""

    file: str
    reason: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Leaves out `notes` where there are none."""
        return {name: value for name, value in super().to_dict().items() if name != "notes" or value}


class FileFailed(Event):
    """A file cannot be read. error: the message. code: of the LoaderError. Passages of an older version stay in the store."""

    file: str
    error: str
    code: str = ""


type IngestEvent = FileStarted | FileProgress | FileDone | FileSkipped | FileFailed


async def ingest(
    files: Any,
    store: DocumentStore,
    *,
    splitter: Splitter | None = None,
    size: int = 1000,
    overlap: int = 150,
    measure: Measure = len,
    embedder: Any = None,
    metadata: Mapping[str, Any] = NOTHING,
    encoding: str | None = None,
    password: str | None = None,
    max_bytes: int = MOST_BYTES,
    force: bool = False,
) -> AsyncGenerator[IngestEvent]:
    """Reads files into a store, and yields an event at each step.

        async with aclosing(ingest(["handbook.pdf", "https://example.org/faq.html"], store)) as events:
            async for event in events: ...

    Leaving the loop stops: the file at hand is stored whole or not at all, and running it again goes on from there. A file that cannot be
    read ends in FileFailed, and the next one follows.

    Args:
        files: One or several of what `load_documents` takes, or an async iterable of them; a folder is all files in it.
        splitter: A function, async or not, from a text to Passages, such as `partial(split_sentences, size=500)`. By default each file is
            split by its kind.
        size: Most of a passage, in what `measure` counts.
        overlap: Most that two passages share.
        measure: Counts a text: its characters, or the tokens of a model.
        embedder: If not the store's own.
        metadata: Fields that every passage gets.
        encoding, password, max_bytes: As in `load_documents`.
        force: Reads unchanged files too.

    Yields:
        FileStarted, FileProgress, then FileDone, FileSkipped or FileFailed for each file. A stored passage's id is "<source>#<chunk>"; its
        metadata has `source`, `hash`, `chunk` (from 0), `chunks`, and `page`, `chapter`, `headings` where there are any. `start` and `end`
        are where it is in the text of the file, of the page (PDF), of the chapter's file (EPUB), or in the text that was read (DOCX).

    Raises:
        ConfigError for options that cannot work and a splitter that fails; errors of the store and of the embedder.
    """
    if encoding:
        check_encoding(encoding)
    if not splitter:
        split_text("", size, overlap)  # raises for what cannot work, before any file is read
    own = getattr(store, "embedder", None)
    settings = _describe(splitter, size, overlap, measure, own if embedder is None else embedder, metadata, encoding)
    if embedder is None and own is not None:
        embedder = getattr(store, "embed", own)  # by which a store learns whose vectors it holds
    given, total = _listed(files)
    loading = {"encoding": encoding, "password": password, "max_bytes": max_bytes}
    seen: set[str] = set()
    index = 0
    async for item in given:
        source = item if isinstance(item, Source) else open_source(item)
        yield FileStarted(source.name, index, total, source.size_bytes)
        index += 1
        if source.name in seen:
            yield FileFailed(source.name, f"two of the files are called {source.name}; give them names of their own", "config")
            continue
        seen.add(source.name)
        work = _File(source, store, embedder, settings, loading, metadata, force)
        async with aclosing(work.events(splitter, size, overlap, measure)) as events:
            try:
                async for event in events:
                    yield event
            except LoaderError as error:
                yield FileFailed(source.name, str(error), error.code)


class _File:
    def __init__(
        self,
        source: Source,
        store: DocumentStore,
        embedder: Any,
        settings: str,
        loading: dict[str, Any],
        metadata: Mapping[str, Any],
        force: bool,
    ) -> None:
        self._source, self._store, self._embedder = source, store, embedder
        self._settings, self._loading, self._metadata, self._force = settings, loading, metadata, force
        self._name = source.name

    async def events(self, splitter: Splitter | None, size: int, overlap: int, measure: Measure) -> AsyncGenerator[IngestEvent]:
        started = time.monotonic()
        data = await self._read()
        hash = hashlib.sha256(data + self._settings.encode()).hexdigest()[:32]
        kept = await self._kept()
        if not self._force and await self._is_whole(kept, hash):
            yield FileSkipped(self._name, "unchanged")
            return
        request = LoadRequest(self._name, charset=self._source.charset, **self._loading)
        chunks: list[Chunk] = []
        read = 0
        async with aclosing(self._documents(data, request)) as documents:
            async for document in documents:
                passages = await _divide(document, splitter, self._name) if splitter else _split(document, size, overlap, measure)
                chunks += [self._chunk(document, passage, request) for passage in passages]
                read += 1
                if read % BATCH == 0:
                    yield FileProgress(self._name, read, 0)
        for at, chunk in enumerate(chunks):
            chunk["id"] = f"{self._name}#{at}"
            chunk["metadata"] |= {"source": self._name, "hash": hash, "chunk": at, "chunks": len(chunks)}
        vectors: list[Any] = []
        for at in range(0, len(chunks) if self._embedder is not None else 0, BATCH):
            vectors += await _embed(self._embedder, [chunk["text"] for chunk in chunks[at : at + BATCH]])
            yield FileProgress(self._name, len(vectors), len(chunks))
        before = int(kept.get("chunks") or 0)
        await _whole(self._replace(chunks, vectors or None, hash, before))
        if chunks:
            yield FileDone(self._name, len(chunks), before, time.monotonic() - started, request.notes.lines())
        else:
            yield FileSkipped(self._name, "empty", request.notes.lines())

    async def _read(self) -> bytes:
        try:
            return await self._source.read(self._loading["max_bytes"])
        except LoaderError:
            raise
        except (StaysailError, OSError) as error:
            raise LoaderError(f"{self._name} cannot be read: {error}", code=getattr(error, "code", None), file=self._name) from error

    async def _documents(self, data: bytes, request: LoadRequest) -> AsyncGenerator[Document]:
        """Yields the file's Documents. Every error becomes this file's LoaderError, also that of a missing package for its kind."""
        try:
            async with aclosing(read_documents(self._source, data, request)) as documents:
                async for document in documents:
                    yield document
        except LoaderError:
            raise
        except StaysailError as error:
            raise LoaderError(str(error), code=error.code, file=self._name) from error

    async def _kept(self) -> Mapping[str, Any]:
        """Returns the metadata of the stored version's first passage; {} where there is none."""
        found = await self._store.get([f"{self._name}#0"])
        return (found[0].get("metadata") or {}) if found else {}

    async def _is_whole(self, kept: Mapping[str, Any], hash: str) -> bool:
        """Returns whether the store holds this version of the file, and no passage of another."""
        if kept.get("hash") != hash:
            return False
        if hasattr(self._store, "replace"):
            return True
        where = {"source": self._name}
        return await self._store.count(where) == kept.get("chunks") == await self._store.count(where | {"hash": hash})

    async def _replace(self, chunks: list[Chunk], vectors: Any, hash: str, before: int) -> None:
        if hasattr(self._store, "replace"):
            if chunks or before:
                await self._store.replace([f"{self._name}#{at}" for at in range(before)], chunks, vectors=vectors)
            return
        # In two writes: what is new is whole before anything goes, and a stop in between is noticed by the next run.
        if chunks:
            await self._store.upsert(chunks, vectors=vectors)
        if before:
            where = {"source": self._name}
            await self._store.delete(where=where | {"hash": {"ne": hash}} if chunks else where)

    def _chunk(self, document: Document, passage: Passage, request: LoadRequest) -> Chunk:
        start, end = passage.start, passage.end
        fields = dict(document.metadata)
        begin = fields.pop("start", 0)
        whole = fields.pop("end", None)
        if whole is None:  # the document's text is a part of the source as it stands there
            start, end = begin + start, begin + end
        else:  # a row or an item, whose passages all have its place
            start, end = begin, whole
        fields.pop("encoding_guessed", None)
        fields.pop("utf16", None)
        places = {"start": start, "end": end}
        places |= request.places(document).beside(**places)
        return {"text": passage.text, "metadata": {**fields, **passage.metadata, **self._metadata, **places}}


def _split(document: Document, size: int, overlap: int, measure: Measure) -> Iterable[Passage]:
    about = document.metadata
    if isinstance(document, Readable):
        return split_readable(document, size, overlap, measure=measure)
    if about.get("format") == "markdown":
        return split_markdown(document.text, size, overlap, measure=measure)
    if isinstance(about.get("code"), str) and about["code"] in DEFINITIONS:
        return split_code(document.text, about["code"], size, overlap, measure=measure)
    return split_text(document.text, size, overlap, measure=measure)


async def _divide(document: Document, splitter: Splitter, name: str) -> list[Passage]:
    """Splits a Document by the caller's splitter. Raises ConfigError where the splitter fails."""
    try:
        made = splitter(document.text)
        passages = list(await made if inspect.isawaitable(made) else made)
        if not isinstance(document, Readable):
            return passages
        return [Passage(passage.text, *document.locate(passage.start, passage.end), passage.metadata) for passage in passages]
    except StaysailError:
        raise
    except Exception as error:
        raise ConfigError(f"the splitter failed on {name}: {type(error).__name__}: {error}") from error


def _describe(
    splitter: Any, size: int, overlap: int, measure: Any, embedder: Any, metadata: Mapping[str, Any], encoding: str | None
) -> str:
    """Describes the options that make other passages or other vectors of the same file."""
    model = getattr(embedder, "name", None) or _name(embedder)
    how = [_name(splitter)] if splitter else [size, overlap, _name(measure)]
    return repr([FORMAT, how, model, sorted(metadata.items(), key=repr), encoding])


def _name(value: Any) -> str:
    """Returns a function's name, for a `partial` with its arguments; never an address in memory, which changes from run to run."""
    if hasattr(value, "func"):
        return f"{_name(value.func)}{value.args}{sorted(value.keywords.items())}"
    return "" if value is None else str(getattr(value, "__qualname__", type(value).__qualname__))


def _listed(files: Any) -> tuple[AsyncGenerator[Any], int | None]:
    """Returns the files, and their number where it can be known."""
    if isinstance(files, AsyncIterable):
        return _each(files), None
    pair = isinstance(files, tuple) and len(files) == 2 and isinstance(files[1], bytes | bytearray)
    several = isinstance(files, Iterable) and not isinstance(files, ONE) and not hasattr(files, "read") and not pair
    items = [found for item in (files if several else [files]) for found in _unfold(item)]
    return _each(items), len(items)


def _unfold(item: Any) -> list[Any]:
    """Returns a folder's files in order, without hidden ones; any other item as it is."""
    if not isinstance(item, str | Path) or not Path(item).is_dir():
        return [item]
    folder = Path(item)
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


async def _each(files: Iterable[Any] | AsyncIterable[Any]) -> AsyncGenerator[Any]:
    if isinstance(files, AsyncIterable):
        async for item in files:
            yield item
    else:
        for item in files:
            yield item


async def _embed(embedder: Any, texts: list[str]) -> list[Any]:
    embed = getattr(embedder, "embed_texts", None) or embedder
    made = embed(texts)
    made = list(await made if inspect.isawaitable(made) else made)
    if len(made) != len(texts):
        raise ConfigError(f"the embedder gave {len(made)} vectors for {len(texts)} texts")
    return [getattr(item, "vec", item) for item in made]


async def _whole[T](work: Awaitable[T]) -> T:
    """Awaits work to its end also where the task is cancelled meanwhile, and raises the cancellation then."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
