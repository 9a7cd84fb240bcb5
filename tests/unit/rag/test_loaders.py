"""Loaders: real files that other people's libraries wrote, and files that mean harm."""

import codecs
import gzip
import io
import json
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from staysail import ConfigError, LoaderError, StaysailError, load_documents
from staysail.core import defaults
from staysail.core.messages import File
from staysail.rag.loaders import find_loader, loader_names

from . import writers


async def one(source, **options):
    (document,) = await load_documents(source, **options)
    return document


# Real files


async def test_a_pdf_gives_a_document_a_page():
    pages = await load_documents(("sails.pdf", writers.write_pdf()))
    assert [page.text for page in pages] == list(writers.PDF_PAGES)
    about = {"title": "Sails and stays", "author": "A. Rigger", "source": "sails.pdf", "pages": 2}
    assert [page.metadata for page in pages] == [about | {"page": 1}, about | {"page": 2}]


async def test_a_pdf_keeps_letters_of_other_scripts_through_its_fonts():
    text = "Œuvre — naïve café, Größe"
    assert (await load_documents(("a.pdf", writers.write_unicode_pdf(text))))[0].text == text


async def test_a_word_document_keeps_headings_lists_and_tables():
    document = await one(("harbour.docx", writers.write_docx()))
    assert document.text == (
        "# Harbour rules\n\nMoor on the east quay.\n\n## Fees\n\nA night costs twelve crowns.\n\n- Water is free.\n- Power is not.\n\n"
        "length | fee\n10 m | 12"
    )
    assert document.metadata == {"source": "harbour.docx", "title": "Harbour rules", "author": "The harbour master"}
    assert [headings for headings, _, _ in document.sections] == [("Harbour rules",), ("Harbour rules", "Fees")]


async def test_a_book_gives_a_document_a_chapter_in_reading_order():
    chapters = await load_documents(("knots.epub", writers.write_epub()))
    assert [(chapter.metadata["chapter"], chapter.metadata["number"]) for chapter in chapters] == [
        ("The bowline", 1),
        ("The clove hitch", 2),
    ]
    assert "out of the hole & goes round the tree." in chapters[0].text
    assert chapters[0].metadata["title"] == "The book of knots"
    assert chapters[0].metadata["author"] == "N. O. Ose"
    # Where it is from is a place in the chapter's own file.
    with zipfile.ZipFile(io.BytesIO(writers.write_epub())) as book:
        xhtml = book.read(chapters[0].metadata["href"]).decode()
    at = chapters[0].text.index("The rabbit")
    start, end = chapters[0].locate(at, len(chapters[0].text))
    assert xhtml[start:end] == "The rabbit comes out of the hole &amp; goes round the tree."


async def test_chapters_are_called_as_the_table_of_contents_calls_them():
    book = writers.write_epub()
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        ncx = archive.read("EPUB/toc.ncx").decode()
        opf = archive.read("EPUB/content.opf").decode()
    # An EPUB 2 has no nav, and its contents are the NCX.
    renamed = writers.rewrite_zip(
        book,
        **{"EPUB/toc.ncx": ncx.replace("The bowline", "Knot one"), "EPUB/content.opf": opf.replace('properties="nav"', "")},
    )
    assert (await load_documents(("knots.epub", renamed)))[-2].metadata["chapter"] == "Knot one"


async def test_a_web_page_is_what_its_reader_sees():
    page = await one(("weather.html", writers.HTML.encode()))
    assert page.text == (
        "# Weather\n\nThe glass is falling.\n\n## Tides\n\nHigh water at noon — and at midnight.\n\n- Springs\n- Neaps\n\n"
        "port | range\nBrest | 7 m"
    )
    assert page.metadata == {"source": "weather.html", "title": "Weather & tides", "language": "en"}


