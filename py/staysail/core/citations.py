"""Pages and files that an answer cites, in one shape for all providers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .completion import Completion


def cited_sources(completion: Completion) -> list[dict[str, Any]]:
    """Returns the sources of an answer's citations, each once, in the order of the text: {id, score, source, document}. source: the address
    or the file's name. score: 1.0, because providers give none."""
    found: dict[str, dict[str, Any]] = {}
    for citation in completion.citations:
        source = read_citation(citation)
        if source:
            found.setdefault(source["id"], source)
    return list(found.values())


def read_citation(citation: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns one citation as a source, or None where it names neither an address nor a file."""
    inner = citation.get("url_citation")
    fields = inner if isinstance(inner, Mapping) else citation
    place = _first(fields, ("url", "uri", "source", "document_uri"))
    name = _first(fields, ("filename", "file_name", "document_title", "title", "file_id"))
    id = place or _first(fields, ("file_id",)) or name
    if not id:
        return None
    text = _first(fields, ("cited_text", "snippet", "text", "content")) or ""
    title = {"title": name} if name and name != id else {}
    metadata = {"source": place or name} | title
    return {"id": id, "score": 1.0, "source": place or name, "document": {"id": id, "text": text, "metadata": metadata}}


def _first(fields: Mapping[str, Any], names: Iterable[str]) -> str | None:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), None)
