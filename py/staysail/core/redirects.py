"""Redirects (301, 302, 303, 307, 308), followed as a page follows them, but never with a key or a prompt to another origin."""

from __future__ import annotations

from urllib.parse import urljoin

from .errors import NetworkError
from .ports import HttpRequest, has_odd_host, origin_of, without_secrets

STATUSES = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 10


def redirected(request: HttpRequest, status: int, location: str | None) -> HttpRequest | None:
    """Returns the request that a redirect asks for; None where the response is no redirect, or the caller looks at redirects itself.

    Raises:
        NetworkError: With code "redirect", naming both origins, for an address that a request with a secret or a body may not go to, for a
            POST that would become a GET, and for what is not HTTP.
    """
    if request.redirects == "return" or status not in STATUSES or not location:
        return None
    try:
        url = urljoin(request.url, location)
        target = origin_of(url)
    except ValueError:
        url = target = ""
    if (
        has_odd_host(url)
        or not target.startswith(("https://", "http://"))
        or (target.startswith("http://") and request.url.lower().startswith("https://"))
    ):
        raise _refused(f"{request.origin} answered {status} and redirects to an address that is not followed")
    if target != request.origin and request.is_private:
        raise _refused(
            f"{request.origin} redirects to {target}, and a request with a key, a body or a password does not follow to another origin. "
            f"If you trust it, give its address instead: {without_secrets(url)}"
        )
    if request.body and status in (301, 302, 303):
        raise _refused(
            f"{request.origin} answered {status}, by which a {request.method} loses its body; give the new address instead: "
            f"{without_secrets(url)}"
        )
    return request.replace(url=url)


def endless(request: HttpRequest) -> NetworkError:
    return _refused(f"{request.origin} redirects more than {MOST_REDIRECTS} times")


def _refused(message: str) -> NetworkError:
    return NetworkError(message, code="redirect")
