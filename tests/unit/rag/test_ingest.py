"""Files into a store: whole or not at all, skipped where nothing changed, and one that is broken ends nobody else's."""

import asyncio
import random
from contextlib import aclosing
from functools import partial

import pytest

from staysail import ConfigError, FileDone, FileFailed, FileProgress, FileSkipped, FileStarted, VectorStore, ingest, split_sentences
from staysail.core.errors import NetworkError
from staysail.stores.memory_blocks import MemoryBlocks

from . import writers


class Embedder:
    """Counts letters; fails or stops where it is told to."""

    def __init__(self, name="letters", *, fail_at=None, hold=None):
        self.name, self.texts, self._fail_at, self._hold = name, [], fail_at, hold

    async def embed_texts(self, texts):
        await asyncio.sleep(0)
        self.texts += texts
        if self._fail_at is not None and len(self.texts) >= self._fail_at:
            raise NetworkError("the embedder is gone")
        if self._hold:
            await self._hold.wait()
        return [[float(text.count(letter)) + 0.1 for letter in "aeioustn"] for text in texts]


def open_store(embedder=None, **options):
    return VectorStore("test", embedder=embedder or Embedder(), blocks=MemoryBlocks(), **options)


async def collect(*args, **options):
    return [event async for event in ingest(*args, **options)]


async def contents(store):
    ids = sorted(await store.ids())
    return {item["id"]: item for item in await store.get(ids)}


def kinds(events):
    return [event.type for event in events]


FILES = [
    ("sails.pdf", writers.write_pdf()),
    ("harbour.docx", writers.write_docx()),
    ("knots.epub", writers.write_epub()),
    ("weather.html", writers.HTML.encode()),
    ("ports.csv", b"port,range\nBrest,7 m\nCork,4 m\n"),
    ("log.txt", b"Wind fresh. " * 40),
]


async def test_every_kind_of_file_is_found_again_with_where_it_is_from():
    store = open_store()
    events = await collect(FILES, store, size=120, overlap=20, metadata={"library": "boat"})
    assert {event.type for event in events} == {"file_started", "file_progress", "file_done"}
    assert events[0] == FileStarted("sails.pdf", 0, 6, len(FILES[0][1]))
    assert [event.file for event in events if isinstance(event, FileDone)] == [name for name, _ in FILES]
    assert sum(event.chunks for event in events if isinstance(event, FileDone)) == await store.count()
    found = await contents(store)
    pdf, csv = found["sails.pdf#1"]["metadata"], found["ports.csv#1"]["metadata"]
    assert (pdf["page"], pdf["chunk"], pdf["chunks"], pdf["library"]) == (2, 1, 2, "boat")
    assert writers.PDF_PAGES[1][pdf["start"] : pdf["end"]] == found["sails.pdf#1"]["document"]
    assert FILES[4][1][csv["start"] : csv["end"]] == b"Cork,4 m\n"
    chapter = next(item["metadata"] for id, item in found.items() if id.startswith("knots.epub"))
    assert (chapter["chapter"], chapter["headings"]) == ("The bowline", ["The bowline"])
    page = next(item for item in found.values() if item["document"].endswith("falling."))
    assert writers.HTML[page["metadata"]["start"] : page["metadata"]["end"]] == "Weather</h1><p>The   glass is\nfalling."
    hit = (await store.search("staysail", 1, mode="keyword"))[0]
    assert hit.document["metadata"]["source"] == "sails.pdf"


async def test_positions_in_markdown_count_from_the_beginning_of_the_file():
    text = "---\ntitle: Knots\n---\n\n# Bowline\nIt holds.\n\n# Hitch\nIt slips.\n"
    store = open_store()
    await collect(("a.md", text.encode()), store)
    for item in (await contents(store)).values():
        assert text[item["metadata"]["start"] : item["metadata"]["end"]] == item["document"]
        assert item["metadata"]["title"] == "Knots"


async def test_fields_of_a_file_that_are_called_like_ours_do_no_harm():
    store = open_store()
    text = "---\nstart: soon\nend: 3\ncode: cobol\nformat: other\n---\nWords.\n"
    item = b'[{"text": "Words.", "code": "cobol", "start": "x", "metadata": {"code": ["a"], "end": 0, "hash": 1, "chunk": "z"}}]'
    assert kinds(await collect([("a.md", text.encode()), ("b.json", item)], store)).count("file_done") == 2
    told = {id: found["metadata"] for id, found in (await contents(store)).items()}
    assert text[told["a.md#0"]["start"] : told["a.md#0"]["end"]] == "Words."
    assert (told["b.json#0"]["start"], told["b.json#0"]["end"], told["b.json#0"]["source"]) == (1, len(item) - 1, "b.json")
    assert kinds(await collect(("b.json", item), store))[-1] == "file_skipped"


