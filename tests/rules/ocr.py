"""What Mistral takes and refuses at `/v1/ocr`: https://docs.mistral.ai/api/endpoint/ocr. A document has three pages, a picture one."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from .rule import Refusal, unknown

PATH = re.compile(r"/ocr$")
PROVIDERS: Mapping[str, Any] = {"mistral": None}
FIELDS = (
    "model",
    "id",
    "document",
    "pages",
    "include_image_base64",
    "image_limit",
    "image_min_size",
    "bbox_annotation_format",
    "document_annotation_format",
    "document_annotation_prompt",
    "table_format",
    "extract_header",
    "extract_footer",
)
DOCUMENTS = {"document_url": "document_url", "image_url": "image_url", "file": "file_id"}
PICTURE = "data:image/jpeg;base64,/9j/AA=="
MAX_BYTES = 50 << 20


def check(body: dict[str, Any], seen: Any, rules: Any) -> None:
    if name := unknown(body, FIELDS):
        raise Refusal("Extra inputs are not permitted", param=name, code="extra_forbidden", status=422)
    document = body.get("document")
    if not isinstance(body.get("model"), str) or not isinstance(document, dict):
        raise Refusal("Field required", param="document" if "model" in body else "model", code="missing", status=422)
    if "ocr" not in body["model"]:
        raise Refusal(f"Invalid model: {body['model']}", code="1500")
    field = DOCUMENTS.get(document.get("type", ""))
    if field is None or not document.get(field):
        raise Refusal(
            f"Input tag {document.get('type')!r} found does not match any of the expected tags", code="union_tag_invalid", status=422
        )
    if field != "file_id":
        _check_address(document[field])
    pages = body.get("pages")
    if pages is not None and not (isinstance(pages, list) and pages and all(isinstance(page, int) and page >= 0 for page in pages)):
        raise Refusal("Input should be a valid list", param="pages", code="list_type", status=422)


def _check_address(address: Any) -> None:
    url = address["url"] if isinstance(address, dict) else address
    if url.startswith("https://"):
        return
    kind, comma, data = url.partition(";base64,")
    try:
        size = len(base64.b64decode(data, validate=True))
    except binascii.Error:
        size = 0
    if not comma or not kind.startswith("data:") or not size:
        raise Refusal("Document could not be fetched or decoded", code="3310")
    if size > MAX_BYTES:
        raise Refusal("Document is larger than 50 MB", code="3000", status=413)


def refuse(refusal: Refusal, rules: Any) -> dict[str, Any]:
    if refusal.status == 422:
        return {"detail": [{"type": refusal.code, "loc": ["body", refusal.param], "msg": refusal.message}]}
    return {"object": "error", "message": refusal.message, "type": "invalid_request_error", "param": None, "code": refusal.code}


def answer(body: dict[str, Any], seen: Any, rules: Any) -> dict[str, Any]:
    there = range(1 if body["document"]["type"] == "image_url" else 3)
    chosen = [page for page in body.get("pages") or there if page in there]
    pages = [_page(page, bool(body.get("include_image_base64"))) for page in chosen]
    usage = {"pages_processed": len(pages), "doc_size_bytes": 4}
    return {"body": {"pages": pages, "model": body["model"], "usage_info": usage, "document_annotation": None}}


def _page(page: int, pictured: bool) -> dict[str, Any]:
    name = f"img-{page}.jpeg"
    corners = {"top_left_x": 0, "top_left_y": 0, "bottom_right_x": 9, "bottom_right_y": 9}
    image = {"id": name, **corners, "image_base64": PICTURE if pictured else None, "image_annotation": None}
    size = {"dpi": 200, "height": 2200, "width": 1700}
    return {"index": page, "markdown": f"# Page {page}\n\n![{name}]({name})", "images": [image], "dimensions": size}
