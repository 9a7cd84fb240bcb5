"""Encodings: the labels of the standard, decoders held to what Chromium decodes, and the order in which a file's encoding is decided."""

import codecs
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webencodings.labels import LABELS

from staysail import load_documents
from staysail.rag.decoding import decode_text
from staysail.rag.encodings import decode, find_encoding
from staysail.rag.request import LoadRequest

# Of all 256 bytes and all pairs that begin beyond ASCII, decoded one by one: the first 16 digits of SHA-256 over the texts in UTF-8, a line
# each. tests/page/test_encodings.py compares with the TextDecoder of a browser.
DECODED = {
    "big5": "3089c866310b5788",
    "euc-jp": "29e58c5dcaaa0817",
    "euc-kr": "f421ebee147d7d3f",
    "gb18030": "1fc9e1f2b08f77d2",
    "gbk": "1fc9e1f2b08f77d2",
    "ibm866": "9d13812cf5ca2481",
    "iso-2022-jp": "a515f86449735725",
    "iso-8859-10": "8b2bfa1095f62a99",
    "iso-8859-13": "14dc039caec7b700",
    "iso-8859-14": "6f43b352687fb70a",
    "iso-8859-15": "5663d28d11bbcdc2",
    "iso-8859-16": "9cac93819dd8fa0e",
    "iso-8859-2": "0510d2fcf4490063",
    "iso-8859-3": "cdb692964a0fcd35",
    "iso-8859-4": "4b59508fc6424a4b",
    "iso-8859-5": "363ca43b8f5353e9",
    "iso-8859-6": "eb4b02469b5caa64",
    "iso-8859-7": "171c0866428ded7a",
    "iso-8859-8": "1c6833ba5aa231e4",
    "iso-8859-8-i": "1c6833ba5aa231e4",
    "koi8-r": "fb1b354af4fc06ec",
    "koi8-u": "d0ed6cfc3eb1f6d9",
    "macintosh": "cbc7c1703fd0e68d",
    "shift_jis": "afe61df68127c081",
    "utf-8": "34bdf7d671b7c383",
    "windows-1250": "e8a58a97e8514f93",
    "windows-1251": "0470386b10fc2fd5",
    "windows-1252": "786bfb56038fab8d",
    "windows-1253": "4d8a03747b7af5d1",
    "windows-1254": "58942c6813ec2a58",
    "windows-1255": "e51a260c8feef5c8",
    "windows-1256": "b8a7535714e1abda",
    "windows-1257": "0e197814501d3ca1",
    "windows-1258": "ac7a9e0459acc61c",
    "windows-874": "94053405d9aa7494",
    "x-mac-cyrillic": "184473e31a2986ca",
    "x-user-defined": "04533b07a811c8a9",
}


@pytest.mark.parametrize("label", LABELS)
def test_a_label_stands_for_the_encoding_that_the_standard_names(label):
    assert find_encoding(label) == find_encoding(f"\t {label.upper()}\n") == LABELS[label]


@pytest.mark.parametrize("label", ["", "latin-1", "utf-7", "utf-32", "cp437", "utf8\xa0", "gb2312;", "unicode-1-1-utf-7"])
def test_a_label_that_the_standard_does_not_have_is_none(label):
    assert find_encoding(label) is None


def digest(name):
    texts = [decode(bytes([byte]), name) for byte in range(256)]
    texts += [decode(bytes([lead, trail]), name) for lead in range(128, 256) for trail in range(256)]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", sorted(set(LABELS.values()) - {"replacement", "utf-16le", "utf-16be"}))
