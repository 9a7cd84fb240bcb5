"""The rules of a provider, found by its name, behind an address or a transport."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from tests.server import TestServer
from tests.server.answers import Payload, render
from tests.server.box import Box, Seen

from . import anthropic, chat, cohere, conversations, gemini, interactions, ocr, ollama, responses, schemas
from .account import Account
from .rule import Refusal

WIRES: tuple[ModuleType, ...] = (responses, chat, anthropic, gemini, interactions, conversations, cohere, ollama, ocr)


def provider_names() -> list[str]:
    return sorted({name for wire in WIRES for name in wire.PROVIDERS})


def judge(provider: str, seen: Seen) -> Mapping[str, Any]:
    """The answer to a request, as the test server takes it: {status, headers, body}."""
    for wire in WIRES:
        if provider in wire.PROVIDERS and wire.PATH.search(seen.path):
            rules = wire.PROVIDERS[provider]
            try:
                body = seen.json
                if not isinstance(body, dict):
                    raise Refusal("We could not parse the JSON body of your request.")
                wire.check(body, seen, rules)
                schemas.check(provider, body)
            except Refusal as refusal:
                return {"status": refusal.status, "body": wire.refuse(refusal, rules), "headers": {"x-request-id": "req_rules"}}
            return wire.answer(seen.json, seen, rules)
    return {"status": 404, "body": {"error": {"message": f"Invalid URL ({seen.method} {seen.path})", "type": "invalid_request_error"}}}


class RulesBox(Box):
    """A box whose every answer is by a provider's rules."""

    def __init__(self, url: str, provider: str) -> None:
        super().__init__(url, [])
        self.provider = provider
        self.account = Account(provider, lambda seen: judge(provider, seen))

    def take(self, seen: Seen) -> Mapping[str, Any]:
        super().take(seen)
        return self.account.take(seen) or judge(self.provider, seen)


def rules_box(server: TestServer, provider: str) -> RulesBox:
    """A new box of the server that plays the provider."""
    return server.adopt(lambda url: RulesBox(url, provider))


class RulesTransport:
    """The same without a socket. refused: the refusals so far."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.seen: list[Seen] = []
        self.refused: list[Any] = []
        self.account = Account(provider, lambda seen: judge(provider, seen))

    @asynccontextmanager
    async def send(self, request: Any) -> AsyncGenerator[_Response]:
        url = urlsplit(request.url)
        seen = Seen(request.method, url.path, url.query, dict(request.headers), request.body)
        self.seen.append(seen)
        answer = self.account.take(seen) or judge(self.provider, seen)
        if answer.get("status", 200) >= 400:
            self.refused.append(answer["body"])
        body = seen.json if seen.headers.get("content-type") == "application/json" else None
        yield _Response(render(answer, seen.path, body, len(self.seen)))

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(seen.body) for seen in self.seen]


class _Response:
    def __init__(self, payload: Payload) -> None:
        self.status, self.headers, self._pieces = payload.status, payload.headers, payload.pieces

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
