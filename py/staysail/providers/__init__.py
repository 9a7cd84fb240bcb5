"""Providers, one file each. A provider is found by its file's name, so a new file adds a provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ..core.bodies import MAX_RESPONSE_BYTES
from ..core.errors import ConfigError
from ..core.ports import Model, Transport
from ..core.secrets import shown
from ..wire.endpoint import Endpoint, Key
from ..wire.format import ChatWire, Provider, Registry
from ..wire.http_model import HttpModel


def provider_names(service: str | None = None) -> list[str]:
    """Returns the names of all providers, or of those with a service: "chat", "embeddings", "rerank", "transcription", "images", "speech",
    "models", "files", "batches", "ocr"."""
    import pkgutil  # 20 ms in a page, and only this needs it

    names = sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    return names if service is None else [name for name in names if _has(load_provider(name), service)]


def _has(module: Any, service: str) -> bool:
    provider = getattr(module, "PROVIDER", None)
    if not isinstance(provider, Provider):
        return service == "chat" and hasattr(module, "load")
    return bool(provider.chat) if service == "chat" else service in provider.services


def load_provider(name: str) -> Any:
    """Returns a provider's module. Raises ConfigError, which lists the known names."""
    module = name.replace("-", "_")
    if not module.isidentifier():
        raise ConfigError(_unknown(name))
    try:
        return import_module(f"{__name__}.{module}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{module}":
            raise
        raise ConfigError(_unknown(name)) from error


def load_wire(name: str) -> ChatWire:
    wire: ChatWire = import_module(f"staysail.wire.{name}").WIRE
    return wire


def load_model(
    model: str,
    *,
    api_key: Key = None,
    base_url: str | None = None,
    headers: Mapping[str, str] | None = None,
    transport: Transport | None = None,
    max_response_bytes: int | None = None,
) -> Model:
    """Returns the model that "provider:model" names.

    Args:
        api_key: Text, or a function (async or not) that returns the key; the provider's environment variable, if left out.
        base_url: Another server that speaks the provider's protocol.
        headers: Sent with every request.
        max_response_bytes: Limit of a whole response and of one event of a stream, which may have 16 times as much in all; 64 MiB by
            default.

    Raises ConfigError.
    """
    name, _, id = model.partition(":")
    module = load_provider(name)
    if hasattr(module, "load"):
        local: Model = module.load(id)
        return local
    provider: Provider = module.PROVIDER
    if not provider.chat:
        raise ConfigError(f"{name} has no chat models")
    if not id.strip():
        raise ConfigError(f'Model cannot be empty: write "{name}:<model>"')
    limit_bytes = MAX_RESPONSE_BYTES if max_response_bytes is None else max_response_bytes
    endpoint = Endpoint(provider, api_key=api_key, base_url=base_url, headers=headers, transport=transport, max_response_bytes=limit_bytes)
    return HttpModel(endpoint, load_wire(provider.chat), id)


def _sizes(provider: str, model: str) -> Mapping[str, Any]:
    """Returns a model's sizes from the catalog, which is loaded with the first lookup."""
    sizes: Mapping[str, Any] = import_module(f"{__name__}.catalog").known_sizes(provider, model)
    return sizes


def _known(provider: str, model: str) -> Any:
    return import_module(f"{__name__}.catalog").known_model(provider, model)


# Patterns of models' names and their providers, for callers who leave the provider out.
WHOSE = (
    (r"gpt-|o[134](-|$)|chatgpt", "openai"),
    (r"claude", "anthropic"),
    (r"gemini|gemma", "gemini"),
    (r"mistral|ministral|magistral|codestral|pixtral", "mistral"),
    (r"grok", "xai"),
    (r"deepseek", "deepseek"),
    (r"command", "cohere"),
    (r"kimi|moonshot", "moonshot"),
    (r"sonar", "perplexity"),
)


def _unknown(name: str) -> str:
    whose = next((provider for pattern, provider in WHOSE if re.match(pattern, name.lower())), None)
    if whose:
        return f'a model is named "provider:model": did you mean "{whose}:{name}"?'
    return (
        f"there is no provider {shown(name)}; there are: {', '.join(provider_names())}. "
        "Any server that speaks OpenAI's protocol works with openai-compatible and base_url"
    )


Registry.load = load_provider
Registry.sizes = _sizes
Registry.known = _known