async def test_a_splitter_of_ones_own_is_used_on_every_file_and_positions_stay_true():
    store = open_store()
    await collect([("weather.html", writers.HTML.encode())], store, splitter=partial(split_sentences, size=30))
    found = await contents(store)
    assert any(item["document"] == "The glass is falling." for item in found.values())
    for item in found.values():
        start, end = item["metadata"]["start"], item["metadata"]["end"]
        assert item["document"].split()[-1].strip("|-#") in writers.HTML[start:end]


async def test_what_is_unchanged_is_skipped_and_what_changed_takes_its_own_place():
    embedder = Embedder()
    store = open_store(embedder)
    files = [("a.txt", b"One. " * 300), ("b.txt", b"Two. " * 300)]
    await collect(files, store)
    before, embedded = await contents(store), len(embedder.texts)
    assert kinds(await collect(files, store)) == ["file_started", "file_skipped"] * 2
    assert len(embedder.texts) == embedded
    assert await contents(store) == before
    events = await collect([("a.txt", b"Short now."), files[1]], store)
    assert [(event.chunks, event.replaced) for event in events if isinstance(event, FileDone)] == [(1, 2)]
    assert sorted(await contents(store)) == ["a.txt#0", "b.txt#0", "b.txt#1"]
    assert (await contents(store))["a.txt#0"]["document"] == "Short now."
    events = await collect([("a.txt", b"  \n")], store)
    assert events[-1] == FileSkipped("a.txt", "empty")
    assert sorted(await contents(store)) == ["b.txt#0", "b.txt#1"]


@pytest.mark.parametrize(
    "options",
    [{"size": 50, "overlap": 0}, {"embedder": Embedder("other")}, {"metadata": {"x": 1}}, {"splitter": split_sentences}, {"force": True}],
)
async def test_a_file_is_read_again_where_something_else_would_come_of_it(options):
    store = open_store()
    await collect(("a.txt", b"Some words. " * 20), store)
    assert kinds(await collect(("a.txt", b"Some words. " * 20), store, **options))[-1] == "file_done"


async def test_a_splitter_may_be_async():
    store = open_store()

    async def split(text):
        return split_sentences(text, size=30)

    await collect(("a.txt", b"A first line. A second one. And more of them."), store, splitter=split)
    assert [item["document"] for item in (await contents(store)).values()] == ["A first line. A second one.", "And more of them."]


async def test_the_same_splitter_in_another_process_is_the_same():
    store = open_store()
    for _ in range(2):
        events = await collect(("a.txt", b"Some words."), store, splitter=partial(split_sentences, size=100))
    assert kinds(events)[-1] == "file_skipped"


async def test_one_broken_file_does_not_end_the_rest_and_leaves_its_older_version():
    store = open_store()
    await collect(("b.pdf", writers.write_pdf()), store)
    files = [
        ("a.txt", b"words"),
        ("b.pdf", b"%PDF-1.4 cut of"),
        ("c.xls", bytes(9000)),
        ("a.txt", b"the same name"),
        "gone/file.txt",
        ("d.txt", b"more"),
    ]
    events = await collect(files, store)
    failed = {event.file: event for event in events if isinstance(event, FileFailed)}
    assert list(failed) == ["b.pdf", "c.xls", "a.txt", "gone/file.txt"]
    assert [event.code for event in failed.values()] == ["broken", "unknown_kind", "config", "not_found"]
    assert [event.file for event in events if isinstance(event, FileDone)] == ["a.txt", "d.txt"]
    assert sorted(await contents(store)) == ["a.txt#0", "b.pdf#0", "b.pdf#1", "d.txt#0"]


async def test_an_embedder_that_fails_ends_the_run_between_two_files_and_the_next_run_goes_on():
    blocks = MemoryBlocks()
    files = [(f"{n}.txt", f"File {n} has words. ".encode() * 200) for n in range(4)]
    store = VectorStore("test", embedder=Embedder(fail_at=11), blocks=blocks)
    with pytest.raises(NetworkError):
        await collect(files, store)
    done = {id.partition("#")[0] for id in await contents(store)}
    assert done == {"0.txt", "1.txt"}
    store = VectorStore("test", embedder=Embedder(), blocks=blocks)
    assert [event.type for event in await collect(files, store) if not isinstance(event, FileStarted | FileProgress)] == [
        "file_skipped", "file_skipped", "file_done", "file_done",
    ]  # fmt: skip


