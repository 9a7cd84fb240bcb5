"""What the composition root (the package's `__init__`, or a test) plugs in, so that inner layers need not know the outer ones."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .errors import ConfigError
from .ports import Model, Transport
from .waiting import blocking


class Defaults:
    """run_sync: waits for a coroutine from code that is not one; None: an event loop of its own."""

    load_model: Callable[..., Model] | None = None
    transport: Callable[[], Transport] | None = None
    blocking_transport: Callable[[], Transport] | None = None
    run_sync: Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any] | None = None


def resolve_model(model: Any, **options: Any) -> Model:
    """A Model from "provider:model"; a Model is returned as it is, and then takes no options. Raises ConfigError."""
    if isinstance(model, str):
        if not Defaults.load_model:
            raise ConfigError("no model loader is installed; import staysail, not its inner modules")
        return Defaults.load_model(model, **options)
    given = [name for name, value in options.items() if value]
    if given:
        raise ConfigError(f"{', '.join(given)} belong to a model named by text; this model was made already: give them where it was made")
    if not hasattr(model, "complete") or not hasattr(model, "stream"):
        raise ConfigError(f'model is "provider:model" or an object with complete and stream, not {type(model).__name__}')
    return model  # type: ignore[no-any-return]


def default_transport() -> Transport:
    """fetch in a page, httpx on CPython. Raises ConfigError where neither is there."""
    make = Defaults.blocking_transport if blocking.get() else Defaults.transport
    if not make:
        raise ConfigError("no transport is installed; import staysail, not its inner modules, or pass transport=")
    return make()


def run_sync[T](work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Waits for `work()`. On CPython on a loop of its own: in this thread, or, when a loop is running here, in another."""
    if Defaults.run_sync:
        return Defaults.run_sync(work)  # type: ignore[no-any-return]
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


def environment(name: str) -> str | None:
    """A variable of the process, where there is one; set but empty counts as absent."""
    return os.environ.get(name) or None
