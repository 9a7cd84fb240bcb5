"""Answers to the requests that a server makes of the client: elicitation, sampling, roots, pings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ...core.errors import BadRequestError, ConfigError
from ...core.log import log
from ...core.value import NOTHING
from . import elicitation
from .authorization.addresses import check_address
from .timing import CallTimer

INVALID_PARAMS, INTERNAL_ERROR = -32602, -32603
CODES = {"unanswered": -32601, "refused": -1}

type Answerer = Callable[[Mapping[str, Any]], Any]


class Answerers:
    """The caller's functions that answer a server, by method.

    Args:
        local: Whether the server is on this machine or a private network.
        timer: Time limits, which stand still while a function works.
        extensions: The settings of the extensions that the client has, by their names.
    """

    def __init__(
        self, functions: Mapping[str, Answerer], *, local: bool, timer: CallTimer, extensions: Mapping[str, Any] = NOTHING
    ) -> None:
        for method, function in functions.items():
            if not callable(function):
                raise ConfigError(f"answerers are functions of a request's params; that of {method} is none")
        self._functions, self._local, self._timer, self._extensions = dict(functions), local, timer, extensions

    def __bool__(self) -> bool:
        return bool(self._functions)

    @property
    def capabilities(self) -> dict[str, Any]:
        """Returns the capabilities that the client declares."""
        found: dict[str, Any] = {method.partition("/")[0]: {} for method in self._functions}
        asks = elicitation.capability(self._functions)
        if asks is not None:
            found["elicitation"] = asks
        sampler = self._functions.get("sampling/createMessage")
        if getattr(sampler, "takes_tools", False):
            found["sampling"] = {"tools": {}}
        if self._extensions:
            found["extensions"] = dict(self._extensions)
        return found

    def has(self, method: str) -> bool:
        return method in self._functions

    async def answer(self, method: str, params: Mapping[str, Any]) -> Any:
        """Returns the result of the caller's function. Raises BadRequestError where nothing answers, and what the function raises."""
        if method == "ping":
            return {}
        asks = method == elicitation.FORM
        name = elicitation.URL if asks and params.get("mode") == "url" else method
        function = self._functions.get(name)
        if function is None:
            why = f"the server asks for {name}, which nothing here answers: answerers={{{name!r}: ...}} of McpServer does"
            raise BadRequestError(why, code="unanswered", provider="mcp")
        if name == elicitation.URL:
            check_address(params.get("url"), "an elicitation", local=self._local)
        with self._timer.paused():
            given = function(params)
            result = await given if inspect.isawaitable(given) else given
        return elicitation.complete(params, result) if asks else result

    async def reply(self, id: Any, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the JSON-RPC reply to a request. The text of an error that is not about the request itself stays here."""
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": id}
        try:
            return reply | {"result": await self.answer(method, params)}
        except Exception as error:  # noqa: BLE001  a caller's function may raise anything
            if isinstance(error, BadRequestError) and error.provider == "mcp":
                return reply | {"error": {"code": CODES.get(error.code, INVALID_PARAMS), "message": str(error)}}
            log.warning("the answerer of %s raised %s", method, type(error).__name__, exc_info=error)
            return reply | {"error": {"code": INTERNAL_ERROR, "message": type(error).__name__}}
