"""Authorization server of an MCP server: RFC 9728 (the MCP server names it) and RFC 8414 (it describes itself)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from ....core.errors import AuthError, NetworkError, error_for_status
from ....core.ports import HttpRequest, Transport
from ....core.value import Value
from ..reading import text, texts
from .addresses import check_address, is_local
from .documents import send_json

MOST_REDIRECTS = 3


class Resource(Value):
    """The MCP server as OAuth knows it.

    Attributes:
        id: The resource indicator that tokens are requested for (RFC 8707).
        issuer: The authorization server.
        scopes: Scopes that the server knows; None where it does not say.
        described: Whether the server has a document that says all this; a server before 2025-06-18 has none.
        local: Whether the server is on this machine or a private network.
    """

    id: str
    issuer: str
    scopes: tuple[str, ...] | None = None
    described: bool = True
    local: bool = False


class AuthorizationServer(Value):
    """The metadata of an authorization server. names_itself: its redirects carry `iss` (RFC 9207)."""

    issuer: str
    authorize_url: str | None
    token_url: str
    register_url: str | None = None
    auth_methods: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    names_itself: bool = False
    takes_client_urls: bool = False
    has_pkce: bool = True


async def find_resource(transport: Transport, url: str, challenge: Mapping[str, str]) -> Resource:
    """Returns the MCP server's description, or where it has none the assumption that it is its own authorization server.

    Args:
        challenge: Parameters of the header www-authenticate.

    Raises:
        AuthError: The description is of another server, names no authorization server, or names an address that is not visited.
        NetworkError: No answer came.
    """
    local = is_local(url)
    origin, path = _split(url)
    well_known = f"{origin}/.well-known/oauth-protected-resource"
    named = challenge.get("resource_metadata")
    places = [check_address(named, "the header www-authenticate", local=local)] if named else [f"{well_known}{path}"]
    if path and not named:
        places.append(well_known)
    for place in places:
        document = await _get_document(transport, place, local)
        if document is None:
            continue
        id = text(document.get("resource")) or ""
        if not _covers(id, url):
            raise AuthError(f"{place} describes {id or 'nothing'}, and not {url}", code="oauth", provider="mcp")
        issuers = texts(document.get("authorization_servers"))
        if not issuers:
            raise AuthError(f"{place} names no authorization server", code="oauth", provider="mcp")
        return Resource(id, check_address(issuers[0], place, local=local), texts(document.get("scopes_supported")), local=local)
    return Resource(url.partition("?")[0], origin, described=False, local=local)


async def find_authorization_server(transport: Transport, resource: Resource) -> AuthorizationServer:
    """Returns the authorization server's description. Raises AuthError where it has none, or one that cannot be trusted."""
    origin, path = _split(resource.issuer)
    places = [f"{origin}/.well-known/{kind}{path}" for kind in ("oauth-authorization-server", "openid-configuration")]
    if path:
        places.append(f"{origin}{path}/.well-known/openid-configuration")
    for place in places:
        document = await _get_document(transport, place, resource.local)
        if document is not None:
            return _read_server(document, place, resource)
    if resource.described:
        raise AuthError(f"{resource.issuer} does not describe itself at {places[0]}", code="oauth", provider="mcp")
    base = check_address(origin, "the MCP server's address", local=resource.local)  # as 2025-03-26 has it
    return AuthorizationServer(origin, f"{base}/authorize", f"{base}/token", f"{base}/register", ("none", "client_secret_post"))


def read_challenge(header: str) -> dict[str, str]:
    """Returns the parameters of a Bearer challenge: https://www.rfc-editor.org/rfc/rfc6750#section-3"""
    found = re.search(r"(?i)\bbearer\b\s*(.*)", header[:8000], re.DOTALL)
    pairs = re.findall(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', found[1] if found else "")
    return {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain for name, quoted, plain in pairs}


def _read_server(document: Mapping[str, Any], place: str, resource: Resource) -> AuthorizationServer:
    issuer = text(document.get("issuer")) or ""
    if not _same_issuer(issuer, resource):
        raise AuthError(f"{place} is of {issuer or 'nobody'}, and not of {resource.issuer}", code="oauth", provider="mcp")

    def endpoint(name: str) -> str | None:
        url = document.get(f"{name}_endpoint")
        return None if url is None else check_address(url, place, local=resource.local)

    token_url = endpoint("token")
    if token_url is None:
        raise AuthError(f"{place} names no token_endpoint", code="oauth", provider="mcp")
    return AuthorizationServer(
        issuer,
        endpoint("authorization"),
        token_url,
        endpoint("registration"),
        texts(document.get("token_endpoint_auth_methods_supported")) or ("client_secret_basic",),
        texts(document.get("scopes_supported")) or (),
        document.get("authorization_response_iss_parameter_supported") is True,
        document.get("client_id_metadata_document_supported") is True,
        "S256" in (texts(document.get("code_challenge_methods_supported")) or ()),
    )


async def _get_document(transport: Transport, url: str, local: bool) -> Mapping[str, Any] | None:
    """The JSON object at an address; None where there is none, or where a page may not read it. Redirects are checked as addresses are."""
    for _ in range(MOST_REDIRECTS + 1):
        try:
            answer = await send_json(transport, HttpRequest("GET", url, {"accept": "application/json"}, redirects="return"))
        except NetworkError as error:
            if error.code in ("cors", "redirect"):
                return None  # a page may not read what is not there, nor see where a redirect leads
            raise
        if answer.status in (301, 302, 303, 307, 308) and answer.location:
            url = check_address(_join(url, answer.location), f"a redirect of {urlsplit(url).netloc}", local=local)
            continue
        if answer.status >= 500:
            raise error_for_status(answer.status, f"{urlsplit(url).netloc} answered {answer.status}", provider="mcp")
        return answer.body if answer.status == 200 and isinstance(answer.body, Mapping) else None
    raise AuthError(f"{urlsplit(url).netloc} redirects again and again", code="oauth", provider="mcp")


def _same_issuer(issuer: str, resource: Resource) -> bool:
    """Without a description of the resource, metadata at its root may name any issuer of the same origin, as servers of 2025-03-26 do."""
    if resource.described:
        return issuer.rstrip("/") == resource.issuer.rstrip("/")
    return _split(issuer)[0] == _split(resource.issuer)[0]


def _covers(resource: str, url: str) -> bool:
    """Returns whether a token for the resource may be sent to the address: the same origin, and a path that begins with the resource's."""
    origin, path = _split(resource)
    here, below = _split(url)
    return origin == here and f"{below}/".startswith(f"{path}/")


def _join(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _split(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return f"{parts.scheme}://{parts.netloc}".lower(), parts.path.rstrip("/")
