"""HTTP requests of a mount or a plugin. Every address is checked, including those of redirects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urljoin

from ..core.errors import ToolFSError
from ..core.ports import HttpRequest, Transport, origin_of, without_secrets
from ..core.secrets import holds_secret

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
MOST_BYTES = 64 << 20
# Headers that belong to the connection (RFC 9110, 7.6.1), set a request's length or target, or replace its method.
CONNECTION_HEADERS = frozenset(
    (
        *("connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "te", "trailer", "transfer-encoding"),
        *("upgrade", "via", "x-http-method", "x-http-method-override", "x-method-override"),
    )
)
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

type Check = Callable[[str, str], None]


async def fetch(
    transport: Transport, request: HttpRequest, check: Check, *, limit_bytes: int = MOST_BYTES
) -> tuple[int, Mapping[str, str], bytes]:
    """Sends a request, follows its redirects, and returns status, headers and body.

    Args:
        transport: Sends the request.
        request: The request.
        check: Raises for a method and an address that are not allowed.
        limit_bytes: The most bytes of the body.

    Raises:
        ToolFSError: A header may not be set ("refused"), or a limit is exceeded ("limit").
    """
    _check_headers(request)
    request = request.replace(redirects="return")
    check(request.method, request.url)
    for _ in range(MOST_REDIRECTS + 1):
        async with transport.send(request) as response:
            location = response.headers.get("location")
            if response.status not in REDIRECTS or not location:
                body = bytearray()
                async for chunk in response.chunks():
                    body += chunk
                    if len(body) > limit_bytes:
                        raise ToolFSError(f"{without_secrets(request.url)} gives more than {limit_bytes} bytes", code="limit")
                return response.status, response.headers, bytes(body)
        try:
            url = urljoin(request.url, location)
        except ValueError as error:
            raise ToolFSError(f"{request.origin} redirects to what is no address", code="refused") from error
        target = _redirected(request, response.status, url)
        check(target.method, target.url)
        if target.body and target.origin != request.origin:
            why = f"{request.origin} redirects to {target.origin}, and a request's body does not follow to another origin"
            raise ToolFSError(why, code="refused")
        request = target
    raise ToolFSError(f"{without_secrets(request.url)} redirects more than {MOST_REDIRECTS} times", code="unavailable")


def _check_headers(request: HttpRequest) -> None:
    if not TOKEN.fullmatch(request.method):
        raise ToolFSError(f"{request.method[:40]!r} is no method of HTTP", code="refused")
    for name in request.headers:
        if name.lower() in CONNECTION_HEADERS or name.lower().startswith("proxy-"):
            raise ToolFSError(f"the header {name!r} cannot be set: it belongs to the connection", code="refused")


def _redirected(request: HttpRequest, status: int, url: str) -> HttpRequest:
    """Returns the request for a redirect's target. Another origin gets no header that may hold a secret."""
    headers = dict(request.headers)
    if origin_of(url) != request.origin:
        headers = {name: value for name, value in headers.items() if not holds_secret(name, value)}
    if status == 303 or (status in (301, 302) and request.method == "POST"):
        return request.replace(method="GET", url=url, headers=headers, body=b"")
    return request.replace(url=url, headers=headers)
