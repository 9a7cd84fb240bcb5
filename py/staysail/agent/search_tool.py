"""A tool with which an agent searches documents itself. The documents found are in the reply's `steps`, under the ids that the model
read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigError
from ..core.json_text import write_json
from ..core.value import NOTHING
from .retrieval import Retriever, as_document, describe_sources

DESCRIPTION = (
    "Searches the user's documents and gives the passages that fit best. Ask again with other words where they do not answer the question. "
    "Name the `id` of each passage you rely on in square brackets, as in [handbook.pdf#3]."
)
PARAMETERS = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What to look for, in a few words or a sentence."}},
    "required": ["query"],
    "additionalProperties": False,
}
SHOWN = ("title", "page", "chapter", "headings", "row", "line")


class SearchTool:
    """A tool that searches a store: any object with `top_n(query, n)` or `search(query, n)`."""

    def __init__(self, store: Any, k: int, name: str, description: str, options: Mapping[str, Any]) -> None:
        if not (hasattr(store, "top_n") or hasattr(store, "search")):
            raise ConfigError(f"search_tool takes a store with top_n or search; {type(store).__name__} has neither")
        if k < 1:
            raise ConfigError(f"k is at least 1, not {k}")
        self.name, self.description, self.parameters = name, description, PARAMETERS
        self._retriever = Retriever(k, store, dict(options))

    async def call(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the passages as JSON for the model, and their sources for the reply."""
        hits = await self._retriever.find(str(args["query"]))
        found = [as_document(hit) for hit in hits]
        passages = [
            {"id": hit.id, "source": document.metadata.get("source")}
            | {name: document.metadata[name] for name in SHOWN if document.metadata.get(name)}
            | {"text": document.text}
            for hit, document in zip(hits, found, strict=True)
        ]
        shown = [{name: value for name, value in passage.items() if value is not None} for passage in passages]
        text = write_json(shown, nonfinite="null", compact=False) if shown else "Nothing was found."
        return {"content": [{"type": "text", "text": text}], "sources": describe_sources(hits)}


def search_tool(
    store: Any, *, k: int = 5, name: str = "search", description: str = DESCRIPTION, options: Mapping[str, Any] = NOTHING
) -> SearchTool:
    """Returns a tool that searches `store` and returns the k best passages to the model.

        agent = Agent(model, tools=[search_tool(store, k=5, options={"mode": "hybrid"})])

    The sources are in `reply.steps[n].sources`: id, source, span and score.

    Args:
        store: Any object with `top_n(query, n)` or `search(query, n)`.
        k: The number of passages of one search.
        name: The tool's name.
        description: The tool's description for the model.
        options: Arguments of each search, such as `where`, `threshold` and `mode`.

    Raises:
        ConfigError: The store has no search, or `k` is below 1.
    """
    return SearchTool(store, k, name, description, options)
