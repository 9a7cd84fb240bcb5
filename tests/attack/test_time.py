"""Time of readers: 32 kB of the worst (1 MB with STAYSAIL_EVERY=1) take no more than a multiple of the time of a harmless text of that
size."""

import asyncio
import contextlib
import io
import os
import time
import zipfile
from functools import partial

import pytest

from staysail import (
    LoaderError,
    StaysailError,
    load_documents,
    split_code,
    split_html,
    split_markdown,
    split_sentences,
    split_text,
    split_tokens,
)
from staysail.core.docstring import summarise
from staysail.core.framing import SSEReader
from staysail.core.partial_json import read_partial
from staysail.core.secrets import redact
from staysail.fs.patch import apply_diff
from staysail.fs.search import read_query
from staysail.host.outputs.markdown import safe_markdown
from staysail.host.outputs.plain import without_controls
from staysail.host.outputs.prose import prose_html
from staysail.rag.encodings import decode
from staysail.rag.markup import read_html
from staysail.tools.mcp.authorization.discovery import read_challenge
from tests.unit.rag import writers

SIZE = 1 << 20 if os.environ.get("STAYSAIL_EVERY") else 32 << 10
MOST_TIMES = 25
SLACK_S = 0.3  # a pause of the machine
TEXT = "# A page\n\nSome words of a page that are **harmless** &amp; plain, as people write them.\n\n- one\n- two\n\n"
PAGE = "<h1>A page</h1><p>Some words of a page that are <b>harmless</b> &amp; plain, as people write them.</p><ul><li>one<li>two</ul>\n"
MARKUP = """< <b> <p> </p> <div> </div> <ul><li> </li> <!-- <!--> <! <? </ <a <a/ & &# &#x &a <![CDATA[ ]]> --> <script> </script> <title>
<td> <textarea>
<tr><td> <table> <h1>x <br> <pre> <svg> <dl><dd> <ol><li>x <details><summary>x <button> <iframe> <!doctype[ /> ' " = <math><mi>
<math~alttext=x>x <a~b=' <a~b=" <a~b= <p~hidden> <span~hidden>x <b~aria-controls='a~b~c'> <img~alt=x> <div~style='display:none'>x</div>
<div~style=' ~ x <b~"""
MARKS = [mark.replace("~", " ") for mark in MARKUP.split()] + ["\n", "<b\n"]


