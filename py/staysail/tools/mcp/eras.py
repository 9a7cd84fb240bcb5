"""The two eras of the protocol, and what each demands of a request.

Up to 2025-11-25 a handshake (`initialize`) opens a session, which a header names. From 2026-07-28 on there is neither: each request
carries its version and the client's capabilities, and repeats its method and name in headers.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from ...core.value import NOTHING, Value
from ...core.version import __version__

MODERN = ("2026-07-28",)
HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
CLIENT = {"name": "staysail", "version": __version__}
META = "io.modelcontextprotocol/"
EXTENSIONS: Mapping[str, Any] = {f"{META}tasks": {}}
"""Extensions of the newer era that this client has."""

LOG_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")

HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

_PLAIN = re.compile(r"[!-~]([\t -~]*[!-~])?")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class Negotiated(Value):
    """Version and capabilities that both sides speak with. session: the server's name of the session, where it keeps one."""

    version: str
    capabilities: Mapping[str, Any] = NOTHING
    info: Mapping[str, Any] = NOTHING
    instructions: str | None = None
    session: str | None = None

    @property
    def modern(self) -> bool:
        return self.version in MODERN

    def __repr__(self) -> str:
        return f"Negotiated({self.version!r})"


def modern_params(params: Mapping[str, Any], version: str, capabilities: Mapping[str, Any], log_level: str | None = None) -> dict[str, Any]:
    """Returns a newer request's params with the version, the client, its capabilities and the log level that it wants in `_meta`."""
    meta: dict[str, Any] = {
        f"{META}protocolVersion": version,
        f"{META}clientInfo": CLIENT,
        f"{META}clientCapabilities": {**capabilities, "extensions": {**EXTENSIONS, **capabilities.get("extensions", NOTHING)}},
    }
    if log_level:
        meta[f"{META}logLevel"] = log_level
    return {**params, "_meta": {**(params.get("_meta") or {}), **meta}}


def modern_headers(method: str, params: Mapping[str, Any], version: str) -> dict[str, str]:
    headers = {"mcp-protocol-version": version, "mcp-method": method}
    named = "uri" if method == "resources/read" else "taskId" if method.startswith("tasks/") else "name"
    name = params.get(named)
    return headers | ({"mcp-name": encode_header(name)} if isinstance(name, str) else {})


def handshake_headers(negotiated: Negotiated) -> dict[str, str]:
    """Returns the headers of an older request. The version's header is of 2025-06-18 and later; servers before ignore it."""
    return {"mcp-protocol-version": negotiated.version} | ({"mcp-session-id": negotiated.session} if negotiated.session else {})


def encode_header(value: str) -> str:
    """Returns plain ASCII as it is, and other text, or text that looks encoded, as base64 of its UTF-8 between marks."""
    if _PLAIN.fullmatch(value) and not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    return f"=?base64?{base64.b64encode(value.encode('utf-8', 'replace')).decode('ascii')}?="


def mirrored(schema: Mapping[str, Any]) -> dict[tuple[str, ...], str]:
    """Returns the arguments that a tool wants repeated in headers: the header's name by the path to the argument. Raises ValueError for a
    schema that demands a header in a place or of a type that the protocol does not allow."""
    found: dict[tuple[str, ...], str] = {}
    _collect(schema, (), True, found)
    names = [name.lower() for name in found.values()]
    if len(set(names)) < len(names):
        raise ValueError("two arguments have the same x-mcp-header")
    return found


def mirror_headers(schema: Mapping[str, Any], args: Mapping[str, Any]) -> dict[str, str]:
    """Returns the headers that repeat a call's arguments."""
    headers: dict[str, str] = {}
    for path, name in mirrored(schema).items():
        value: Any = args
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None:
            headers[f"mcp-param-{name.lower()}"] = encode_header(str(value).lower() if isinstance(value, bool) else str(value))
    return headers


def _collect(node: Any, path: tuple[str, ...], reachable: bool, found: dict[tuple[str, ...], str]) -> None:
    if isinstance(node, list):
        for item in node:
            _collect(item, path, False, found)
    if not isinstance(node, Mapping):
        return
    if "x-mcp-header" in node and path:
        name = node["x-mcp-header"]
        if not (isinstance(name, str) and _TOKEN.fullmatch(name)):
            raise ValueError(f"x-mcp-header of {'.'.join(path)} is no header's name")
        if not reachable or node.get("type") not in ("string", "integer", "boolean"):
            raise ValueError(f"x-mcp-header stands at {'.'.join(path)}, where it must not")
        found[path] = name
    for key, child in node.items():
        if key == "properties" and isinstance(child, Mapping):
            for name, schema in child.items():
                _collect(schema, (*path, name), reachable, found)
        elif key not in ("default", "const", "enum", "examples"):
            _collect(child, (*path, key), False, found)
