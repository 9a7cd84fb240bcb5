"""Descriptions of models and limits from JavaScript, read into Python values."""

from __future__ import annotations

from typing import Any

from .. import Retry, Timeouts
from .remote import Owner, RemoteKey
from .remote_models import RemoteTransport, read_own_model


def read_access(owner: Owner, described: dict[str, Any]) -> dict[str, Any]:
    """Returns the options of `load_model`, of every model class and of an agent, whose model may be a list. An api_key of True is a
    function on the other side."""
    if isinstance(described["model"], list):
        shared = {"headers": described["headers"]} if described.get("headers") else {}
        return {"model": [_read_link(owner, shared | link, position) for position, link in enumerate(described["model"])]}
    return _read_link(owner, described, None)


def _read_link(owner: Owner, described: dict[str, Any], position: int | None) -> dict[str, Any]:
    """Returns the options of one model. position: the model's place in a chain, by which the other side finds its functions."""
    if isinstance(described["model"], dict):
        headers = {"headers": described["headers"]} if described.get("headers") and position is None else {}
        return {"model": read_own_model(owner, described["model"], position)} | headers
    key = described.get("api_key")
    access = {
        "model": described["model"],
        "api_key": RemoteKey(owner, position) if key is True else key,
        "base_url": described.get("base_url"),
    }
    if described.get("fetch"):
        access["transport"] = RemoteTransport(owner, position)
    return access | {name: described[name] for name in ("headers", "max_response_bytes") if described.get(name)}


def read_limits(options: dict[str, Any]) -> dict[str, Any]:
    """Returns the options with `retry` and `timeout_s` as values."""
    kinds: dict[str, Any] = {"retry": Retry, "timeout_s": Timeouts}
    return {name: kinds[name](**value) if name in kinds and isinstance(value, dict) else value for name, value in options.items()}
