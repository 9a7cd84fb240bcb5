"""Exports spans to a collector, as OTLP's JSON over HTTP. https://opentelemetry.io/docs/specs/otlp/#otlphttp, version 1.10"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.bodies import read_beginning
from ..core.completion import Timeouts
from ..core.defaults import default_transport
from ..core.errors import ConfigError, StaysailError
from ..core.json_text import json_bytes
from ..core.pickling import refuse_secrets
from ..core.ports import HttpRequest, Transport, without_secrets
from ..core.secrets import excerpt, shown
from ..core.spans import Span
from ..core.value import NOTHING
from ..core.version import __version__
from ..core.waiting import timeout

KINDS = {"internal": 1, "client": 3}
STATUS = {"unset": 0, "error": 2}
MOST_HELD = 2000


class OTLPExporter:
    """Sends each trace to a collector once its outermost span has ended. The collector of a page must allow the page's origin (CORS).

    Args:
        url: The collector's address, such as "http://127.0.0.1:4318"; "/v1/traces" is added where it is missing.
        headers: Such as an authorization.
        service: The sender's name in the collector.
        timeout_s: Seconds for one request.
        transport: Another than the program's.

    Raises:
        StaysailError: From `export`, where the collector did not take the spans; the Tracer logs it.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = NOTHING,
        service: str = "staysail",
        timeout_s: float = 10,
        transport: Transport | None = None,
    ) -> None:
        if "://" not in url:
            raise ConfigError(f"the collector's url starts with http:// or https://, got {shown(url)}")
        self._url = url if url.rstrip("/").endswith("/v1/traces") else f"{url.rstrip('/')}/v1/traces"
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._service, self._timeout_s, self._transport = service, timeout_s, transport
        self._held: dict[str, list[Span]] = {}

    def __getstate__(self) -> dict[str, Any]:
        refuse_secrets("an OTLPExporter", self._headers, self._url)
        return self.__dict__

    def __deepcopy__(self, memo: dict[int, Any]) -> OTLPExporter:
        return self

    async def export(self, spans: Sequence[Span]) -> None:
        for span in spans:
            self._held.setdefault(span.trace_id, []).append(span)
        ended = [span.trace_id for span in spans if span.parent_id is None]
        if not ended and sum(map(len, self._held.values())) > MOST_HELD:
            ended = list(self._held)
        batch = [span for trace_id in ended for span in self._held.pop(trace_id, ())]
        if batch:
            await self._send(render_otlp(batch, self._service))

    async def _send(self, body: dict[str, Any]) -> None:
        data = json_bytes(body, nonfinite="null")
        limits = Timeouts(self._timeout_s, self._timeout_s, self._timeout_s)
        request = HttpRequest("POST", self._url, self._headers | {"content-type": "application/json"}, data, limits)
        where = without_secrets(self._url)
        try:
            async with timeout(self._timeout_s), (self._transport or default_transport()).send(request) as response:
                reply = await read_beginning(response)
        except TimeoutError as error:
            raise StaysailError(f"{where} did not answer within {self._timeout_s:g} s", code="timeout") from error
        if response.status >= 300:
            raise StaysailError(f"{where} answered {response.status}: {excerpt(reply.decode(errors='replace'), 300)}")

    def __repr__(self) -> str:
        return f"OTLPExporter({without_secrets(self._url)!r})"


def render_otlp(spans: Sequence[Span], service: str = "staysail") -> dict[str, Any]:
    """Returns an ExportTraceServiceRequest as plain JSON."""
    scope = {"scope": {"name": "staysail", "version": __version__}, "spans": [_render(span) for span in spans]}
    return {"resourceSpans": [{"resource": {"attributes": _attributes({"service.name": service})}, "scopeSpans": [scope]}]}


def _render(span: Span) -> dict[str, Any]:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        **({"parentSpanId": span.parent_id} if span.parent_id else {}),
        "name": span.name,
        "kind": KINDS[span.kind],
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _attributes(span.attributes),
        "events": [
            {"timeUnixNano": str(event.time_ns), "name": event.name, "attributes": _attributes(event.attributes)} for event in span.events
        ],
        "status": {"code": STATUS[span.status], **({"message": span.message} if span.message else {})},
    }


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}  # 64 bits, which JSON's numbers do not hold
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": str(value)}
