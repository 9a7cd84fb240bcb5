"""How JavaScript describes where a model is and how it is called, and what Python makes of it."""

from __future__ import annotations

from typing import Any

from .. import Retry, Timeouts
from .remote import Owner, RemoteKey


def read_access(owner: Owner, described: dict[str, Any]) -> dict[str, Any]:
    """The options of `load_model` and of every model class. An api_key of True is a function on the other side."""
    key = described.get("api_key")
    access = {"model": described["model"], "api_key": RemoteKey(owner) if key is True else key, "base_url": described.get("base_url")}
    return access | ({"headers": described["headers"]} if described.get("headers") else {})


def read_limits(options: dict[str, Any]) -> dict[str, Any]:
    """The options with `retry` and `timeout_s` as the values they describe."""
    kinds: dict[str, Any] = {"retry": Retry, "timeout_s": Timeouts}
    return {name: kinds[name](**value) if name in kinds and isinstance(value, dict) else value for name, value in options.items()}
