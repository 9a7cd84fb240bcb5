"""A provider's endpoint: its address, the credentials for it, and the requests to it."""

from __future__ import annotations

import inspect
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from ..core.bodies import MAX_RESPONSE_BYTES, STREAM_FACTOR, bounded_chunks, read_beginning, read_body
from ..core.completion import Timeouts
from ..core.defaults import default_transport, environment
from ..core.errors import ConfigError, NetworkError, ProviderError, StaysailError, redact
from ..core.json_text import write_json
from ..core.pickling import refuse_secrets
from ..core.ports import Exchange, HttpRequest, HttpResponse, Transport, check_header, without_secrets
from ..core.secrets import SHORTEST, holds_secret, remember, secrets_of_header, secrets_of_url, shown
from ..core.value import NOTHING, Value
from ..core.waiting import timeout
from ..core.whole_text import whole
from .exchange import WatchedTransport
from .faults import error_in_stream, error_of_response, not_understood, parse_body, request_id
from .format import Provider, join_url

type Key = str | Callable[[], str | Awaitable[str]] | None


class Endpoint:
    """A provider's address and credentials, and the requests to it. No repr, error or log shows the key. A pickled endpoint has no key: it
    reads the provider's environment variable again. Copies share the endpoint.

    Raises ConfigError when a key is needed and none is given, nor in the provider's environment variable.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        api_key: Key = None,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
    ) -> None:
        if isinstance(api_key, str) and not api_key.strip():
            raise ConfigError("API key cannot be empty")
        key = api_key or (environment(provider.key_env) if provider.key_env else None)
        key = read_key(key) if isinstance(key, str) else key
        self._secrets: set[str] = set()
        if isinstance(key, str):
            self._remember(key)
        own_address = base_url or _address_in_environment(provider)
        if key is None and provider.key_needed and not own_address:
            where = f" Get one at {provider.key_url}." if provider.key_url else ""
            raise ConfigError(f"{provider.name} needs an API key: pass api_key=, or set {provider.key_env}.{where}")
        if provider.base_needed and not own_address:
            raise ConfigError(f"{provider.name} needs a base_url, for example {provider.base_url}")
        self.provider = provider
        self.base_url = own_address or provider.base_url
        self.base_url_given = own_address is not None
        if "://" not in self.base_url:
            raise ConfigError(f"base_url starts with http:// or https://, got {shown(self.base_url)}")
        self._key = key
        self._headers = {name.lower(): value for name, value in (headers or {}).items()}
        for name, value in self._headers.items():
            check_header(name, value)
        self._transport = transport
        if max_response_bytes < 1:
            raise ConfigError(f"max_response_bytes is at least 1, got {max_response_bytes}")
        self.max_response_bytes = max_response_bytes

    def url(self, path: str) -> str:
        return join_url(self.base_url, path, self.provider.base_url, self.provider.version)

    async def request(
        self,
        path: str,
        body: Any,
        *,
        headers: Mapping[str, str] = NOTHING,
        timeouts: Timeouts = Timeouts(),
        streamed: bool = False,
        method: str | None = None,
        watch: Callable[[Exchange], None] | None = None,
    ) -> HttpRequest:
        """Returns a request with credentials. body: JSON, (content type, bytes) or None. method: by default POST with a body, else GET."""
        key = await self._current_key()
        sent = dict(self.provider.headers)
        if key and self.provider.auth == "authorization":
            sent["authorization"] = f"Bearer {key}"
        elif key and self.provider.auth:
            sent[self.provider.auth] = key
        content_type, data = body if isinstance(body, tuple) else ("application/json", _json_bytes(body))
        if body is not None:
            sent["content-type"] = content_type
        sent |= self._headers | {name.lower(): value for name, value in headers.items()}
        address = self.url(path)
        self._remember(
            *secrets_of_url(address), *(s for name, value in sent.items() if holds_secret(name, value) for s in secrets_of_header(value))
        )
        return HttpRequest(method or ("GET" if body is None else "POST"), address, sent, data, timeouts, streamed, watch=watch)

    async def fetch(self, path: str, body: Any, **options: Any) -> tuple[bytes, HttpResponse]:
        """Returns the body of a whole response, and the response. Raises ProviderError, also for an HTTP error."""
        request = await self.request(path, body, **options)
        limits = request.timeouts
        limit_s = _least(limits.silence_s, limits.total_s)
        try:
            async with timeout(limit_s), self._send(request) as response:
                if response.status >= 300:
                    data = await read_beginning(response)
                else:
                    data = await read_body(response, self.max_response_bytes, self.provider.name)
        except TimeoutError as error:
            raise self._silent(limit_s) from error
        except ProviderError as error:
            raise self.cleaned(error) from error.__cause__
        if response.status >= 300:
            raise self.cleaned(error_of_response(response.status, response.headers, data, self.provider.name))
        return data, response

    async def fetch_json(self, path: str, body: Any, **options: Any) -> tuple[Any, str | None]:
        """Returns the parsed body and the request id of a JSON response. Raises ProviderError."""
        data, response = await self.fetch(path, body, **options)
        value = parse_body(data)
        if isinstance(value, str):
            raise self.cleaned(not_understood("something that is not JSON", value, self.provider.name))
        if isinstance(value, dict) and value.get("error") and not value.get("choices") and value.get("object") != "response":
            raise self.cleaned(error_in_stream(value, self.provider.name))
        return value, request_id(response.headers)

    async def stream(self, request: HttpRequest) -> AsyncGenerator[HttpResponse | bytes]:
        """Yields the response, then its chunks as they arrive. Raises ProviderError."""
        limits = request.timeouts
        ends_at = None if limits.total_s is None else time.monotonic() + limits.total_s
        wait_s = _least(limits.connect_s, limits.total_s)
        sending = self._send(request)
        try:
            async with timeout(wait_s):
                response = await sending.__aenter__()
        except TimeoutError as error:
            raise self._silent(wait_s) from error
        except ProviderError as error:
            raise self.cleaned(error) from error.__cause__
        failure: BaseException | None = None
        try:
            if response.status >= 300:
                wait_s = _least(limits.silence_s, _left(ends_at))
                async with timeout(wait_s):
                    body = await read_beginning(response)
                raise error_of_response(response.status, response.headers, body, self.provider.name)
            yield response
            chunks = bounded_chunks(response, STREAM_FACTOR * self.max_response_bytes, self.provider.name, "a stream")
            while True:
                wait_s = _least(limits.silence_s, _left(ends_at))
                async with timeout(wait_s):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                yield chunk
        except TimeoutError as error:
            failure = error
            raise self._silent(wait_s) from error
        except ProviderError as error:
            failure = error
            raise self.cleaned(error) from error.__cause__
        except BaseException as error:
            failure = error
            raise
        finally:
            await sending.__aexit__(type(failure) if failure else None, failure, failure.__traceback__ if failure else None)

    def _remember(self, *secrets: str) -> None:
        """Adds secrets to the process's. Short ones could garble other texts: they are removed from this endpoint's errors alone."""
        remember(*secrets)
        self._secrets |= {secret for secret in secrets if len(secret) < SHORTEST}

    @property
    def transport(self) -> Transport:
        return self._transport or default_transport()

    def _send(self, request: HttpRequest) -> AbstractAsyncContextManager[HttpResponse]:
        transport = self.transport
        if request.watch:
            transport = WatchedTransport(transport, request.watch, self._secrets)
        return transport.send(request)

    def cleaned[E: StaysailError](self, error: E) -> E:
        """Returns the same error without secrets, with the provider's name."""
        secrets = tuple(self._secrets)
        error.args = tuple(redact(list(error.args), secrets))
        error.code = redact(error.code, secrets)
        if isinstance(error, ProviderError):
            error.body = redact(error.body, secrets)
            error.request_id = redact(error.request_id, secrets)
            error.provider = error.provider or self.provider.name
            if error.code == "cors" and self._page_note not in str(error):
                error.args = (f"{error}. {self._page_note}",)
        return error

    @property
    def _page_note(self) -> str:
        """Returns the advice for a page's author when the browser withheld this provider's response."""
        if self.provider.page == "proxy" and not self.base_url_given:
            return f"{self.provider.name} lets no page call it: put a proxy in between and pass its address as base_url"
        return f"{self.provider.name}: {self.provider.page_note}" if self.provider.page_note else ""

    async def _current_key(self) -> str | None:
        if not callable(self._key):
            return self._key
        given = self._key()
        key = await given if inspect.isawaitable(given) else given
        if not isinstance(key, str) or not key.strip():
            raise ConfigError(f"the api_key function of {self.provider.name} gave no key")
        key = read_key(key)
        self._remember(key)
        return key

    def _silent(self, limit_s: float | None) -> NetworkError:
        said = f"sent nothing for {limit_s:g} s" if limit_s is not None else "did not answer in time"
        return NetworkError(
            f"{self.provider.name} {said}",
            code="timeout",
            retryable=True,
            provider=self.provider.name,
        )

    def __getstate__(self) -> dict[str, Any]:
        """Returns the state without the key. Raises ConfigError for a secret that nothing could bring back."""
        refuse_secrets(f"a model of {self.provider.name}", self._headers, self.base_url)
        key = LeftOutKey(self.provider.name, self.provider.key_env) if isinstance(self._key, str) else self._key
        return self.__dict__ | {"_key": key, "_secrets": set()}

    def __copy__(self) -> Endpoint:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Endpoint:
        return self

    def __repr__(self) -> str:
        return f"Endpoint({self.provider.name}, {without_secrets(self.base_url)})"


