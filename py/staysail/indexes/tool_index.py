"""An index of tools, which finds those that fit a text: by meaning with an embedder, else by words (BM25)."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Sequence
from typing import Any

from ..core.errors import ConfigError
from ..core.locks import Lock
from ..core.ports import SearchHit, Tool
from ..core.tool import as_tool
from .keywords import KeywordIndex

WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_.:/-]+")


class ToolIndex:
    """An index of tools for `dynamic_tools`. It searches their names and descriptions, which are embedded once, with the first search.

    Args:
        tools: Tools or functions.
        embedder: An object with `embed_texts(texts)`, or a function, async or not, from texts to vectors.
        known: Vectors of unit length by text, which several indexes may share; new ones are added.
    """

    def __init__(self, tools: Sequence[Any], embedder: Any = None, *, known: dict[str, list[float]] | None = None) -> None:
        self.tools: tuple[Tool, ...] = tuple(map(as_tool, tools))
        if embedder is not None and not callable(embedder) and not hasattr(embedder, "embed_texts"):
            raise ConfigError("embedder has embed_texts, or is a function from texts to vectors")
        self._embedder = embedder
        self._texts = [_describe(tool) for tool in self.tools]
        self._known = {} if known is None else known
        self._embedding = Lock()
        self._words = KeywordIndex()
        if embedder is None:
            self._words.put(0, self._texts)

    async def top_n(self, query: str, n: int) -> list[SearchHit]:
        """Returns the n best tools, best first, each as the `document` of a hit. Without an embedder, tools that share no word with the
        query come last, in their order."""
        if not self.tools:
            return []
        if self._embedder is None:
            found = self._words.search(query, n, {0: 0}, lambda _: True)
            ranked = found + [(0.0, at) for at in range(len(self.tools)) if all(at != slot for _, slot in found)]
        else:
            rows = await self._embed_tools()
            (vector,) = await self._embed([query])
            scores = [(sum(map(float.__mul__, vector, row)), at) for at, row in enumerate(rows)]
            ranked = sorted(scores, key=lambda hit: (-hit[0], hit[1]))
        return [SearchHit(score, self.tools[at].name, self.tools[at]) for score, at in ranked[:n]]

    async def _embed_tools(self) -> list[list[float]]:
        async with self._embedding:
            missing = [text for text in dict.fromkeys(self._texts) if text not in self._known]
            if missing:
                self._known.update(zip(missing, await self._embed(missing), strict=True))
            return [self._known[text] for text in self._texts]

    async def _embed(self, texts: list[str]) -> list[list[float]]:
        embed = getattr(self._embedder, "embed_texts", None) or self._embedder
        made = embed(texts)
        made = list(await made if inspect.isawaitable(made) else made)
        if len(made) != len(texts):
            raise ConfigError(f"the embedder gave {len(made)} vectors for {len(texts)} tools")
        return [_unit([float(x) for x in getattr(item, "vec", item)]) for item in made]


def _describe(tool: Tool) -> str:
    return f"{WORD_BREAK.sub(' ', tool.name)}: {tool.description}"


def _unit(vector: list[float]) -> list[float]:
    length = math.hypot(*vector) or 1.0
    return [x / length for x in vector]
