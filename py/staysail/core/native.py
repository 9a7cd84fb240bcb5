"""Tools of the caller's on which some models were trained, and which their providers know by a type.

How it works. Such a tool has a name, a schema and `call` like any other, and a `native` kind. A provider that knows the kind receives its
own entry for the tool, and its calls become ordinary tool calls; any other provider receives a function.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

from .errors import ConfigError
from .messages import Part
from .tool import Approval, check_approval
from .value import NOTHING, Value

NativeKind = Literal["custom", "bash", "apply_patch", "computer", "browser", "text_editor", "memory"]


class NativeTool(Value):
    """The kind of a tool, and the options of its entry."""

    kind: NativeKind
    options: Mapping[str, Any] = NOTHING


class ClientTool:
    """A tool with a native kind. function: called with the arguments as keywords."""

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
    """A tool called with free text, such as code or a query.

    Args:
        function: Receives the text.
        grammar: The text's grammar in Lark's notation, to which OpenAI holds its models.
        regex: A regular expression instead of a grammar.

    Other providers receive a function with the one argument `input`.
    """
    if grammar is not None and regex is not None:
        raise ConfigError("a custom tool has a grammar or a regex, not both")
    options = {"grammar": grammar} if grammar is not None else {"regex": regex} if regex is not None else NOTHING
    about = description if description is not None else inspect.getdoc(function) or ""
    form = grammar or regex
    described = f"The text.{f' It matches this {"grammar" if grammar else "regular expression"}: {form}' if form else ''}"
    return ClientTool(
        NativeTool("custom", options),
        name or function.__name__,
        about,
        object_schema({"input": {"type": "string", "description": described}}, "input"),
        lambda **args: function(args["input"]),
        approval=approval,
    )


def bash_tool(run: Callable[[str], Any], *, approval: Approval = "never", timeout_s: float | None = None) -> ClientTool:
    """A shell tool, on which Claude and GPT were trained. run: receives a command (several are separate lines) and returns its output, or
    raises ToolError."""

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
    """A screen with mouse and keyboard, on which Claude and GPT were trained.

    Args:
        act: Carries out an action in the provider's vocabulary (Claude's {"action": "left_click", "coordinate": [x, y]}, GPT's
            {"actions": [{"type": "click", "x": …}]}) and returns a picture of the screen.
        approval: By default, approval is requested for actions that OpenAI marks with safety checks.
    """
    native = NativeTool("computer", {"width": width, "height": height})
    return ClientTool(
        native, "computer", "A screen, mouse and keyboard.", {"type": "object"}, lambda **args: act(args), approval=approval or _is_risky
    )


def browser_tool(
    act: Callable[[dict[str, Any]], Any], *, without: Sequence[str] = (), approval: Approval = "never", timeout_s: float | None = None
) -> ClientTool:
    """A browser with tabs, on which Claude was trained; Anthropic alone offers it.

    Args:
        act: Carries out an action of Claude's vocabulary ({"action": "navigate", "url": …}, {"action": "left_click", "coordinate": [x, y]},
            {"action": "read_page"}) and returns text or a picture of the page.
        without: Actions that the model is not offered, such as "javascript_exec".
    """
    native = NativeTool("browser", {"without": tuple(without)})
    about = "A browser with tabs, which reads pages and acts in them."
    return ClientTool(native, "browser", about, {"type": "object"}, lambda **args: act(args), approval=approval, timeout_s=timeout_s)


def _is_risky(args: dict[str, Any]) -> bool:
    return bool(args.get("pending_safety_checks"))


def object_schema(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}
