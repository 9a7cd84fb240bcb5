"""One interface, whatever keeps the documents: the same tests over VectorStore in memory and QdrantStore on Qdrant's own local mode."""

import itertools
import uuid

import numpy as np
import pytest

from staysail import QdrantStore, RankedDocument, VectorStore, copy
from staysail.core.completion import Document
from staysail.core.errors import ConfigError, DimensionError, StoreError
from staysail.stores.filters import compile_filter

NAMES = (f"contract {n} é" for n in itertools.count())


def vectors(n, dim=32, seed=0):
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


@pytest.fixture(params=["memory", "qdrant"])
def make(request, qdrant):
    """A function that makes an empty store."""
    if request.param == "memory":
        return VectorStore
    return lambda **options: QdrantStore(qdrant.url, next(NAMES), **options)


async def contents(store):
    found = await store.get(sorted(await store.ids()), vectors=True)
    return {item["id"]: (item["document"], item["metadata"], [pytest.approx(x, abs=1e-6) for x in item["vector"]]) for item in found}


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
async def test_the_nearest_come_first_with_the_same_scores(make, metric):
    s, x = make(metric=metric), vectors(200)
    assert await s.search(x[0]) == []
    assert await s.count() == 0
    ids = await s.add(vectors=x)
    assert len(set(ids)) == 200
    query = vectors(1, seed=5)[0]
    scores = {
        "cosine": x @ query / np.linalg.norm(x, axis=1) / np.linalg.norm(query),
        "dot": x @ query,
        "euclidean": -np.linalg.norm(x - query, axis=1),
    }[metric]
    best = np.argsort(-scores)[:7]
    hits = await s.search(query, 7)
    assert [hit.id for hit in hits] == [ids[at] for at in best]
    np.testing.assert_allclose([hit.score for hit in hits], scores[best], rtol=1e-5)
    least = (scores[best[3]] + scores[best[4]]) / 2
    assert await s.top_n_ids(query, 7, threshold=least) == [(hit.score, hit.id) for hit in hits[:4]]
    batch = await s.search_batch([query, x[3]], 7)
    assert [[hit.id for hit in hits] for hits in batch] == [[hit.id for hit in hits], [hit.id for hit in await s.top_n(x[3], 7)]]


async def test_documents_of_every_form_come_back_as_they_were(make):
    s, x = make(), vectors(7)
    odd = ["7", "07", "18446744073709551616", "-1", str(uuid.UUID(int=5)), "A" * 36, "an id with spaces, é and 東"]
    given = [
        {"id": odd[0], "text": "text", "metadata": {"n": 1, "deep": {"list": [1, None, "x"]}}},
        {"id": odd[1], "title": "own", "text": "fields"},
        (odd[2], {"any": ["json", 1.5, None, True]}),
        Document(odd[3], "a Document", {"year": 2020}),
        {"id": odd[4], "document": "text 2"},
        {"id": odd[5]},
        {"id": odd[6], "document": [1, 2]},
    ]
    assert await s.add(given, vectors=x) == odd
    assert sorted(await s.ids()) == sorted(odd)
    assert [{**item, "document": item["document"] or None} for item in await s.get([odd[6], "nobody", *odd[:6]])] == [
        {"id": odd[6], "document": [1, 2], "metadata": {}},
        {"id": odd[0], "document": "text", "metadata": {"n": 1, "deep": {"list": [1, None, "x"]}}},
        {"id": odd[1], "document": {"title": "own", "text": "fields"}, "metadata": {"title": "own", "text": "fields"}},
        {"id": odd[2], "document": {"any": ["json", 1.5, None, True]}, "metadata": {}},
        {"id": odd[3], "document": "a Document", "metadata": {"year": 2020}},
        {"id": odd[4], "document": "text 2", "metadata": {}},
        {"id": odd[5], "document": None, "metadata": {}},
    ]
    for at, id in enumerate(odd):
        assert (await s.search(x[at], 1))[0].id == id
    assert (await s.search(x[0], 1))[0].document == {"text": "text", "metadata": given[0]["metadata"]}
    np.testing.assert_allclose((await s.get("07", vectors=True))[0]["vector"], x[1] / np.linalg.norm(x[1]), atol=1e-6)


async def test_upserting_replaces_and_adding_does_not(make):
    s, x = make(), vectors(4)
    await s.add([{"id": "a", "text": "old", "metadata": {"n": 1}}, {"id": "b"}], vectors=x[:2])
    with pytest.raises(StoreError, match="'a' already; upsert") as caught:
        await s.add([{"id": "new"}, {"id": "a"}], vectors=x[2:])
    assert caught.value.code == "exists"
    assert sorted(await s.ids()) == ["a", "b"]
    await s.upsert([{"id": "a", "text": "new"}, {"id": "c"}], vectors=x[2:])
    assert await s.get("a") == [{"id": "a", "document": "new", "metadata": {}}]
    assert await s.count() == 3
    assert (await s.search(x[2], 1))[0].id == "a"
    assert await s.replace(["a", "b", "nobody"], [{"id": "b", "text": "new"}, {"id": "e", "text": "e"}], vectors=x[:2]) == ["b", "e"]
    assert len(await s.ids()) == await s.count() == 3
    assert {item["id"]: item["document"] for item in await s.get(["a", "b", "e"])} == {"b": "new", "e": "e"}


