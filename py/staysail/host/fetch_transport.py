"""HTTP in a page, a worker or Node, through `fetch`. Awaits once per network chunk.

Redirects. A browser either follows a redirect with every header and the body, or stops without naming the redirect's target. So requests
without anything private are followed by the browser. Other requests stop, and a second request without key and body is followed instead,
to learn the address it ends at. Node names the target at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import js
from pyodide.ffi import JsException, to_js

from ..core.errors import NetworkError
from ..core.ports import HttpRequest, HttpResponse, without_secrets
from ..core.redirects import MOST_REDIRECTS, endless, redirected

PROBE_LIMIT_S = 3.0


class FetchTransport:
    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[HttpResponse]:
        controller = js.AbortController.new()
        try:
            for _ in range(MOST_REDIRECTS + 1):
                response = await self._fetch(request, controller.signal)
                if response.type == "opaqueredirect":
                    target: HttpRequest | None = await self._find_target(request)
                else:
                    target = redirected(request, response.status, response.headers.get("location"))
                if target is None:
                    yield _Response(response, request)
                    return
                request = target
            raise endless(request)
        finally:
            controller.abort()

    async def _fetch(self, request: HttpRequest, signal: Any) -> Any:
        options = {
            "method": request.method,
            "headers": dict(request.headers),
            "signal": signal,
            "redirect": "follow" if request.redirects == "follow" and not request.is_private else "manual",
        }
        if request.body:
            options["body"] = to_js(request.body)
        try:
            return await js.fetch(request.url, _object(options))
        except JsException as error:
            raise await self._diagnose(request) from error

    async def _find_target(self, request: HttpRequest) -> HttpRequest:
        """Returns the request for a redirect's target, which a HEAD request without key and body finds out. Raises NetworkError."""
        if request.redirects == "follow":
            controller = js.AbortController.new()
            options = {"method": "HEAD", "cache": "no-store", "credentials": "omit", "signal": controller.signal}
            try:
                async with asyncio.timeout(PROBE_LIMIT_S):
                    found = await js.fetch(without_secrets(request.url), _object(options))
                if found.redirected:
                    query = request.url.partition("?")[2]
                    target = redirected(request, 307, str(found.url) if "?" in found.url or not query else f"{found.url}?{query}")
                    if target is not None:
                        return target
            except (JsException, TimeoutError):
                pass  # the redirect leads to an address that no page may read
            finally:
                controller.abort()
        raise NetworkError(
            f"{request.origin} redirects, probably to another origin, and a browser does not say where to before it goes there with the "
            "request's key and body: give the final address",
            code="redirect",
        )

    async def _diagnose(self, request: HttpRequest) -> NetworkError:
        """Returns why a fetch failed, as far as a page can know: a request without key and headers shows whether a server answers."""
        origin = request.origin
        here = str(getattr(getattr(js, "location", None), "origin", "") or "")
        if getattr(getattr(js, "navigator", None), "onLine", True) is False and not _is_local(origin):
            return NetworkError("the browser is offline", code="offline", retryable=True)
        if not here or origin == here:
            return NetworkError(f"the connection to {origin} failed; the server may be down", code="unreachable", retryable=True)
        if not await _is_there(origin):
            if getattr(js, "crossOriginIsolated", False) and not _is_local(origin):
                # An isolated page cannot even learn that a server answers, unless the response has a CORP header.
                return NetworkError(
                    f"{origin} cannot be reached, or the browser may not read its answer from {here} (CORS). Check the network, then the "
                    "API key: some hosts' refusals lack CORS headers",
                    code="unreachable",
                    retryable=True,
                )
            return NetworkError(
                f"{origin} cannot be reached: is the address right, and the server running?",
                code="unreachable",
                retryable=True,
            )
        return NetworkError(
            f"{origin} is there, but the browser may not read its answer from {here} (CORS). Likely: a wrong API key, "
            "where the host's refusal lacks CORS headers; or a server that must be told to allow this page, "
            "or be called through a proxy (base_url)",
            code="cors",
        )


class _Response:
    def __init__(self, response: Any, request: HttpRequest) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = js.Object.fromEntries(response.headers.entries()).to_py()
        self._response, self._request = response, request

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            if not self._response.body:
                return
            reader = self._response.body.getReader()
            while not (piece := await reader.read()).done:
                yield _bytes_of(piece)
        except JsException as error:
            origin = self._request.origin
            raise NetworkError(
                f"the connection to {origin} broke in the middle of the answer", code="disconnected", retryable=True
            ) from error


def _bytes_of(piece: Any) -> bytes:
    """The bytes of what a stream's reader gave. Pyodide refuses to hold Node's Buffer, which the fetch of happy-dom gives."""
    try:
        value = piece.value
    except RuntimeError:
        value = js.Reflect.construct(js.Uint8Array, js.Object.values(piece).filter(js.ArrayBuffer.isView))
    return bytes(value.to_bytes())


async def _is_there(origin: str) -> bool:
    controller = js.AbortController.new()
    try:
        async with asyncio.timeout(PROBE_LIMIT_S):
            await js.fetch(origin, _object({"method": "HEAD", "mode": "no-cors", "cache": "no-store", "signal": controller.signal}))
    except (JsException, TimeoutError):
        return False
    finally:
        controller.abort()
    return True


def _object(value: dict[str, Any]) -> Any:
    return to_js(value, dict_converter=js.Object.fromEntries)


def _is_local(origin: str) -> bool:
    return origin.partition("://")[2].partition(":")[0] in ("127.0.0.1", "localhost", "[")
