"""Models over HTTP: a provider's data, a wire format and a transport."""

from __future__ import annotations

import inspect
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from functools import cached_property
from typing import Any

from ..core.bodies import MAX_RESPONSE_BYTES, STREAM_FACTOR, bounded_chunks, read_beginning, read_body, too_large
from ..core.completion import Completion, CompletionRequest, Timeouts
from ..core.defaults import default_transport, environment
from ..core.errors import BadRequestError, ConfigError, JsonError, NetworkError, ProviderError, StaysailError, StreamError, redact
from ..core.events import Event, ToolCallDone, replay
from ..core.framing import NDJSONReader, ServerEvent, SSEReader
from ..core.json_text import write_json
from ..core.ports import Exchange, HttpRequest, HttpResponse, ModelTraits, Transport, check_header, without_secrets
from ..core.secrets import SHORTEST, holds_secret, remember, secrets_of_header, secrets_of_url, shown
from ..core.value import NOTHING
from ..core.waiting import timeout
from ..core.whole_text import whole
from .answer import StreamedAnswer, parse_whole
from .attempt import Attempt
from .background import wait_until_finished
from .exchange import WatchedTransport
from .faults import cut_off, error_in_stream, error_of_response, not_understood, parse_body, request_id
from .format import ChatWire, Provider, join_url
from .schemas.preparing import has_output_form
from .traits import model_traits

type Key = str | Callable[[], str | Awaitable[str]] | None


