"""Rerankers: documents in the order in which they answer a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ..core.errors import ConfigError
from ..core.usage import Usage
from ..core.value import Value
from .format import ServiceKind, merge_params
from .service import RemoteModel, parse_usage
from .shapes import number, record


class RankedDocument(Value):
    """A document with its score.

    Args:
        index: Position of the document among those that were given.
        score: The model's score: higher is better, and not comparable between models.
    """

    index: int
    score: float
    document: str


class Reranker(RemoteModel):
    """A model that orders documents by how well they answer a query. model: "provider:model"."""

    kind: ClassVar[ServiceKind] = "rerank"

    async def rerank(self, query: str, documents: Iterable[str], *, top_n: int | None = None) -> list[RankedDocument]:
        """Returns the `top_n` best documents, all of them by default, best first. Raises ProviderError."""
        documents = list(documents)
        if top_n is not None and top_n < 0:
            raise ConfigError(f"top_n is not negative, got {top_n}")
        if not documents or top_n == 0:
            return []
        body: dict[str, Any] = {"model": self.model, "query": query, "documents": documents}
        if top_n is not None:
            body["top_k" if self.service.form == "voyage" else "top_n"] = min(top_n, len(documents))
        answer = await self._ask(self._path("rerank"), merge_params(body, self.additional_params))
        ranked, usage = self._read(lambda answer: _parse(answer, documents), answer)
        self.usage += usage
        return ranked if top_n is None else ranked[:top_n]


def _parse(body: Mapping[str, Any], documents: list[str]) -> tuple[list[RankedDocument], Usage]:
    rows = body["results"] if "results" in body else body["data"]
    ranked = []
    for row in rows:
        index, score = row["index"], number(row["relevance_score"])
        if not isinstance(index, int) or not 0 <= index < len(documents) or score is None:
            raise ValueError(f"no document {index!r} with score {score} was given")
        ranked.append(RankedDocument(index, score, documents[index]))
    usage = parse_usage(body.get("usage") or record(body.get("meta")).get("tokens"))
    return sorted(ranked, key=lambda row: -row.score), usage