async def test_front_matter_becomes_metadata_and_the_text_knows_where_it_begins():
    text = "---\r\ntitle: Knots\r\ntags: [rope, hitch]\r\n---\r\n\r\n# Bowline\r\nIt holds.\r\n"
    document = await one(("knots.md", text.encode()))
    assert (document.metadata["title"], document.metadata["tags"]) == ("Knots", ["rope", "hitch"])
    assert text[document.metadata["start"] :] == document.text == "# Bowline\r\nIt holds.\r\n"


@pytest.mark.parametrize("text", ["---\nno: [end\n---\nbody", "---\njust a line\n", "--- \n", "a\n---\nb: c\n---\n"])
async def test_what_only_looks_like_front_matter_is_text(text):
    assert (await one(("a.md", text.encode()))).text == text


async def test_json_lines_and_lists_give_a_document_an_item_and_where_it_stands():
    items = [
        {"text": "Reef early.", "year": 1999, "metadata": {"tag": "storm"}},
        {"name": "Anchor", "holds": ["sand", {"mud": True}]},
        "Plain.",
    ]
    told = ["Reef early.", "name: Anchor\nholds[0]: sand\nholds[1].mud: true", "Plain."]
    for name, text in (
        ("a.json", json.dumps(items)),
        ("a.json", json.dumps(items, indent=2)),
        ("a.jsonl", "\n".join(map(json.dumps, items))),
        ("a.ndjson", "\r\n\r\n".join(map(json.dumps, items)) + "\r\n"),
    ):
        documents = await load_documents((name, text.encode()))
        assert [document.text for document in documents] == told
        assert [json.loads(text[document.metadata["start"] : document.metadata["end"]]) for document in documents] == items
        assert (documents[0].metadata["year"], documents[0].metadata["tag"]) == (1999, "storm")


async def test_a_single_json_object_is_one_document():
    assert (await one(("a.json", b'{"a": {"b": 1, "c": null}, "d": "x"}'))).text == "a.b: 1\nd: x"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
async def test_a_table_gives_a_document_a_row_whatever_parts_its_cells(delimiter):
    text = f'port{delimiter}"remark"\r\nBrest{delimiter}"two\r\nlines; ""quoted"", and a |"\r\n\r\nCork{delimiter}\r\n'
    rows = await load_documents(("ports.csv", text.encode()))
    assert [row.text for row in rows] == ['port: Brest\nremark: two\r\nlines; "quoted", and a |', "port: Cork"]
    assert [(row.metadata["row"], row.metadata["line"]) for row in rows] == [(1, 2), (2, 5)]
    assert text[rows[1].metadata["start"] : rows[1].metadata["end"]].startswith("Cork")


async def test_source_code_tells_its_language():
    assert (await one(("a.rs", b"fn main() {}"))).metadata == {"source": "a.rs", "code": "rust"}


# Encodings


TEXT = "Fünf Masten — 五本のマスト"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), None),
        (codecs.BOM_UTF8 + TEXT.encode(), None),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "utf-32-le"),
    ],
)
async def test_text_is_read_by_its_byte_order_mark(data, encoding):
    document = await one(("a.txt", data))
    assert document.text == TEXT
    assert document.metadata.get("encoding") == encoding
    assert "encoding_guessed" not in document.metadata


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        ("Plain words, café.".encode("utf-16-le"), "Plain words, café.", "utf-16-le"),
        ("Plain words, café.".encode("utf-16-be"), "Plain words, café.", "utf-16-be"),
        ("“Café” — naïve".encode("cp1252"), "“Café” — naïve", "windows-1252"),
    ],
)
async def test_a_guessed_encoding_is_told(data, text, encoding):
    document = await one(("a.txt", data))
    assert document.text == text
    assert document.metadata == {"source": "a.txt", "encoding": encoding, "encoding_guessed": True}