async def test_deleting_tells_how_many_there_were(make):
    s = make()
    await s.add([{"id": str(n), "metadata": {"n": n}} for n in range(20)], vectors=vectors(20))
    assert await s.delete(["3", "nobody", "4"]) == 2
    assert await s.delete("5") == 1
    assert await s.delete([]) == 0
    assert await s.delete(where={"n": {"gte": 10}}) == 10
    assert await s.delete(where={"n": 77}) == 0
    assert sorted(map(int, await s.ids())) == [0, 1, 2, 6, 7, 8, 9]
    assert "3" not in [hit.id for hit in await s.search(vectors(20)[3], 20)]


ROWS = [
    {"year": 2020, "tag": ["a", "b"], "author": {"name": "Ann"}, "flag": True, "title": "A staysail", "a.b": 1, "day": "2020-05-01"},
    {
        "year": 2020.5,
        "tag": "a",
        "author": {"name": "Bob", "born in": 1970},
        "flag": False,
        "title": "b",
        "a": {"b": 1},
        "day": "2021-01-01",
    },
    {"year": -3, "tag": ["c", None], "author": "Ann", "flag": 1, "none": None, "big": 2**60, "day": "2019-12-31"},
    {"year": "2020", "tag": ["a", "b", "c"], "nested": [{"x": 1}], "none": 0, "big": 2**60 + 64, "title": "stay"},
    {"tag": ["b", "a"], "years": [1999, 2025], "a.b": 2, "a": {"b": 1}},
    {},
]
FILTERS = [
    *({"year": {operator: wanted}} for operator in ("eq", "ne", "gt", "gte", "lt", "lte") for wanted in (2020, 2020.5, -3)),
    *({"tag": {operator: ["b", "c"]}} for operator in ("in", "nin")),
    *({name: wanted} for name, wanted in [("year", "2020"), ("year", 2020.0), ("flag", True), ("flag", 1), ("big", 2**60), ("none", None)]),
    *({name: {"exists": wanted}} for name in ("year", "none", "author.name", "a.b") for wanted in (True, False)),
    *({"a.b": wanted} for wanted in (1, 2, {"ne": 1}, {"gt": 1}, None)),
    *({"tag": wanted} for wanted in ("a", ["a", "b"], ["b"], None, {"ne": "a"}, {"contains": "a"}, {"eq": ["a", "b", "c"]})),
    {"year": {"in": [2020, 2020.5, "2020", None, True]}},
    {"year": {"in": []}},
    {"year": {"nin": []}},
    {"year": {"gt": 2019, "lt": 2020.25}},
    {"years": {"gt": 2000, "lt": 2000}},  # one item is more, another less
    {"year": {"gt": True}},
    {"flag": {"gte": 0}},
    {"flag": {"in": [True, 5]}},
    {"author.name": "Ann"},
    {"author.born in": {"lt": 2000}},
    {"author.name.first": None},
    {"title": {"contains": "stay"}},
    {"title": {"contains": 1}},
    {"day": {"gte": "2020-01-01", "lt": "2021-01-01"}},
    {"year": 2020, "tag": "b"},
    {"or": [{"year": -3}, {"and": [{"tag": "b"}, {"not": {"flag": True}}]}]},
    {"not": {"or": [{"year": {"exists": True}}, {"tag": "a"}]}},
    {"or": []},
    {"and": []},
    {},
]


async def test_a_filter_keeps_what_its_meaning_says(make):
    s, x = make(), vectors(len(ROWS))
    await s.add([{"id": f"r{n}", "text": "t", "metadata": row} for n, row in enumerate(ROWS)], vectors=x)
    for where in FILTERS:
        keep = compile_filter(where)
        meant = {f"r{n}" for n, row in enumerate(ROWS) if keep(row)}
        assert {hit.id for hit in await s.search(x[0], 10, where=where)} == meant, where
        assert await s.count(where) == len(meant), where


