"""Real files, written by other people's libraries: reportlab, python-docx, ebooklib, pypdf."""

import io
import zipfile
from functools import cache

import docx
import PIL.Image
import pypdf
from ebooklib import epub
from reportlab.lib.pagesizes import A5
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

PDF_PAGES = (
    "The mainsail is hoisted first.\nIts halyard runs inside the mast.",
    "A staysail is set on a stay.\nIt balances a ketch in heavy weather.",
)


@cache
def write_pdf(pages=PDF_PAGES, *, title="Sails and stays", author="A. Rigger", password=None, algorithm="RC4-128"):
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A5)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    for page in pages:
        lines = canvas.beginText(40, 500)
        lines.textLines(page)
        canvas.drawText(lines)
        canvas.showPage()
    canvas.save()
    if password is None:
        return out.getvalue()
    writer = pypdf.PdfWriter(clone_from=out)
    writer.encrypt(password, algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@cache
def write_unicode_pdf(text):
    """With a font inside, whose letters have numbers of its own: one of those that reportlab brings along."""
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A5)
    canvas.setFont("Vera", 12)
    canvas.drawString(40, 500, text)
    canvas.save()
    return out.getvalue()


@cache
def write_picture_pdf():
    """A page with a drawing and no text, as a scanner makes it."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A5)
    canvas.rect(50, 50, 100, 100, fill=1)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def write_docx():
    document = docx.Document()
    document.core_properties.title = "Harbour rules"
    document.core_properties.author = "The harbour master"
    document.add_heading("Harbour rules", 1)
    document.add_paragraph("Moor on the east quay.")
    picture = io.BytesIO()
    PIL.Image.new("RGB", (2, 2)).save(picture, "png")
    document.add_picture(picture)
    document.add_heading("Fees", 2)
    document.add_paragraph("A night costs twelve crowns.")
    document.add_paragraph("Water is free.", style="List Bullet")
    document.add_paragraph("Power is not.", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("length", "fee"), ("10 m", "12")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@cache
def write_epub():
    book = epub.EpubBook()
    book.set_identifier("knots-1")
    book.set_title("The book of knots")
    book.set_language("en")
    book.add_author("N. O. Ose")
    chapters = []
    for number, (title, text) in enumerate(
        (("The bowline", "The rabbit comes out of the hole &amp; goes round the tree."), ("The clove hitch", "Two turns round a post.")), 1
    ):
        chapter = epub.EpubHtml(title=title, file_name=f"text/chapter_{number}.xhtml", lang="en")
        chapter.content = f"<h1>{title}</h1><p>{text}</p>"
        book.add_item(chapter)
        chapters.append(chapter)
    book.toc = chapters
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    book.spine = ["nav", *chapters]
    out = io.BytesIO()
    epub.write_epub(out, book)
    return out.getvalue()


HTML = """<!doctype html>
<html lang="en"><head><title>Weather &amp; tides</title><style>p { color: red }</style><script>let x = "<p>no</p>";</script></head>
<body><nav><a href="/">Home</a></nav>
<h1>Weather</h1><p>The   glass is
falling.</p>
<h2>Tides</h2><p>High water at <b>noon</b> &mdash; and at midnight.</p>
<ul><li>Springs<li>Neaps</ul>
<table><tr><th>port</th><th>range</th></tr><tr><td>Brest</td><td>7 m</td></tr></table>
<p hidden>secret</p></body></html>
"""


def rewrite_zip(data, **changes):
    """A zip with some members replaced, added, or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename not in changes:
                new.writestr(member, old.read(member))
        for name, value in changes.items():
            if value is not None:
                new.writestr(name, value)
    return out.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