class Endpoint:
    """A provider's address and credentials, and the requests to it. No repr, error or log shows the key.

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
        """The advice for a page's author when the browser withheld this provider's response."""
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

    def __repr__(self) -> str:
        return f"Endpoint({self.provider.name}, {without_secrets(self.base_url)})"


class HttpModel:
    """A Model of a provider, over HTTP."""

    def __init__(self, endpoint: Endpoint, wire: ChatWire, model: str) -> None:
        self.endpoint = endpoint
        self.wire = wire
        self.model = model

    @cached_property
    def traits(self) -> ModelTraits:
        return model_traits(self.endpoint.provider, self.wire, self.model)

    @property
    def name(self) -> str:
        return f"{self.endpoint.provider.name}:{self.model}"

    @property
    def base_url(self) -> str:
        return self.endpoint.base_url

    async def complete(self, request: CompletionRequest) -> Completion:
        """Returns a whole answer. Raises ProviderError."""
        attempt = self._attempt(request, streamed=False)
        request = attempt.request
        path = self.wire.path(self.model, streamed=False)
        options: dict[str, Any] = {"headers": request.headers, "timeouts": request.timeouts, "watch": request.watch}
        while True:
            try:
                answer, id = await self.endpoint.fetch_json(path, attempt.body, **options)
                return attempt.attach(self._parse(await self._wait_for(answer, request), id, request))
            except BadRequestError as error:
                attempt.mend(error)

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[Event | Completion]:
        """Yields the answer's events as they arrive and, last, the Completion. Closing it closes the connection. Raises ProviderError."""
        attempt = self._attempt(request, streamed=True)
        request = attempt.request
        for adjusted in attempt.adjusted:
            yield adjusted
        begun = False
        while True:
            try:
                async with aclosing(self._stream(request, attempt.body)) as events:
                    async for event in events:
                        begun = True
                        yield attempt.attach(event) if isinstance(event, Completion) else attempt.restore(event)
                return
            except BadRequestError as error:
                if begun:
                    raise
                adjusted = attempt.mend(error)
            yield adjusted

    def _attempt(self, request: CompletionRequest, *, streamed: bool) -> Attempt:
        provider = self.endpoint.provider
        return Attempt(
            request,
            self.wire,
            provider.dialect,
            self.traits,
            self.model,
            self.name,
            self.base_url,
            schemas=provider.schemas,
            streamed=streamed,
        )

    def takes_output(self, schema: Mapping[str, Any]) -> bool:
        """Whether the provider's structured output can hold an answer to the schema."""
        return has_output_form(schema, self.endpoint.provider.schemas)

    async def _stream(self, request: CompletionRequest, body: dict[str, Any]) -> AsyncGenerator[Event | Completion]:
        """One request's answer. One that goes on in the background is taken up where its stream breaks off."""
        options: dict[str, Any] = {"headers": request.headers, "timeouts": request.timeouts, "watch": request.watch}
        answer = StreamedAnswer(self.wire, self.endpoint.provider.dialect, request)
        sent = await self.endpoint.request(self.wire.path(self.model, streamed=True), body, streamed=True, **options)
        path: str | None = None
        while True:
            try:
                async with aclosing(self._read(sent, answer, request)) as events:
                    async for event in events:
                        yield event
                return
            except (NetworkError, StreamError) as error:
                before, path = path, answer.resume_path
                if path in (None, before) or (isinstance(error, StreamError) and error.code != "incomplete_stream"):
                    raise
                sent = await self.endpoint.request(path or "", None, streamed=True, **options)

    async def _wait_for(self, answer: Any, request: CompletionRequest) -> Any:
        """The body of an answer, waited for where the provider works on it in the background."""

        async def fetch(path: str) -> Any:
            options: dict[str, Any] = {"headers": request.headers, "timeouts": request.timeouts, "watch": request.watch}
            return (await self.endpoint.fetch_json(path, None, **options))[0]

        try:
            return await wait_until_finished(answer, self.wire, fetch, request.timeouts.total_s)
        except ProviderError as error:
            raise self.endpoint.cleaned(error) from error.__cause__

    async def _read(self, sent: HttpRequest, reader: StreamedAnswer, request: CompletionRequest) -> AsyncGenerator[Event | Completion]:
        """The events of one response to a streamed request, and the Completion."""
        async with aclosing(self.endpoint.stream(sent)) as parts:
            response = await anext(parts)
            assert not isinstance(response, bytes)
            id = request_id(response.headers)
            head = await _first_bytes(parts)
            if self._is_whole(response, head):  # a server that does not stream
                data = bytearray(head)
                async for part in parts:
                    data += part if isinstance(part, bytes) else b""
                    if len(data) > self.endpoint.max_response_bytes:
                        raise too_large(self.endpoint.provider.name, self.endpoint.max_response_bytes)
                for event in replay(self._parse(await self._wait_for(parse_body(bytes(data)), request), id, request)):
                    yield event
                return
            limit_bytes = self.endpoint.max_response_bytes
            frames = SSEReader(limit_bytes) if self.wire.framing == "sse" else NDJSONReader(limit_bytes)
            begun = False
            chunk: bytes | HttpResponse | None = head
            while chunk is not None:
                assert isinstance(chunk, bytes)
                for frame in self._split(frames, chunk):
                    begun = True
                    for event in self._feed(reader, frame):
                        yield event
                chunk = await anext(parts, None)
            for frame in frames.close():
                begun = True
                for event in self._feed_last(reader, frame):
                    yield event
            if head.strip() and not begun:
                what = f"no stream, but {response.headers.get('content-type') or 'something else'}"
                raise self.endpoint.cleaned(not_understood(what, _excerpt(parse_body(head)), self.endpoint.provider.name))
            for event in reader.close():
                yield event
            completion = self._finish(reader)
            for call in completion.tool_calls:
                yield ToolCallDone.of(call)
            yield completion if completion.request_id or not id else completion.replace(request_id=id)

    def _is_whole(self, response: HttpResponse, head: bytes) -> bool:
        """Whether the server sent a whole body instead of a stream. No line of an event stream begins with a brace, whatever its content
        type; lines of JSON do, so for them the content type decides."""
        if self.wire.framing == "sse":
            return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
        kind = response.headers.get("content-type", "")
        return "json" in kind and "ndjson" not in kind and "jsonl" not in kind and "stream" not in kind

    def _split(self, frames: SSEReader | NDJSONReader, chunk: bytes) -> list[ServerEvent]:
        try:
            return frames.feed(chunk)
        except OverflowError as error:
            raise too_large(self.endpoint.provider.name, self.endpoint.max_response_bytes, "an event") from error

    def _feed(self, reader: StreamedAnswer, frame: ServerEvent) -> list[Event]:
        try:
            return reader.feed(frame)
        except JsonError as error:
            found = not_understood("an event that is not JSON", frame.data, self.endpoint.provider.name)
            raise self.endpoint.cleaned(found) from error
        except StaysailError as error:
            raise self.endpoint.cleaned(error) from None
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            found = not_understood("a stream event it should not", frame.data, self.endpoint.provider.name)
            raise self.endpoint.cleaned(found) from error

    def _feed_last(self, reader: StreamedAnswer, frame: ServerEvent) -> list[Event]:
        """Reads an event that the end of the body completed. Where it cannot be read, the stream was cut within it."""
        try:
            return self._feed(reader, frame)
        except StreamError as error:
            if error.code == "bad_answer":
                raise cut_off(self.endpoint.provider.name) from error
            raise

    def _finish(self, reader: StreamedAnswer) -> Completion:
        try:
            return reader.finish()
        except StaysailError as error:
            raise self.endpoint.cleaned(error) from None
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise not_understood("a stream of an unknown shape", str(error), self.endpoint.provider.name) from error

    def _parse(self, body: Any, id: str | None, request: CompletionRequest) -> Completion:
        try:
            completion = parse_whole(self.wire, body, self.endpoint.provider.dialect, request)
        except StaysailError as error:
            raise self.endpoint.cleaned(error) from None
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            found = not_understood("an answer of an unknown shape", _excerpt(body), self.endpoint.provider.name)
            raise self.endpoint.cleaned(found) from error
        return completion.replace(request_id=id) if id else completion

    def __repr__(self) -> str:
        return f"HttpModel({self.name!r})"


async def _first_bytes(parts: AsyncGenerator[HttpResponse | bytes]) -> bytes:
    """Returns the beginning of the body, without leading white space, long enough to recognise its format."""
    head = b""
    async for chunk in parts:
        head += chunk if isinstance(chunk, bytes) else b""
        if not head.strip():
            head = b""
        elif len(head) > 3:
            break
    return head


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


def _excerpt(body: Any) -> str:
    return body if isinstance(body, str) else write_json(body, nonfinite="null")[:2000]


def _json_bytes(body: Any) -> bytes:
    """The body in UTF-8. Halves of characters, which providers refuse also where they are escaped, are joined or replaced."""
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