def fill(piece, size=SIZE):
    return (piece * (size // len(piece) + 1))[:size]


def seconds(read, text):
    began = time.process_time()
    with contextlib.suppress(StaysailError):
        read(text)
    return time.process_time() - began


def hold(attack, name, read, plain, worst):
    """Fails where one of `worst` takes longer than it may, in the better of two tries."""
    most = MOST_TIMES * max(seconds(read, plain), seconds(read, plain)) + SLACK_S
    for text in worst:
        took = min(seconds(read, text), most) if seconds(read, text) > most else 0
        assert took < most, f"{text[:40]!r} took more than {most:.2f} s, {MOST_TIMES} times as long as a harmless text of its size"
    attack.count(name, len(worst))


@pytest.mark.parametrize("xml", [False, True])
def test_html(attack, xml):
    deep = [
        fill("<div>", SIZE // 2) + fill("</div>", SIZE // 2),
        "<ul><li>" * 3000 + "x" + "</li></ul>" * 3000,
        "<div><table><td>" + "<ul>" * 300 + fill("</div>"),
        "<div>" * 300 + fill("<li>x"),
        "<a " + fill("b=1 ") + ">x",
        "<a b='" + fill("x") + "'>x",
        fill("<a b='x'>x<a b=\"x"),
    ]
    hold(attack, "markup", partial(read_html, xml=xml), fill(PAGE), [*map(fill, MARKS), *deep])


SPLITTERS = [split_html, split_markdown, split_text, split_sentences, split_tokens, partial(split_code, language="c")]
LINES = ["\n", " ", "\t", "\r", "\n \n", "> ", "```\n", "~~~\n", "# ", "# #", "- ", "a ", "---\n", "a\n=\n", "# a\n", "](", '."']


@pytest.mark.parametrize("split", SPLITTERS, ids=lambda split: getattr(split, "__name__", "split_code"))
def test_splitters(attack, split):
    hold(attack, "texts to split", split, fill(TEXT), [*map(fill, "[*_`#-.。a|<é"), *map(fill, LINES), "# a" + fill(" ", SIZE // 2) + "b"])


TEXTS = {
    "a.md": [TEXT, "[", "](", "*", "_", "> ", "`", "---\n", "# ", "\n", " ", "a: ["],
    "a.txt": [TEXT, "\0", "\x01a", "\ud800", "\r"],
    "a.csv": ["port,range,remark\nBrest,7 m,two words\n", ",", '"', '",', '"x\n', '""', '"a,', "x\n", "\r", ";", '"\n', ' "', '"""x\n'],
    "a.json": ['[{"text": "some words", "n": 1}]\n', "[", "{", '{"a":', "[1,", '"', "1", "-", "1e9", "NaN,", "\\"],
    "a.jsonl": ['{"text": "some words", "n": 1}\n', "[\n", "{}\n", "1\n", "#\n", '"\n', "{}\n{\n"],
}
HALF = SIZE // 2
WHOLE = {
    "a.md": [f"---\n{fill(piece, 60_000)}\n---\ntext" for piece in ("a: [", "- ", "a:\n ", "a: 'x\n", "- - a: ")],
    "a.csv": ["a" * HALF + fill("\nx", HALF), "," * HALF + fill("\nx", HALF), 'a,b\n"' + fill("x,")],
    "a.json": [
        "[" + fill("{},") + "{}]",
        '{"' + "k" * HALF + '": [' + fill("1,", HALF) + "1]}",
        "[" + fill("1") + "]",
        '["' + fill("\\ud800") + '"]',
    ],
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_files(attack, name):
    def read(text):
        asyncio.run(load_documents((name, text.encode("utf-8", "surrogatepass"))))

    plain, *pieces = TEXTS[name]
    hold(attack, "text files", read, fill(plain), [*map(fill, pieces), *WHOLE.get(name, [])])


DRAWN = ["*", "_", "`", "~~", "<", "[", "![](", "$", "\\", "https://", "> ", "- ", "1. ", "|", "|-|\n", "{", "\n", "a  \n", "~~~\n"]
LENGTH = 100_000  # of a text that is drawn; longer ones are shown as they are
HARD = [
    "a" + " " * LENGTH,
    "\t" * (LENGTH // 4),
    "~" * LENGTH + "`",
    "```" + " " * LENGTH + "`",
    "|\n" + " " * LENGTH + "|x",
    "|\n" + "|-" * (LENGTH // 2) + "x",
    "- " * 20 + "a\n" * (LENGTH // 2),
    "`a``" * (LENGTH // 4),
]


@pytest.mark.parametrize("draw", [prose_html, safe_markdown, without_controls])
def test_drawing_in_notebooks(attack, draw):
    hold(attack, "texts to draw", draw, fill(TEXT, LENGTH), [*(fill(piece, LENGTH) for piece in DRAWN), *HARD])


DIFF = "@@ def a():\n-    return 1\n+    return 2\n    # the end\n"
OTHERS = {
    "docstrings": (summarise, TEXT, ["\n", "`a``\r\n", "\n   ", ":param a: b\n", "Args:\n a: b\n"]),
    "partial JSON": (
        lambda text: read_partial('{"a": ' + text),
        '{"a": "some words", "n": [1, 2]}, ',
        ["[", '"', '\\"', "{", "1", "\\", ","],
    ),
    "diffs": (partial(apply_diff, TEXT, path="a"), DIFF, ["@@ a\n", "-a\n", " \n", "+a\n", " # A page\n", "@@\n"]),
    "files to patch": (partial(apply_diff, diff=" a\n-b\n+c\n", path="a"), TEXT, ["a\n", "b\n", "\n", " a\n"]),
    "challenges": (read_challenge, 'Bearer realm="a", scope="b c", ', ["a=", "a", "bearer ", 'a="\\', ", ", "a =  "]),
    "queries": (read_query, "text=red+sails%20", ["&", "%", "%41", "=", "+", "\ud800"]),
    "events": (
        lambda text: SSEReader(json_data=True).feed(text.encode()),
        'data: {"a": 1}\n\n',
        ["data\n", "data:\n", "\r", "\n", "id:a\n", "}\n"],
    ),
    "secrets": (lambda text: redact(text, ("sk-1234567890",)), TEXT, ["sk-", "sk-1234567890", "%73", " "]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_readers(attack, name):
    read, plain, pieces = OTHERS[name]
    hold(attack, name, read, fill(plain), [*map(fill, pieces)])


DECODERS = ["utf-8", "gbk", "big5", "shift_jis", "euc-jp", "euc-kr", "iso-2022-jp", "utf-16le", "windows-1252", "x-user-defined"]
BYTES = [b"\xff", b"\x80", b"\x81", b"\x81\x30", b"\x8f", b"\x8f\xa1", b"\x1b$B", b"\x1b(J\x1b(I", b"\xa1\xa1", b"\0", bytes(range(256))]


@pytest.mark.parametrize("name", DECODERS)
def test_decoders(attack, name):
    plain = fill("Plain words, 五本のマスト. ").encode("gb18030")
    hold(attack, "bytes to decode", lambda data: decode(data, name), plain, [(piece * SIZE)[:SIZE] for piece in BYTES])


def test_documents_of_word(attack):
    def read(body):
        document = writers.BODY[: writers.BODY.index("<w:body>") + 8] + body + "</w:body></w:document>"
        asyncio.run(load_documents(("a.docx", writers.write_rich_docx.__wrapped__(document=document))))

    pieces = [
        "<w:p/>",
        "<w:p><w:r><w:t>x</w:t></w:r></w:p>",
        "<w:r><w:t>x</w:t></w:r>",
        "<w:tab/>",
        "<w:tbl><w:tr><w:tc/></w:tr></w:tbl>",
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="8"/><w:numId w:val="7"/></w:numPr></w:pPr><w:r><w:t>x</w:t></w:r></w:p>',
        "<m:oMath><m:d/></m:oMath>",
        '<w:footnoteReference w:id="2"/>',
        "<w:del/>",
    ]
    plain = "<w:p><w:r><w:t>Some words of a paragraph, as people write.</w:t></w:r></w:p>"
    worst = [piece * (SIZE // len(piece)) for piece in pieces]
    hold(attack, "documents of Word", read, plain * (SIZE // len(plain)), [*worst, "<w:p>" * 20_000, "<m:oMath>" + "<m:d>" * 20_000])


def overlapping(count, size):
    """A zip whose members all begin at the same place, as in https://www.bamsoftware.com/hacks/zipbomb/"""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * size)
        first = archive.infolist()[0]
        for number in range(1, count):
            entry = zipfile.ZipInfo(f"word/header{number}.xml")
            entry.header_offset, entry.CRC, entry.file_size, entry.compress_size = 0, first.CRC, first.file_size, first.compress_size
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.filelist.append(entry)
            archive.NameToInfo[entry.filename] = entry
    return out.getvalue()


def test_bombs_are_refused_at_once(attack):
    def docx(members):
        return writers.rewrite_zip(writers.write_rich_docx(), **members)

    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(20_001):
            archive.writestr(f"word/document{number}", b"")
    size = 90_000_001
    bombs = {
        "a member of 200 MB": docx({"word/media/a": bytes(200 << 20)}),
        "members that overlap": overlapping(2000, 1 << 20),
        "a member that is larger than it says": docx({"word/document2.xml": b" " * size}).replace(
            size.to_bytes(4, "little"), (1000).to_bytes(4, "little")
        ),
        "20,001 members": many.getvalue(),
        "entities": docx({"word/document2.xml": '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><r>&b;</r>'}),
        "20,000 elements within one another": writers.write_rich_docx(document="<a>" * 20_000 + "</a>" * 20_000),
    }
    for what, bomb in bombs.items():
        began = time.process_time()
        with pytest.raises(LoaderError):
            asyncio.run(load_documents(("a.docx", bomb), max_bytes=32 << 20))
        assert time.process_time() - began < 5, what
    nested = docx({"word/media/inner.zip": docx({"x": bytes(9 << 20)})})
    assert len(asyncio.run(load_documents(("a.docx", nested), max_bytes=32 << 20))) == 1  # what nobody unpacks does no harm
    attack.count("bombs", len(bombs) + 1)
