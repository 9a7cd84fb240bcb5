"""The common part of embedding, reranking, transcription, image and speech models: HTTP requests to one service, with retries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypedDict

from ..core.bodies import MAX_SERVICE_BYTES
from ..core.completion import Timeouts
from ..core.errors import ConfigError
from ..core.ports import Clock, HttpResponse, Transport
from ..core.retry import Retry, repeat_failed
from ..core.usage import Usage
from ..core.waiting import SystemClock
from .endpoint import Endpoint, Key
from .faults import not_understood
from .format import Provider, Registry, Service, ServiceKind
from .shapes import count

NAMES: dict[str, str] = {
    "embeddings": "embedding models",
    "rerank": "rerankers",
    "transcription": "transcription models",
    "images": "image models",
    "speech": "speech models",
    "models": "list of models",
    "files": "files that it keeps",
    "batches": "batches",
    "ocr": "OCR models",
}


def find_provider(name: str) -> Provider:
    """Returns a provider that is reached over HTTP. Raises ConfigError."""
    if Registry.load is None:
        raise ConfigError("no providers are installed; import staysail, not its inner modules")
    module = Registry.load(name)
    if not hasattr(module, "PROVIDER"):
        raise ConfigError(f"{name} is not reached over HTTP")
    provider: Provider = module.PROVIDER
    return provider


def find_service(provider: Provider, kind: ServiceKind) -> Service:
    """Returns a provider's service. Raises ConfigError for a service that it does not have."""
    service = provider.services.get(kind)
    if service is None:
        raise ConfigError(f"{provider.name} has no {NAMES[kind]} here; provider_names({kind!r}) names the providers that have")
    return service


class RemoteOptions(TypedDict, total=False):
    """The options that every RemoteModel takes."""

    api_key: Key
    base_url: str | None
    headers: Mapping[str, str] | None
    transport: Transport | None
    max_response_bytes: int
    retry: Retry | int | bool | None
    timeout_s: float | Timeouts | None
    additional_params: Mapping[str, Any] | None
    clock: Clock | None


class RemoteModel:
    """A model of one service, over HTTP. `usage` is the sum over its requests.

    Args:
        model: "provider:model".
        retry: When a failed request is repeated.
        timeout_s: Seconds for one request.
        additional_params: Fields merged into the body of every request.
        **options: The other options of `load_model`.

    Raises ConfigError for a service or an option that the provider does not have.
    """

    kind: ClassVar[ServiceKind]

    def __init__(
        self,
        model: str,
        *,
        api_key: Key = None,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        max_response_bytes: int = MAX_SERVICE_BYTES,
        retry: Retry | int | bool | None = None,
        timeout_s: float | Timeouts | None = None,
        additional_params: Mapping[str, Any] | None = None,
        clock: Clock | None = None,
    ) -> None:
        name, _, id = model.partition(":")
        provider = find_provider(name)
        self.service = find_service(provider, self.kind)
        if not id.strip():
            raise ConfigError(f'Model cannot be empty: write "{name}:<model>"')
        self.model = id
        self.endpoint = Endpoint(
            provider, api_key=api_key, base_url=base_url, headers=headers, transport=transport, max_response_bytes=max_response_bytes
        )
        self.additional_params: Mapping[str, Any] = dict(additional_params or {})
        self.usage = Usage()
        self._retry, self._clock = Retry.of(retry), clock or SystemClock()
        self._timeouts = Timeouts.of(timeout_s)

    @property
    def name(self) -> str:
        return f"{self.endpoint.provider.name}:{self.model}"

    def _path(self, default: str) -> str:
        return (self.service.path or default).replace("{model}", self.model)

    async def _ask(self, path: str, body: Any) -> Any:
        """Returns the parsed JSON response. Raises ProviderError."""

        async def ask() -> Any:
            return (await self.endpoint.fetch_json(path, body, timeouts=self._timeouts))[0]

        return await repeat_failed(ask, self._retry, self._clock.sleep)

    async def _ask_bytes(self, path: str, body: Any) -> tuple[bytes, HttpResponse]:
        async def ask() -> tuple[bytes, HttpResponse]:
            return await self.endpoint.fetch(path, body, timeouts=self._timeouts)

        return await repeat_failed(ask, self._retry, self._clock.sleep)

    def _read[T](self, parse: Callable[[Any], T], body: Any) -> T:
        """Returns `parse(body)`. Raises StreamError where the body has another shape than the service's."""
        try:
            return parse(body)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            if isinstance(error, ConfigError):
                raise
            raise self.endpoint.cleaned(not_understood("an answer of an unknown shape", repr(body), self.endpoint.provider.name)) from error

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


def parse_usage(usage: Any) -> Usage:
    """Returns the usage in a service's response, under any of the names that providers give it."""
    if not isinstance(usage, Mapping):
        return Usage()
    names_in = ("input_tokens", "prompt_tokens", "promptTokenCount")
    names_out = ("output_tokens", "completion_tokens", "candidatesTokenCount")
    outputs = next(filter(None, (count(usage.get(name)) for name in names_out)), 0)
    total = count(usage.get("total_tokens")) or count(usage.get("totalTokenCount"))
    inputs = next(filter(None, (count(usage.get(name)) for name in names_in)), max(0, total - outputs))
    return Usage(inputs, outputs, total or inputs + outputs)
