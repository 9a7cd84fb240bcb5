"""One tool of an MCP server, as an agent calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ...agent.context import current_call, current_run
from ...core.errors import BadRequestError, ToolError
from ...core.events import ToolProgress
from ...core.tool import Approval, check_approval
from ...core.validation import check
from ...core.value import NOTHING, Value
from .apps import app_of
from .content import Content, McpResult
from .listing import NO_PARAMETERS
from .reading import text

MOST_PROBLEMS = 3


class Progress(Value):
    """Progress of a call. tool: its name on the server. total: the value of `progress` at the end, where the server knows it."""

    tool: str
    progress: float
    total: float | None = None
    message: str | None = None


type OnToolProgress = Callable[[Progress], object]


class ToolCaller(Protocol):
    async def call_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, on_progress: OnToolProgress | None = None
    ) -> McpResult: ...


class McpTool:
    """A tool of a server.

    Attributes:
        name: The name that the model calls.
        server_name: The name on the server.
        annotations: The server's hints about the tool's effects (`readOnlyHint`, `destructiveHint`, …). A hostile server may lie.
        idempotent: Whether the server says that a second call with the same arguments has no further effect.
        output_schema: JSON Schema of the structured result, where the tool has one. A result that does not fit is the tool's failure.
        app: Address (`ui://…`) of the app that shows the tool's calls; None where there is none.
    """

    emits = True

    def __init__(
        self, server: ToolCaller, described: Mapping[str, Any], name: str, approval: Approval, on_progress: OnToolProgress | None
    ) -> None:
        self.annotations: Mapping[str, Any] = described.get("annotations", NOTHING)
        self.name, self.server_name = name, str(described["name"])
        self.title: str | None = described.get("title") or text(self.annotations.get("title"))
        self.description = str(described.get("description") or self.title or "")
        self.parameters: Mapping[str, Any] = described.get("inputSchema", NO_PARAMETERS)
        self.output_schema: Mapping[str, Any] | None = described.get("outputSchema")
        self.app = app_of(described)
        self.approval = check_approval(approval, name)
        self.idempotent = bool(self.annotations.get("readOnlyHint") or self.annotations.get("idempotentHint"))
        self._server, self._on_progress = server, on_progress

    async def call(self, args: dict[str, Any]) -> Any:
        """Returns the parts of the result. Raises ToolError for a failure of the tool, ProviderError where the server cannot be reached."""
        try:
            result = await self._server.call_tool(self.server_name, args, on_progress=self._tell)
        except BadRequestError as error:
            raise ToolError(str(error)) from error
        if result.is_error:
            raise ToolError(result.text or f"{self.name} failed")
        if problems := self._output_problems(result):
            raise ToolError(f"{self.name} answered something that its output schema does not allow: {problems}")
        return Content(result.content, result.structured)

    def _output_problems(self, result: McpResult) -> str:
        if self.output_schema is None:
            return ""
        if result.structured is None:
            return "no structured content"
        return "; ".join(check(result.structured, self.output_schema)[:MOST_PROBLEMS])

    def _tell(self, progress: Progress) -> None:
        if self._on_progress:
            self._on_progress(progress)
        context, call = current_run(), current_call()
        if context and context.emit and call:
            context.emit(ToolProgress(call.id, self.name, "progress", _in_words(progress)))

    def __repr__(self) -> str:
        return f"<tool {self.name} of {self._server!r}>"


def _in_words(progress: Progress) -> str:
    share = f"{progress.progress:g}" + (f" of {progress.total:g}" if progress.total is not None else "")
    return f"{share}: {progress.message}\n" if progress.message else f"{share}\n"
