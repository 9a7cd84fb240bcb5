from __future__ import annotations

from typing import NamedTuple

from ..source import MOST_BYTES


class Asked(NamedTuple):
    """What a loader is told beside the data."""

    name: str
    encoding: str | None = None
    password: str | None = None
    max_bytes: int = MOST_BYTES
