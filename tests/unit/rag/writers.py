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
