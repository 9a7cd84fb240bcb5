"""Searches documents by words: ToolFS's example of a plugin in Python. rag.c beside it is the same plugin in WASM, and says how it works.

await toolfs.add_plugin(Rag(), grant=Grant.of({"/toolfs/data": "read"}), config={"path": "/toolfs/data/documents.jsonl"})
"""

import json
import math
import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

MOST_RESULTS = 100
WORD = re.compile(r"[a-z0-9\x80-\U0010ffff]+")


class Rag:
    name, version = "rag", "1.0.0"
    skill_document = (
        "---\nname: rag\ndescription: Searches a set of documents by words. Use it to find references or to answer from them.\n---\n\n"
        'Ask `search` with data {"query": "words", "top_k": 5}.\n'
    )
    operations = {
        "search": {
            "description": "Finds documents that fit a query, best first.",
            "parameters": {
                "type": "object",
                "properties": {
                    "data": {
                        "type": "object",
                        "properties": {"query": {"type": "string"}, "top_k": {"type": "integer"}},
                        "required": ["query"],
                    }
                },
                "required": ["data"],
            },
        }
    }

    def init(self, config: dict[str, Any]) -> None:
        self.documents: list[dict[str, Any]] = [_checked(document) for document in config.get("documents", [])]
        self.path: str | None = config.get("path")

    async def execute(self, request: dict[str, Any], files: Any) -> dict[str, Any]:
        match request["operation"]:
            case "list_dir":
                return {"success": True, "result": ["query", "search"]}
            case "search" | "read_file":
                return await self._search(request, files)
        return {"success": False, "error": "it has the operations search, read_file and list_dir"}

    async def _search(self, request: dict[str, Any], files: Any) -> dict[str, Any]:
        data = request.get("data") if isinstance(request.get("data"), dict) else {}
        options = request.get("options", {})
        text, top_k = data.get("query") or data.get("input"), data.get("top_k")
        if not text:
            text, top_k = options.get("text"), options.get("top_k")
        if not text:
            parameters = parse_qs(request.get("path", "").partition("?")[2])
            text, top_k = parameters.get("text", [""])[0], top_k or int(parameters.get("top_k", ["0"])[0])
        if not text:
            return {"success": False, "error": "a search has a query: data {query}, or a path such as /query?text=words"}
        top_k = min(top_k or 5, MOST_RESULTS)
        documents = [*self.documents, *(await self._read(files) if self.path else ())]
        found = [(score, document) for document, score in zip(documents, _scores(text, documents), strict=True) if score]
        found.sort(key=lambda pair: -pair[0])
        results = [document | {"score": math.floor(score * 1e6 + 0.5) / 1e6} for score, document in found[:top_k]]
        return {
            "success": True,
            "result": {"query": text, "top_k": top_k, "results": results},
            "metadata": {"plugin": self.name, "version": self.version},
        }

    async def _read(self, files: Any) -> list[dict[str, Any]]:
        lines = (await files.read(self.path)).decode().split("\n")
        return [_checked(json.loads(line)) for line in lines if line.strip()]


def _checked(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict) or not all(isinstance(document.get(part), str) for part in ("id", "content")):
        raise ValueError("a document is {id, content, metadata?}")
    return {"id": document["id"], "content": document["content"], "metadata": document.get("metadata", {})}


def _scores(text: str, documents: list[dict[str, Any]]) -> list[float]:
    counted = [_count(document["content"]) for document in documents]
    holding = Counter(word for words in counted for word in words)

    def weigh(words: Counter[str]) -> dict[str, float]:
        return {word: count * (len(documents) + 1) / (holding[word] + 1) for word, count in words.items()}

    asked = weigh(_count(text))
    length = math.sqrt(sum(weight * weight for weight in asked.values()))
    scores = []
    for weights in map(weigh, counted):
        dot = sum(weight * weights[word] for word, weight in asked.items() if word in weights)
        scores.append(dot / (length * math.sqrt(sum(weight * weight for weight in weights.values()))) if dot else 0.0)
    return scores


def _count(text: str) -> Counter[str]:
    # In lower case as far as ASCII goes: what more there is differs from one language to another.
    return Counter(WORD.findall("".join(character.lower() if character.isascii() else character for character in text)))
