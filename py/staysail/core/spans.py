"""Spans: what a trace is made of, as plain data in OpenTelemetry's terms. https://opentelemetry.io/docs/specs/otel/trace/api/#span"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Literal, Protocol

from .value import NOTHING, Value


class SpanEvent(Value):
    """Something that happened within a span. time_ns: since 1970."""

    name: str
    time_ns: int
    attributes: Mapping[str, Any] = NOTHING

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "time_ns": self.time_ns, "attributes": dict(self.attributes)}


class Span(Value):
    """Something that began and ended. trace_id: 32 hexadecimal digits, the same for all of a run and of what the run started. span_id: 16.
    parent_id: None for the outermost. start_ns, end_ns: since 1970. attributes: text, numbers, truth values and lists of text.
    message: where status is "error", what went wrong."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: Literal["internal", "client"]
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Any] = NOTHING
    events: tuple[SpanEvent, ...] = ()
    status: Literal["unset", "error"] = "unset"
    message: str = ""

    @property
    def duration_s(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        plain = {field: getattr(self, field) for field in Span.__match_args__}
        return plain | {"attributes": dict(self.attributes), "events": [event.to_dict() for event in self.events]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Span:
        return cls(**dict(data) | {"events": tuple(SpanEvent(**event) for event in data["events"])})


class SpanExporter(Protocol):
    """Takes spans as they end, inner ones before those around them."""

    def export(self, spans: Sequence[Span]) -> Awaitable[None] | None: ...
