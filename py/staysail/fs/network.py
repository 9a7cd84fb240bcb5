"""Requests on behalf of a mount or a plugin: every address is checked, those of redirects too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urljoin

from ..core.errors import ToolFSError
from ..core.ports import HttpRequest, Transport, without_secrets
from .session import read_host

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
MOST_BYTES = 64 << 20
# Meant for the host they were sent to.
PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key", "api-key"})

type Check = Callable[[str, str], None]


async def fetch(
    transport: Transport, request: HttpRequest, check: Check, *, limit_bytes: int = MOST_BYTES
) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body. check: raises for a method and an address that are not allowed."""
    request = request.replace(redirects="return")
    for _ in range(MOST_REDIRECTS + 1):
        check(request.method, request.url)
        async with transport.send(request) as response:
            location = response.headers.get("location")
            if response.status not in REDIRECTS or not location:
                body = bytearray()
                async for chunk in response.chunks():
                    body += chunk
                    if len(body) > limit_bytes:
                        raise ToolFSError(f"{without_secrets(request.url)} gives more than {limit_bytes} bytes", code="limit")
                return response.status, response.headers, bytes(body)
        request = _redirected(request, response.status, urljoin(request.url, location))
    raise ToolFSError(f"{without_secrets(request.url)} redirects more than {MOST_REDIRECTS} times", code="unavailable")


def _redirected(request: HttpRequest, status: int, url: str) -> HttpRequest:
    headers = dict(request.headers)
    if read_host(url) != read_host(request.url):
        headers = {name: value for name, value in headers.items() if name.lower() not in PRIVATE_HEADERS}
    if status == 303 or (status in (301, 302) and request.method == "POST"):
        return request.replace(method="GET", url=url, headers=headers, body=b"")
    return request.replace(url=url, headers=headers)
