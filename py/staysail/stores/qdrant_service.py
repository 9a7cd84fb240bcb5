"""Requests to a Qdrant server over REST: https://api.qdrant.tech/api-reference"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from ..core.completion import Timeouts
from ..core.errors import AuthError, ConfigError, ProviderError, StaysailError, StoreError
from ..core.ports import Clock, Transport
from ..core.retry import Retry
from ..core.waiting import SystemClock
from ..wire.endpoint import Endpoint, Key
from ..wire.format import Provider

QDRANT = Provider(
    "qdrant",
    "http://127.0.0.1:6333",
    chat="",
    auth="api-key",
    key_needed=False,
    page="setting",
    page_note="a Qdrant server lets pages in where service.enable_cors is true",
)
CODES = {400: "bad_request", 404: "not_found", 409: "conflict", 429: "rate_limit"}


class QdrantService:
    """The requests to one collection. A request that fails temporarily (429, 5xx, no answer) is repeated; every request made here may be
    repeated safely."""

    def __init__(
        self,
        url: str,
        collection: str,
        *,
        api_key: Key = None,
        headers: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        retry: Retry | int | bool | None = None,
        timeout_s: float | Timeouts | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ConfigError("the url of a Qdrant server starts with http:// or https://")
        if not collection:
            raise ConfigError("the name of a collection is missing")
        self.collection = collection
        self._path = f"collections/{quote(collection, safe='')}"
        self._endpoint = Endpoint(QDRANT, api_key=api_key, base_url=url, headers=headers, transport=transport)
        self._retry, self._clock = Retry.of(retry), clock or SystemClock()
        self._timeouts = Timeouts.of(timeout_s)

    async def ask(self, method: str, path: str = "", body: Any = None) -> Any:
        """Sends a request and returns the `result` of the response. body: a JSON value, or JSON as bytes.

        Raises StoreError, whose code is "not_found", "conflict", "bad_request", "auth", "rate_limit", "server", or that of a
        NetworkError.
        """
        sent = ("application/json", body) if isinstance(body, bytes) else body
        attempt = 1
        while True:
            try:
                answer, _ = await self._endpoint.fetch_json(self._path + path, sent, timeouts=self._timeouts, method=method)
                break
            except ProviderError as error:
                delay_s = None if error.status == 409 else self._retry.delay_s(attempt, error)
                if delay_s is None:
                    raise self._translated(error) from error
            attempt += 1
            await self._clock.sleep(delay_s)
        if not isinstance(answer, Mapping) or "result" not in answer:
            raise StoreError(f"{self!r}: the answer is not Qdrant's; is the url right?", code="bad_answer")
        return answer["result"]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Wraps the reading of a response. Raises StoreError ("bad_answer") where it has another shape than Qdrant's."""
        try:
            yield
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, StaysailError):
                raise
            raise StoreError(f"{self!r}: the answer is not Qdrant's; is the url right?", code="bad_answer") from error

    def _translated(self, error: ProviderError) -> StoreError:
        if error.status is None:
            return StoreError(f"{self!r}: {error}", code=error.code)
        if isinstance(error, AuthError):
            return StoreError(f"{self!r} refuses the API key, or it may not do this ({error.status})", code="auth")
        status = error.body.get("status") if isinstance(error.body, Mapping) else None
        message = status.get("error") if isinstance(status, Mapping) else None
        code = CODES.get(error.status, "server" if error.status >= 500 else "store")
        return StoreError(f"{self!r} answered {error.status}: {message}" if message else f"{self!r}: {error}", code=code)

    def __repr__(self) -> str:
        return f"Qdrant collection {self.collection!r}"
