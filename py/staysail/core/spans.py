"""Spans: the parts of a trace as plain data in OpenTelemetry's terms. https://opentelemetry.io/docs/specs/otel/trace/api/#span"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Literal, Protocol

from .value import NOTHING, Value


class SpanEvent(Value):
    """An event within a span. time_ns: nanoseconds since 1970."""

    name: str
    time_ns: int
    attributes: Mapping[str, Any] = NOTHING

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "time_ns": self.time_ns, "attributes": dict(self.attributes)}


class Span(Value):
    """A timed operation.

    Attributes:
        trace_id: 32 hexadecimal digits, shared by all spans of a run and of the runs that it started.
        span_id: 16 hexadecimal digits.
        parent_id: The id of the span around it; None for the outermost.
        start_ns, end_ns: Nanoseconds since 1970.
        attributes: Text, numbers, booleans and lists of text.
        message: The error's message, where `status` is "error".
    """

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
        """Returns plain JSON."""
        plain = {field: getattr(self, field) for field in Span._fields}
        return plain | {"attributes": dict(self.attributes), "events": [event.to_dict() for event in self.events]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Span:
        return cls(**dict(data) | {"events": tuple(SpanEvent(**event) for event in data["events"])})


class SpanExporter(Protocol):
    """Takes spans as they end, inner spans before outer ones."""

    def export(self, spans: Sequence[Span]) -> Awaitable[None] | None: ...
