"""What a provider's model takes and can do: the wire format's own limits, the provider's rules by model name, and known sizes."""

from __future__ import annotations

import re
from typing import Any

from ..core.ports import ModelTraits
from .format import ChatWire, Provider, Registry

LISTED: dict[tuple[str, str], dict[str, Any]] = {}
"""Sizes that `list_models` was told in this process, by (provider, model): newer than any release of staysail."""


def model_traits(provider: Provider, wire: ChatWire, model: str) -> ModelTraits:
    """The first of the provider's rules whose pattern is found in the model's name goes before the wire format; known sizes fill the
    rest."""
    traits = wire.traits(provider.dialect, model)
    rules = next((rules for pattern, rules in provider.models if re.search(pattern, model)), {})
    sizes = Registry.sizes(provider.name, model) if Registry.sizes else {}
    return traits.replace(hosted_tools=provider.hosted).replace(**(dict(sizes) | LISTED.get((provider.name, model), {}) | dict(rules)))
