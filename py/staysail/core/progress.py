"""Progress of tools. The run that calls a tool sets `report`, so that this layer does not import runs."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

report: ContextVar[Callable[[Any], None] | None] = ContextVar("staysail_report", default=None)


def report_progress(value: Any) -> None:
    """Emits a value as a `ToolProgress` event of the tool that is being called. Does nothing outside a run. Call it on the event loop's
    thread only."""
    tell = report.get()
    if tell:
        tell(value)
