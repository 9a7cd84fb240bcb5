"""Agents for the JavaScript side of a page, a worker or Node. `connect` is all that JavaScript calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from importlib import import_module

from ..wire.engine_model import ENGINES
from .agents import Agents
from .models import Models
from .modules import Modules
from .peer import Peer
from .remote import RemoteEngine

ENGINES_OF_A_PAGE = ("local", "prompt-api")


def connect(send: Callable[[str], object]) -> Callable[[str], None]:
    """Joins the other side. send: takes one message there. Returns what takes one message from there; it is the one proxy JavaScript keeps.

    Messages are JSON text, in the format that `peer` describes.
    """
    loop = asyncio.get_event_loop()
    import_module("staysail.host.timers").install(loop)
    peer = Peer(send, loop)
    modules = Modules()
    peer.methods |= modules.methods | Agents(peer, modules).methods | Models(peer).methods
    ENGINES.update({name: partial(RemoteEngine, peer, name) for name in ENGINES_OF_A_PAGE})
    return peer.receive
