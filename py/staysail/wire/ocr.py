"""OCR models: documents and pictures to Markdown. https://docs.mistral.ai/capabilities/document_ai/basic_ocr"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ..core.errors import ConfigError
from ..core.messages import File, Image, Media
from ..core.value import Value
from ..core.whole_text import whole
from .format import ServiceKind, merge_params
from .service import RemoteModel
from .shapes import count, read_media, record, records, string


class OcrPage(Value):
    """One page. index: from 0. images: the page's pictures, by their names in the Markdown."""

    index: int
    markdown: str
    images: Mapping[str, Image]
    raw: Any = None


class OcrResult(Value):
    """The pages of a document. pages_read: the number of pages that are paid for. raw: the whole response."""

    pages: tuple[OcrPage, ...]
    pages_read: int = 0
    raw: Any = None

    @property
    def markdown(self) -> str:
        return "\n\n".join(page.markdown for page in self.pages)

    def __str__(self) -> str:
        return self.markdown


class OcrModel(RemoteModel):
    """A model that reads documents and pictures as Markdown. model: "provider:model"."""

    kind: ClassVar[ServiceKind] = "ocr"

    async def read(self, document: Media | bytes, *, pages: Iterable[int] | None = None, images: bool = False) -> OcrResult:
        """Reads a document as Markdown.

        Args:
            document: A File, an Image or a PDF's bytes; by bytes, by address, or stored at the provider.
            pages: Page numbers from 0; all pages, if left out.
            images: Includes the pictures on the pages.

        Raises ConfigError, ProviderError.
        """
        part = File(data=document, media_type="application/pdf") if isinstance(document, bytes | bytearray) else document
        body: dict[str, Any] = {"model": self.model, "document": _render(part), "include_image_base64": images}
        if pages is not None:
            chosen = list(pages)
            if not chosen:
                raise ConfigError("pages names at least one page; leave it out for all of them")
            body["pages"] = chosen
        return self._read(_parse, await self._ask(self._path("ocr"), merge_params(body, self.additional_params)))


def _render(part: Media) -> dict[str, Any]:
    if part.file_id:
        return {"type": "file", "file_id": part.file_id}
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": part.data_url("image/png")}
    if not isinstance(part, File):
        raise ConfigError(f"OCR reads files and pictures, not {part.type}")
    name = {"document_name": part.name} if part.name else {}
    return {"type": "document_url", "document_url": part.data_url("application/pdf")} | name


def _parse(raw: Any) -> OcrResult:
    body = whole(raw)
    if not isinstance(body["pages"], list):
        raise ValueError("the pages are no list")
    pages = tuple(_parse_page(page, place) for place, page in enumerate(records(body["pages"])))
    return OcrResult(pages, count(record(body.get("usage_info")).get("pages_processed")) or len(pages), raw)


def _parse_page(page: Mapping[str, Any], place: int) -> OcrPage:
    found: dict[str, Image] = {}
    for row in records(page.get("images")):
        picture = read_media(Image, row.get("image_base64"), "image/jpeg") if row.get("image_base64") else None
        if isinstance(picture, Image):
            found[string(row.get("id"))] = picture
    index = page.get("index")
    return OcrPage(index if isinstance(index, int) else place, string(page.get("markdown")), found, dict(page))
