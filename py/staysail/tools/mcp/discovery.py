"""Who gives tokens for an MCP server: RFC 9728 (the server names its authorization server) and RFC 8414 (which describes itself)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ...core.completion import Timeouts
from ...core.errors import AuthError, NetworkError, error_for_status
from ...core.json_text import read_json
from ...core.ports import HttpRequest, Transport
from ...core.value import Value
from ...core.waiting import timeout

LIMIT_S = 30.0
LARGEST_BYTES = 1 << 20


class Resource(Value):
    """What is asked for, and of whom. scopes: what the server says it knows; None where it does not say."""

    id: str
    issuer: str
    scopes: tuple[str, ...] | None = None
    described: bool = True


class AuthorizationServer(Value):
    issuer: str
    authorize_url: str
    token_url: str
    register_url: str | None = None
    auth_methods: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    names_itself: bool = False
    takes_client_urls: bool = False


async def find_resource(transport: Transport, url: str, challenge: Mapping[str, str]) -> Resource:
    """challenge: of the header www-authenticate. A server older than RFC 9728's use here is its own authorization server. Raises
    AuthError."""
    origin, path = _split(url)
    well_known = f"{origin}/.well-known/oauth-protected-resource"
    named = challenge.get("resource_metadata")
    places = [named] if named else [f"{well_known}{path}", *([well_known] if path else [])]
    for place in places:
        told = await _get_json(transport, place)
        if told is None:
            continue
        id = str(told.get("resource") or "")
        if not _covers(id, url):
            raise AuthError(f"{place} describes {id or 'nothing'}, and not {url}", code="oauth", provider="mcp")
        issuers = told.get("authorization_servers")
        if not isinstance(issuers, list) or not issuers:
            raise AuthError(f"{place} names no authorization server", code="oauth", provider="mcp")
        scopes = told.get("scopes_supported")
        return Resource(id, str(issuers[0]), tuple(map(str, scopes)) if isinstance(scopes, list) else None)
    return Resource(url.partition("?")[0], origin, described=False)


async def find_authorization_server(transport: Transport, resource: Resource) -> AuthorizationServer:
    """Raises AuthError where it does not describe itself, or not safely."""
    origin, path = _split(resource.issuer)
    places = [f"{origin}/.well-known/{kind}{path}" for kind in ("oauth-authorization-server", "openid-configuration")]
    if path:
        places.append(f"{origin}{path}/.well-known/openid-configuration")
    for place in places:
        told = await _get_json(transport, place)
        if told is None:
            continue
        if str(told.get("issuer")).rstrip("/") != resource.issuer.rstrip("/"):
            raise AuthError(f"{place} is of {told.get('issuer')}, and not of {resource.issuer}", code="oauth", provider="mcp")
        if "S256" not in (told.get("code_challenge_methods_supported") or ()):
            raise AuthError(f"{resource.issuer} does not offer PKCE with S256, which MCP needs", code="oauth", provider="mcp")
        return AuthorizationServer(
            str(told["issuer"]),
            _safe(told.get("authorization_endpoint"), place),
            _safe(told.get("token_endpoint"), place),
            _safe(told["registration_endpoint"], place) if told.get("registration_endpoint") else None,
            tuple(told.get("token_endpoint_auth_methods_supported") or ("client_secret_basic",)),
            tuple(told.get("scopes_supported") or ()),
            told.get("authorization_response_iss_parameter_supported") is True,
            told.get("client_id_metadata_document_supported") is True,
        )
    if resource.described:
        raise AuthError(f"{resource.issuer} does not describe itself at {places[0]}", code="oauth", provider="mcp")
    base = _safe(origin, origin)  # as 2025-03-26 has it
    return AuthorizationServer(origin, f"{base}/authorize", f"{base}/token", f"{base}/register", ("none", "client_secret_post"))


def read_challenge(header: str) -> dict[str, str]:
    """The parameters of a Bearer challenge: https://www.rfc-editor.org/rfc/rfc6750#section-3"""
    found = re.search(r"(?i)\bbearer\b\s*(.*)", header, re.DOTALL)
    pairs = re.findall(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', found[1] if found else "")
    return {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain for name, quoted, plain in pairs}


async def send_json(transport: Transport, request: HttpRequest) -> tuple[int, Any]:
    """The status, and the body where it is JSON. Raises NetworkError."""
    body = b""
    try:
        async with timeout(LIMIT_S), transport.send(request) as response:
            async for chunk in response.chunks():
                body += chunk
                if len(body) > LARGEST_BYTES:
                    raise error_for_status(502, f"{request.host} answers too much", provider="mcp")
            status = response.status
    except TimeoutError as error:
        raise NetworkError(f"{request.host} did not answer within {LIMIT_S:g} s", code="timeout", retryable=True) from error
    try:
        return status, read_json(body)
    except ValueError:
        return status, None


async def _get_json(transport: Transport, url: str) -> Mapping[str, Any] | None:
    """None where there is no such document, or where it cannot be read from here."""
    try:
        status, told = await send_json(transport, HttpRequest("GET", url, {"accept": "application/json"}, timeouts=Timeouts()))
    except NetworkError as error:
        if error.code == "cors":
            return None  # a page may not read what is not there
        raise
    if status >= 500:
        raise error_for_status(status, f"{urlsplit(url).netloc} answered {status}", provider="mcp")
    return told if status == 200 and isinstance(told, Mapping) else None


def _covers(resource: str, url: str) -> bool:
    """Whether a token for the resource may be sent to the address: the same origin, and a path that begins with the resource's."""
    origin, path = _split(resource)
    here, below = _split(url)
    return origin == here and f"{below}/".startswith(f"{path}/")


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower(), parts.path.rstrip("/")


def _safe(url: Any, place: str) -> str:
    """Only over TLS, or on this machine. Raises AuthError."""
    parts = urlsplit(url if isinstance(url, str) else "")
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        return str(url)
    raise AuthError(f"{place} gives an address that is not https: {url}", code="oauth", provider="mcp")
