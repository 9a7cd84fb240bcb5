"""Models over HTTP: a provider's data, a wire format and a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import cached_property
from typing import Any

from ..core.batches import BatchPort
from ..core.bodies import too_large
from ..core.completion import Completion, CompletionRequest
from ..core.errors import BadRequestError, ConfigError, JsonError, NetworkError, ProviderError, StaysailError, StreamError
from ..core.events import Event, ToolCallDone, replay
from ..core.framing import NDJSONReader, ServerEvent, SSEReader
from ..core.json_text import write_json
from ..core.ports import HttpRequest, HttpResponse, ModelTraits
from .answer import StreamedAnswer, parse_whole
from .attempt import Attempt
from .background import wait_until_finished
from .endpoint import Endpoint
from .faults import cut_off, not_understood, parse_body, request_id
from .format import ChatWire, Registry
from .schemas.preparing import has_output_form
from .traits import model_traits


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

    def hosted_at(self, kind: str) -> str | None:
        """Returns the model's name at the provider's other API if that has the kind of hosted tool, else None."""
        other = self.endpoint.provider.hosted_at
        if not other or Registry.load is None or kind not in Registry.load(other).PROVIDER.hosted:
            return None
        return f"{other}:{self.model}"

    @property
    def base_url(self) -> str:
        return self.endpoint.base_url

    @property
    def batches(self) -> BatchPort:
        """The model's batches. Raises ConfigError for a provider without batches."""
        from .batches import Batches  # most programs make no batches

        service = self.endpoint.provider.services.get("batches")
        if service is None:
            raise ConfigError(f"{self.endpoint.provider.name} has no batches here; provider_names('batches') names the providers that have")
        return Batches(self, service.form)

    async def complete(self, request: CompletionRequest) -> Completion:
        """Returns a whole answer. Raises ProviderError."""
        attempt = self.attempt(request, streamed=False)
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
        attempt = self.attempt(request, streamed=True)
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

    def attempt(self, request: CompletionRequest, *, streamed: bool) -> Attempt:
        """Returns the request in the form that is sent to the model. Raises ConfigError."""
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
        """Returns whether the provider's structured output can hold an answer to the schema."""
        return has_output_form(schema, self.endpoint.provider.schemas)

    async def _stream(self, request: CompletionRequest, body: dict[str, Any]) -> AsyncGenerator[Event | Completion]:
        """Yields the events of an answer, and the Completion. A background answer whose stream breaks off is resumed."""
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
                    error.partial = error.partial or answer.partial()
                    raise
                sent = await self.endpoint.request(path or "", None, streamed=True, **options)

    async def _wait_for(self, answer: Any, request: CompletionRequest) -> Any:
        """Returns the body of an answer; where the provider works on it in the background, waits for its end."""

        async def fetch(path: str) -> Any:
            options: dict[str, Any] = {"headers": request.headers, "timeouts": request.timeouts, "watch": request.watch}
            return (await self.endpoint.fetch_json(path, None, **options))[0]

        try:
            return await wait_until_finished(answer, self.wire, fetch, request.timeouts.total_s)
        except ProviderError as error:
            raise self.endpoint.cleaned(error) from error.__cause__

    async def _read(self, sent: HttpRequest, reader: StreamedAnswer, request: CompletionRequest) -> AsyncGenerator[Event | Completion]:
        """Yields the events of one response to a streamed request, and the Completion."""
        async with aclosing(self.endpoint.stream(sent)) as parts:
            response = await anext(parts)
            assert not isinstance(response, bytes)
            id = request_id(response.headers)
            head = await _first_bytes(parts)
            framing, limit_bytes = self.wire.framing, self.endpoint.max_response_bytes
            if whole := self._is_whole(response, head):  # a server that does not stream, or one that streams lines of JSON
                head = await _second_line(parts, head, limit_bytes)
                if framing == "sse" and _is_lines(head):
                    framing, whole = "ndjson", False
            if whole:
                data = bytearray(head)
                while len(data) <= limit_bytes and isinstance(part := await anext(parts, None), bytes):
                    data += part
                if len(data) > limit_bytes:
                    raise too_large(self.endpoint.provider.name, limit_bytes)
                for event in replay(self._parse(await self._wait_for(parse_body(bytes(data)), request), id, request)):
                    yield event
                return
            frames = SSEReader(limit_bytes, json_data=True) if framing == "sse" else NDJSONReader(limit_bytes)
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
        """Returns whether the body looks whole instead of streamed. No line of an event stream begins with a brace, whatever its content
        type; lines of JSON do, so for a format of such lines the content type decides."""
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


async def _second_line(parts: AsyncGenerator[HttpResponse | bytes], head: bytes, limit_bytes: int) -> bytes:
    """Returns the body as far as the beginning of its second line, or as `limit_bytes`, or all of it."""
    data = bytearray(head.removeprefix(b"\xef\xbb\xbf").lstrip())
    end = data.find(b"\n")
    while (end < 0 or not data[end:].strip()) and len(data) <= limit_bytes and isinstance(chunk := await anext(parts, None), bytes):
        data += chunk
        end = data.find(b"\n", len(data) - len(chunk)) if end < 0 else end
    return bytes(data)


def _is_lines(head: bytes) -> bool:
    """Returns whether the first line of a body is a whole JSON object, and another line follows."""
    first, _, rest = head.strip().partition(b"\n")
    return bool(rest) and isinstance(parse_body(first), dict)


def _excerpt(body: Any) -> str:
    return body if isinstance(body, str) else write_json(body, nonfinite="null")
