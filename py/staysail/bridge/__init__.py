"""Agents for the JavaScript side of a page, a worker or Node. JavaScript calls only `connect`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from ..wire.engine_model import ENGINES
from .agents import Agents
from .conversing import Conversing
from .filesystems import FileSystems
from .ingesting import Ingesting
from .mcp import McpServers
from .models import Models
from .modules import Modules
from .peer import Peer
from .remote import RemoteEngine
from .sandboxes import Sandboxes
from .stores import Stores

ENGINES_OF_A_PAGE = ("local", "prompt-api")


def connect(send: Callable[..., object]) -> Callable[..., None]:
    """Connects another side, of which there may be several.

    send: sends one message to the other side. Returns a function that receives one message from it; called without a message, it says
    that the other side is gone. This function is the only proxy that JavaScript keeps.

    Messages are JSON text in the format that `peer` describes, some with bytes beside them.
    """
    loop = asyncio.get_event_loop()
    import_module("staysail.host.timers").install(loop)
    to_js = import_module("pyodide.ffi").to_js
    peer = Peer(lambda text, *data: send(text, *map(to_js, data)), loop)
    modules, stores = Modules(), Stores(peer)
    filesystems, conversing = FileSystems(peer, modules, stores), Conversing()
    servers = McpServers(peer, modules)
    for part in (
        modules,
        stores,
        filesystems,
        Sandboxes(peer, modules, filesystems),
        servers,
        Ingesting(peer, stores),
        conversing,
        Agents(peer, modules, stores, conversing),
        Models(peer),
    ):
        peer.methods |= part.methods
    pages, ask = import_module("staysail.host.persistence").pages, partial(peer.call, "storage.persist", {})
    pages.append(ask)
    ENGINES.update({name: partial(RemoteEngine, name) for name in ENGINES_OF_A_PAGE})
    peer.at_close += [modules.forget, stores.forget, filesystems.forget, servers.forget, partial(pages.remove, ask)]

    def receive(text: str | None = None, data: Any = None) -> None:
        if text is None:
            peer.close()
        else:
            peer.receive(text, data and data.to_bytes())

    return receive
