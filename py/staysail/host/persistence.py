"""Whether the browser keeps what a site stores when disk runs short. A page alone may ask for that, as it may have to ask its user."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import js

pages: list[Callable[[], Awaitable[Any]]] = []
"""What asks in the pages that this interpreter, in a worker, is joined to; the latest one last."""


async def persist() -> bool:
    """Asks; whether it will. Without a page to ask in, whether it was asked for before."""
    storage = getattr(getattr(js, "navigator", None), "storage", None)
    if storage is None:
        return False
    if hasattr(storage, "persist"):
        return bool(await storage.persist())
    return bool(await pages[-1]()) if pages else bool(await storage.persisted())
