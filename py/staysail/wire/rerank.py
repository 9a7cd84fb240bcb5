"""Rerankers: documents in the order of how well they answer a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ..core.errors import ConfigError
from ..core.value import Value
from .format import ServiceKind, merge_params
from .service import RemoteModel, parse_usage


class RankedDocument(Value):
    """index: of the document among those given. score: as the model gives it, higher is better; not comparable between models."""

    index: int
    score: float
    document: str


class Reranker(RemoteModel):
    kind: ClassVar[ServiceKind] = "rerank"

    async def rerank(self, query: str, documents: Iterable[str], *, top_n: int | None = None) -> list[RankedDocument]:
        """The `top_n` best documents (all of them without), best first. Raises ProviderError."""
        documents = list(documents)
        if top_n is not None and top_n < 0:
            raise ConfigError(f"top_n is not negative, got {top_n}")
        if not documents or top_n == 0:
            return []
        body: dict[str, Any] = {"model": self.model, "query": query, "documents": documents}
        if top_n is not None:
            body["top_k" if self.service.form == "voyage" else "top_n"] = min(top_n, len(documents))
        answer = await self._ask(self._path("rerank"), merge_params(body, self.additional_params))
        ranked = self._read(lambda answer: _parse(answer, documents), answer)
        self.usage += parse_usage(answer.get("usage") or (answer.get("meta") or {}).get("tokens"))
        return ranked if top_n is None else ranked[:top_n]


def _parse(body: Mapping[str, Any], documents: list[str]) -> list[RankedDocument]:
    rows = body["results"] if "results" in body else body["data"]
    ranked = [RankedDocument(row["index"], float(row["relevance_score"]), documents[row["index"]]) for row in rows]
    return sorted(ranked, key=lambda row: -row.score)
