"""What the composition root (the package's `__init__`, or a test) plugs in, so that inner layers need not know the outer ones."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from importlib import import_module
from typing import Any

from .conversations import ConversationStore
from .errors import ConfigError
from .ports import Model, SearchIndex, Tool, Transport
from .waiting import blocking


class Defaults:
    """run_log: where durable runs are kept, by its name. run_sync: waits for a coroutine from code that is not one. install: fetches
    packages that the runtime lacks. index_tools: finds those
    of many tools that fit a text, by an embedder or else by words. open_sandbox: an interpreter for code that a model wrote."""

    load_model: Callable[..., Model] | None = None
    transport: Callable[[], Transport] | None = None
    blocking_transport: Callable[[], Transport] | None = None
    conversations: Callable[[], ConversationStore] | None = None
    run_log: Callable[[str | None], Any] | None = None
    run_sync: Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any] | None = None
    install: Callable[[Sequence[str]], Awaitable[None]] | None = None
    index_tools: Callable[[Sequence[Tool], Any], SearchIndex] | None = None
    open_sandbox: Callable[[Any], Any] | None = None


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


def default_conversations() -> ConversationStore:
    """In a page IndexedDB; elsewhere they last as long as the process. Raises ConfigError."""
    if not Defaults.conversations:
        raise ConfigError("nothing is installed that keeps conversations; import staysail, not its inner modules, or pass conversations=")
    return Defaults.conversations()


def run_sync[T](work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Waits for `work()`. Raises ConfigError where nothing can wait."""
    if not Defaults.run_sync:
        raise ConfigError("nothing is installed to wait with; import staysail, not its inner modules")
    return Defaults.run_sync(work)  # type: ignore[no-any-return]


def environment(name: str) -> str | None:
    """A variable of the process, where there is one; set but empty counts as absent."""
    return os.environ.get(name) or None


async def require_packages(names: Sequence[str], extra: str) -> None:
    """Makes packages importable that are loaded when they are used; in a page they are fetched. extra: staysail's own, that has them.
    Raises ConfigError."""
    missing = [name for name in names if not _is_there(name)]
    if not missing:
        return
    if not Defaults.install:
        raise ConfigError(f"this needs {' and '.join(missing)}: pip install staysail[{extra}]")
    await Defaults.install(missing)


def _is_there(name: str) -> bool:
    try:
        import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return False
    return True
