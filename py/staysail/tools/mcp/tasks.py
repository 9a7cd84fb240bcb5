"""Tools whose work goes on after the answer to the request: tasks.

In 2025-11-25 the caller wants a task, of a tool that says that it makes one, and `tasks/result` answers once it is done. From 2026-07-28 on
the server decides (the extension io.modelcontextprotocol/tasks), and is asked until the task is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from ...core.errors import NetworkError, StreamError
from ...core.ports import Clock
from ...core.value import NOTHING
from .eras import Negotiated
from .negotiation import rpc_error
from .reading import mapping, number, text

POLL_S, SHORTEST_POLL_S, LONGEST_POLL_S = 1.0, 0.1, 30.0
"""Between two looks at a task: where the server says nothing, and the bounds of what it may say."""


class Requests(Protocol):
    """The members of a connection that a task uses."""

    async def request(self, method: str, params: Mapping[str, Any] = NOTHING) -> dict[str, Any]: ...
    async def input_responses(self, method: str, wanted: Mapping[str, Any]) -> dict[str, Any]: ...
    def send_off(self, method: str, params: Mapping[str, Any]) -> None: ...


def makes_tasks(negotiated: Negotiated) -> bool:
    """Returns whether a server of the older era makes tasks of tool calls."""
    requests = mapping(mapping(negotiated.capabilities.get("tasks")).get("requests"))
    return not negotiated.modern and "call" in mapping(requests.get("tools"))


async def finished(result: dict[str, Any], connection: Requests, clock: Clock) -> dict[str, Any]:
    """Returns a call's result: `result` itself, or that of the task which it names. Where it is given up, the task is cancelled.

    Raises:
        ProviderError: The task failed.
        StreamError: The task was cancelled, by the server or by another client.
    """
    older = mapping(result.get("task"))
    id = text(older.get("taskId")) or (text(result.get("taskId")) if result.get("resultType") == "task" else None)
    if id is None:
        return result
    try:
        if older:
            return await connection.request("tasks/result", {"taskId": id})
        return await _polled(id, result, connection, clock)
    except (asyncio.CancelledError, NetworkError, StreamError):
        connection.send_off("tasks/cancel", {"taskId": id})
        raise


async def _polled(id: str, state: Mapping[str, Any], connection: Requests, clock: Clock) -> dict[str, Any]:
    answered: set[str] = set()
    while True:
        match state.get("status"):
            case "completed" if "result" in state:
                return dict(mapping(state["result"]))
            case "failed":
                raise rpc_error(mapping(state.get("error")), 200)
            case "cancelled":
                raise StreamError(
                    f"the task was cancelled: {text(state.get('statusMessage')) or 'the server does not say why'}", provider="mcp"
                )
            case "input_required":
                wanted = {name: item for name, item in mapping(state.get("inputRequests")).items() if name not in answered}
                if wanted:
                    responses = await connection.input_responses("tools/call", wanted)
                    await connection.request("tasks/update", {"taskId": id, "inputResponses": responses})
                    answered |= {*wanted}
        interval_ms = number(state.get("pollIntervalMs"))
        await clock.sleep(POLL_S if interval_ms is None else min(max(interval_ms / 1000, SHORTEST_POLL_S), LONGEST_POLL_S))
        state = await connection.request("tasks/get", {"taskId": id})
