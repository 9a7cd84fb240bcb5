"""Sizes, prices and abilities of known models, one module a provider, loaded with the first model of that provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ...core.value import Value

SAME_AS = {"openai-chat": "openai", "azure": "openai", "gemini-interactions": "gemini", "mistral-conversations": "mistral"}
INPUTS = {"i": "image", "f": "file", "a": "audio", "v": "video"}
ABILITIES = {"t": "tools", "s": "structured_output", "r": "reasoning", "w": "web_search"}
SUFFIX = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|\d{4}|\d{2}-\d{4}|latest|preview.*|exp.*)$")


class KnownModel(Value):
    """The data of one model.

    Args:
        context_tokens, max_output_tokens: Limits; None where unknown.
        input_usd, output_usd, cached_input_usd: US dollars for a million tokens; None where unknown.
        inputs: "text" and, where the model takes them, "image", "file", "audio", "video".
        abilities: Any of "tools", "structured_output", "reasoning", "web_search".
        retires: The date on which the provider ends the model (YYYY-MM-DD), "" where none is announced.
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
    """Returns a model's data, by its name with or without a date; None for a model or a provider outside the catalog."""
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
    """Returns the rows of a provider as tools/catalog.py writes them; an empty mapping for other providers."""
    name = f"{__name__}.{SAME_AS.get(provider, provider).replace('-', '_')}"
    try:
        models: Mapping[str, tuple[Any, ...]] = import_module(name).MODELS
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return {}
    return models


def known_sizes(provider: str, model: str) -> dict[str, Any]:
    """Returns the fields of ModelTraits that the catalog contains."""
    known = known_model(provider, model)
    if known is None:
        return {}
    fields = {"context_tokens": known.context_tokens, "max_output_tokens": known.max_output_tokens, "retires": known.retires}
    return {name: value for name, value in fields.items() if value} | ({"inputs": known.inputs} if len(known.inputs) > 1 else {})