def test_every_byte_and_every_pair_is_decoded_as_a_browser_does(name):
    assert digest(name) == DECODED[name]


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("gbk", b"\x81\x30\x81\x30", "\x80"),
        ("gb18030", b"\x90\x30\x81\x30\xe3\x32\x9a\x35", "\U00010000\U0010ffff"),
        ("gb18030", b"\x81\x30\x81", "\ufffd"),
        ("gb18030", b"\x81\x30a", "\ufffd0a"),
        ("gbk", b"\x80\xff<", "€\ufffd<"),
        ("euc-jp", b"\x8f\xb0\xa1\x8f\xa2\xb7\xad\xa1", "丂～①"),
        ("euc-jp", b"\x8f\xb0<\xb0", "\ufffd<\ufffd"),
        ("shift_jis", b"\x87\x40\xfa\x40\xf0\x40\xb1", "①ⅰ\ue000ｱ"),
        ("iso-2022-jp", b'a\x1b$B$"-!\x1b(I1\x1b(J\\\x1b(B\\', "aあ①ｱ¥\\"),
        ("iso-2022-jp", b"\x1b$B$\x1b(Bx\xe9", "\ufffdx\ufffd"),
        ("big5", b"\x88\x62\xa3\xe1\xf9\xd6", "Ê\u0304€碁"),
        ("euc-kr", b"\x8c\x63\xb0\xa1\x8c<", "똠가\ufffd<"),
        ("windows-1252", b"\x80\x81", "€\x81"),
        ("x-user-defined", b"a\x80\xff", "a\uf780\uf7ff"),
        ("replacement", b"anything", "\ufffd"),
        ("replacement", b"", ""),
        ("utf-8", b"\xf0\x9f\x98a\xe2\x82", "\ufffda\ufffd"),
        ("utf-16le", b"a\0\0\xd8b\0c", "a\ufffdb\ufffd"),
    ],
)
def test_more_than_two_bytes_and_errors_are_read_as_the_standard_says(name, data, text):
    assert decode(data, name) == text


