"""PDFs as people have them: cut, joined, repaired by hand, scanned in part, filled in."""

import io

import pypdf
import pytest
from PIL import Image
from pypdf.generic import DecodedStreamObject, NameObject
from reportlab.pdfgen.canvas import Canvas

from staysail import LoaderError, load_documents

from . import writers


async def read(data, **options):
    return await load_documents(("a.pdf", data), **options)


def write(*draw):
    """A page for each function, which draws it."""
    out = io.BytesIO()
    canvas = Canvas(out)
    for function in draw:
        function(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def words(canvas):
    canvas.drawString(50, 500, "Some words.")


def picture(canvas):
    canvas.drawInlineImage(Image.new("RGB", (4, 4)), 50, 50)


def scan(canvas):
    file = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(file, "png")
    file.seek(0)
    canvas.drawImage(__import__("reportlab.lib.utils").lib.utils.ImageReader(file), 50, 50)


def form(canvas):
    words(canvas)
    canvas.acroForm.textfield(name="name", value="Bo", x=50, y=50)


def nothing(_):
    """An empty page."""


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"junk before it\n" + data,
        lambda data: data + b"\n\njunk behind it" * 9,
        lambda data: data.replace(b"startxref", b"startxref\n0\n%"),
        lambda data: data.replace(b"xref\n0 ", b"xref\n9 "),
        lambda data: data[: data.rindex(b"startxref")],
        lambda data: data[: data.rindex(b"xref") - 1],
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"/Title", b"/Tit#6c"),
        lambda data: data.replace(b"%PDF-1.", b"%PDF-9."),
    ],
)
async def test_a_pdf_that_was_handled_badly_is_still_read(change):
    pages = await read(change(writers.write_pdf()))
    assert [page.text for page in pages] == list(writers.PDF_PAGES)


async def test_a_page_that_is_damaged_or_a_picture_is_noted_and_the_others_are_read():
    pages = await read(write(words, nothing, scan, words))
    assert [(page.metadata["page"], page.notes) for page in pages] == [
        (1, ()),
        (4, ("pages without text left out: 2 (page 2)", "pictures left out: 1")),
    ]
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(write(words, words)))
    stream = DecodedStreamObject()
    stream.set_data(b"BT (never closed")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
    writer.pages[0][NameObject("/Resources")] = NameObject("/Nothing")
    out = io.BytesIO()
    writer.write(out)
    (page,) = await read(out.getvalue())
    assert (page.metadata["page"], page.text) == (2, "Some words.")
    assert page.notes[0].startswith(("damaged pages left out: 1 (page 1: ", "pages without text left out: 1 (page 1)"))


async def test_pictures_and_filled_forms_are_counted():
    (page,) = await read(write(lambda canvas: (words(canvas), scan(canvas))))
    assert page.notes == ("pictures left out: 1",)
    (page,) = await read(write(form))
    assert page.notes == ("form fields left out: 1",)


LOOP = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[2 0 R]/Count 99999999>>endobj
trailer<</Root 1 0 R>>"""


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (write(picture, nothing), "no_text"),
        (writers.write_pdf(password="x"), "encrypted"),
        (writers.write_pdf()[:900], "broken"),
        (b"%PDF-1.4\n%%EOF", "broken"),
        (LOOP, "broken"),
        (LOOP.replace(b"Kids[2 0 R]", b"Kids[2 0 R 2 0 R]"), "broken"),
        (b"%PDF-1.4\n" + b"[" * 60_000, "broken"),
        (b"%PDF-1.4\n1 0 obj" + b"<<" * 60_000, "broken"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value,
)
async def test_a_pdf_that_cannot_be_read_says_why(data, code):
    with pytest.raises(LoaderError, match=r"a\.pdf") as caught:
        await read(data)
    assert caught.value.code == code


async def test_a_page_saved_under_the_name_of_a_pdf_is_read_as_a_page():
    (page,) = await read(b"<!doctype html><title>Sign in</title><p>Please sign in.")
    assert (page.text, page.metadata["title"]) == ("Please sign in.", "Sign in")
    assert page.notes == ("read as web page, by its type or its content and not by its name",)
