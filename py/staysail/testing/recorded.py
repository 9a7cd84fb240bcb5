"""Recorded traffic: one scenario is `{"scenario": name, "interactions": [{"request": {method, path, query, headers, body}, "response":
{status, headers, body, body_encoding?}}]}`,
a file one scenario a line. `body` is text, or base64 where `body_encoding` says so; a streamed body is its whole text.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..core.json_text import json_bytes, read_json
from ..core.ports import HttpRequest, HttpResponse, Transport
from ..core.secrets import REMOVED, holds_secret, is_secret, redact, secrets_of_header, secrets_of_url


class ReplayTransport:
    """A transport that answers requests with recorded responses, in order. `requests` holds the requests it got. chunk_bytes: cuts bodies
    into chunks of this size, also within characters."""

    def __init__(self, interactions: Iterable[Mapping[str, Any]], *, chunk_bytes: int | None = None) -> None:
        self._responses = [interaction["response"] for interaction in interactions]
        self._chunk_bytes = chunk_bytes
        self.requests: list[HttpRequest] = []

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[HttpResponse]:
        position = len(self.requests)
        self.requests.append(request)
        if position >= len(self._responses):
            raise ConfigError(f"{len(self._responses)} answers were recorded, and a further request was made: {request!r}")
        yield _Recorded(self._responses[position], self._chunk_bytes)

    @property
    def bodies(self) -> list[Any]:
        """The JSON bodies of the requests."""
        return [read_json(request.body) if request.body else None for request in self.requests]


class _Recorded:
    def __init__(self, response: Mapping[str, Any], chunk_bytes: int | None) -> None:
        self.status: int = response["status"]
        self.headers = {name.lower(): str(value) for name, value in response["headers"].items()}
        body = response["body"]
        self._body = base64.b64decode(body) if response.get("body_encoding") == "base64" else body.encode()
        self._chunk_bytes = chunk_bytes or len(self._body) or 1

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), self._chunk_bytes):
            yield self._body[start : start + self._chunk_bytes]


class Recorder:
    """A transport that passes requests on and keeps them with their responses, without secrets: no header and no query parameter that may
    hold one, and no known secret in a body. `save` appends a scenario to a file that `load_scenarios` reads."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.interactions: list[dict[str, Any]] = []

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[HttpResponse]:
        headers = (secret for name, value in request.headers.items() if holds_secret(name, value) for secret in secrets_of_header(value))
        secrets = (*headers, *secrets_of_url(request.url))
        async with self._transport.send(request) as response:
            kept = bytearray()
            yield _Kept(response, kept)
            url, _, query = request.url.partition("?")
            path = "/" + url.partition("://")[2].partition("/")[2]
            sent = {
                "method": request.method,
                "path": path,
                "query": "&".join(f"{name}={REMOVED}" if is_secret(name) else field for field, name in _fields(query)),
                "headers": _public(request.headers),
                "body": _text(request.body),
            }
            answer = {"status": response.status, "headers": _public(response.headers)} | _encoded(bytes(kept))
            self.interactions.append(redact({"request": sent, "response": answer}, secrets))

    def save(self, path: str | Path, scenario: str) -> None:
        line = json_bytes({"scenario": scenario, "interactions": self.interactions})
        with Path(path).open("ab") as file:
            file.write(line + b"\n")


class _Kept:
    def __init__(self, response: HttpResponse, kept: bytearray) -> None:
        self.status, self.headers = response.status, response.headers
        self._response, self._kept = response, kept

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.chunks():
            self._kept += chunk
            yield chunk


def load_scenarios(path: str | Path) -> list[dict[str, Any]]:
    with Path(path).open(encoding="utf-8") as file:
        return [read_json(line) for line in file if line.strip()]


def _fields(query: str) -> list[tuple[str, str]]:
    return [(field, field.partition("=")[0]) for field in query.split("&")]


def _public(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if not holds_secret(name, value)}


def _encoded(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode("ascii"), "body_encoding": "base64"}


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")