async def test_words_rank_and_both_rankings_fuse(make):
    async def embed(texts):
        return [[text.count("sail"), text.count("rope"), 1.0] for text in texts]

    s = make(embedder=embed, metric="dot")
    await s.add(
        [
            {"id": "1", "text": "a sail and a sail", "metadata": {"year": 2019}},
            {"id": "2", "text": "rope and sail", "metadata": {"year": 2021}},
            {"id": "3", "text": "rope rope rope", "metadata": {"year": 2022}},
            {"id": "4", "title": "no words", "text": "an anchor"},
        ]
    )
    assert [hit.id for hit in await s.search("sail", 2)] == ["1", "2"]
    assert [hit.id for hit in await s.search("rope", 3, mode="keyword")] == ["3", "2"]
    assert [hit.id for hit in await s.search("rope", 3, mode="keyword", where={"year": {"lt": 2022}})] == ["2"]
    assert [hit.id for hit in await s.search("anchor", 3, mode="keyword")] == ["4"]
    fused = await s.search("rope", 4, mode="hybrid")
    assert fused[0].id == "3"
    assert fused[0].score == pytest.approx(2 / 61)
    assert fused[1].id == "2"
    assert fused[1].score == pytest.approx(2 / 62)
    better = await s.search("rope", 1, rerank=lambda query, hits: [hit.replace(score=9.0) for hit in reversed(hits)])
    assert better[0].score == 9
    assert better[0].id != "3"

    class Model:
        async def rerank(self, query, documents):
            return [RankedDocument(at, 0.5, documents[at]) for at in sorted(range(len(documents)), key=lambda at: len(documents[at]))]

    assert [(hit.score, hit.id) for hit in await s.search("rope", 1, rerank=Model())] == [(0.5, "4")]
    with pytest.raises(ConfigError, match="search for a text"):
        await s.search([1.0, 0.0, 0.0], rerank=Model())
    with pytest.raises(ConfigError, match="takes a text"):
        await s.search([1.0, 0.0, 0.0], mode="keyword")


async def test_diversity_takes_unlike_hits(make):
    s, x = make(), np.eye(3, dtype=np.float32)
    await s.add([{"id": "a"}, {"id": "a again"}, {"id": "b"}], vectors=[x[0], x[0] + 0.01 * x[2], x[1]])
    query = x[0] + 0.5 * x[1]
    assert [hit.id for hit in await s.search(query, 2)] == ["a", "a again"]
    assert [hit.id for hit in await s.search(query, 2, diversity=0.7)] == ["a", "b"]


async def test_mistakes_are_told_in_the_same_words(make):
    s = make()
    await s.add([{"id": "a"}], vectors=[[1.0, 2.0]])
    for what, kind, told in [
        (lambda: s.add([{"id": "b"}], vectors=[[1.0, 2.0, 3.0]]), DimensionError, "3 dimensions, the store 2"),
        (lambda: s.search([1.0]), DimensionError, "the query has 1 dimensions, the store 2"),
        (lambda: s.add([{"id": "b"}], vectors=[[1.0, float("nan")]]), StoreError, "vector 0 holds NaN"),
        (lambda: s.search([1.0, float("inf")]), StoreError, "the query holds NaN or infinity"),
        (lambda: s.add(["text"]), ConfigError, "no embedder"),
        (lambda: s.add(), ConfigError, "documents, vectors, or both"),
        (lambda: s.add(["x"], vectors=[[1.0, 2.0], [1.0, 2.0]]), ConfigError, "1 documents, but 2 vectors"),
        (lambda: s.add([{"id": "x"}, {"id": "x"}], vectors=[[1.0, 2.0]] * 2), ConfigError, "two of the documents have the id 'x'"),
        (lambda: s.search([1.0, 0.0], where={"year": {"above": 3}}), ConfigError, "no operator 'above'"),
        (lambda: s.search([1.0, 0.0], 0), ConfigError, "k is at least 1"),
        (lambda: s.search([1.0, 0.0], mode="both"), ConfigError, "mode is one of"),
        (lambda: s.delete(), ConfigError, "ids or where"),
    ]:
        with pytest.raises(kind, match=told):
            await what()
    with pytest.raises(ConfigError, match="metric is one of"):
        make(metric="manhattan")
    assert await s.ids() == ["a"]


@pytest.fixture(params=["memory", "qdrant"])
def make_other(request, qdrant):
    return VectorStore if request.param == "memory" else lambda **options: QdrantStore(qdrant.url, next(NAMES), batch_size=7, **options)


async def test_a_store_moves_to_any_other_with_copy_and_by_file(make, make_other):
    one, x = make(), vectors(50)
    await one.add([{"id": f"d{n}", "text": f"text {n}", "metadata": {"n": n}} for n in range(49)], vectors=x[:49])
    await one.add([("json", {"title": "t", "list": [1]})], vectors=x[49:])
    whole = await contents(one)
    told = []
    copied = make_other()
    assert await copy(one, copied, batch=20, on_progress=lambda done, total: told.append((done, total))) == 50
    assert told == [(20, 50), (40, 50), (50, 50)]
    assert await contents(copied) == whole
    assert await copy(one, copied) == 50  # over what is there
    assert await copied.delete(where={"n": {"lt": 5}}) == 5
    await copied.upsert([{"id": "d9", "text": "changed"}], vectors=x[9:10])
    assert await copy(one, copied, resume=True, batch=20) == 5
    assert (await copied.get("d9"))[0]["document"] == "changed"
    assert await copied.count() == 50
    read = make_other()
    assert await read.import_(await one.export()) == 50
    assert await contents(read) == whole
    assert await copy(make(), read) == 0


async def test_a_copy_that_broke_off_is_taken_up_again(make, make_other):
    one, two = make(), make_other()
    await one.add([{"id": f"d{n}"} for n in range(30)], vectors=vectors(30))

    async def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await copy(one, two, batch=12, on_progress=stop)
    assert await two.count() == 12
    assert await copy(one, two, batch=12, resume=True) == 18
    assert await contents(two) == await contents(one)
