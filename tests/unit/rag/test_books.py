"""Books as people have them, made from one that is right: flaws that calibre, readers and shops get over."""

import io
import zipfile

import pytest

from staysail import LoaderError, load_documents

from . import writers

CONTAINER = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfile full-path="{}"/></container>'
PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="2.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Knots</dc:title><dc:creator>N. O. Ose</dc:creator></metadata>
<manifest><item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="a" href="text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="b" href="text/two.xhtml" media-type="application/xhtml+xml"/>
</manifest><spine toc="ncx"><itemref idref="a"/><itemref idref="b"/></spine></package>"""
NCX = """<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><docTitle><text>Knots</text></docTitle><navMap>
<navPoint id="1"><navLabel><text>The bowline</text></navLabel><content src="text/one.xhtml#top"/></navPoint>
<navPoint id="2"><navLabel><text>The hitch</text></navLabel><content src="text/two.xhtml"/></navPoint></navMap></ncx>"""
PAGE = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>{0}</title></head><body><p>Page {0}.</p></body></html>"


def book(**changes):
    """An EPUB 2; parts by name, None leaves one out. `_` stands for `/` and `.` in names of keywords."""
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER.format("OEBPS/content.opf"),
        "OEBPS/content.opf": PACKAGE,
        "OEBPS/toc.ncx": NCX,
        "OEBPS/text/one.xhtml": PAGE.format("one"),
        "OEBPS/text/two.xhtml": PAGE.format("two"),
    } | changes
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            if content is not None:
                archive.writestr(name, content)
    return out.getvalue()


OPF, TOC, ONE = "OEBPS/content.opf", "OEBPS/toc.ncx", "OEBPS/text/one.xhtml"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mimetype": None},
        {"mimetype": "application/zip\n"},
        # The list of the book's files
        {"META-INF/container.xml": None},
        {"META-INF/container.xml": CONTAINER.format("OEBPS/content%2Eopf")},
        {"META-INF/container.xml": "<rootfiles><rootfile full-path='OEBPS/content.opf'></rootfiles>"},
        {OPF: PACKAGE.replace("Knots", "Knots &amp; hitches &nbsp; &copy; & more <b")},
        {OPF: PACKAGE.replace(' xmlns="http://www.idpf.org/2007/opf"', "")},
        {OPF: PACKAGE.replace("<item ", "<opf:item ").replace("<itemref", "<opf:itemref")},
        {OPF: PACKAGE.replace("</package>", "")},
        {OPF: "\ufeff" + PACKAGE},
        {OPF: PACKAGE.encode("utf-16")},
        {OPF: PACKAGE.replace("text/one.xhtml", "text%2Fone.xhtml")},
        {OPF: PACKAGE.replace("text/one.xhtml", "./text/../text/one.xhtml")},
        {OPF: PACKAGE.replace("text/one.xhtml", "Text/One.XHTML")},
        {OPF: PACKAGE.replace("text/one.xhtml", "text\\one.xhtml")},
        {OPF: PACKAGE.replace("application/xhtml+xml", "text/html")},
        {OPF: PACKAGE.replace("application/xhtml+xml", "application/octet-stream")},
        {OPF: PACKAGE.replace("media-type=", "media_type=")},
        # The reading order
        {OPF: PACKAGE.replace('<itemref idref="a"/>', '<itemref idref="a"/><itemref idref="missing"/><itemref idref="a"/>')},
        {OPF: PACKAGE.replace('<itemref idref="a"/><itemref idref="b"/>', "")},
        {OPF: PACKAGE.replace('idref="a"', 'idref="a" linear="no"')},
        # The table of contents
        {TOC: None},
        {TOC: NCX.replace("The bowline", "The&nbsp;bowline & <b>more")},
        {TOC: "not XML at all <<<"},
        {TOC: NCX.replace("</navPoint>", "")},
        # Chapters
        {ONE: PAGE.format("one").replace("<title>one</title>", "<title/><script src='x'/><style type='text/css'/>")},
        {ONE: PAGE.format("one").replace("<p>", "<p>&nbsp;<br>").replace("</p>", "")},
        {ONE: '<?xml version="1.0" encoding="windows-1252"?>' + PAGE.format("one")},
        {ONE: ("\ufeff" + PAGE.format("one")).encode("utf-16-le")},
        {ONE: '<!DOCTYPE html [<!ENTITY nbsp "&#160;">]>' + PAGE.format("one")},
    ],
    ids=lambda changes: next(iter(changes), "right"),
)
async def test_a_book_with_a_flaw_is_read(changes):
    chapters = await load_documents(("a.epub", book(**changes)))
    assert [chapter.text.strip() for chapter in chapters] == ["Page one.", "Page two."]
    assert chapters[0].metadata["href"].lower() == "oebps/text/one.xhtml"
    assert chapters[1].metadata["author"] == "N. O. Ose"


async def test_chapters_are_called_as_the_table_of_contents_says_where_it_can_be_read():
    async def names(**changes):
        return [chapter.metadata["chapter"] for chapter in await load_documents(("a.epub", book(**changes)))]

    assert await names() == ["The bowline", "The hitch"]
    assert await names(**{TOC: NCX.replace("The bowline", "Tom &amp; Jerry&rsquo;s & knot")}) == ["Tom & Jerry’s & knot", "The hitch"]
    assert await names(**{TOC: None}) == ["one", "two"]
    nav = '<nav epub:type="toc"><ol><li><a href="text/one.xhtml">First <i>knot</i></a></li><li><a href="text/two.xhtml">'
    package = PACKAGE.replace('id="ncx" href="toc.ncx"', 'id="nav" properties="nav" href="nav.xhtml"')
    assert await names(**{OPF: package, "OEBPS/nav.xhtml": nav, TOC: None}) == ["First knot", "two"]


async def test_a_chapter_that_is_missing_or_has_no_text_is_noted_and_the_others_are_read():
    chapters = await load_documents(("a.epub", book(**{ONE: None})))
    assert [chapter.text for chapter in chapters] == ["Page two."]
    assert chapters[0].notes == ("damaged chapters left out: 1 (OEBPS/text/one.xhtml)",)
    chapters = await load_documents(("a.epub", book(**{ONE: "<body><img src='a.png'/></body>"})))
    assert chapters[0].notes == ("pictures without a description left out: 1", "chapters without text left out: 1")
    two = {ONE: "<body><img/></body>", "OEBPS/text/two.xhtml": "<body><svg><image/></svg></body>"}
    with pytest.raises(LoaderError, match="its chapters are empty or pictures") as caught:
        await load_documents(("comic.epub", book(**two)))
    assert caught.value.code == "no_text"


@pytest.mark.parametrize("rights", ["META-INF/rights.xml", "META-INF/sinf.xml"])
async def test_a_book_under_drm_is_refused_and_locked_fonts_are_not(rights):
    locked = "<encryption><enc:EncryptedData><enc:CipherReference URI='{}'/></enc:EncryptedData></encryption>"
    with pytest.raises(LoaderError, match="DRM") as caught:
        await load_documents(("a.epub", book(**{rights: "x", "META-INF/encryption.xml": locked.format("OEBPS/text/one%2Exhtml")})))
    assert caught.value.code == "encrypted"
    assert len(await load_documents(("a.epub", book(**{"META-INF/encryption.xml": locked.format("OEBPS/fonts/a.otf")})))) == 2


# Word


async def word(data, name="a.docx"):
    (document,) = await load_documents((name, data))
    return document


@pytest.mark.parametrize("strict", [False, True])
async def test_a_word_document_is_read_with_all_that_its_reader_sees(strict):
    document = await word(writers.write_rich_docx(strict))
    assert document.text == (
        "# Mooring\n\nPay twelve crowns[1].\n\nE=(a+b)/c x^2\n\n4. First\n4.a) Inner\n5. Second\n\nIn a box\n\nA quay at dusk\n\n"
        "length | fee\n| 12 crowns\n\nFilled in\n\nMonday\n\n[1] For a night."
    )
    assert document.notes == (
        "deletions of tracked changes left out: 1",
        "hidden parts left out: 1",
        "comments left out: 1",
        "pictures without a description left out: 1",
        "headers and footers left out: 1",
    )
    assert document.sections == ((("Mooring",), 0, len(document.text)),)


def body(inner):
    return writers.BODY[: writers.BODY.index("<w:body>") + 8] + inner + "</w:body></w:document>"


def paragraph(text, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def math(inner):
    return f"<m:oMath>{inner}</m:oMath>".replace("{", "<m:r><m:t>").replace("}", "</m:t></m:r>")


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (paragraph("Title", '<w:pStyle w:val="Title"/>') + paragraph("x"), "# Title\n\nx"),
        (paragraph("Deep", '<w:outlineLvl w:val="2"/>') + paragraph("x", '<w:outlineLvl w:val="9"/>'), "### Deep\n\nx"),
        (paragraph("a", f'<w:outlineLvl w:val="{"9" * 6_000}"/>'), "a"),
        ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r></w:p>", "a b\nc-d"),
        ("<w:p><w:hyperlink><w:r><w:t>a </w:t></w:r></w:hyperlink><w:smartTag><w:r><w:t>link</w:t></w:r></w:smartTag></w:p>", "a link"),
        ("<w:p><w:moveFrom><w:r><w:t>old</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>new</w:t></w:r></w:moveTo></w:p>", "new"),
        ('<w:p><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>seen</w:t></w:r></w:p>', "seen"),
        (
            "<w:p><w:r><w:ruby><w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>",
            "漢",
        ),
        ("<w:tbl><w:tr><w:tc><w:tbl><w:tr><w:tc><w:p><w:r><w:t>in</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>", "in"),
        ("<w:p/><w:p><w:r><w:t>  spaced   out </w:t></w:r></w:p>", "spaced out"),
        ("<m:oMathPara><m:oMath><m:r><m:t>x</m:t></m:r></m:oMath></m:oMathPara>", "x"),
        (math("<m:rad><m:deg/><m:e>{a+b}</m:e></m:rad>"), "√(a+b)"),
        (
            math('<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{i=1}</m:sub><m:sup>{n}</m:sup><m:e>{i}</m:e></m:nary>'),
            "∑_(i=1)^n i",
        ),
        (
            math('<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr><m:e>{a,b}</m:e></m:d>'),
            "[a,b]",
        ),
    ],
)
async def test_parts_of_word_documents(inner, text):
    assert (await word(writers.write_rich_docx(document=body(inner)))).text == text


async def test_a_word_document_that_is_something_else_is_told_or_read_as_what_it_is():
    assert (await word(b"<html><body><p>Saved as .docx</p></body></html>")).text == "Saved as .docx"
    assert (await word(b"Just text under a wrong name.")).notes == ("read as text, by its type or its content and not by its name",)
    assert len(await load_documents(("a.docx", writers.write_pdf()))) == 2
    assert len(await load_documents(("a.doc", writers.write_docx()))) == 1
    with pytest.raises(LoaderError, match="old format") as caught:
        await word(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert caught.value.code == "encrypted"
