"""Persistent storage, which the browser does not clear when disk space runs short. Only a page can request it, because it may have to
ask its user."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import js

pages: list[Callable[[], Awaitable[Any]]] = []
"""Functions that request it in the pages that this worker's interpreter is connected to; the latest page last."""


async def persist() -> bool:
    """Requests persistent storage. Returns whether the browser granted it; without a page, whether it was granted before."""
    storage = getattr(getattr(js, "navigator", None), "storage", None)
    if storage is None:
        return False
    if hasattr(storage, "persist"):
        return bool(await storage.persist())
    return bool(await pages[-1]()) if pages else bool(await storage.persisted())
