"""MCP Apps: HTML that a server gives for the calls of a tool, which a page shows in a frame.

https://modelcontextprotocol.io/extensions/apps, the extension io.modelcontextprotocol/ui, version 2026-01-26.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ...core.errors import BadRequestError, StreamError
from ...core.secrets import excerpt
from ...core.value import NOTHING, Value
from .reading import mapping, text, texts

MEDIA_TYPE = "text/html;profile=mcp-app"
EXTENSIONS: Mapping[str, Any] = {"io.modelcontextprotocol/ui": {"mimeTypes": [MEDIA_TYPE]}}
SCHEME = "ui://"
MOST_BYTES = 4 << 20


class McpApp(Value):
    """An app. html: its document. meta: what the server says of it: `csp`, `permissions`, `prefersBorder`. A hostile server may lie."""

    html: str
    meta: Mapping[str, Any] = NOTHING


def app_of(tool: Mapping[str, Any]) -> str | None:
    """Returns the address of the app that shows a tool's calls; None where there is none."""
    meta = mapping(tool.get("_meta"))
    uri = text(mapping(meta.get("ui")).get("resourceUri")) or text(meta.get("ui/resourceUri"))
    return uri if uri and uri.startswith(SCHEME) else None


def is_visible(tool: Mapping[str, Any], whom: str) -> bool:
    """Returns whether a tool is for `whom`: "model" or "app". A tool that does not say is for both."""
    named = texts(mapping(mapping(tool.get("_meta")).get("ui")).get("visibility"))
    return named is None or whom in named


def check_uri(uri: str) -> None:
    """Raises BadRequestError for an address that is no app's."""
    if not uri.startswith(SCHEME):
        raise BadRequestError(
            f"the address of an app begins with {SCHEME}, which {excerpt(uri, 100)!r} does not", code="app", provider="mcp"
        )


def read_app(uri: str, result: Mapping[str, Any]) -> McpApp:
    """Returns the app in the result of resources/read. Raises StreamError for a result that is no app."""
    contents = result.get("contents")
    given: Mapping[str, Any] = mapping(contents[0]) if isinstance(contents, list) and contents else NOTHING
    media_type = "".join((text(given.get("mimeType")) or "").split()).lower()
    if media_type != MEDIA_TYPE:
        raise _unreadable(uri, f"its media type is {excerpt(media_type, 100) or 'not given'}, not {MEDIA_TYPE}")
    html = text(given.get("text"))
    if html is None:
        html = _decode(uri, text(given.get("blob")) or "")
    if len(html.encode("utf-8", "replace")) > MOST_BYTES:
        raise _unreadable(uri, f"it has more than {MOST_BYTES} bytes")
    return McpApp(html, mapping(mapping(given.get("_meta")).get("ui")))


def _decode(uri: str, blob: str) -> str:
    try:
        return base64.b64decode(blob, validate=True).decode()
    except ValueError as error:
        raise _unreadable(uri, "its bytes are no text") from error


def _unreadable(uri: str, why: str) -> StreamError:
    return StreamError(f"the app {excerpt(uri, 100)} cannot be shown: {why}", code="app", provider="mcp")
