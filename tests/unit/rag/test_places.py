"""Where passages stand, in the files that they are from, as Python counts and as JavaScript does."""

import json
from typing import Any

import pytest

from staysail import VectorStore, ingest, load_documents
from staysail.core.utf16 import in_utf16

SHIPS = "🚢🚢🚢"
FILES: dict[str, str] = {
    "notes.txt": f"{SHIPS} The tide is high.\n\nA berth costs twelve crowns {SHIPS} a night.",
    "notes.md": f"---\ntitle: {SHIPS}\n---\n# Fees {SHIPS}\n\nA berth costs twelve crowns.",
    "notes.html": f"<title>{SHIPS}</title><p>{SHIPS} Ahoy.</p><h2>Fees</h2><p>A berth costs twelve crowns.</p>",
    "notes.csv": f"name,price\n{SHIPS},1\nberth,12",
    "notes.json": json.dumps([{"text": f"{SHIPS} high"}, {"text": "A berth costs twelve crowns."}], ensure_ascii=False),
    "notes.py": f"ships = '{SHIPS}'\n\n\ndef berth():\n    return 12\n",
}


def javascript_slice(text: str, start: int, end: int) -> str:
    return text.encode("utf-16-le")[start * 2 : end * 2].decode("utf-16-le")


@pytest.mark.parametrize("name", FILES)
async def test_a_passage_is_found_again_by_either_count(name: str):
    text = FILES[name]
    store = VectorStore(":memory:", embedder=lambda texts: [[float(len(one)), 1.0] for one in texts])
    async for _ in ingest([(name, text)], store, size=40, overlap=0):
        pass
    kept: list[Any] = await store.get(await store.ids())
    assert len(kept) > (0 if name in ("notes.py", "notes.md") else 1)
    assert any("utf16" in passage["metadata"] for passage in kept)
    for passage in kept:
        metadata = passage["metadata"]
        told = in_utf16(metadata)
        assert "utf16" not in told
        assert javascript_slice(text, told["start"], told["end"]) == text[metadata["start"] : metadata["end"]]


async def test_a_loaded_row_has_both_too():
    *_, last = await load_documents(("notes.csv", FILES["notes.csv"]))
    told = in_utf16(last.metadata)
    assert javascript_slice(FILES["notes.csv"], told["start"], told["end"]) == "berth,12"
    assert FILES["notes.csv"][last.metadata["start"] : last.metadata["end"]] == "berth,12"
