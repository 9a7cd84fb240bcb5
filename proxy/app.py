"""A site's own way to its providers: the page talks to this, and the keys stay on the server.

    pip install starlette httpx uvicorn
    ANTHROPIC_API_KEY=... SITE_ORIGIN=https://example.org uvicorn app:app

In the page: `new Agent({model: "anthropic:claude-sonnet-4-5", baseURL: "https://example.org/llm/anthropic/v1"})`, without a key.

Who may call: pages of this site, which every browser proves by the Origin header of a POST; and programs, which no header can keep out, as
far as the limits below let them. A site with users also checks who is calling, in `forward`. The key stays here: it is removed from every
answer, also where the provider repeats it.
"""

from __future__ import annotations

import base64
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
REMOVED = b"[key removed]"


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
    """Passes a page's request on with the key, and the answer back without it."""
    if not from_this_site(request):
        return refuse(403, "only pages of this site may call this address")
    provider = PROVIDERS.get(request.path_params["provider"])
    path = request.path_params["path"]
    key = os.environ.get(provider.key_env, "").strip() if provider else ""
    if provider is None or not key or path not in provider.paths:
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
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return refuse(415, "the body is application/json")
    headers = {name: request.headers[name] for name in SENT_ON if name in request.headers}
    odd = next((name for name, value in headers.items() if not (value.isascii() and value.isprintable())), None)
    if odd:
        return refuse(400, f"the header {odd} holds characters that are not sent on")
    name, prefix = provider.auth
    client: httpx.AsyncClient = request.app.state.client
    sent = client.build_request("POST", f"{provider.address}/{path}", headers=headers | {name: prefix + key}, content=bytes(body))
    try:
        answer = await client.send(sent, stream=True)
    except httpx.HTTPError:
        return refuse(502, "the provider cannot be reached")
    kept = {name: answer.headers[name] for name in SENT_BACK if name in answer.headers and key not in answer.headers[name]}
    return StreamingResponse(pass_on(answer, key), answer.status_code, kept)


def from_this_site(request: Request) -> bool:
    """Whether a page of this site sent the request, or no page at all. A form or a text/plain POST of another site needs no preflight, so
    CORS alone would let it spend the budget."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    return origin in ORIGINS


async def pass_on(answer: httpx.Response, key: str) -> AsyncIterator[bytes]:
    """The answer as it comes, without the key. A page that leaves ends the provider's work too."""
    secrets = [key.encode(), base64.b64encode(key.encode()).rstrip(b"=")]
    held = b""
    try:
        async for chunk in answer.aiter_bytes():
            held += chunk
            for secret in secrets:
                held = held.replace(secret, REMOVED)
            keep = max(beginning_of(secret, held) for secret in secrets)
            if keep < len(held):
                yield held[: len(held) - keep]
            held = held[len(held) - keep :]
        yield held
    except httpx.HTTPError:
        return  # the page sees an answer that ends in its middle
    finally:
        await answer.aclose()


def beginning_of(secret: bytes, data: bytes) -> int:
    """Bytes at the end of `data` that the next chunk could complete to the secret."""
    return next((size for size in range(min(len(secret) - 1, len(data)), 0, -1) if data.endswith(secret[:size])), 0)


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
