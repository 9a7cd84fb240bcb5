"""What a tool tells while it runs: the run that calls it sets `report`, so that tools need not know runs."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

report: ContextVar[Callable[[Any], None] | None] = ContextVar("staysail_report", default=None)


def report_progress(value: Any) -> None:
    """Tells whoever watches the run of something that the tool being called has done so far; outside of a run it does nothing. Only on
    the event loop's thread."""
    tell = report.get()
    if tell:
        tell(value)