async def test_leaving_the_loop_at_any_event_leaves_whole_files():
    files = [(f"{n}.txt", f"File {n} has words. ".encode() * 300) for n in range(3)]
    total = len(await collect(files, open_store()))
    for stop in range(1, total):
        store = open_store()
        async with aclosing(ingest(files, store)) as events:
            for _ in range(stop):
                await anext(events)
        await expect_whole(store)
        assert kinds(await collect(files, store))[-1] in ("file_done", "file_skipped")
        assert await store.count() == 3 * 7


async def test_a_task_that_is_cancelled_at_any_moment_leaves_whole_files():
    rng = random.Random(5)
    files = [(f"{n}.txt", f"File {n} has words. ".encode() * rng.randrange(20, 900)) for n in range(4)]
    for steps in range(0, 120, 3):
        store = open_store()
        await store.add([{"id": "3.txt#0", "text": "old", "metadata": {"source": "3.txt", "hash": "old", "chunk": 0, "chunks": 1}}])
        task = asyncio.ensure_future(collect(files, store))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() or not task.exception()
        await expect_whole(store)


async def expect_whole(store):
    """Every file that is there at all is there with all its passages, of one version."""
    files = {}
    for item in (await contents(store)).values():
        files.setdefault(item["metadata"]["source"], []).append(item["metadata"])
    for told in files.values():
        assert len({metadata["hash"] for metadata in told}) == 1
        assert sorted(metadata["chunk"] for metadata in told) == list(range(told[0]["chunks"]))


async def test_progress_is_told_while_a_big_file_is_read_and_embedded():
    store = open_store()
    rows = "\n".join(["a,b", *(f"{n},x" for n in range(200))])
    events = await collect(("big.csv", rows.encode()), store)
    assert [(event.done, event.total) for event in events if isinstance(event, FileProgress)] == [
        (64, 0), (128, 0), (192, 0), (64, 200), (128, 200), (192, 200), (200, 200),
    ]  # fmt: skip


async def test_a_guessed_encoding_is_noted():
    events = await collect(("a.txt", "naïve".encode("latin-1")), open_store())
    assert events[-1].notes == ("read as windows-1252: it is not UTF-8 and does not say what it is",)


class TwoWrites:
    """A store without `replace`, which dies between its writes where it is told to."""

    def __init__(self, store):
        self._store, self.dies = store, False
        self.upsert, self.get, self.count = store.upsert, store.get, store.count
        self.embedder = store.embedder

    async def delete(self, ids=None, *, where=None):
        if self.dies:
            raise OSError("died")
        return await self._store.delete(ids, where=where)


async def test_a_store_that_needs_two_writes_is_put_right_by_the_next_run():
    store = open_store()
    two = TwoWrites(store)
    await collect(("a.txt", b"One. " * 900), two)
    two.dies = True
    with pytest.raises(OSError, match="died"):
        await collect(("a.txt", b"Two."), two)
    assert await store.count() > 1
    two.dies = False
    await collect(("a.txt", b"Two."), two)
    assert list(await contents(store)) == ["a.txt#0"]
    assert kinds(await collect(("a.txt", b"Two."), two))[-1] == "file_skipped"


async def test_files_may_come_from_a_folder_or_one_by_one(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.md").write_text("# B")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / ".hidden").write_text("no")
    events = await collect(tmp_path, open_store())
    assert [event.file for event in events if isinstance(event, FileDone)] == [
        (tmp_path / name).as_posix() for name in ("a.txt", "sub/b.md")
    ]

    async def come():
        yield "x.txt", b"x"
        yield {"name": "y.txt", "text": "y"}

    events = await collect(come(), open_store())
    assert [(event.file, event.total) for event in events if isinstance(event, FileStarted)] == [("x.txt", None), ("y.txt", None)]


async def test_options_that_cannot_work_are_refused_before_anything_is_read():
    with pytest.raises(ConfigError, match="overlaps"):
        await collect(("a.txt", b"a"), open_store(), size=10, overlap=10)
    with pytest.raises(ConfigError, match="embedder gave 1 vectors for 2"):
        await collect(("a.csv", b"a\n1\n2\n"), open_store(), embedder=lambda texts: [[1.0]])


async def test_a_number_of_5000_digits_ends_no_ingest():
    digits = "9" * 5000
    files = [
        ("a.md", f"---\nsize: {digits}\n---\nOne.".encode()),
        ("b.json", f'[{{"text": "Two.", "n": {digits}}}]'.encode()),
        ("c.jsonl", f'{{"text": "Three.", "n": {digits}}}\n'.encode()),
        ("d.csv", f"a,n\nFour.,{digits}\n".encode()),
        ("e.md", b"Five."),
    ]
    store = open_store()
    ended = [event for event in await collect(files, store) if isinstance(event, FileDone | FileFailed)]
    assert [event.file for event in ended] == [name for name, _ in files]
    assert isinstance(ended[0], FileDone)
    assert isinstance(ended[-1], FileDone)
