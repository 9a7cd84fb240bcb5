"""Which backend computes on vectors here, and where they are kept."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from .core.errors import ConfigError
from .indexes.numpy_backend import NumpyBackend
from .indexes.ports import Backend, BlockStore, check_choice
from .stores.memory_blocks import MemoryBlocks

IN_BROWSER_RUNTIME = sys.platform == "emscripten"


async def open_storage(name: str) -> BlockStore:
    """In a browser under a name, else in memory. Raises ConfigError, StoreError."""
    if not IN_BROWSER_RUNTIME or name == ":memory:":
        return MemoryBlocks()
    blocks: BlockStore = await import_module("staysail.host.opfs").open_blocks(f"staysail:vectors:{name}")
    return blocks


async def load_backend(choice: str | Backend | None = None) -> Backend:
    """The backend that was chosen, else the fastest that runs. Raises ConfigError."""
    if choice is not None and not isinstance(choice, str):
        return choice
    check_choice("backend", choice or "numpy", ("kernel", "numkong", "numpy"))
    if not IN_BROWSER_RUNTIME:
        return _make(choice or "numpy", "chosen" if choice else "outside a browser")
    why = "chosen"
    if choice in (None, "kernel"):
        try:
            kernel: Backend = await import_module("staysail.host.kernel").load_kernel()
            return kernel
        except ConfigError as error:
            if choice:
                raise
            why = f"the kernel does not run: {error}"
    load_packages = import_module("staysail.host.packages").load_packages
    if choice in (None, "numkong"):
        try:
            await load_packages(["numpy", "numkong"])
            return _make("numkong", why)
        except ConfigError as error:
            if choice:
                raise
            why += f"; numkong neither: {error}"
    await load_packages(["numpy"])
    return _make("numpy", why)


async def load_numpy() -> Any:
    """For what is asked for rarely and computes much. Raises ConfigError where there is none."""
    if IN_BROWSER_RUNTIME:
        await import_module("staysail.host.packages").load_packages(["numpy"])
    try:
        return import_module("numpy")
    except ImportError as error:
        raise ConfigError("this needs numpy: install it (pip install numpy)") from error


def _make(name: str, reason: str) -> Backend:
    if name == "numkong":
        made: Backend = import_module("staysail.indexes.numkong_backend").NumkongBackend(reason)
        return made
    if name == "kernel":
        raise ConfigError("the kernel runs in a browser's WebAssembly alone; here there are numkong and numpy")
    return NumpyBackend(reason)
