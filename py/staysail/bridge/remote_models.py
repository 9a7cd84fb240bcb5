"""Models and requests on the JavaScript side: a model of the developer's own, and `fetch` as the developer gave it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

from ..core import errors
from ..core.errors import ConfigError, NetworkError, ProviderError, StaysailError, error_for_status
from ..core.ports import HttpRequest, HttpResponse, ModelTraits, ReasoningTraits
from ..core.redirects import MOST_REDIRECTS, endless, redirected
from ..wire.own_model import OwnModel
from .peer import BYTES, RemoteError
from .remote import Owner


def read_own_model(owner: Owner, described: Mapping[str, Any], link: int | None) -> OwnModel:
    """Returns the model that JavaScript described as {name, traits}. link: the model's place in a chain."""
    return OwnModel(described["name"], _Port(owner, described["name"], link), read_traits(described.get("traits") or {}))


def read_traits(described: Mapping[str, Any]) -> ModelTraits:
    """Returns the traits that JavaScript described. Raises ConfigError for an unknown trait."""
    if unknown := [name for name in described if name not in ModelTraits.__match_args__]:
        raise ConfigError(f"there is no trait {unknown[0]!r}; there are: {', '.join(ModelTraits.__match_args__)}")
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in described.items()}
    if isinstance(reasoning := fields.get("reasoning"), Mapping):
        fields["reasoning"] = ReasoningTraits(
            tuple(reasoning.get("levels") or ()),
            bool(reasoning.get("by_default")),
            tuple(reasoning["budget"]) if reasoning.get("budget") else None,
        )
    return ModelTraits(**fields)


class _Port:
    """The port to a model on the other side."""

    def __init__(self, owner: Owner, name: str, link: int | None) -> None:
        self._owner, self._name, self._link = owner, name, link

    async def answer(self, request: dict[str, Any], *, streamed: bool) -> AsyncGenerator[dict[str, Any]]:
        params = {"request": request, "streamed": streamed, "link": self._link}
        async with aclosing(self._owner.stream("model.answer", params)) as pieces:
            try:
                async for piece in pieces:
                    yield piece
            except RemoteError as error:
                raise translate(error, self._name) from error


def translate(error: RemoteError, model: str) -> StaysailError:
    """Returns the error of a developer's model as an error of this package, of the class that says whose move is next."""
    about: dict[str, Any] = {"code": None if error.code == RemoteError.code else error.code, "provider": model}
    said = str(error) if hasattr(errors, error.name) else f"{model} failed: {error.name}: {error}"
    if error.name == ConfigError.__name__:
        return ConfigError(str(error), code=about["code"])
    if error.status is not None:
        retryable = {} if error.retryable is None else {"retryable": error.retryable}
        return error_for_status(error.status, said, **about, **retryable)
    kind = getattr(errors, error.name, None)
    if isinstance(kind, type) and issubclass(kind, ProviderError):
        return kind(said, retryable=bool(error.retryable), **about)
    if error.name in ("TypeError", "TimeoutError") and _is_network(error):
        return NetworkError(said, retryable=True, provider=model)
    return ProviderError(said, retryable=bool(error.retryable), **about)


def _is_network(error: RemoteError) -> bool:
    """Returns whether the error is a failed `fetch`, which browsers and Node raise as a TypeError, or its timeout."""
    return error.name == "TimeoutError" or any(word in str(error).lower() for word in ("fetch", "network", "load failed"))


class RemoteTransport:
    """Sends requests through a `fetch` of the other side. Leaving the response aborts the request there. link: the place in a chain of the
    model whose `fetch` it is."""

    def __init__(self, owner: Owner, link: int | None) -> None:
        self._owner, self._link = owner, link

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[HttpResponse]:
        for _ in range(MOST_REDIRECTS + 1):
            async with aclosing(self._owner.stream("fetch", self._describe(request))) as values:
                try:
                    head = await anext(values)
                except RemoteError as error:
                    raise _failed(request, error) from error
                if head["opaque"]:
                    raise NetworkError(
                        f"{request.origin} redirects, and a browser does not say where to: give the final address", code="redirect"
                    )
                target = redirected(request, head["status"], head["headers"].get("location"))
                if target is None:
                    yield _Response(request, head, values)
                    return
            request = target
        raise endless(request)

    def _describe(self, request: HttpRequest) -> dict[str, Any]:
        follows = request.redirects == "follow" and not request.is_private
        described = {
            "url": request.url,
            "method": request.method,
            "headers": dict(request.headers),
            "redirect": "follow" if follows else "manual",
            "link": self._link,
        }
        return described | ({BYTES: request.body} if request.body else {})


class _Response:
    def __init__(self, request: HttpRequest, head: Mapping[str, Any], values: AsyncGenerator[Any]) -> None:
        self.status: int = head["status"]
        self.headers: Mapping[str, str] = head["headers"]
        self._request, self._values = request, values

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for value in self._values:
                yield value[BYTES]
        except RemoteError as error:
            raise NetworkError(
                f"the connection to {self._request.origin} broke in the middle of the answer: {error}", code="disconnected", retryable=True
            ) from error


def _failed(request: HttpRequest, error: RemoteError) -> NetworkError:
    retryable = _is_network(error) if error.retryable is None else error.retryable
    return NetworkError(f"the fetch function failed for {request.origin}: {error.name}: {error}", code="fetch", retryable=retryable)
