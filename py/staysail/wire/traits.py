"""Traits of a provider's model: the wire format's limits, the provider's rules by model name, and known sizes."""

from __future__ import annotations

import re
from typing import Any

from ..core.ports import ModelTraits
from .format import ChatWire, Provider, Registry

LISTED: dict[tuple[str, str], dict[str, Any]] = {}
"""Sizes from `list_models` in this process, by (provider, model); newer than the catalog of any release."""


def model_traits(provider: Provider, wire: ChatWire, model: str) -> ModelTraits:
    """Returns the traits of a model. The provider's first rule whose pattern occurs in the model's name overrides the wire format; sizes
    fill the rest."""
    traits = wire.traits(provider.dialect, model)
    rules = next((rules for pattern, rules in provider.models if re.search(pattern, model)), {})
    sizes = Registry.sizes(provider.name, model) if Registry.sizes else {}
    return traits.replace(hosted_tools=provider.hosted).replace(**(dict(sizes) | LISTED.get((provider.name, model), {}) | dict(rules)))