async def test_an_encoding_that_is_given_is_believed():
    assert (await one(("a.txt", "привет".encode("koi8-r")), encoding="koi8-r")).text == "привет"
    document = await one(("a.txt", b"a\xffb"), encoding="utf-8")
    assert (document.text, document.notes) == ("a\ufffdb", ("U+FFFD where bytes are no utf-8: 1",))
    assert (await one(("a.txt", "Größe".encode("cp437")), encoding="cp437")).text == "Größe"
    for name in ("klingon", "hex", "a\0", "idna-no"):
        with pytest.raises(ConfigError, match="no encoding"):
            await one(("a.txt", b"a"), encoding=name)


@pytest.mark.parametrize(
    ("html", "encoding"),
    [
        ('<meta charset="koi8-r"><p>привет', "koi8-r"),
        ('<?xml version="1.0" encoding="koi8-r"?><html><p>привет</p></html>', "koi8-r"),
        ('<meta http-equiv="content-type" content="text/html; charset=koi8-r"><p>привет', "koi8-r"),
        ('<meta charset="utf-8"><p>привет', "utf-8"),
        ("<p>привет", "utf-8"),
    ],
)
async def test_a_web_page_is_read_in_the_encoding_it_says(html, encoding):
    assert (await one(("a.html", html.encode(encoding)))).text == "привет"


# Where from


async def test_files_come_as_bytes_paths_mappings_parts_open_files_and_by_their_content(tmp_path):
    path = tmp_path / "sails.pdf"
    path.write_bytes(writers.write_pdf())
    data = path.read_bytes()
    for source in (data, path, str(path), {"name": "x", "bytes": data}, File(data=data, media_type="application/pdf"), io.BytesIO(data)):
        assert len(await load_documents(source)) == 2
    assert (await one({"name": "a.md", "text": "# A"})).metadata["format"] == "markdown"
    assert (await one(io.StringIO("text"))).text == "text"


