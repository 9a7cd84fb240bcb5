"""Embedding models: texts to vectors, in the shapes of OpenAI, Cohere, Gemini, Ollama, Voyage, Jina and Mistral."""

from __future__ import annotations

import array
import asyncio
import base64
import inspect
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, ClassVar, Unpack

from ..core.errors import ConfigError
from ..core.messages import Image
from ..core.signatures import lists
from ..core.usage import Usage
from ..core.value import Value
from ..core.waiting import blocking
from ..core.whole_text import whole_text
from .engine_model import embed, find_engine
from .format import ServiceKind, merge_params
from .service import RemoteModel, RemoteOptions, parse_usage
from .shapes import record

PATHS = {"gemini": "models/{model}:batchEmbedContents", "ollama": "embed", "cohere": "embed"}
DIMENSIONS = {"cohere": "output_dimension", "voyage": "output_dimension", "mistral": "output_dimension"}
# What providers call a text that is searched with and one that is searched for. Other providers make no such distinction.
INPUT_TYPES: dict[str, dict[str, str]] = {
    "cohere": {"query": "search_query", "document": "search_document"},
    "gemini": {"query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT"},
    "jina": {"query": "retrieval.query", "document": "retrieval.passage"},
    "voyage": {"query": "query", "document": "document"},
}
INPUT_FIELDS = {"cohere": "input_type", "voyage": "input_type", "jina": "task"}


class Embedding(Value):
    """The vector `vec` of the text `document`."""

    document: str
    vec: list[float]


class EmbeddingModel(RemoteModel):
    """A model that makes vectors of texts, and some of pictures.

    Args:
        dimensions: Length of the vectors, where the model can shorten them.
        batch_size: Texts in one request; at most, and by default, as many as the provider takes.
        concurrency: Requests at a time.
        input_type: "query" or "document", where the provider distinguishes them, or the provider's own word.
    """

    kind: ClassVar[ServiceKind] = "embeddings"

    def __new__(cls, model: str, **options: Any) -> EmbeddingModel:
        """Makes a PageEmbeddingModel of "local", which is not reached over HTTP."""
        return super().__new__(PageEmbeddingModel if model.partition(":")[0] == "local" else cls)

    def __getnewargs__(self) -> tuple[str]:
        """Returns what `__new__` needs when the model is unpickled."""
        return (self.name,)

    @lists(RemoteOptions, {})
    def __init__(
        self,
        model: str,
        *,
        dimensions: int | None = None,
        batch_size: int | None = None,
        concurrency: int = 4,
        input_type: str | None = None,
        **options: Unpack[RemoteOptions],
    ) -> None:
        super().__init__(model, **options)
        limit = self.service.batch or 512
        if batch_size is not None and not 1 <= batch_size <= limit:
            raise ConfigError(f"batch_size is between 1 and {limit} for {self.name}, got {batch_size}")
        if dimensions is not None and dimensions < 1:
            raise ConfigError(f"dimensions is at least 1, got {dimensions}")
        if concurrency < 1:
            raise ConfigError(f"concurrency is at least 1, got {concurrency}")
        self.dimensions, self.input_type = dimensions, input_type
        self.batch_size, self.concurrency = batch_size or limit, concurrency

    @classmethod
    def __signature__(cls) -> inspect.Signature:
        bound = inspect.signature(cls.__init__)
        return bound.replace(parameters=list(bound.parameters.values())[1:])

    async def embed_text(self, text: str, *, input_type: str | None = None) -> Embedding:
        return (await self.embed_texts([text], input_type=input_type))[0]

    async def embed_texts(self, texts: Iterable[str], *, input_type: str | None = None) -> list[Embedding]:
        """Returns one Embedding a text, in order. Raises ProviderError; then it returns none."""
        texts = list(texts)
        batches = list(self._batches(texts))
        vectors = await self._gather([self._render(batch, input_type or self.input_type) for batch in batches], batches)
        return [Embedding(text, vec) for text, vec in zip(texts, vectors, strict=True)]

    def _batches(self, texts: Sequence[str]) -> Iterable[list[str]]:
        batch: list[str] = []
        size_bytes = 0
        for text in texts:
            length = len(whole_text(text).encode())
            too_much = self.service.batch_bytes and size_bytes + length > self.service.batch_bytes
            if batch and (len(batch) == self.batch_size or too_much):
                yield batch
                batch, size_bytes = [], 0
            batch.append(text)
            size_bytes += length
        if batch:
            yield batch

    async def embed_images(self, images: Iterable[Image | bytes]) -> list[list[float]]:
        """Returns the vectors of pictures, in order, where the model has them in one space with texts (Cohere)."""
        if self.service.form != "cohere":
            raise ConfigError(f"{self.endpoint.provider.name} embeds no images here")
        pictures = [image if isinstance(image, Image) else Image(data=image) for image in images]
        bodies = [
            {"model": self.model, "input_type": "image", "embedding_types": ["float"], "images": [picture.data_url("image/png")]}
            for picture in pictures
        ]
        return await self._gather(bodies, [[""]] * len(bodies))

    async def _gather(self, bodies: Sequence[Mapping[str, Any]], batches: Sequence[Sequence[str]]) -> list[list[float]]:
        path = self._path(PATHS.get(self.service.form, "embeddings"))
        limit = asyncio.Semaphore(self.concurrency)

        async def embed(body: Mapping[str, Any], count: int) -> list[list[float]]:
            async with limit:
                answer = await self._ask(path, body)
            vectors, usage = self._read(lambda answer: _parse(answer, count), answer)
            self.usage += usage
            return vectors

        jobs = [embed(body, len(batch)) for body, batch in zip(bodies, batches, strict=True)]
        if blocking.get() or len(jobs) < 2:
            return [vec for job in jobs for vec in await job]
        tasks = [asyncio.ensure_future(job) for job in jobs]
        try:
            return [vec for vectors in await asyncio.gather(*tasks) for vec in vectors]
        finally:
            for task in tasks:
                task.cancel()

    def _render(self, texts: Sequence[str], input_type: str | None) -> dict[str, Any]:
        form = self.service.form
        kind = INPUT_TYPES.get(form, {}).get(input_type or "", input_type)
        if form == "gemini":
            return self._render_gemini(texts, kind)
        body: dict[str, Any] = {"model": self.model, "texts" if form == "cohere" else "input": list(texts)}
        if form in INPUT_FIELDS and (kind or form == "cohere"):
            body[INPUT_FIELDS[form]] = kind or "search_document"
        if self.dimensions is not None:
            body[DIMENSIONS.get(form, "dimensions")] = self.dimensions
        return merge_params(body, self.additional_params)

    def _render_gemini(self, texts: Sequence[str], kind: str | None) -> dict[str, Any]:
        shared: dict[str, Any] = {"model": self.model if "/" in self.model else f"models/{self.model}"}
        if self.dimensions is not None:
            shared["outputDimensionality"] = self.dimensions
        if kind:
            shared["taskType"] = kind
        return {"requests": [merge_params(shared | {"content": {"parts": [{"text": text}]}}, self.additional_params) for text in texts]}


