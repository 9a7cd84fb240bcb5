"""Tracers as the JavaScript side describes them, and the spans that it reads back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import OTLPExporter, Span, SpanExporter, Tracer, TraceStore
from .peer import Method
from .remote import Owner


class RemoteExporter:
    """An exporter that calls a function of the other side with one span at a time."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    async def export(self, spans: Sequence[Span]) -> None:
        for span in spans:
            await self._owner.call("trace", {"span": _describe(span)})


class Tracing:
    """The methods `traces.*` of one peer."""

    def __init__(self) -> None:
        self._stores: dict[str, TraceStore] = {}
        self.methods: dict[str, Method] = {"traces.read": self.read, "traces.clear": self.clear}

    def tracer(self, owner: Owner, described: dict[str, Any]) -> Tracer:
        """Returns a tracer. A function of the other side is called before the run's call ends, because it cannot be called afterwards."""
        options = {"content": described["content"], "raw": described["raw"]}
        exporter: SpanExporter
        match described["exporter"]:
            case {"otlp": url, "headers": headers}:
                exporter = OTLPExporter(url, headers=headers or {})
            case {"indexed_db": name}:
                exporter = self._store(name)
            case _:
                return Tracer(RemoteExporter(owner), wait=True, **options)
        return Tracer(exporter, **options)

    async def read(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        return [_describe(span) for span in await self._store(params["name"]).spans(params.get("trace_id"))]

    async def clear(self, params: dict[str, Any]) -> None:
        await self._store(params["name"]).clear()

    def _store(self, name: str) -> TraceStore:
        if name not in self._stores:
            self._stores[name] = TraceStore(name)
        return self._stores[name]


def _describe(span: Span) -> dict[str, Any]:
    """Returns a span as plain JSON, with milliseconds in place of nanoseconds, which JavaScript's numbers cannot hold."""
    fields = span.to_dict()
    fields |= {"start_ms": fields.pop("start_ns") / 1e6, "end_ms": fields.pop("end_ns") / 1e6}
    return fields | {"events": [event | {"time_ms": event.pop("time_ns") / 1e6} for event in fields["events"]]}
