"""A site's own way to its providers: the page talks to this, and the keys stay on the server.

    pip install starlette httpx uvicorn
    ANTHROPIC_API_KEY=... SITE_ORIGIN=https://example.org uvicorn app:app

In the page: `new Agent({model: "anthropic:claude-sonnet-4-5", baseURL: "https://example.org/llm/anthropic/v1"})`, without a key.

Whoever opens the page can use it, as far as the limits below let them. A site with users should also ask who is calling, where it says so.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

ORIGINS = [os.environ.get("SITE_ORIGIN", "http://127.0.0.1:8000")]
CALLS_PER_MINUTE = 20
BODY_BYTES = 5_000_000


@dataclass(frozen=True)
class Provider:
    """paths: what may be called, and nothing else. auth: the header of the key, and what stands before it."""

    address: str
    paths: frozenset[str]
    key_env: str
    auth: tuple[str, str] = ("authorization", "Bearer ")


PROVIDERS = {
    "openai": Provider("https://api.openai.com", frozenset({"v1/responses", "v1/embeddings"}), "OPENAI_API_KEY"),
    "anthropic": Provider("https://api.anthropic.com", frozenset({"v1/messages"}), "ANTHROPIC_API_KEY", ("x-api-key", "")),
    "voyageai": Provider("https://api.voyageai.com", frozenset({"v1/embeddings", "v1/rerank"}), "VOYAGE_API_KEY"),
}
SENT_ON = ("content-type", "accept", "anthropic-version", "anthropic-beta")
SENT_BACK = ("content-type", "retry-after", "retry-after-ms", "request-id", "x-request-id")


class Limit:
    """At most `calls` a minute for each caller."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self._seen: dict[str, deque[float]] = {}

    def wait_s(self, caller: str) -> float:
        """Seconds the caller has to wait; 0 lets it in."""
        now = time.monotonic()
        self._seen = {name: times for name, times in self._seen.items() if times and now - times[-1] < 60}
        times = self._seen.setdefault(caller, deque())
        while times and now - times[0] >= 60:
            times.popleft()
        if len(times) >= self.calls:
            return 60 - (now - times[0])
        times.append(now)
        return 0


async def forward(request: Request) -> Response:
    provider = PROVIDERS.get(request.path_params["provider"])
    path = request.path_params["path"]
    key = os.environ.get(provider.key_env) if provider else None
    if provider is None or key is None or path not in provider.paths:
        return refuse(404, "this address is not served here")
    # Behind another proxy request.client is that one: take the caller from the header it sets, or from the user's session.
    wait_s = request.app.state.limit.wait_s(request.client.host if request.client else "")
    if wait_s:
        return refuse(429, "too many calls", {"retry-after": f"{wait_s:.0f}"})
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            return refuse(413, "the request is too large")
    headers = {name: request.headers[name] for name in SENT_ON if name in request.headers}
    name, prefix = provider.auth
    client: httpx.AsyncClient = request.app.state.client
    sent = client.build_request("POST", f"{provider.address}/{path}", headers=headers | {name: prefix + key}, content=bytes(body))
    try:
        answer = await client.send(sent, stream=True)
    except httpx.HTTPError:
        return refuse(502, "the provider cannot be reached")
    kept = {name: answer.headers[name] for name in SENT_BACK if name in answer.headers}
    return StreamingResponse(pass_on(answer), answer.status_code, kept)


async def pass_on(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The answer as it comes. A page that leaves ends the provider's work too."""
    try:
        async for chunk in answer.aiter_bytes():
            yield chunk
    finally:
        await answer.aclose()


def refuse(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"message": message, "type": "proxy"}}, status, headers)


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with httpx.AsyncClient(timeout=httpx.Timeout(300, connect=10)) as client:
        app.state.client, app.state.limit = client, Limit(CALLS_PER_MINUTE)
        yield


app = Starlette(
    routes=[Route("/llm/{provider}/{path:path}", forward, methods=["POST"])],
    middleware=[
        Middleware(CORSMiddleware, allow_origins=ORIGINS, allow_methods=["POST"], allow_headers=["*"], expose_headers=list(SENT_BACK))
    ],
    lifespan=lifespan,
)
