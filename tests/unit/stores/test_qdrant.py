"""QdrantStore: the requests it sends, against those of the official JavaScript client, and what it makes of a server's answers."""

import asyncio
import json
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from qdrant_client.models import Distance, PointStruct, VectorParams

from staysail import QdrantStore, Retry
from staysail.core.errors import ConfigError, DimensionError, StaysailError, StoreError
from staysail.stores.qdrant_points import point_id
from staysail.testing import ScriptedClock
from tests.qdrant import QdrantBridge
from tests.server.raw import raw_server

SCRIPT = Path(__file__).parents[2] / "qdrant" / "javascript.mjs"
DOT = VectorParams(size=2, distance=Distance.DOT)
KEY = "a-key-that-nobody-may-see"


@pytest.fixture(scope="module")
def server():
    """One with a key, for these tests alone."""
    with QdrantBridge(KEY) as bridge:
        yield bridge


@pytest.fixture
def bridge(server):
    server.seen.clear()
    yield server
    server.answers.clear()
    for name in [found.name for found in server.client.get_collections().collections]:
        server.client.delete_collection(name)


def store(bridge, **options):
    return QdrantStore(bridge.url, "notes", **{"api_key": KEY, "clock": ScriptedClock(), **options})


def javascript(bridge, client, calls):
    if not shutil.which("node"):
        pytest.skip("there is no node")
    sent = {"client": client, "url": bridge.url, "apiKey": KEY, "collection": "notes", "vector": [1.0, 0.0], "calls": calls}
    done = subprocess.run(["node", SCRIPT], input=json.dumps(sent), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def taken(bridge):
    seen = [*bridge.seen]
    bridge.seen.clear()
    return seen


async def test_the_requests_are_those_of_the_official_client(bridge):
    s = store(bridge, indexed={"year": "integer"}, embedder=lambda texts: [[1.0, 0.0] for _ in texts])
    a, year = point_id("a"), {"must": [{"must": [{"key": "metadata.year", "range": {"gte": 2020}}]}]}
    nearest = {"query": [1.0, 0.0], "limit": 3}
    words = {"query": {"text": "sail"}, "using": "text", "limit": 12}
    told = {"with_payload": True}
    ours, official = [], []

    async def compare(work, *calls):
        """What `work` sends, and the official calls that should send the same."""
        ours.append(await work)
        official.extend(calls)

    points = [
        {"id": a, "vector": [1.0, 0.0], "payload": {"id": "a", "text": "a sail", "metadata": {"year": 2020}}},
        {"id": 7, "vector": [0.0, 1.0], "payload": {"text": "rope", "metadata": {"year": 2019}}},
    ]
    await compare(
        s.add(
            [{"id": "a", "text": "a sail", "metadata": {"year": 2020}}, {"id": "7", "text": "rope", "metadata": {"year": 2019}}],
            vectors=[[1.0, 0.0], [0.0, 1.0]],
        ),
        ["createCollection", "notes", {"vectors": {"size": 2, "distance": "Cosine"}}],
        ["createPayloadIndex", "notes", {"wait": True, "field_name": "metadata.year", "field_schema": "integer"}],
        ["retrieve", "notes", {"ids": [a, 7], "with_payload": False, "with_vector": False}],
        ["upsert", "notes", {"wait": True, "points": points}],
    )
    await compare(s.get(["a"], vectors=True), ["retrieve", "notes", {"ids": [a], "with_payload": True, "with_vector": True}])
    await compare(
        s.search([1.0, 0.0], 3, where={"year": {"gte": 2020}}, threshold=0.5, exact=True),
        ["query", "notes", nearest | told | {"filter": year, "score_threshold": 0.5, "params": {"exact": True}}],
    )
    await compare(
        s.search([1.0, 0.0], 3, diversity=0.5),
        ["query", "notes", told | {"query": {"nearest": [1.0, 0.0], "mmr": {"diversity": 0.5, "candidates_limit": 12}}, "limit": 3}],
    )
    await compare(
        s.search("sail", 3, mode="hybrid"),
        ["getCollection", "notes"],
        ["createPayloadIndex", "notes", {"wait": True, "field_name": "text", "field_schema": {"type": "text", "scoring": True}}],
        ["query", "notes", told | {"prefetch": [nearest | {"limit": 12}, words], "query": {"rrf": {"k": 61}}, "limit": 3}],
    )
    await compare(s.search("sail", 12, mode="keyword"), ["query", "notes", words | told])
    await compare(s.search_batch([[1.0, 0.0]], 3), ["queryBatch", "notes", {"searches": [nearest | told]}])
    await compare(s.count(), ["count", "notes", {"exact": True}])
    await compare(s.ids(), ["scroll", "notes", {"limit": 1000, "with_payload": ["id"], "with_vector": False}])
    await compare(
        s.delete(["7"]),
        ["retrieve", "notes", {"ids": [7], "with_payload": False, "with_vector": False}],
        ["delete", "notes", {"wait": True, "points": [7]}],
    )
    await compare(
        s.delete(where={"year": {"gte": 2020}}),
        ["count", "notes", {"exact": True, "filter": year}],
        ["delete", "notes", {"wait": True, "filter": year}],
    )
    await compare(s.destroy(), ["deleteCollection", "notes"])
    assert ours[1][0]["vector"] == [1.0, 0.0]
    assert [hit.id for hit in ours[4]] == ["a", "7"]
    sent = taken(bridge)
    assert sent.pop(0) == ("GET", "/collections/notes", None)  # is it there already?
    javascript(bridge, "official", official)
    assert sent == taken(bridge)


async def test_what_the_javascript_adapter_stores_python_reads_and_the_other_way_round(bridge):
    python = QdrantStore(bridge.url, "notes", api_key=KEY)
    uuid = "6fa459ea-ee8a-3ca4-894e-db77e160355e"
    documents = [
        {"id": "sails.pdf#0", "text": "A stay ⛵", "metadata": {"page": 3}, "vector": [3.0, 4.0]},
        {"id": "7", "document": {"title": "Rope", "text": "A line"}, "vector": [0.0, 1.0]},
        {"id": uuid, "text": "embedded"},
    ]
    told = javascript(bridge, "adapter", [["get", ["7"]], ["ids"], ["upsert", documents], ["get", ["7", "sails.pdf#0"], {"vectors": True}]])
    assert told[:3] == [[], [], ["sails.pdf#0", "7", uuid]]
    assert [found["id"] for found in told[3]] == ["7", "sails.pdf#0"]
    ids = ["sails.pdf#0", "7", uuid]
    assert sorted(await python.ids()) == sorted(ids)
    found = await python.get(ids, vectors=True)
    assert [(item["document"], item["metadata"]) for item in found] == [
        ("A stay ⛵", {"page": 3}),
        ({"title": "Rope", "text": "A line"}, {}),
        ("embedded", {}),
    ]
    assert found[0]["vector"] == pytest.approx([0.6, 0.8])
    assert found[2]["vector"] == pytest.approx([1, 0]), "it was embedded"
    await python.upsert(
        [{"id": f"more {n}", "text": f"line {n}", "metadata": {"n": n}} for n in range(600)], vectors=[[1.0, n] for n in range(600)]
    )
    (listed,), (line,) = javascript(bridge, "adapter", [["ids"]]), javascript(bridge, "adapter", [["get", ["more 5", "none"]]])
    assert sorted(listed) == sorted(await python.ids())
    assert line == [{"id": "more 5", "document": "line 5", "metadata": {"n": 5}}]


def test_the_javascript_adapter_sends_what_the_official_client_sends(bridge):
    points = [{"id": 1, "vector": [1.0, 0.0], "payload": {"n": 1}}, {"id": "00000000-0000-0000-0000-000000000002", "vector": [0.0, 1.0]}]
    asked = {"must": [{"key": "n", "match": {"value": 1}}]}
    results = javascript(
        bridge,
        "adapter",
        [
            ["init", 2],
            ["init", 2],
            ["insertDocuments", points],
            ["topN", {"query": "q", "samples": 2, "threshold": 0.5, "filter": asked}],
            ["topNIds", {"query": "q", "samples": 2}],
            ["deleteDocuments", [1]],
        ],
    )
    assert results[3] == [[pytest.approx(1), "1", {"n": 1}]]
    assert [id for _, id in results[4]] == ["1", points[1]["id"]]
    sent = taken(bridge)
    bridge.client.delete_collection("notes")
    query = {"query": [1.0, 0.0], "limit": 2}
    javascript(
        bridge,
        "official",
        [
            ["collectionExists", "notes"],
            ["createCollection", "notes", {"vectors": {"size": 2, "distance": "Cosine"}}],
            ["collectionExists", "notes"],
            ["upsert", "notes", {"wait": True, "points": points}],
            ["query", "notes", query | {"score_threshold": 0.5, "filter": asked, "with_payload": True}],
            ["query", "notes", query | {"with_payload": ["id"]}],
            ["delete", "notes", {"wait": True, "points": [1]}],
        ],
    )
    assert sent == taken(bridge)


async def test_the_collection_remembers_whose_vectors_it_holds(bridge, monkeypatch):
    texts = ["A stay holds a mast.", "Low tide at six."]

    def letters(texts):
        return [[text.lower().count(letter) + 0.0 for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]

    def other(texts):
        return [vector[13:] + vector[:13] for vector in letters(texts)]

    async def found(embedder):
        return (await store(bridge, embedder=embedder).search("tide", 1))[0].id

    first = store(bridge, embedder=letters)
    await first.add([{"id": str(at), "text": text} for at, text in enumerate(texts)])
    sent = taken(bridge)
    assert [path for method, path, _ in sent if method == "PATCH"] == ["/collections/notes"]
    javascript(bridge, "official", [["updateCollection", "notes", next(body for method, _, body in sent if method == "PATCH")]])
    assert [request for request in sent if request[0] == "PATCH"] == taken(bridge)
    assert await found(letters) == "1"
    with pytest.raises(ConfigError, match="the store 'notes' was filled by another embedder"):
        await found(other)
    with pytest.raises(ConfigError, match="another embedder"):
        await store(bridge, embedder=other).add(["More."])
    assert [hit.id for hit in await store(bridge, embedder=other).search(letters(["tide"])[0], 1)] == ["1"]
    taken(bridge)
    await first.add([{"id": "2", "text": "Ebb."}])
    assert [method for method, path, _ in taken(bridge)] == ["POST", "PUT"], "once is enough"

    # What was deleted tells nothing; the next document does.
    await first.delete("1")
    assert await found(other)
    await first.upsert([{"id": "3", "text": "Flow."}])
    with pytest.raises(ConfigError, match="another embedder"):
        await found(other)
    bridge.client.update_collection("notes", metadata={"staysail": "of a later version"})
    assert await found(other)
    # A server, or a key, that keeps no metadata.
    bridge.client.delete_collection("notes")
    stubborn = store(bridge, embedder=letters, retry=False)
    await stubborn.add([{"id": "0"}], vectors=letters(["x"]))

    def refuse(name, metadata):
        raise ValueError("unknown field `metadata`")

    monkeypatch.setattr(bridge.client, "update_collection", refuse)
    assert await stubborn.add([{"id": "4", "text": "Neap."}]) == ["4"]
    assert await stubborn.count() == 2


async def test_ids_of_many_digits_are_the_same_points_from_both_sides(bridge):
    big = [str(2**53 + 1), str(2**64 - 1), "1234567890123456"]
    ids = [*big, str(2**53 - 1), str(2**64), "0123456789012345678"]
    python = store(bridge)
    javascript(bridge, "adapter", [["upsert", [{"id": id, "text": f'"id":{id},', "vector": [1.0, 0.5]} for id in ids]]])
    assert sorted(await python.ids()) == sorted(ids)
    assert [item["id"] for item in await python.get(ids)] == ids
    stored = [point.id for point in bridge.client.scroll("notes", limit=10)[0]]
    assert {point for point in stored if isinstance(point, int)} == {*map(int, [*big, str(2**53 - 1)])}
    await python.upsert([{"id": "18446744073709551614", "text": "x"}], vectors=[[1.0, 0.0]])
    listed, got, hits, near, gone, _, left = javascript(
        bridge,
        "adapter",
        [
            ["ids"],
            ["get", ids],
            ["topNIds", {"query": "q", "samples": 10}],
            ["topN", {"query": "q", "samples": 1, "diversity": 0.5}],
            ["deleteDocuments", [big[0], ids[4]]],
            ["insertDocuments", [{"id": big[0], "vector": [0.0, 1.0]}]],
            ["ids"],
        ],
    )
    everything = sorted([*ids, "18446744073709551614"])
    assert sorted(listed) == sorted(id for _, id in hits) == everything
    assert [(item["id"], item["document"]) for item in got] == [(id, f'"id":{id},') for id in ids]
    assert near[0][1] == "18446744073709551614"
    assert gone is None
    assert sorted(left) == sorted({*everything} - {ids[4]})


async def test_a_collection_that_others_made_is_searched_as_it_is(bridge):
    bridge.client.create_collection("notes", vectors_config=DOT)
    payload = {"page_content": "a sail", "metadata": {"source": "x"}, "id": "their own"}
    bridge.client.upsert("notes", [PointStruct(id=5, vector=[2.0, 0.0], payload=payload)])
    s = store(bridge, metric="dot", text_field="page_content")
    (hit,) = await s.search([1.0, 0.0], where={"source": "x"})
    assert (hit.score, hit.id, hit.document) == (2.0, "5", {"text": "a sail", "metadata": {"source": "x"}})
    assert await s.ids() == ["5"]
    assert [hit.id for hit in await s.search("sail", mode="keyword")] == ["5"]
    with pytest.raises(ConfigError, match="was made for Dot, not cosine"):
        await store(bridge).count()
    with pytest.raises(DimensionError, match="holds vectors of 2 dimensions, not 3"):
        await store(bridge, metric="dot", dim=3).count()
    bridge.client.create_collection("named", vectors_config={"small": DOT})
    with pytest.raises(ConfigError, match=r"named vectors \(small\)"):
        await QdrantStore(bridge.url, "named", api_key=KEY).count()


async def test_what_fails_for_now_is_tried_again_and_what_fails_for_good_is_told(bridge):
    clock = ScriptedClock()
    s = store(bridge, clock=clock)
    bridge.answers += [(503, {}), (429, {"retry-after": "2.5"})]
    assert await s.add([{"id": "a"}], vectors=[[1.0, 0.0]]) == ["a"]
    assert len(clock.slept) == 2
    assert clock.slept[1] == 2.5
    for status, code in [(400, "bad_request"), (403, "auth"), (404, "not_found"), (507, "server")]:
        bridge.answers += [(status, {})] * 4
        with pytest.raises(StoreError, match=f"{status}") as caught:
            await s.count()
        assert caught.value.code == code
        bridge.answers.clear()
    bridge.answers += [(400, {})]
    with pytest.raises(ConfigError, match=r"need a Qdrant server that ranks text by BM25 \(1\.20\)"):
        await s.search("words", mode="keyword")
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        await QdrantStore("http://127.0.0.1:9", "notes", retry=Retry(attempts=1)).count()
    assert caught.value.code == "unreachable"


async def test_no_error_and_no_repr_shows_the_key(bridge):
    wrong = "another-key-that-nobody-may-see"
    s = store(bridge, api_key=wrong)
    with pytest.raises(StoreError, match="refuses the API key") as caught:  # the server repeats it in its answer
        await s.count()
    assert caught.value.code == "auth"
    error, shown = caught.value, ""
    while error:
        shown += repr(error) + str(error) + str(vars(error))
        error = error.__cause__ or error.__context__
    assert wrong not in shown + repr(s) + repr(s._service) + repr(s._collection)
    assert await store(bridge, api_key=lambda: KEY).count() == 0


async def test_many_points_go_in_batches(bridge):
    s = store(bridge, batch_size=40)
    await s.upsert(vectors=[[float(n), 1.0] for n in range(100)])
    bodies = [body for method, path, body in taken(bridge) if path.endswith("/points?wait=true")]
    assert [len(body["points"]) for body in bodies] == [40, 40, 20]
    await s.upsert([{"id": str(n), "text": "x" * 6_000_000} for n in range(4)], vectors=[[1.0, 0.0]] * 4)
    bodies = [body for method, path, body in taken(bridge) if path.endswith("/points?wait=true")]
    assert [len(body["points"]) for body in bodies] == [2, 2]  # 16 MB, for a server takes 32
    with pytest.raises(ConfigError, match="document 'b' is not JSON"):
        await s.upsert([{"id": "a"}, {"id": "b", "metadata": {"x": {1, 2}}}], vectors=[[1.0, 0.0]] * 2)
    assert taken(bridge) == []  # nothing is sent where a part of it cannot be


async def test_two_that_make_the_collection_at_once_share_it(bridge):
    stores = [store(bridge, indexed={"n": "integer"}) for _ in range(4)]
    await asyncio.gather(*(s.add([{"id": f"d{n}"}], vectors=[[1.0, float(n)]]) for n, s in enumerate(stores)))
    assert await stores[0].count() == 4


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"name": {"gt": "b"}}, "orders numbers and dates"),
        ({"name": {"eq": {"first": "Ann"}}}, "does not compare with dict"),
        ({"name": []}, "does not compare with list"),
        ({"name": {"in": [["a"]]}}, "plain values alone"),
        ({'na"me': 1}, "no field of such a name"),
    ],
)
async def test_what_qdrant_cannot_filter_by_is_told_before_anything_is_sent(bridge, where, told):
    with pytest.raises(ConfigError, match=told):
        await store(bridge).search([1.0, 0.0], where=where)
    assert taken(bridge) == []


