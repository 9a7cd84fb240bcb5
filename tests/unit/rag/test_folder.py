"""A large folder, end to end: 200 files of every kind into a store, some of them broken, and exactly what is told of each."""

import gzip
import json
from collections import Counter

import pytest

from staysail import FileDone, FileFailed, FileProgress, FileSkipped, FileStarted, VectorStore, ingest
from staysail.stores.memory_blocks import MemoryBlocks

from . import writers


def letters(texts):
    return [[float(text.count(letter)) + 0.1 for letter in "aeioustn"] for text in texts]


PAGE = "<title>Page {0}</title><h1>Harbour {0}</h1><p>A berth costs {0} crowns.<button>OK</button><img src=x>"
# Files by their ending: content by number, passages, and notes.
GOOD = {
    "txt": (lambda n: f"Plain words of file {n}.".encode(), 1, ()),
    "md": (lambda n: f"---\ntitle: Note {n}\n---\n# One\n\ntext {n}\n\n# Two\n\nmore\n".encode(), 2, ()),
    "html": (
        lambda n: PAGE.format(n).encode(),
        1,
        ("buttons, form fields and menus left out: 1", "pictures without a description left out: 1"),
    ),
    "csv": (lambda n: f"port,depth\nBrest,{n}\nCork,4\n".encode(), 2, ()),
    "tsv": (lambda n: f"port\tdepth\nBrest\t{n}\n".encode(), 1, ()),
    "json": (lambda n: json.dumps([{"text": f"Item {n}."}, f"Plain {n}."]).encode(), 2, ()),
    "jsonl": (
        lambda n: f'{{"text": "Line {n}."}}\n# comment\n'.encode(),
        1,
        ("comments left out: 1",),
    ),
    "py": (lambda n: f"def f{n}():\n    return {n}\n".encode(), 1, ()),
    "latin.txt": (
        lambda n: f"Größe {n}".encode("latin-1"),
        1,
        ("read as windows-1252: it is not UTF-8 and does not say what it is",),
    ),
    "log.gz": (lambda n: gzip.compress(f"Wind fresh on day {n}.".encode()), 1, ()),
    "pdf": (lambda n: writers.write_pdf((f"Page one of {n}.", f"Page two of {n}.")), 2, ()),
    "docx": (
        lambda n: writers.rewrite_zip(writers.write_docx(), **{"docProps/x.xml": f"<a>{n}</a>"}),
        2,
        ("pictures without a description left out: 1",),
    ),
    "epub": (lambda n: writers.rewrite_zip(writers.write_epub(), x=str(n)), 2, ()),
}
BROKEN = {
    "cut.pdf": (b"%PDF-1.7 and no more", "broken"),
    "scan.pdf": (writers.write_picture_pdf(), "no_text"),
    "locked.pdf": (writers.write_pdf(password="x"), "encrypted"),
    "cut.docx": (writers.write_docx()[:-40], "broken"),
    "old.docx": (b"\xd0\xcf\x11\xe0" + bytes(600), "encrypted"),
    "empty.epub": (writers.rewrite_zip(writers.write_epub(), **{"EPUB/content.opf": "<package/>"}), "broken"),
    "deep.json": (b"[" * 8000, "broken"),
    "half.json": (b'{"a": ', "broken"),
    "sheet.xls": (bytes(range(256)) * 30, "unknown_kind"),
    "cut.log.gz": (gzip.compress(b"words " * 99)[:-20], "broken"),
    "zeros.txt": (bytes(900), "unknown_kind"),
}
EMPTY = {"nothing.txt": b"", "blank.md": b" \n\n", "header.csv": b"a,b\n", "hidden.html": b"<p hidden>no", "empty.json": b"[]"}


@pytest.fixture
def folder(tmp_path):
    """200 files, and what is expected of each by its name."""
    expected = {}
    for number in range(200 - len(BROKEN) - len(EMPTY)):
        ending = list(GOOD)[number % len(GOOD)]
        write, passages, notes = GOOD[ending]
        path = tmp_path / f"part {number % 7}" / f"file {number:03}.{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(write(number))
        expected[path.as_posix()] = ("done", passages, notes)
    for name, (data, code) in BROKEN.items():
        (tmp_path / name).write_bytes(data)
        expected[(tmp_path / name).as_posix()] = ("failed", code, ())
    for name, data in EMPTY.items():
        (tmp_path / name).write_bytes(data)
        expected[(tmp_path / name).as_posix()] = ("skipped", "empty", ("hidden parts left out: 1",) if name == "hidden.html" else ())
    return tmp_path, expected


def outcome(event):
    match event:
        case FileDone(chunks=chunks, notes=notes):
            return "done", chunks, notes
        case FileFailed(code=code):
            return "failed", code, ()
        case FileSkipped(reason=reason, notes=notes):
            return "skipped", reason, notes


async def test_a_folder_of_200_files_is_told_file_by_file_and_found_again(folder):
    path, expected = folder
    store = VectorStore("library", embedder=letters, blocks=MemoryBlocks())
    events = [event async for event in ingest(path, store)]
    ends = {event.file: outcome(event) for event in events if not isinstance(event, FileStarted | FileProgress)}
    assert ends == expected
    started = [event for event in events if isinstance(event, FileStarted)]
    assert [(event.index, event.total) for event in started] == [(number, 200) for number in range(200)]
    assert [event.file for event in started] == sorted(expected)
    assert all(event.file in event.error and event.error.isprintable() for event in events if isinstance(event, FileFailed))
    assert await store.count() == sum(passages for kind, passages, _ in expected.values() if kind == "done")
    hit = (await store.search("berth costs 2 crowns", 1, mode="keyword"))[0]
    assert hit.document["metadata"]["source"] == (path / "part 2" / "file 002.html").as_posix()

    again = [outcome(event) async for event in ingest(path, store) if not isinstance(event, FileStarted | FileProgress)]
    assert Counter(kind if kind != "skipped" else what for kind, what, _ in again) == {
        "unchanged": 200 - len(BROKEN) - len(EMPTY),
        "failed": len(BROKEN),
        "empty": len(EMPTY),
    }
