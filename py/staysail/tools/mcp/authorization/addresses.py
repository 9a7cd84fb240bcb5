"""Addresses that an MCP server's answers may make this program visit.

How it works. Metadata of a server name further addresses: its authorization server, and that server's endpoints. Without a check, a
server on the public internet could make the client send requests to the user's own machine and network. So an address that a public
server names must be https and must name a public host, in every spelling that a browser reads as an IP address: 127.1, 2130706433,
0x7f.0.0.1, [::ffff:127.0.0.1]. A server on this machine or on a private network may name private addresses, and only those over http.

What it does not hold: a public name whose DNS record points to a private address. Requests to it end in the TLS handshake, as no service
there has a certificate for that name, but a page cannot resolve names, and so the handshake itself is not prevented.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from ....core.errors import AuthError
from ....core.secrets import excerpt

LOCAL_SUFFIXES = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa", "svc")
UNICAST = ipaddress.IPv6Network("2000::/3")
"""All addresses of the public IPv6 internet: https://www.iana.org/assignments/ipv6-address-space"""

_PLAIN = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", re.IGNORECASE)

type Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_address(url: object, named_by: str, *, local: bool) -> str:
    """Returns an address that may be visited.

    Args:
        url: The address, of any type, as metadata gave it.
        named_by: The document or header that named the address, for the error.
        local: Whether the MCP server itself is on this machine or a private network.

    Raises:
        AuthError: code "address".
    """
    if not isinstance(url, str) or not _PLAIN.fullmatch(url):
        raise _refusal(named_by, url, "which is not the text of a web address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _refusal(named_by, url, "which cannot be read") from None
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise _refusal(named_by, url, "which is not an http or https address")
    if "@" in parts.netloc or "%" in parts.netloc:
        raise _refusal(named_by, url, "which carries a user name or an encoded host")
    private = is_private(host)
    if parts.scheme == "http" and not (local and private):
        raise _refusal(named_by, url, "which is not https")
    if private and not local:
        raise _refusal(named_by, url, "which is on this machine or a private network, and the server is not")
    return url


def is_local(url: str) -> bool:
    """Returns whether an address is on this machine or on a private network, as far as its text says so."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return bool(host) and is_private(host or "")


def is_private(host: str) -> bool:
    """Returns whether a host is loopback, link-local, private or otherwise not public. A host that cannot be read counts as private."""
    name = host.rstrip(".").lower()
    if ":" in name:
        try:
            return not _is_public(ipaddress.IPv6Address(name.partition("%")[0]))
        except ValueError:
            return True
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        address = _read_ipv4(labels)
        return address is None or not _is_public(address)
    if len(labels) == 1 or not all(_LABEL.fullmatch(label) for label in labels):
        return True
    return any(name.endswith(f".{suffix}") for suffix in LOCAL_SUFFIXES)


def _read_ipv4(labels: list[str]) -> ipaddress.IPv4Address | None:
    """Reads decimal, octal, hexadecimal and shortened forms: https://url.spec.whatwg.org/#concept-ipv4-parser"""
    if len(labels) > 4 or not all(_NUMBER.fullmatch(label) for label in labels):
        return None
    try:
        numbers = [_read_number(label) for label in labels]
    except ValueError:
        return None
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(numbers)):
        return None
    return ipaddress.IPv4Address(sum(number << 8 * (3 - place) for place, number in enumerate(first)) + last)


def _read_number(label: str) -> int:
    if label[:2] in ("0x", "0X"):
        return int(label[2:] or "0", 16)
    return int(label, 8) if len(label) > 1 and label.startswith("0") else int(label[:20])


def _is_public(address: Ip) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if inner := _embedded(address):
        return _is_public(inner)
    return address.is_global and address in UNICAST


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: mapped, compatible, 6to4, Teredo, or translated (NAT64, SIIT)."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    high = int(address) >> 32
    if high in (0, 0x0064FF9B << 64, 0xFFFF0000) and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _refusal(named_by: str, url: object, why: str) -> AuthError:
    shown = repr(url) if len(repr(url)) <= 200 else repr(excerpt(repr(url), 200))
    return AuthError(f"{named_by} names {shown}, {why}: the address is not visited", code="address", provider="mcp")
