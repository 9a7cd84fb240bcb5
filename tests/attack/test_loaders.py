"""Files that should end their reader: real ones of every kind, with bytes and members changed, under names and types of others."""

import asyncio
import gzip
import io
import json
import time
import zipfile
from random import Random

import pytest

from staysail import LoaderError, load_documents, split_html, split_markdown, split_text
from staysail.core.errors import ConfigError
from staysail.core.front_matter import read_front_matter
from tests.unit.rag import writers

LONGEST_S = 20  # of one file, on a machine that is busy
FILES = {
    "a.pdf": writers.write_pdf(),
    "b.pdf": writers.write_unicode_pdf("Œuvre — naïve café"),
    "c.pdf": writers.write_pdf(password="x"),
    "a.docx": writers.write_docx(),
    "b.docx": writers.write_rich_docx(),
    "a.epub": writers.write_epub(),
    "a.html": writers.HTML.encode(),
    "b.html": b"<meta charset=gbk><details><summary>Q</summary><p>\xe9F\xdd</details><math alttext=y><table><td>1<td>2</table><ol><li>z",
    "a.csv": b'sep=;\nname;"a ""quoted"" one"\n1;"two\nlines"\n\n3;x;y\n',
    "a.json": b'[{"text": "a", "n": 1.5, "metadata": {"k": ["v"]}}, "plain", {"x": {"y": [null, true]}}]',
    "a.jsonl": b'{"text": "a"}\n# comment\n{"b": "\\ud83d\\ude00"}\n',
    "a.md": b"---\ntitle: T\ntags: [a, 'b']\ntext: >\n  folded\n---\n# One\n\ntext\n\nTwo\n---\n```\n# no\n```\n",
    "a.txt": "Größe 五本 — plain.\r\n".encode() * 3,
    "a.txt.gz": gzip.compress(b"plain words " * 50),
}
NAMES = [*FILES, "a", "a.py", "a.tsv", "a.xhtml"]
TYPES = ["", "", "", "text/plain; charset=gbk", "text/html; charset=utf-16", "application/pdf", "text/csv", "application/json; charset=x"]
PIECES = [
    b"<",
    b">",
    b"&",
    b'"',
    b"'",
    b"\0",
    b"\xff",
    b"<!--",
    b"]]>",
    b"<!ENTITY a 'b'>",
    b"&a;",
    b"\r",
    b",",
    b"[",
    b"{",
    b"---\n",
    b"\x1b$B",
]


def change(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 5, 30])):
        at = random.randrange(len(changed) + 1)
        way = random.randrange(5)
        if way == 0 and at < len(changed):
            changed[at] ^= 1 << random.randrange(8)
        elif way == 1:
            changed[at:at] = random.choice(PIECES) * random.choice([1, 1, 3, 200])
        elif way == 2:
            del changed[at : at + random.choice([1, 4, 50])]
        elif way == 3:
            start = random.randrange(len(changed) + 1)
            changed[at:at] = changed[start : start + random.choice([2, 20, 400])]
        elif way == 4 and random.random() < 0.2:
            del changed[at:]
    return bytes(changed)


def change_members(data: bytes, random: Random) -> bytes:
    """A zip that is whole, with members that are not."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = random.sample(old.namelist(), min(len(old.namelist()), random.choice([1, 1, 2, 20])))
        for name in old.namelist():
            content = old.read(name)
            if name not in chosen:
                new.writestr(name, content)
            elif random.random() < 0.9:
                new.writestr(name, change(content, random))
    return out.getvalue()


def attempt(name: str, data: bytes, media_type: str) -> None:
    began = time.process_time()
    try:
        documents = asyncio.run(load_documents((name, data), media_type=media_type, max_bytes=4 << 20))
    except LoaderError as error:
        assert error.file == name  # noqa: PT017
        json.dumps(error.to_dict())
    else:
        for document in documents:
            document.text.encode()
            json.dumps([dict(document.metadata), list(document.notes)], allow_nan=False).encode()
    assert time.process_time() - began < LONGEST_S


def test_a_mutated_file_is_read_or_refused_by_its_name(attack):
    for random in attack.random("mutated files", least=150):
        name = random.choice(list(FILES))
        is_zip = FILES[name].startswith(b"PK") and random.random() < 0.7
        data = change_members(FILES[name], random) if is_zip else change(FILES[name], random)
        attempt(name, data, "")


def test_a_file_under_the_name_and_the_type_of_another_is_read_or_refused(attack):
    for random in attack.random("files under other names", least=150):
        data = FILES[random.choice(list(FILES))]
        if random.random() < 0.5:
            data = change(data, random)
        attempt(random.choice(NAMES), data, random.choice(TYPES))


@pytest.mark.parametrize("kind", ["html", "markdown", "text", "front matter"])
def test_random_marks_are_split_into_slices_or_refused(attack, kind):
    marks = "<>/=\"'!-&#; \n\r\tpbh1tdrliq[](){}*_`~|:.,\\0é😀\ud83d"
    for random in attack.random(f"random {kind}", least=100):
        text = "".join(random.choices(marks, k=random.randrange(400)))
        if kind == "front matter":
            try:
                json.dumps(read_front_matter(text), allow_nan=False)
            except ConfigError as error:
                assert "line" in str(error)  # noqa: PT017
            continue
        split = {"html": split_html, "markdown": split_markdown, "text": split_text}[kind]
        for passage in split(text, 30, 10):
            assert 0 <= passage.start <= passage.end <= len(text)
            assert kind == "html" or text[passage.start : passage.end] == passage.text