SAMPLES = {
    "gbk": "镕喆€〇", "gb18030": "镕𠮷ḿ", "big5": "碁淚𠮟", "shift_jis": "①髙㈱～", "euc-jp": "①㈱～－", "euc-kr": "똠햏", "koi8-u": "Ґє",
    "windows-1254": "ğİş", "windows-874": "ไทย", "windows-1255": "שלום", "iso-8859-8-i": "שלום", "macintosh": "Œ√",
}  # fmt: skip
WRITTEN = {
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "gbk": "gb18030",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_text_comes_back_from_each_encoding_also_where_a_broken_byte_is_in_it(name):
    text = SAMPLES[name]
    if name == "euc-jp":
        data = b"\xad\xa1\xad\xea\xa1\xc1\xa1\xdd"
    else:
        data = text.encode(WRITTEN.get(name, name.replace("macintosh", "mac-roman"))) if name != "gbk" else "镕喆€〇".encode("gb18030")
    if name == "gb18030":
        data = "镕𠮷".encode("gb18030") + b"\xa8\xbc"
    if name == "koi8-u":
        data = text.encode("koi8-u")
    assert decode(data, name) == text
    assert decode(b"\xff" + data, name).endswith(text)


# Which encoding


async def read(data, **options):
    (document,) = await load_documents({"name": "a.html", "bytes": data}, **options)
    return document


KOI, WIN = "привет".encode("koi8-r"), "привет".encode("cp1251")


@pytest.mark.parametrize(
    ("data", "media_type", "encoding", "read_as"),
    [
        (codecs.BOM_UTF8 + b'<meta charset="koi8-r"><p>' + "привет".encode(), "text/html; charset=koi8-r", "koi8-r", None),
        (codecs.BOM_UTF16_LE + '<meta charset="koi8-r"><p>привет'.encode("utf-16-le"), "text/html;charset=koi8-r", None, "utf-16-le"),
        (b'<meta charset="utf-8"><p>' + KOI, 'text/html; charset="KOI8-R"', None, "koi8-r"),
        (b'<meta charset="utf-8"><p>' + KOI, "text/html; charset=windows-1251", "koi8-r", "koi8-r"),
        (b"<meta charset=' Windows-1251 '><p>" + WIN, "text/html; charset=klingon", None, "windows-1251"),
        (b'<meta charset="klingon"><p>' + "привет".encode(), "text/html", None, None),
        (b'<meta charset="utf-16"><p>' + "привет".encode(), "text/html", None, None),
        (b'<?xml version="1.0" encoding="windows-1251"?><p>' + WIN, "", None, "windows-1251"),
        (b'<META content="text/html; charset=cp1251" HTTP-EQUIV=content-type><p>' + WIN, "", None, "windows-1251"),
        (b"<p>" + "привет".encode(), "", None, None),
    ],
)
async def test_a_byte_order_mark_comes_before_the_caller_the_header_the_page_and_a_guess(data, media_type, encoding, read_as):
    page = await read(data, media_type=media_type, encoding=encoding)
    assert (page.text, page.metadata.get("encoding"), page.notes) == ("привет", read_as, ())


@pytest.mark.parametrize("label", sorted(LABELS))
async def test_no_label_makes_any_bytes_fail(label):
    data = bytes(range(32, 256)) * 3
    for form in (f'<meta charset="{label}">', f'<?xml version="1.0" encoding="{label}"?>'):
        await read(form.encode() + data)
    await read(data, media_type=f"text/html; charset={label}")
    await read(data, encoding=label)


JAPANESE = {
    "a table of kanji": "名前,都市\n太郎,東京\n",
    "a sentence": "これは日本語の文章です。価格は1,200円（税込）、ＵＳＢメモリー付き。\n",
    "few words among many": "id,name,city\n" + "17,Smith,London\n" * 30 + "18,山田,大阪\n",
    "katakana": "コーヒー\tテーブル\n",
}
WESTERN = {
    "accents": "élève,été,Zürich,garçon,naïve,œuvre\n",
    "accents before letters": "élève élève élève élève",
    "quotes": "“Don’t,” he said – it’s the dog’s ‘bone’… ”—“Yes”\n" * 3,
    "one apostrophe": "don’t",
    "German": "Die Größe der Tür für Übermütige: 3 € – „schön“\n",
    "Spanish": "¿Qué año? ¡Mañana, señor! ºª\n",
    "capitals": "ÀÉÎÕÜ ÇA ÉTÉ “ÉCOLE” ‘À’\n",
}


@pytest.mark.parametrize("text", JAPANESE.values(), ids=JAPANESE)
async def test_japanese_that_names_no_encoding_is_read_as_shift_jis(text: str):
    documents = await load_documents(("a.txt", text.encode("cp932")))
    assert documents[0].text == text
    assert documents[0].metadata["encoding"] == "shift_jis"
    assert documents[0].notes == ("read as shift_jis: it is not UTF-8 and does not say what it is",)


@pytest.mark.parametrize("text", WESTERN.values(), ids=WESTERN)
async def test_western_text_that_names_no_encoding_is_not_taken_for_japanese(text: str):
    (document,) = await load_documents(("a.txt", text.encode("cp1252")))
    assert (document.text, document.metadata["encoding"]) == (text, "windows-1252")


@given(st.text(alphabet="aeinrst ,.àâäçéèêëíñóôöùúüßÄÖÜÉ¿¡ºª€", max_size=60))
def test_no_western_words_are_taken_for_japanese(text: str):
    data = text.encode("cp1252")
    if not data.isascii():
        assert decode_text(data + b" ", LoadRequest("a.txt")).encoding in ("windows-1252", "utf-8")


@pytest.mark.parametrize("data", [b"a,b\n\0\0\0\0,2\n", b"name,city\nAnn\0\0\0\0\0\0\0,Oslo\0\0\0\0\0\0\n" * 20])
async def test_zeros_in_a_table_are_spaces_with_a_note(data: bytes):
    rows = await load_documents(("a.csv", data))
    assert rows
    assert all("\0" not in row.text for row in rows)
    assert rows[0].notes[0].startswith("NUL characters read as spaces: ")


async def test_what_is_replaced_is_counted():
    (page,) = await load_documents(("a.txt", b"a\xff\xfeb\0c" + b"d" * 90), encoding="utf-8")
    assert page.text == "a\ufffd\ufffdb c" + "d" * 90
    assert page.notes == ("NUL characters read as spaces: 1", "U+FFFD where bytes are no utf-8: 2")
    (page,) = await load_documents(("a.txt", "a \ufffd that was there".encode()))
    assert page.notes == ()
