"""The ports that `staysail.wiring` fills, so that inner layers choose no implementation and import no outer layer."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Sequence
from importlib import import_module
from typing import Any

from .conversations import ConversationStore
from .errors import ConfigError
from .ports import KeyValue, Model, SearchIndex, Tool, Transport
from .waiting import blocking


class Defaults:
    """Implementations for this runtime: a page, a worker, Node or CPython. A test replaces one for a while.

    load_model: makes a Model from "provider:model" and options.
    transport, blocking_transport: return the program's one Transport; the second serves code that waits without a running loop.
    open_records: opens a KeyValue by a name or directory and the kind of its records.
    open_blocks: opens a BlockStore by the name of its vector store.
    load_backend: loads the named vector Backend, or the fastest that runs.
    load_numpy: loads numpy. Raises ConfigError where it is missing.
    conversations: returns the program's one ConversationStore.
    run_log: returns the RunLog of a name.
    run_sync: waits for a coroutine in code that is not one.
    iterate_sync: iterates an async generator in code that is not async.
    index_tools: indexes tools for `dynamic_tools`, by an embedder or by words.
    file_records: keeps a KeyValue's records in a folder of a ToolFS.
    export_state: adapts a vector store to the state that ToolFS's snapshots take and put back.
    open_plugin_host: opens the host of plugins that are no Python objects; None where there is none.
    open_directory: mounts a directory of the disk, or a FileSystemDirectoryHandle in a page.
    open_picked_directory, open_private_directory: mount what the user picked earlier, and the origin's private file system.
    open_sandbox: opens an interpreter for code that a model wrote, from the sandbox's options and the address of the web folder.
    install: fetches packages that the runtime lacks; None where they are installed by hand."""

    load_model: Callable[..., Model]
    transport: Callable[[], Transport]
    blocking_transport: Callable[[], Transport]
    open_records: Callable[[KeyValue | str | os.PathLike[str] | None, str], KeyValue]
    open_blocks: Callable[[str], Awaitable[Any]]
    load_backend: Callable[[Any], Awaitable[Any]]
    load_numpy: Callable[[], Awaitable[Any]]
    conversations: Callable[[], ConversationStore]
    run_log: Callable[[str | None], Any]
    run_sync: Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]
    iterate_sync: Callable[[Callable[[], AsyncGenerator[Any]]], Generator[Any]]
    index_tools: Callable[[Sequence[Tool], Any], SearchIndex]
    file_records: Callable[[Any, Any, str], KeyValue]
    export_state: Callable[[Any], Any]
    open_plugin_host: Callable[[Any], Any]
    open_directory: Callable[[Any, bool], Any]
    open_picked_directory: Callable[[str, bool], Awaitable[Any]]
    open_private_directory: Callable[[str, bool], Awaitable[Any]]
    open_sandbox: Callable[[Any, str | None], Any]
    install: Callable[[Sequence[str]], Awaitable[None]] | None = None


def resolve_model(model: Any, **options: Any) -> Model:
    """Returns the Model that "provider:model" names; a Model is returned as it is, and then takes no options. Raises ConfigError."""
    if isinstance(model, str):
        return Defaults.load_model(model, **options)
    present = [name for name, value in options.items() if value]
    if present:
        raise ConfigError(f"{', '.join(present)} belong to a model named by text; this model was made already: give them where it was made")
    if not hasattr(model, "complete") or not hasattr(model, "stream"):
        raise ConfigError(f'model is "provider:model" or an object with complete and stream, not {type(model).__name__}')
    return model  # type: ignore[no-any-return]


def default_transport() -> Transport:
    """Returns the transport of the whole program: fetch in a page, httpx on CPython."""
    return Defaults.blocking_transport() if blocking.get() else Defaults.transport()


def environment(name: str) -> str | None:
    """Returns a variable of the process; None where it is not set or empty."""
    return os.environ.get(name) or None


async def require_packages(names: Sequence[str], extra: str) -> None:
    """Makes optional packages importable; in a page they are fetched when they are first used.

    names: the packages.
    extra: staysail's extra that installs them.
    Raises ConfigError where one is missing and cannot be fetched."""
    missing = [name for name in names if not _is_there(name)]
    if not missing:
        return
    if not Defaults.install:
        raise ConfigError(f"this needs {' and '.join(missing)}: pip install 'staysail[{extra}]'")
    await Defaults.install(missing)


def _is_there(name: str) -> bool:
    try:
        import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return False
    return True
