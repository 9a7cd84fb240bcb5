"""What there is, found by walking the package's folders."""

import pkgutil
from importlib import import_module
from typing import Any

import staysail.wire
from staysail import provider_names
from staysail.providers import load_provider
from staysail.wire.format import ChatWire, Provider


def chat_wires() -> dict[str, ChatWire]:
    modules = [import_module(f"staysail.wire.{module.name}") for module in pkgutil.iter_modules(staysail.wire.__path__)]
    return {module.WIRE.name: module.WIRE for module in modules if hasattr(module, "WIRE")}


def providers() -> dict[str, Provider]:
    """Those that are reached over HTTP."""
    modules: dict[str, Any] = {name: load_provider(name) for name in provider_names()}
    return {name: module.PROVIDER for name, module in modules.items() if hasattr(module, "PROVIDER")}


def dialect_of(wire: str) -> Any:
    """A dialect that some provider has of the wire format, one with everything where there is one."""
    mine = [provider for provider in providers().values() if provider.chat == wire]
    return next((one for one in mine if one.name in ("openai-compatible", "openai")), mine[0]).dialect
