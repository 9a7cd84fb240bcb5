"""A store that version 1 wrote, kept in format-1.zip: DIM dimensions, segments of 64 rows, a log of three records, rows deleted in segments
and in the log, one replaced."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from staysail.core.errors import CorruptionError
from staysail.indexes.numpy_backend import NumpyBackend
from staysail.stores.damage import DamageWarning
from staysail.stores.layout import decode_head, encode_head
from staysail.stores.memory_blocks import MemoryBlocks
from staysail.stores.vector_store import VectorStore

WRITTEN = Path(__file__).with_name("format-1.zip")
DIM = 4096
GONE = {3, 70, 71, 200, 290, 299, *range(130, 185)}
TABLES = {"head", "mean", "segments", "rows", "codes", "signs", "ids", "documents", "metadata", "terms", "dead", "log"}


class Interrupted(Exception):
    pass


class Interruptible(MemoryBlocks):
    """Fails in the `fuse`-th write, which then changes nothing."""

    fuse = -1

    async def write(self, puts, deletes, *, strict):
        self.fuse -= 1
        if self.fuse == -1:
            raise Interrupted
        await super().write(puts, deletes, strict=strict)


@pytest.fixture
def blocks():
    made = Interruptible()
    with zipfile.ZipFile(WRITTEN) as archive:
        for name in archive.namelist():
            table, key = name.split("/")
            made.tables.setdefault(table, {})[int(key)] = archive.read(name)
    return made


def vector(at):
    row = np.zeros(DIM, np.float32)
    row[at % DIM] = 1.0
    row[(7 * at + 1) % DIM] += 0.5
    return row


def expected():
    """What was written: id to document, metadata and vector."""
    written = {
        f"d{i}": (f"text {i} of the old format", {"i": i, "tag": "odd" if i % 2 else "even"}, i) for i in range(300) if i not in GONE
    }
    return written | {"d5": ("five again", {"i": 5}, 1000)}


async def check_whole(store):
    wanted = expected()
    assert await store.count() == len(wanted)
    found = await store.get(sorted(wanted), vectors=True)
    for item in found:
        document, metadata, at = wanted[item["id"]]
        assert (item["document"], item["metadata"]) == (document, metadata)
        row = vector(at)
        np.testing.assert_allclose(item["vector"], row / np.linalg.norm(row), atol=1e-7)
    assert len(found) == len(wanted)
    # What version 1 itself answered.
    for quantization in ("1bit", "none"):
        hits = await store.search(vector(9), 2, quantization=quantization)
        assert [(hit.id, hit.score) for hit in hits] == [("d9", 0.9999999880261984), ("d64", 0.39999999521047935)]
    assert [hit.id for hit in await store.search("five", 2, mode="keyword")] == ["d5"]
    assert await store.count({"tag": "even", "i": {"lt": 20}}) == 10
    assert store.damage == ()


@pytest.mark.parametrize("segment_rows", [64, 128, 1024])
async def test_a_store_of_version_1_opens_and_answers_the_same(blocks, segment_rows):
    await check_whole(VectorStore("old", blocks=blocks, segment_rows=segment_rows))
    head = decode_head(blocks.tables["head"][0])
    assert (head.format, head.old, head.segment_rows) == (3, None, segment_rows)
    again = VectorStore("old", blocks=blocks)
    await check_whole(again)
    await again.add([{"id": "new"}], vectors=[vector(2000)])
    assert (await again.search(vector(2000), 1))[0].id == "new"
    listed = {*head.segments} | {serial + at for serial in head.segments for at in range(head.step)}
    for table in TABLES - {"head", "mean", "log", "dead"}:
        assert set(blocks.tables[table]) <= listed, f"records of version 1 are left in {table}"


@pytest.mark.parametrize("fuse", range(4))
async def test_migration_that_breaks_off_goes_on_at_the_next_opening(blocks, fuse):
    blocks.fuse = fuse
    with pytest.raises(Interrupted):
        await VectorStore("old", blocks=blocks, segment_rows=64).count()
    blocks.fuse = -1
    await check_whole(VectorStore("old", blocks=blocks))


async def test_what_was_damaged_before_is_told_and_the_rest_is_moved(blocks):
    rows = bytearray(blocks.tables["rows"][2])
    rows[5000] ^= 1
    blocks.tables["rows"][2] = bytes(rows)
    store = VectorStore("old", blocks=blocks, segment_rows=64)
    with pytest.warns(DamageWarning, match="rows 2 of the store is damaged: 64 rows"):
        assert await store.count() == len([id for id in expected() if not 64 <= int(id[1:]) < 128])
    assert (await store.search(vector(9), 1))[0].id == "d9"


async def test_a_store_of_version_2_stays_one_and_is_not_searched_by_bounds():
    class QuickCodes(NumpyBackend):
        quick_codes = True

    x = np.random.default_rng(1).standard_normal((200, 16)).astype(np.float32)
    blocks, found = MemoryBlocks(), []
    for version in (3, 2):
        if version == 3:
            await VectorStore("old", blocks=blocks, segment_rows=64).add(vectors=x)
        else:
            head = decode_head(blocks.tables["head"][0])
            blocks.tables["head"][0] = encode_head(head.replace(format=2))
        store = VectorStore("old", blocks=blocks, backend=QuickCodes())
        found.append(await store.search(x[5], 3))
        assert ("candidates" in (await store.explain())["last_search"]) == (version == 3)
    assert found[0] == found[1]
    await store.add(vectors=x)
    assert decode_head(blocks.tables["head"][0]).format == 2


async def test_a_newer_format_says_so(blocks):
    await VectorStore("old", blocks=blocks).count()
    head = decode_head(blocks.tables["head"][0])
    blocks.tables["head"][0] = encode_head(head.replace(format=4))
    with pytest.raises(CorruptionError, match="newer staysail"):
        await VectorStore("old", blocks=blocks).count()
