"""Agents for the JavaScript side of a page, a worker or Node. `connect` is all that JavaScript calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .agents import Agents
from .peer import Peer


def connect(send: Callable[[str], object]) -> Callable[[str], None]:
    """Joins the other side. send: takes one message there. Returns what takes one message from there; it is the one proxy JavaScript keeps.

    Messages are JSON text, in the format that `peer` describes.
    """
    peer = Peer(send, asyncio.get_event_loop())
    peer.methods |= Agents(peer).methods
    return peer.receive
