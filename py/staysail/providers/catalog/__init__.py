"""Sizes, prices and abilities of known models, a module a provider, loaded when a model of the provider is asked about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ...core.value import Value

SAME_AS = {"openai-chat": "openai", "azure": "openai", "gemini-interactions": "gemini"}
INPUTS = {"i": "image", "f": "file", "a": "audio", "v": "video"}
ABILITIES = {"t": "tools", "s": "structured_output", "r": "reasoning", "w": "web_search"}
SUFFIX = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|\d{4}|\d{2}-\d{4}|latest|preview.*|exp.*)$")


class KnownModel(Value):
    """Data of one model.

    Args:
        context_tokens, max_output_tokens: Limits; None where unknown.
        input_usd, output_usd, cached_input_usd: US dollars for a million tokens; None where unknown.
        inputs: "text" and, where it takes them, "image", "file", "audio", "video".
        abilities: Of "tools", "structured_output", "reasoning", "web_search".
        retires: Date on which the provider ends it (YYYY-MM-DD), "" where none is announced.
    """

    context_tokens: int | None
    max_output_tokens: int | None
    input_usd: float | None
    output_usd: float | None
    cached_input_usd: float | None
    inputs: tuple[str, ...]
    abilities: tuple[str, ...]
    retires: str


def known_model(provider: str, model: str) -> KnownModel | None:
    """The model's data, under its name or the name without its date; None for a model or a provider that is not in the catalog."""
    models = known_models(provider)
    name = model.removeprefix("models/")
    row = models.get(name)
    while row is None and (shorter := SUFFIX.sub("", name)) != name:
        name = shorter
        row = models.get(name)
    if row is None:
        return None
    inputs = ("text", *(INPUTS[letter] for letter in row[5]))
    context, most, input_usd, output_usd, cached_usd, _, abilities, retires = row
    return KnownModel(context, most, input_usd, output_usd, cached_usd, inputs, tuple(ABILITIES[letter] for letter in abilities), retires)


def known_models(provider: str) -> Mapping[str, tuple[Any, ...]]:
    """The rows of a provider, as tools/catalog.py writes them; nothing for a provider that has none."""
    name = f"{__name__}.{SAME_AS.get(provider, provider).replace('-', '_')}"
    try:
        models: Mapping[str, tuple[Any, ...]] = import_module(name).MODELS
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return {}
    return models


def known_sizes(provider: str, model: str) -> dict[str, Any]:
    """The fields of ModelTraits that the catalog knows."""
    known = known_model(provider, model)
    if known is None:
        return {}
    fields = {"context_tokens": known.context_tokens, "max_output_tokens": known.max_output_tokens, "retires": known.retires}
    return {name: value for name, value in fields.items() if value} | ({"inputs": known.inputs} if len(known.inputs) > 1 else {})
