"""Agreement on a protocol version: `server/discover` of the newer era first, and the handshake where a server does not know it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from ...core.errors import AuthError, BadRequestError, ConfigError, NetworkError, ProviderError, RateLimitError, ServerError, StreamError
from ...core.secrets import excerpt
from ...core.waiting import timeout
from .eras import CLIENT, HANDSHAKE, MODERN, UNSUPPORTED_VERSION, Negotiated
from .reading import mapping, text, texts

DISCOVERY_S = 15.0

type Exchange = Callable[[Negotiated, str, Mapping[str, Any]], Coroutine[Any, Any, tuple[dict[str, Any], Mapping[str, str]]]]
"""Sends a request; returns the result and the headers of the response."""


async def negotiate(exchange: Exchange, capabilities: Mapping[str, Any], protocol: str | None) -> Negotiated:
    """Returns the version that both sides speak, and what the server says of itself.

    Args:
        protocol: The version to insist on; None takes the newest that both know.

    Raises:
        ConfigError: There is no version that both know.
        ProviderError: The server refuses, or cannot be reached.
    """
    if protocol is None or protocol in MODERN:
        try:
            return await _discover(exchange, protocol or MODERN[0])
        except ProviderError as error:
            supported = _supported(error)
            if supported and not any(version in HANDSHAKE for version in supported):
                raise _unknown(", ".join(supported)) from error
            unreachable = isinstance(error, NetworkError) and error.code not in ("cors", "timeout")
            if protocol or unreachable or isinstance(error, AuthError | RateLimitError):
                raise
            # A page may also be kept from this request: servers of the older era do not allow it the newer one's headers (CORS).
    return await _shake_hands(exchange, capabilities, protocol or HANDSHAKE[0])


async def _discover(exchange: Exchange, version: str) -> Negotiated:
    """Raises ProviderError where the answer is not that of a server of the newer era, which may be any nonsense."""
    try:
        async with timeout(DISCOVERY_S):
            result, _ = await exchange(Negotiated(version), "server/discover", {})
    except TimeoutError as error:
        raise NetworkError(f"server/discover was not answered within {DISCOVERY_S:g} s", code="timeout", provider="mcp") from error
    except BadRequestError as error:
        again = next((known for known in MODERN if known in (_supported(error) or ())), None)
        if again is None:
            raise
        result, _ = await exchange(Negotiated(again), "server/discover", {})
        version = again
    versions = texts(result.get("supportedVersions"))
    if not versions:
        raise BadRequestError("the answer to server/discover names no versions", provider="mcp")
    if version not in versions:
        raise rpc_error({"code": UNSUPPORTED_VERSION, "message": "another version", "data": {"supported": list(versions)}}, 200)
    info = mapping(mapping(result.get("_meta")).get("io.modelcontextprotocol/serverInfo"))
    return Negotiated(version, mapping(result.get("capabilities")), info, text(result.get("instructions")))


async def _shake_hands(exchange: Exchange, capabilities: Mapping[str, Any], version: str) -> Negotiated:
    params = {"protocolVersion": version, "capabilities": capabilities, "clientInfo": CLIENT}
    result, headers = await exchange(Negotiated(version), "initialize", params)
    answered = text(result.get("protocolVersion"))
    if answered not in HANDSHAKE:
        raise _unknown(excerpt(repr(result.get("protocolVersion")), 100))
    session = headers.get("mcp-session-id") or None
    if session and not (session.isascii() and session.isprintable() and " " not in session):
        raise StreamError("the server names a session that no header can carry", provider="mcp")
    info, instructions = mapping(result.get("serverInfo")), text(result.get("instructions"))
    return Negotiated(answered, mapping(result.get("capabilities")), info, instructions, session)


def rpc_error(error: Any, status: int) -> ProviderError:
    """Returns the error for a JSON-RPC error. Codes below -32603 are the request's fault, but for those that servers choose themselves."""
    described = mapping(error) or {"message": excerpt(str(error), 500)}
    code = described.get("code")
    kind = BadRequestError if code in (-32700, -32600, -32601, -32602, -32002, -32020, -32021, -32022, -32042) else ServerError
    message = text(described.get("message")) or f"the server failed ({excerpt(str(code), 50)})"
    return kind(message, status=status, body={"error": described}, provider="mcp")


def rpc_code(error: ProviderError) -> int | None:
    """Returns the JSON-RPC code of an error, whether it came with an HTTP status of its own or not."""
    code = mapping(mapping(error.body).get("error")).get("code")
    return code if isinstance(code, int) else None


def rpc_data(error: ProviderError) -> Mapping[str, Any]:
    return mapping(mapping(mapping(error.body).get("error")).get("data"))


def _supported(error: ProviderError) -> tuple[str, ...] | None:
    """The versions that an error of the newer era names; None for any other error."""
    return texts(rpc_data(error).get("supported")) if rpc_code(error) == UNSUPPORTED_VERSION else None


def _unknown(versions: str) -> ConfigError:
    return ConfigError(f"this server speaks MCP {versions}; staysail knows {', '.join(MODERN + HANDSHAKE)}")