@pytest.mark.parametrize(
    ("name", "data", "media_type", "loader"),
    [
        ("download", writers.write_pdf(), "", "pdf"),
        ("download", writers.write_epub(), "", "epub"),
        ("download", writers.write_docx(), "", "word"),
        ("download", writers.HTML.encode(), "", "web_page"),
        ("download", b"words", "", "text"),
        ("https://example.org/a.b/c", b"words", "text/html", "web_page"),
        ("notes.md", b"# A", "text/plain", "markdown"),
        ("data", b"[]", "application/json", "json_items"),
        ("REPORT.PDF", b"", "", "pdf"),
        ("a.unheard-of", b"words", "", "text"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
def test_the_loader_is_found_by_type_name_or_content(name, data, media_type, loader):
    assert find_loader(name, data, media_type).__name__.endswith(f".{loader}")


def test_loaders_are_found_by_walking_their_folder():
    assert loader_names() == ["epub", "json_items", "markdown", "pdf", "table", "text", "web_page", "word"]


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        status, headers, body = 200, {"content-type": "text/html; charset=utf-8"}, writers.HTML.encode()
        path = self.path.partition("?")[0]
        if path == "/gone":
            status = 404
        elif path == "/loop":
            status, headers["location"] = 302, "/loop"
        elif path.startswith("/moved"):
            status, headers["location"], body = int(path[6:9]), path[9:] or "/weather", b"<h1>Moved</h1>"
        elif path == "/chinese":
            headers["content-type"], body = "text/html; charset=gb2312", '<meta charset="utf-8"><p>镕喆'.encode("gbk")
        elif path == "/zipped":
            headers["content-encoding"], body = "gzip", gzip.compress(b"<p>" + b"x" * 30_000_000)
        self.send_response(status)
        for name, value in (headers | {"content-length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Pages) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_and_the_page_cited_by_the_address_that_was_given(server, status):
    page = await one(f"{server}/moved{status}")
    assert (page.metadata["title"], page.metadata["source"]) == ("Weather & tides", f"{server}/moved{status}")
    elsewhere = server.replace("127.0.0.1", "localhost")
    assert (await one(f"{server}/moved{status}{elsewhere}/weather")).metadata["title"] == "Weather & tides"


async def test_a_redirect_without_end_to_another_scheme_or_with_a_secret_is_an_error(server):
    elsewhere = server.replace("127.0.0.1", "localhost")
    for path in ("/loop", "/moved302file:///etc/passwd", f"/moved302{elsewhere}/weather?token=secret-12345", "/moved304"):
        with pytest.raises(StaysailError) as caught:
            await load_documents(server + path)
        assert "secret" not in str(caught.value)


async def test_the_charset_of_the_header_comes_before_that_of_the_page(server):
    assert (await one(f"{server}/chinese")).text == "镕喆"


async def test_an_answer_is_counted_while_it_is_unpacked(server):
    with pytest.raises(LoaderError, match="larger than 1,000,000 bytes") as caught:
        await load_documents(f"{server}/zipped", max_bytes=1_000_000)
    assert caught.value.code == "too_big"
    assert len((await one(f"{server}/zipped")).text) == 30_000_000


async def test_an_address_is_fetched_and_cited_without_what_may_be_secret(server):
    page = await one(f"{server}/weather?token=secret")
    assert page.metadata["source"] == f"{server}/weather"
    assert page.metadata["title"] == "Weather & tides"
    with pytest.raises(LoaderError, match="answered 404") as caught:
        await load_documents(f"{server}/gone")
    assert caught.value.code == "not_found"
    with pytest.raises(LoaderError, match="larger than 100 bytes"):
        await load_documents(f"{server}/weather", max_bytes=100)


async def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(LoaderError, match="cannot be read: No such file"):
        await load_documents(tmp_path / "nothing.txt")
    with pytest.raises(ConfigError, match="a document is bytes"):
        await load_documents(5)


# Files that are broken, locked, or mean harm


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", b"%PDF-1.7 and nothing more"),
        ("a.pdf", writers.write_pdf()[:700]),
        ("a.pdf", b""),
        ("a.docx", b"PK\3\4 and nothing more"),
        ("a.docx", writers.write_docx()[:-30]),
        ("a.docx", writers.rewrite_zip(writers.write_docx(), **{"word/document.xml": None})),
        ("a.docx", writers.rewrite_zip(writers.write_docx(), **{"word/document.xml": "<w:document"})),
        ("a.epub", writers.rewrite_zip(writers.write_epub(), **{"META-INF/container.xml": None, "EPUB/content.opf": None})),
        ("a.epub", writers.rewrite_zip(writers.write_epub(), **{"EPUB/content.opf": "not xml"})),
        (
            "a.epub",
            writers.rewrite_zip(writers.write_epub(), **{"EPUB/text/chapter_1.xhtml": None, "EPUB/text/chapter_2.xhtml": None}),
        ),
        ("a.json", b'{"a": 1} {'),
        ("a.json", b"[1, 2"),
        ("a.json", b"[" * 100_000 + b"]" * 100_000),
        ("a.jsonl", b'{"a": 1\n{"a": '),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
async def test_a_broken_file_is_told_by_its_name(name, data):
    with pytest.raises(LoaderError, match=rf"{name}") as caught:
        await load_documents((name, data))
    assert caught.value.code == "broken"
    assert caught.value.file == name
    assert caught.value.to_dict()["file"] == name


async def test_a_locked_pdf_asks_for_its_password():
    locked = writers.write_pdf(password="anchor")
    with pytest.raises(LoaderError, match="is encrypted: give its password") as caught:
        await load_documents(("a.pdf", locked))
    assert caught.value.code == "encrypted"
    with pytest.raises(LoaderError, match="the password does not open it"):
        await load_documents(("a.pdf", locked), password="rope")
    assert len(await load_documents(("a.pdf", locked), password="anchor")) == 2
    assert len(await load_documents(("a.pdf", writers.write_pdf(password="")))) == 2


async def test_a_book_under_drm_and_an_old_or_locked_word_document_are_refused():
    encryption = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>'
        '<enc:CipherData><enc:CipherReference URI="EPUB/text/chapter_1.xhtml"/></enc:CipherData></enc:EncryptedData></encryption>'
    )
    locked = writers.rewrite_zip(writers.write_epub(), **{"META-INF/encryption.xml": encryption})
    for name, data in (("a.epub", locked), ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))):
        with pytest.raises(LoaderError) as caught:
            await load_documents((name, data))
        assert caught.value.code == "encrypted"
    fonts = encryption.replace("text/chapter_1.xhtml", "fonts/a.otf")
    assert len(await load_documents(("a.epub", writers.rewrite_zip(writers.write_epub(), **{"META-INF/encryption.xml": fonts})))) == 2


async def test_a_pdf_of_pictures_says_that_it_needs_ocr():
    with pytest.raises(LoaderError, match="OCR") as caught:
        await load_documents(("scan.pdf", writers.write_picture_pdf()))
    assert caught.value.code == "no_text"


@pytest.mark.parametrize(("name", "write", "member"), [("a.docx", writers.write_docx, "word/media/x"), ("a.epub", writers.write_epub, "x")])
async def test_a_zip_bomb_is_refused_before_it_is_unpacked(name, write, member):
    bomb = writers.rewrite_zip(write(), **{member: bytes(30_000_000)})
    assert len(bomb) < 200_000
    with pytest.raises(LoaderError, match="unpacks to more than 20,000,000 bytes") as caught:
        await load_documents((name, bomb), max_bytes=20_000_000)
    assert caught.value.code == "too_big"


async def test_a_zip_that_lies_about_its_sizes_unpacks_to_no_more_than_it_says():
    bomb = bytearray(writers.rewrite_zip(writers.write_epub(), **{"META-INF/container.xml": b" " * 30_000_000}))
    size = (30_000_000).to_bytes(4, "little")
    assert bomb.count(size) == 2
    bomb = bomb.replace(size, (1000).to_bytes(4, "little"))
    with pytest.raises(LoaderError) as caught:
        await load_documents(("a.epub", bytes(bomb)), max_bytes=20_000_000)
    assert caught.value.code == "broken"


LAUGHS = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><r>&b;</r>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>'


@pytest.mark.parametrize("xml", [LAUGHS, OUTSIDE, OUTSIDE.replace("ENTITY a", "ENTITY % a").replace("&a;", "")])
@pytest.mark.parametrize(
    ("name", "write", "member"),
    [
        ("a.docx", writers.write_docx, "word/document.xml"),
        ("a.docx", writers.write_docx, "docProps/core.xml"),
        ("a.epub", writers.write_epub, "EPUB/content.opf"),
        ("a.epub", writers.write_epub, "META-INF/container.xml"),
    ],
)
async def test_xml_that_defines_entities_is_refused(xml, name, write, member):
    with pytest.raises(LoaderError, match="defines XML entities"):
        await load_documents((name, writers.rewrite_zip(write(), **{member: xml})))


async def test_binary_data_are_no_text():
    with pytest.raises(LoaderError, match=r"no loader for a\.xls; there are some for csv") as caught:
        await load_documents(("a.xls", bytes(range(256)) * 20))
    assert caught.value.code == "unknown_kind"
    with pytest.raises(LoaderError, match="no text"):
        await load_documents(("a.txt", b"\x01\0\0\0\x02" * 400))


async def test_a_package_that_is_missing_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(defaults, "_is_there", lambda name: False)
    with pytest.raises(ConfigError, match=r"this needs pypdf: pip install 'staysail\[documents\]'"):
        await load_documents(("a.pdf", writers.write_pdf()))


async def test_half_a_character_of_a_text_that_is_given_is_mended():
    [document] = await load_documents(("a.txt", "half \ud83d"))
    assert document.text == "half \ufffd"