class LeftOutKey(Value):
    """The key function of an unpickled endpoint: reads the environment variable. Raises ConfigError where it is not set."""

    provider: str
    key_env: str | None = None

    def __call__(self) -> str:
        if key := self.key_env and environment(self.key_env):
            return key
        where = f"set {self.key_env}, or give" if self.key_env else "give"
        raise ConfigError(
            f"the API key of {self.provider} was left out when the model was pickled: {where} api_key as a function of a module, which is "
            "pickled by its name"
        )


def read_key(key: str) -> str:
    """Returns a key without white space around it. Raises ConfigError, without the key, for characters that no header can carry."""
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigError("the API key holds characters that no key has, perhaps from copying: paste it again")
    return key


def _address_in_environment(provider: Provider) -> str | None:
    """Returns STAYSAIL_<NAME>_BASE_URL. Providers that share a key (openai, openai-chat) also share the address, unless they have one of
    their own."""
    names = [provider.name.upper().replace("-", "_"), (provider.key_env or "").removesuffix("_API_KEY")]
    return next(filter(None, (environment(f"STAYSAIL_{name}_BASE_URL") for name in names if name)), None)


def _json_bytes(body: Any) -> bytes:
    """Returns the body in UTF-8. Halves of characters, which providers refuse also where they are escaped, are joined or replaced."""
    if body is None:
        return b""
    try:
        return write_json(body, nonfinite="null").encode()
    except UnicodeEncodeError:
        return write_json(whole(body), nonfinite="null").encode()


def _least(*limits: float | None) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _left(ends_at: float | None) -> float | None:
    return None if ends_at is None else max(0.0, ends_at - time.monotonic())
