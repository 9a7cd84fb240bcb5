"""/toolfs/rag over a real VectorStore, and snapshots that take it along."""

import json
import random

import pytest

from staysail import ToolFS, ToolFSError, VectorStore

ALL = {"/toolfs": "*"}


def embed(texts: list[str]) -> list[list[float]]:
    """Letters counted: texts alike in letters are near."""
    return [[1.0 + text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]


@pytest.fixture
async def store() -> VectorStore:
    store = VectorStore(embedder=embed)
    await store.add(
        [
            {"id": "sail", "text": "red sails + 100% wind", "metadata": {"page": 3}},
            {"id": "keel", "text": "the keel of a boat"},
            {"id": "knot", "text": "bowline knots"},
        ]
    )
    return store


async def test_a_query_is_answered_by_the_store(store: VectorStore):
    toolfs = ToolFS(search_index=store)
    session = toolfs.session("a", {"/toolfs/rag": "read list"})
    assert [entry.path for entry in await toolfs.list("/toolfs/rag", session)] == ["/toolfs/rag/query"]
    answer = json.loads(await toolfs.read("/toolfs/rag/query?text=red+sails+%2B+100%25+wind&top_k=2", session))
    assert (answer["query"], answer["top_k"]) == ("red sails + 100% wind", 2)
    best, second = answer["results"]
    assert (best["id"], best["content"], best["metadata"]) == ("sail", "red sails + 100% wind", {"page": 3})
    assert best["score"] == pytest.approx(1)
    assert best["score"] > second["score"]
    assert {"vector", "embedding"}.isdisjoint(best | best["metadata"])
    (tool,) = [tool for tool in toolfs.tools(session) if tool.name == "search_documents"]
    assert (await tool.call({"query": "bowline knots", "top_k": 1})) == "[knot] bowline knots"


async def contents(store: VectorStore) -> dict:
    ids = sorted(await store.ids())
    return {item["id"]: (item["document"], item["metadata"], list(item["vector"])) for item in await store.get(ids, vectors=True)}


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
async def test_a_rollback_puts_the_index_back_exactly(metric: str):
    rng = random.Random(5)
    vectors = [[rng.gauss(0, 1) for _ in range(48)] for _ in range(90)]
    store = VectorStore(metric=metric)
    await store.add([{"id": str(n), "text": f"text {n}", "metadata": {"n": n}} for n in range(60)], vectors=vectors[:60])
    toolfs = ToolFS(search_index=store)
    session = toolfs.session("a", ALL)
    await toolfs.snapshot(session, "one")
    before, found = await contents(store), await store.search(vectors[3], 60)
    assert (await toolfs.diff("one", None, session)).states == ()
    await store.delete([str(n) for n in range(0, 60, 3)])
    await store.upsert([{"id": "1", "text": "changed"}], vectors=vectors[70:71])
    await store.add([{"id": f"new {n}"} for n in range(20)], vectors=vectors[70:])
    await toolfs.snapshot(session, "two")
    later = await contents(store)
    assert (await toolfs.diff("one", "two", session)).states == ("rag",)
    for _ in range(3):  # whatever way it goes, nothing drifts
        await toolfs.rollback("one", session)
        assert await contents(store) == before
        assert (await toolfs.diff("one", None, session)).states == ()
        await toolfs.rollback("two", session)
        assert await contents(store) == later
        assert (await toolfs.diff("two", None, session)).states == ()
    await toolfs.rollback("one", session)
    again = await store.search(vectors[3], 60)
    assert [(hit.id, hit.score) for hit in again] == [(hit.id, hit.score) for hit in found]


async def test_a_snapshot_of_an_empty_index_empties_it(store: VectorStore):
    empty = VectorStore(embedder=embed)
    toolfs = ToolFS(search_index=empty)
    session = toolfs.session("a", ALL)
    await toolfs.snapshot(session, "empty")
    await empty.add(["one", "two"])
    assert (await toolfs.diff("empty", None, session)).states == ("rag",)
    await toolfs.rollback("empty", session)
    assert await empty.count() == 0
    data = await toolfs.export_snapshot("empty", session)
    other = ToolFS(search_index=store)
    await other.import_snapshot(data, other.session("b", ALL))
    await other.rollback("empty", other.session("b", ALL))
    assert await store.count() == 0


async def test_without_an_index_it_says_what_is_missing():
    toolfs = ToolFS()
    with pytest.raises(ToolFSError, match="search_index"):
        await toolfs.search_rag("x", toolfs.session("a", ALL))
