"""Tools of the caller's that some providers know by a type of their own: their models were trained on them.

How it works. Such a tool is an ordinary one with a name, a schema and `call`, and says in `native` what it is. A provider that knows the
kind gets its own entry for it, and its calls become ordinary tool calls; any other provider gets the tool as a function.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from .errors import ConfigError
from .messages import Part
from .tool import Approval, check_approval
from .value import NOTHING, Value

NativeKind = Literal["custom", "bash", "apply_patch", "computer", "text_editor", "memory"]


class NativeTool(Value):
    """What a provider is told of the tool beside its name."""

    kind: NativeKind
    options: Mapping[str, Any] = NOTHING


class ClientTool:
    """A tool that its model may know. function: called with the arguments by name."""

    def __init__(
        self,
        native: NativeTool,
        name: str,
        description: str,
        parameters: Mapping[str, Any],
        function: Callable[..., Any],
        *,
        approval: Approval = "never",
        timeout_s: float | None = None,
    ) -> None:
        self.native, self.name, self.description, self.parameters = native, name, description, parameters
        self.approval, self.timeout_s = check_approval(approval, name), timeout_s
        self._function = function

    async def call(self, args: dict[str, Any]) -> Any:
        result = self._function(**args)
        return await result if inspect.isawaitable(result) else result

    def __repr__(self) -> str:
        return f"<{self.native.kind} tool {self.name}>"


def custom_tool(
    function: Callable[[str], Any],
    *,
    name: str | None = None,
    description: str | None = None,
    grammar: str | None = None,
    regex: str | None = None,
    approval: Approval = "never",
) -> ClientTool:
    """A tool that is called with free text: code, a query. grammar: of that text, in Lark's notation; regex: an expression that it matches.
    OpenAI's models keep to them; others get a function with one argument, `input`."""
    if grammar is not None and regex is not None:
        raise ConfigError("a custom tool has a grammar or a regex, not both")
    options = {"grammar": grammar} if grammar is not None else {"regex": regex} if regex is not None else NOTHING
    told = description if description is not None else inspect.getdoc(function) or ""
    form = grammar or regex
    described = f"The text.{f' It matches this {"grammar" if grammar else "regular expression"}: {form}' if form else ''}"
    return ClientTool(
        NativeTool("custom", options),
        name or function.__name__,
        told,
        object_schema({"input": {"type": "string", "description": described}}, "input"),
        lambda **args: function(args["input"]),
        approval=approval,
    )


def bash_tool(run: Callable[[str], Any], *, approval: Approval = "never", timeout_s: float | None = None) -> ClientTool:
    """A shell. run: gets a command (several are lines) and gives what it printed; ToolError where it failed. Claude and GPT know it."""

    def call(command: str = "", restart: bool = False) -> Any:
        return run(command) if command else "There is nothing to restart: each command has a shell of its own."

    schema = object_schema(
        {
            "command": {"type": "string", "description": "The command."},
            "restart": {"type": "boolean", "description": "Starts the shell anew."},
        }
    )
    about = "Runs a command in a shell and gives what it prints."
    return ClientTool(NativeTool("bash"), "bash", about, schema, call, approval=approval, timeout_s=timeout_s)


def computer_tool(
    act: Callable[[dict[str, Any]], Part | Awaitable[Part]], *, width: int, height: int, approval: Approval | None = None
) -> ClientTool:
    """A screen. act: carries out what the model wants, in its provider's words ({"action": "left_click", "coordinate": [x, y]} of Claude,
    {"actions": [{"type": "click", "x": …}]} of GPT), and gives a picture of the screen afterwards. approval: where it is
    left out, a person is asked about what GPT's provider holds to be risky."""
    native = NativeTool("computer", {"width": width, "height": height})
    return ClientTool(
        native, "computer", "A screen, mouse and keyboard.", {"type": "object"}, lambda **args: act(args), approval=approval or _is_risky
    )


def _is_risky(args: dict[str, Any]) -> bool:
    return bool(args.get("pending_safety_checks"))


def object_schema(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}