class PageEmbeddingModel(EmbeddingModel):
    """An embedder that runs in the page, whose vectors have length 1: "local" is the built-in one, with 384 dimensions, for English;
    "local:potion-base-8m" and other names are those of the page's list. It takes no options. Raises ConfigError outside of a page."""

    def __init__(self, model: str, **options: Any) -> None:
        given = [name for name, value in options.items() if value is not None]
        if given:
            raise ConfigError(f"an embedder that runs in the page takes no options: EmbeddingModel({model!r}), got {', '.join(given)}")
        find_engine("local")
        self._embedder = model.partition(":")[2]
        self.model, self.dimensions, self.input_type, self.usage = model, None if self._embedder else 384, None, Usage()

    @property
    def name(self) -> str:
        return self.model

    async def embed_texts(self, texts: Iterable[str], *, input_type: str | None = None) -> list[Embedding]:
        texts = list(texts)
        return [Embedding(text, vec) for text, vec in zip(texts, await embed("local", texts, self._embedder), strict=True)]

    async def embed_images(self, images: Iterable[Image | bytes]) -> list[list[float]]:
        raise ConfigError("the page's embedder reads text alone")


def _parse(body: Mapping[str, Any], count: int) -> tuple[list[list[float]], Usage]:
    """Returns the vectors in the order of the texts, and the usage."""
    if "data" in body:
        rows = sorted(enumerate(body["data"]), key=lambda row: (row[1].get("index", row[0]), row[0]))
        vectors = [_vector(row["embedding"]) for _, row in rows]
    else:
        given = body["embeddings"]
        if isinstance(given, Mapping):  # Cohere's, by type
            given = given.get("float") or next(iter(given.values()))
        vectors = [_vector(row["values"] if isinstance(row, Mapping) else row) for row in given]
    if len(vectors) != count:
        raise ValueError(f"{len(vectors)} vectors for {count} texts")
    if len({len(vector) for vector in vectors}) > 1 or not all(vectors):
        raise ValueError("vectors of different lengths")
    billed = record(record(body.get("meta")).get("billed_units"))
    usage = body.get("usage") or body.get("usageMetadata")
    if not usage:
        tokens = body.get("prompt_eval_count") or billed.get("input_tokens") or billed.get("image_tokens")
        usage = {"input_tokens": tokens}
    return vectors, parse_usage(usage)


def _vector(given: Any) -> list[float]:
    """Returns the numbers of a vector, also from OpenAI's base64 of little-endian float32. Raises ValueError."""
    if isinstance(given, str):
        numbers = array.array("f", base64.b64decode(given)).tolist()
    else:
        numbers = [float(number) for number in (given[0] if given and isinstance(given[0], list) else given)]
    if not all(map(isfinite, numbers)):
        raise ValueError("a vector with a number that is none")
    return numbers