STRICT = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "http://purl.oclc.org/ooxml/wordprocessingml/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "http://purl.oclc.org/ooxml/officeDocument/math",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "http://purl.oclc.org/ooxml/officeDocument/relationships",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "http://purl.oclc.org/ooxml/drawingml/main",
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing",
}
BODY = """<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"
 xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
 xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
 xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml">
<w:body>
<w:p><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr><w:r><w:t>Mooring</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">Pay </w:t></w:r><w:ins><w:r><w:t>twelve</w:t></w:r></w:ins>
 <w:del><w:r><w:delText>ten</w:delText></w:r></w:del>
 <w:r><w:t xml:space="preserve"> crowns</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>
 <w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>
 <w:r><w:t>.</w:t></w:r><w:r><w:commentReference w:id="0"/></w:r></w:p>
<w:p><m:oMath><m:r><m:t>E=</m:t></m:r><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>c</m:t></m:r></m:den></m:f>
 <m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></w:p>
<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="7"/></w:numPr></w:pPr><w:r><w:t>First</w:t></w:r></w:p>
<w:p><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="7"/></w:numPr></w:pPr><w:r><w:t>Inner</w:t></w:r></w:p>
<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="7"/></w:numPr></w:pPr><w:r><w:t>Second</w:t></w:r></w:p>
<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline><wp:docPr id="1" name="Box" descr=""/>
 <a:graphic><wps:txbx><w:txbxContent>
 <w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></wps:txbx></a:graphic></wp:inline></w:drawing></mc:Choice>
 <mc:Fallback><w:pict><v:textbox><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></v:textbox></w:pict></mc:Fallback>
 </mc:AlternateContent></w:r></w:p>
<w:p><w:r><w:drawing><wp:inline><wp:docPr id="2" name="P" descr="A quay at dusk"/><a:blip/></wp:inline></w:drawing></w:r></w:p>
<w:p><w:r><w:drawing><wp:inline><wp:docPr id="3" name="P"/><a:blip/></wp:inline></w:drawing></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>length</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>fee</w:t></w:r></w:p></w:tc></w:tr>
<w:tr><w:tc><w:p/></w:tc><w:tc><w:p><w:r><w:t>12</w:t></w:r></w:p><w:p><w:r><w:t>crowns</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
<w:sdt><w:sdtPr><w:alias w:val="no"/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>Filled in</w:t></w:r></w:p></w:sdtContent></w:sdt>
<w:p><w:r><w:fldChar/><w:instrText>PAGE</w:instrText></w:r><w:fldSimple w:instr="DATE"><w:r><w:t>Monday</w:t></w:r></w:fldSimple></w:p>
</w:body></w:document>"""
STYLES = f"""<w:styles {W}><w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style></w:styles>"""
NUMBERING = f"""<w:numbering {W}><w:abstractNum w:abstractNumId="3"><w:lvl w:ilvl="0"><w:start w:val="4"/><w:numFmt w:val="decimal"/>
<w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>
<w:num w:numId="7"><w:abstractNumId w:val="3"/></w:num></w:numbering>"""
FOOTNOTES = f"""<w:footnotes {W}><w:footnote w:id="0" w:type="separator"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/><w:t>For a night.</w:t></w:r></w:p></w:footnote></w:footnotes>"""
RELATIONS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>"""
RELATION = '<Relationship Id="{0}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{0}" Target="{1}"/>'


@cache
def write_rich_docx(strict=False, document=BODY):
    """A document with all that python-docx does not write; its main part is not where others have theirs."""
    parts = {
        "_rels/.rels": RELATIONS.format(RELATION.format("officeDocument", "/word/document2.xml")),
        "word/_rels/document2.xml.rels": RELATIONS.format(
            "".join(RELATION.format(kind, f"{kind}.xml") for kind in ("styles", "numbering", "footnotes"))
        ),
        "word/document2.xml": document,
        "word/styles.xml": STYLES,
        "word/numbering.xml": NUMBERING,
        "word/footnotes.xml": FOOTNOTES,
        "word/header1.xml": f"<w:hdr {W}><w:p><w:r><w:t>Page</w:t></w:r></w:p></w:hdr>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            for transitional, strictly in STRICT.items() if strict else ():
                text = text.replace(transitional, strictly)
            archive.writestr(name, text)
    return out.getvalue()
