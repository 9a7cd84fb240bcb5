"""VectorStore over memory: what it promises, against a dict and a brute-force search, reopened after every kind of end."""

import io
import json
import random
import sqlite3
import tracemalloc
import zipfile
from typing import Any

import numpy as np
import pytest

from staysail.core.completion import Document
from staysail.core.errors import ConfigError, CorruptionError, DimensionError, QuotaError, StoreError
from staysail.stores.damage import DamageWarning
from staysail.stores.memory_blocks import MemoryBlocks
from staysail.stores.transfer import copy
from staysail.stores.vector_store import VectorStore

DIM = 4096  # 64 rows a segment: segments fill quickly


def vectors(n, seed=0, dim=DIM):
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


def store(blocks=None, **options):
    return VectorStore("test", blocks=blocks or MemoryBlocks(), **{"segment_rows": 64, **options})


class Interrupted(Exception):
    pass


class Interruptible(MemoryBlocks):
    """Fails in the `fuse`-th write, which then changes nothing: what a transaction does when the page dies."""

    fuse = -1

    async def write(self, puts, deletes, *, strict):
        self.fuse -= 1
        if self.fuse == -1:
            raise Interrupted
        await super().write(puts, deletes, strict=strict)


async def contents(opened):
    ids = sorted(await opened.ids())
    return {item["id"]: (item["document"], item["metadata"]) for item in await opened.get(ids)}


async def test_what_is_added_is_found_by_vector_and_by_id():
    s = store()
    x = vectors(3)
    await s.add([{"id": "a", "text": "one", "metadata": {"n": 1}}, {"id": "b", "text": "two"}, ("c", {"any": ["json"]})], vectors=x)
    hits = await s.search(x[1], 2)
    assert hits[0].id == "b"
    assert hits[0].score == pytest.approx(1, abs=1e-6)
    assert await s.get(["c", "nobody", "a"]) == [
        {"id": "c", "document": {"any": ["json"]}, "metadata": {}},
        {"id": "a", "document": "one", "metadata": {"n": 1}},
    ]
    assert (await s.search(x[0], 1))[0].document == {"text": "one", "metadata": {"n": 1}}
    assert await s.count() == 3
    assert await s.top_n_ids(x[2], 1) == [(pytest.approx(1, abs=1e-6), "c")]


