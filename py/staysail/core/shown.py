"""How values show themselves in notebooks: each describes itself by the parts below, which `host.outputs` draws as HTML, Markdown or text.

Text in a part may come from a model, from a tool or from a document, so the code that draws a part escapes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .value import Value


class Prose(Value):
    """Markdown that a model wrote."""

    markdown: str


class Note(Value):
    """A line beside the text. kind: "" for a remark, "error" for a failure."""

    text: str
    kind: str = ""


class Code(Value):
    """Text in a fixed-width font."""

    text: str


class Table(Value):
    """Rows of cells under the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Picture(Value):
    """A picture of one of the media types in PICTURES."""

    data: bytes
    media_type: str


class Card(Value):
    """A box with a title that can be folded, such as a tool call.

    Attributes:
        state: A word after the title, such as "running".
        parts: The content.
        is_open: Whether the content is unfolded at first.
    """

    title: str
    state: str = ""
    parts: tuple[Any, ...] = ()
    is_open: bool = False


type ShownPart = Prose | Note | Code | Table | Picture | Card
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
MOST_ROWS = 50


class Drawing:
    """Draws parts; `staysail.wiring` fills it. html, markdown, text: each takes the parts and returns them in that form."""

    html: Callable[[Sequence[ShownPart]], str]
    markdown: Callable[[Sequence[ShownPart]], str]
    text: Callable[[Sequence[ShownPart]], str]


class HasParts(Protocol):
    """A value that describes itself by parts."""

    def shown_parts(self) -> Sequence[ShownPart]:
        """Returns the parts that show this value."""


class Showable:
    """The methods of a value with `shown_parts` that Jupyter, JupyterLite, marimo, PyScript and VS Code call to draw it."""

    __slots__ = ()

    def _repr_html_(self: HasParts) -> str:
        return Drawing.html(self.shown_parts())

    def _repr_markdown_(self: HasParts) -> str:
        return Drawing.markdown(self.shown_parts())

    def _repr_mimebundle_(self: HasParts, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return mime_bundle(self.shown_parts())


def mime_bundle(parts: Sequence[ShownPart]) -> dict[str, str]:
    """Returns the parts in each form, by media type, as Jupyter's display protocol takes them."""
    return {"text/html": Drawing.html(parts), "text/markdown": Drawing.markdown(parts), "text/plain": Drawing.text(parts)}