@pytest.mark.parametrize(("url", "name", "told"), [("ftp://x", "c", "starts with http"), ("http://x", "", "name of a collection")])
def test_a_wrong_address_is_told_at_once(url, name, told):
    with pytest.raises(ConfigError, match=told):
        QdrantStore(url, name)


ABOUT = {"config": {"params": {"vectors": {"size": 2, "distance": "Cosine"}}}}
ODD_RESULTS = [None, 5, "x", [], {}, [None], {"config": 5}, {"config": {"params": []}}, {"config": {"params": {"vectors": {"size": "x"}}}}]
ODD_RESULTS += [{"points": None}, {"points": [5]}, {"points": [{"id": {}, "score": "x"}]}, {"count": []}, [{"points": 5}], [{"id": []}]]


@pytest.mark.parametrize("opens", [True, False])
@pytest.mark.parametrize("result", ODD_RESULTS, ids=str)
async def test_an_answer_of_another_shape_is_an_error_of_ours(opens: bool, result):
    def answer(request: str) -> list[bytes]:
        return [json.dumps({"result": ABOUT if opens and request.startswith("GET") else result}).encode()]

    async with raw_server("200 OK\r\ncontent-type: application/json", answer) as raw:
        store = QdrantStore(raw.url, "c", dim=2, retry=False)
        for work in (
            store.count(),
            store.ids(),
            store.get(["a"], vectors=True),
            store.search([1, 0]),
            store.search_batch([[1, 0]]),
            store.search("words", mode="keyword"),
        ):
            with suppress(StaysailError):
                await work


async def test_pages_that_bring_nothing_new_end():
    page = {"points": [{"id": 1}], "next_page_offset": 1}
    answer = lambda request: [json.dumps({"result": ABOUT if request.startswith("GET") else page}).encode()]  # noqa: E731
    async with raw_server("200 OK\r\ncontent-type: application/json", answer) as raw, asyncio.timeout(20):
        assert set(await QdrantStore(raw.url, "c", dim=2).ids()) == {"1"}