async def test_random_changes_keep_it_equal_to_a_dict_and_so_does_opening_it_again():
    blocks, model, rng = MemoryBlocks(), {}, random.Random(4)
    s = store(blocks)
    x = vectors(900)
    for step in range(60):
        match rng.choice(["add", "add", "upsert", "delete", "reopen", "compact"]):
            case "add":
                new = [i for i in rng.sample(range(900), rng.choice([1, 3, 90])) if f"d{i}" not in model]
                await s.add([{"id": f"d{i}", "text": f"text {i}", "metadata": {"i": i}} for i in new], vectors=x[new]) if new else None
                model |= {f"d{i}": (f"text {i}", {"i": i}, i) for i in new}
            case "upsert":
                new = rng.sample(range(900), 5)
                moved = [(i * 7 + step) % 900 for i in new]
                await s.upsert([{"id": f"d{i}", "text": f"new {step}", "metadata": {}} for i in new], vectors=x[moved])
                model |= {f"d{i}": (f"new {step}", {}, at) for i, at in zip(new, moved, strict=True)}
            case "delete":
                gone = rng.sample(sorted(model), len(model) * rng.choice([1, 3]) // 4)
                assert await s.delete(gone) == len(gone)
                for id in gone:
                    del model[id]
            case "compact":
                await s.compact()
            case "reopen":
                s = store(blocks)
        assert await s.count() == len(model)
        if step % 6 == 0 and model:
            assert await contents(s) == {id: value[:2] for id, value in model.items()}
            query = x[step]
            scores = {id: float(x[at] @ query / np.linalg.norm(x[at]) / np.linalg.norm(query)) for id, (_, _, at) in model.items()}
            best = sorted(scores.values(), reverse=True)[:10]
            found = await s.search(query, 10)
            np.testing.assert_allclose([hit.score for hit in found], best, atol=1e-6)
            assert all(abs(scores[hit.id] - hit.score) < 1e-6 for hit in found)
    assert s.damage == ()


@pytest.mark.parametrize("fuse", range(4))
async def test_a_write_that_breaks_off_leaves_the_old_state_here_and_on_disk(fuse):
    blocks = Interruptible()
    s = store(blocks)
    x = vectors(400)
    await s.add([{"id": f"{i}"} for i in range(150)], vectors=x[:150])
    before = await contents(s)
    changes = [
        lambda: s.add([{"id": f"n{i}"} for i in range(200)], vectors=x[150:350]),
        lambda: s.upsert([{"id": "3"}], vectors=x[:1]),
        lambda: s.delete([str(i) for i in range(40)]),
        lambda: s.delete([str(i) for i in range(150)]),
    ]
    blocks.fuse = 0
    with pytest.raises(Interrupted):
        await changes[fuse]()
    assert await contents(s) == before
    assert await contents(store(blocks)) == before
    assert [hit.id for hit in await s.search(x[3], 1)] == ["3"]
    await changes[fuse]()
    after = await contents(s)
    assert after != before or fuse == 1
    assert await contents(store(blocks)) == after


async def test_compaction_that_breaks_off_loses_nothing():
    blocks = Interruptible()
    s = store(blocks)
    x = vectors(256)
    await s.add([{"id": f"{i}", "text": f"t{i}"} for i in range(256)], vectors=x)
    blocks.fuse = 1  # the deletion is written, the compaction after it is not
    with pytest.raises(Interrupted):
        await s.delete([f"{i}" for i in range(40)])
    reopened = store(blocks)
    assert await reopened.count() == 216
    assert [hit.id for hit in await reopened.search(x[100], 1)] == ["100"]
    await reopened.compact()
    assert (await reopened.explain())["deleted"] == 64
    again = store(blocks)
    assert await again.count() == 216
    assert (await again.explain())["deleted"] == 0
    for at in (41, 63, 200):
        assert [hit.id for hit in await again.search(x[at], 1)] == [str(at)]


async def test_two_stores_over_the_same_blocks_see_each_other():
    blocks = MemoryBlocks()
    one, two = store(blocks), store(blocks)
    x = vectors(200)
    await one.add([{"id": f"a{i}"} for i in range(100)], vectors=x[:100])
    await two.add([{"id": f"b{i}"} for i in range(70)], vectors=x[100:170])
    await one.add([{"id": "c"}], vectors=x[170:171])
    await two.delete(["a5", "c"])
    blocks.changed = True
    for s in (one, two):
        assert await s.count() == 169
        assert [hit.id for hit in await s.search(x[169], 1)] == ["b69"]
        assert "a5" not in await contents(s)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@pytest.mark.parametrize("quantization", ["int8", "1bit"])
async def test_quantised_stores_open_lazily_and_find_the_same(metric, quantization):
    blocks = MemoryBlocks()
    x = vectors(700, dim=1024)
    await store(blocks, metric=metric, quantization=quantization).add([{"id": str(i)} for i in range(700)], vectors=x)
    s = store(blocks, metric=metric, quantization=quantization)
    hits = await s.search(x[321], 3)
    assert hits[0].id == "321"
    about = await s.explain()
    assert about["search"] == quantization
    exact = await s.search(x[321], 3, quantization="none")
    assert exact[0] == hits[0]


async def test_rows_beyond_the_memory_budget_are_read_in_windows():
    blocks = MemoryBlocks()
    x = vectors(640)
    await store(blocks).add([{"id": str(i)} for i in range(640)], vectors=x)
    s = store(blocks, memory_bytes=3 << 20)
    whole = store(blocks)
    for at in (0, 333, 639):
        assert await s.search(x[at], 5) == await whole.search(x[at], 5)
    assert (await s.explain())["memory_bytes"]["rows"] <= 4 << 20
    assert (await whole.explain())["memory_bytes"]["rows"] >= 10 << 20


async def test_few_rows_are_read_one_by_one_and_not_believed_unless_their_checksum_proves_them():
    blocks, x = MemoryBlocks(), vectors(640)
    await store(blocks, quantization="1bit").add(vectors=x, ids=[str(at) for at in range(640)])
    s = store(blocks)
    assert (await s.search(x[70], 1))[0].id == "70"
    told = await s.explain()
    assert told["memory_bytes"]["rows"] == 0 < told["last_search"]["rows_read"]
    for _ in range(17):
        await s.search(x[70], 1)
    told = await s.explain()
    assert told["memory_bytes"]["rows"] > 0  # what is read often is kept
    key = sorted(blocks.tables["rows"])[1]
    record = bytearray(blocks.tables["rows"][key])
    record[4 * DIM * (70 - 64) + 1] ^= 1  # the least of a row
    blocks.tables["rows"][key] = bytes(record)
    damaged = store(blocks)
    with pytest.warns(DamageWarning, match=f"rows {key} of the store is damaged: 64 rows"):
        assert (await damaged.search(x[70], 1))[0].id != "70"
    assert (await damaged.search(x[5], 1))[0].id == "5"


@pytest.mark.parametrize("table", ["rows", "documents", "log", "codes", "signs", "mean", "segments", "dead", "terms"])
async def test_damage_is_told_and_what_is_whole_stays_readable(table):
    blocks = MemoryBlocks()
    x = vectors(200)
    s = store(blocks, quantization="1bit")
    await s.add([{"id": str(i), "text": f"word{i}"} for i in range(200)], vectors=x)
    await s.delete(["5"])
    key = min(blocks.tables[table])
    record = bytearray(blocks.tables[table][key])
    record[len(record) // 2] ^= 4
    blocks.tables[table][key] = bytes(record)
    damaged = store(blocks, quantization="1bit")
    with pytest.warns(DamageWarning, match=f"{table} {key} of the store is damaged"):  # noqa: PT031  any of them may be first to see it
        await damaged.search(x[150], 3)
        await damaged.search("word150", 3, mode="keyword")
        await damaged.search(x[1], 3)
        for way in ("int8", "none"):
            await damaged.search(x[1], 3, quantization=way)
    assert damaged.damage[0].table == table
    assert (await damaged.search(x[100], 1))[0].id == "100"
    if table in ("codes", "signs", "mean", "dead", "terms"):
        assert (await damaged.search(x[1], 1))[0].id == "1"
    if table == "documents":
        with pytest.raises(CorruptionError, match="'1' is damaged"):
            await damaged.get(["1"])
    await damaged.add([{"id": "after"}], vectors=-x[:1])
    assert (await damaged.search(-x[0], 1))[0].id == "after"


async def test_a_damaged_head_and_a_newer_format_say_so():
    blocks = MemoryBlocks()
    await store(blocks).add([{"id": "a"}], vectors=vectors(1))
    whole = blocks.tables["head"][0]
    blocks.tables["head"][0] = whole[:-1] + b"!"
    with pytest.raises(CorruptionError, match="head is damaged"):
        await store(blocks).count()


async def test_quota_is_told_before_anything_changes():
    class Full(MemoryBlocks):
        async def estimate(self):
            return 10, 1000

    blocks = Full()
    s = store(blocks)
    await s.add([{"id": "small"}], vectors=vectors(1))
    with pytest.raises(QuotaError, match="1,000 left") as caught:
        await s.add([{"id": str(i)} for i in range(200)], vectors=vectors(200))
    assert caught.value.free_bytes == 1000
    assert caught.value.needed_bytes > 200 * 4 * DIM
    assert await s.count() == 1
    assert await store(blocks).count() == 1


async def test_filters_thresholds_and_modes():
    async def embed(texts):
        return [[text.count("sail"), text.count("rope"), 1] for text in texts]

    s = store(embedder=embed, metric="dot")
    await s.add(
        [
            {"id": "1", "text": "a sail and a sail", "metadata": {"year": 2019, "tags": ["x", "y"]}},
            Document("2", "rope and sail", {"year": 2021}),
            {"id": "3", "text": "rope rope rope", "metadata": {"year": 2022}},
        ]
    )
    assert [hit.id for hit in await s.search("sail", 3)] == ["1", "2", "3"]
    assert [hit.id for hit in await s.search("sail", 3, where={"year": {"gte": 2020}})] == ["2", "3"]
    assert [hit.id for hit in await s.search("sail", 3, where={"tags": "y"})] == ["1"]
    assert [hit.id for hit in await s.search("sail", 3, threshold=2)] == ["1", "2"]
    assert [hit.id for hit in await s.search("ropes rope", 3, mode="keyword")] == ["3", "2"]
    assert {hit.id for hit in await s.search("rope", 3, mode="hybrid")} == {"1", "2", "3"}
    assert await s.count({"not": {"year": 2019}}) == 2
    assert await s.delete(where={"year": {"lt": 2022}}) == 2
    assert await s.count() == 1
    better = await s.search("rope", 1, rerank=lambda query, hits: [hit.replace(score=9.0) for hit in hits])
    assert better[0].score == 9


async def test_a_batch_finds_what_single_searches_find():
    s = store(metric="euclidean")
    x = vectors(150)
    await s.add([{"id": str(i)} for i in range(150)], vectors=x)
    assert await s.search_batch(list(x[:9]), 4) == [await s.search(q, 4) for q in x[:9]]


async def test_diversity_takes_unlike_hits():
    s = store()
    x = np.eye(DIM, dtype=np.float32)[:3]
    query = x[0] + 0.5 * x[1]
    await s.add([{"id": "a"}, {"id": "a again"}, {"id": "b"}], vectors=[x[0], x[0] + 0.01 * x[2], x[1]])
    assert [hit.id for hit in await s.search(query, 2)] == ["a", "a again"]
    assert [hit.id for hit in await s.search(query, 2, diversity=0.7)] == ["a", "b"]


async def test_export_is_read_by_numpy_and_json_and_comes_back_whole():
    s = store()
    x = vectors(100)
    await s.add([{"id": str(i), "text": f"text {i}", "metadata": {"i": i}} for i in range(100)], vectors=x)
    await s.delete(["7"])
    archive = await s.export()
    with zipfile.ZipFile(io.BytesIO(archive)) as parts:
        rows = np.load(io.BytesIO(parts.read("vectors.npy")))
        lines = [json.loads(line) for line in parts.read("documents.jsonl").splitlines()]
    assert rows.shape == (99, DIM)
    np.testing.assert_allclose(rows[0], x[0] / np.linalg.norm(x[0]), atol=1e-6)
    assert lines[7] == {"id": "8", "document": "text 8", "metadata": {"i": 8}}
    other = store()
    assert await other.import_(archive) == 99
    assert await contents(other) == await contents(s)
    with pytest.raises(CorruptionError):
        await other.import_(archive[:-200])
    third = store()
    assert await copy(s, third) == 99
    assert await contents(third) == await contents(s)


async def test_a_store_larger_than_its_memory_goes_through_a_file_a_block_at_a_time(tmp_path):
    count, dim, budget = 10_000, 256, 1 << 20
    rng = np.random.default_rng(5)
    x = rng.standard_normal((count, dim), dtype=np.float32)
    first, second = (VectorStore(blocks=MemoryBlocks(), memory_bytes=budget) for _ in range(2))
    await first.add([{"id": f"d{n}", "text": f"text {n}", "metadata": {"n": n}} for n in range(count)], vectors=x)
    await first.delete(["d5"])
    file, held = tmp_path / "store.zip", []
    tracemalloc.start()
    try:
        with file.open("wb") as out:
            async for piece in first.export_pieces():
                out.write(piece)
                held.append((await first.explain())["memory_bytes"]["rows"])
        peak, size = tracemalloc.get_traced_memory()[1], file.stat().st_size
    finally:
        tracemalloc.stop()
    assert size > count * dim * 4 > 9 * budget
    assert max(held) <= 4 * budget, "a block's rows, those that fill no segment yet, and the budget"
    assert peak < size, "rows, ids and one block of Python's numbers"
    assert await second.import_(file) == count - 1
    assert (await second.explain())["memory_bytes"]["rows"] <= 4 * budget
    for n in (0, 6, 9_999):
        assert [hit.id for hit in await second.search(x[n], 1)] == [f"d{n}"]
    assert (await second.get("d6"))[0] == (await first.get("d6"))[0]

    with pytest.raises(StoreError, match="'d0' already") as caught:
        await second.import_(file)
    assert caught.value.code == "exists"
    data = file.read_bytes()
    for at in (len(data) // 2, 200):  # among the vectors, among the documents
        broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        third = store()
        with pytest.raises(CorruptionError, match="is damaged"):
            await third.import_(broken)
        assert await third.count() == 0, "nothing was written"


class Elsewhere:
    """A file that is not here: a Blob of the page."""

    def __init__(self, data):
        self._data, self.size_bytes = data, len(data)

    async def read(self, at, size):
        assert size <= 1 << 20
        return self._data[at : at + size]


def repack(data, method):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", method) as made:
        for name in reversed(given.namelist()):
            made.writestr(name, given.read(name))
        made.comment = b"by hand"
    return out.getvalue()


async def test_an_export_may_lie_elsewhere_and_be_packed_by_others():
    s, x = store(), vectors(600, dim=64)
    await s.add([{"id": f"d{n}", "text": f"text {n}"} for n in range(600)], vectors=x)
    data = await s.export()
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        other = store()
        assert await other.import_(Elsewhere(repack(data, method))) == 600
        assert [hit.id for hit in await other.search(x[599], 1)] == ["d599"]
    packed = repack(data, zipfile.ZIP_BZIP2)
    for given in (packed, packed[:-30], data[:-30], b"PK", b""):
        with pytest.raises(CorruptionError):
            await store().import_(given)


async def test_an_export_that_documents_are_taken_from_meanwhile_says_so():
    s = VectorStore()
    await s.add([{"id": str(n)} for n in range(3000)], vectors=np.eye(3000, 8, dtype=np.float32) + 1)

    async def export():
        async for _ in s.export_pieces():
            await s.delete(["0"])

    with pytest.raises(StoreError) as caught:
        await export()
    assert caught.value.code == "changed"


async def test_mistakes_are_told():
    blocks = MemoryBlocks()
    s = store(blocks)
    await s.add([{"id": "a"}], vectors=[[1.0, 2.0]])
    with pytest.raises(StoreError, match="'a' already; upsert") as caught:
        await s.add([{"id": "a"}], vectors=[[1.0, 2.0]])
    assert caught.value.code == "exists"
    with pytest.raises(DimensionError, match="3 dimensions, the store 2"):
        await s.add([{"id": "b"}], vectors=[[1.0, 2.0, 3.0]])
    with pytest.raises(StoreError, match="NaN"):
        await s.add([{"id": "b"}], vectors=[[1.0, float("nan")]])
    with pytest.raises(ConfigError, match="no embedder"):
        await s.add(["text"])
    with pytest.raises(ConfigError, match="two of the documents have the id 'x'"):
        await s.add([{"id": "x"}, {"id": "x"}], vectors=[[1.0, 2.0], [1.0, 2.0]])
    with pytest.raises(ConfigError, match="no operator 'above'"):
        await s.search([1.0, 0.0], where={"year": {"above": 3}})
    with pytest.raises(DimensionError, match="holds vectors of 2 dimensions, not 5"):
        await store(blocks, dim=5).count()
    assert await s.count() == 1


async def test_replace_puts_documents_in_the_place_of_others_in_one_write():
    blocks = Interruptible()
    s = store(blocks)
    x = vectors(100)
    await s.add([{"id": str(n), "text": f"old {n}"} for n in range(100)], vectors=x)
    blocks.fuse = 0
    with pytest.raises(Interrupted):
        await s.replace([str(n) for n in range(70)], [{"id": "0", "text": "new"}], vectors=x[:1])
    assert len(await contents(store(blocks))) == 100
    await s.replace([*(str(n) for n in range(70)), "nobody"], [{"id": "0", "text": "new"}], vectors=x[:1])
    for opened in (s, store(blocks)):
        found = await contents(opened)
        assert sorted(found, key=int) == ["0", *(str(n) for n in range(70, 100))]
        assert found["0"] == ("new", {})
        assert await opened.count() == 31
        assert [hit.id for hit in await opened.search(x[1], 100) if hit.score > 0.99] == []
    assert await s.replace(["0"], []) == []
    assert await s.count() == 30


@pytest.mark.parametrize(("durability", "waits"), [("relaxed", False), ("strict", True)])
async def test_a_write_waits_for_the_disk_only_if_it_is_strict(durability: str, waits: bool, monkeypatch, tmp_path):
    statements: list[str] = []
    connect = sqlite3.connect

    def connect_and_trace(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_and_trace)
    store = VectorStore(tmp_path / "store", dim=2, durability=durability)
    await store.add(["a"], vectors=[[1.0, 0.0]])
    statements.clear()
    await store.add(["b"], vectors=[[0.0, 1.0]])
    assert ("PRAGMA synchronous = FULL" in statements) == waits
    assert any(statement.startswith("INSERT") for statement in statements)
    await store.close()
    again = VectorStore(tmp_path / "store")
    assert await again.count() == 2
    await again.close()


async def test_half_a_character_is_kept_as_it_came(tmp_path):
    store = VectorStore(str(tmp_path), dim=2)
    documents = [{"id": "half \ud83d", "text": "\ude00 sails", "fields": {"\ud83d": "\ud83d"}}, {"id": "b", "text": "plain"}]
    await store.add(documents, vectors=[[1, 0], [0, 1]])
    await store.close()
    store = VectorStore(str(tmp_path), dim=2)
    assert (await store.search([1, 0], k=1))[0].id == "half \ud83d"
    assert (await store.search("sails", k=1, mode="keyword"))[0].document["fields"] == {"\ud83d": "\ud83d"}
    copy = VectorStore(":memory:", dim=2)
    await copy.import_(await store.export())
    assert (await copy.get(["half \ud83d"]))[0] == (await store.get(["half \ud83d"]))[0]
    assert await store.delete(["half \ud83d"]) == 1
    await store.close()
