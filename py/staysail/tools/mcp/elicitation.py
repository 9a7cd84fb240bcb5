"""Answers to a server that asks the person: a form that the caller fills in, or an address that the person opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.errors import ConfigError
from .reading import mapping

FORM, URL = "elicitation/create", "elicitation/url"
ACTIONS = ("accept", "decline", "cancel")


def capability(answerers: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the capability that the answerers give; None without any. A capability for forms alone is written as servers
    before 2025-11-25 know it."""
    if URL in answerers:
        return {"url": {}} | ({"form": {}} if FORM in answerers else {})
    return {} if FORM in answerers else None


def complete(params: Mapping[str, Any], answer: Any) -> dict[str, Any]:
    """Returns an answer with the form's defaults where the person left a field out (SEP-1034). Raises ConfigError for no answer."""
    if not isinstance(answer, Mapping) or answer.get("action") not in ACTIONS:
        raise ConfigError(f'an elicitation is answered with {{"action": "accept", "content": {{…}}}}, or action {" or ".join(ACTIONS[1:])}')
    if answer["action"] != "accept" or params.get("mode") == "url":
        return {"action": answer["action"]}
    properties = mapping(mapping(params.get("requestedSchema")).get("properties"))
    defaults = {name: schema["default"] for name, schema in properties.items() if isinstance(schema, Mapping) and "default" in schema}
    return {**answer, "content": {**defaults, **mapping(answer.get("content"))}}
