"""Tools with a type of their own at some providers (core/native.py): their entries in requests and, in Responses, the items of their calls
and results. Anthropic's calls are ordinary tool calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..core.arguments import parse_arguments
from ..core.completion import ToolDefinition
from ..core.errors import ConfigError
from ..core.messages import Image, Part, Text, ToolCall, ToolOutput
from .shapes import record, string

type Entry = dict[str, Any]


def render_native(tool: ToolDefinition, wire: str) -> Entry | None:
    """Returns the tool's entry, or None where the provider receives the tool as a function. Raises ConfigError for a computer tool at a
    provider without one."""
    if tool.native is None:
        return None
    make = MAKERS.get(wire, {}).get(tool.native.kind)
    if make is None:
        refuse_screen(tool)
        return None
    return make(tool, tool.native.options)


def refuse_screen(tool: ToolDefinition) -> None:
    """Raises ConfigError for a computer or browser tool: models that were not trained on one cannot use it as a function."""
    if tool.native is not None and tool.native.kind == "computer":
        raise ConfigError("this provider's models have no computer tool; OpenAI's (by Responses) and Anthropic's do")
    if tool.native is not None and tool.native.kind == "browser":
        raise ConfigError("this provider's models have no browser tool; Anthropic's do")


def _custom(tool: ToolDefinition, options: Mapping[str, Any]) -> Entry:
    form: Entry = {}
    if "grammar" in options:
        form = {"format": {"type": "grammar", "syntax": "lark", "definition": options["grammar"]}}
    elif "regex" in options:
        form = {"format": {"type": "grammar", "syntax": "regex", "definition": options["regex"]}}
    return {"type": "custom", "name": tool.name, "description": tool.description} | form


def _screen(tool: ToolDefinition, options: Mapping[str, Any]) -> Entry:
    size = {"display_width_px": options["width"], "display_height_px": options["height"]}
    return {"type": "computer_20251124", "name": "computer"} | size


def _browser(tool: ToolDefinition, options: Mapping[str, Any]) -> Entry:
    configs = {name: {"enabled": False} for name in options.get("without", ())}
    return {"type": "browser_toolset_20260801"} | ({"configs": configs} if configs else {})


MAKERS: dict[str, dict[str, Callable[[ToolDefinition, Mapping[str, Any]], Entry]]] = {
    "responses": {
        "custom": _custom,
        "bash": lambda tool, options: {"type": "shell", "environment": {"type": "local"}},
        "apply_patch": lambda tool, options: {"type": "apply_patch"},
        "computer": lambda tool, options: {"type": "computer"},
    },
    "anthropic": {
        "bash": lambda tool, options: {"type": "bash_20250124", "name": "bash"},
        "text_editor": lambda tool, options: {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
        "memory": lambda tool, options: {"type": "memory_20250818", "name": "memory"},
        "computer": _screen,
        "browser": _browser,
    },
}


TOOLSETS = {
    "browser": frozenset(
        [
            "close_tab",
            "double_click",
            "file_upload",
            "find",
            "form_input",
            "get_page_text",
            "hold_key",
            "hover",
            "javascript_exec",
            "key",
            "left_click",
            "left_click_drag",
            "left_mouse_down",
            "left_mouse_up",
            "list_tabs",
            "middle_click",
            "mouse_move",
            "navigate",
            "new_tab",
            "read_console",
            "read_network",
            "read_page",
            "right_click",
            "screenshot",
            "scroll",
            "scroll_to",
            "switch_tab",
            "triple_click",
            "type",
            "wait",
            "zoom",
        ]
    )
}
"""The members of Anthropic's toolsets, each called by its own name."""


def read_member_call(block: Mapping[str, Any], input: Any) -> tuple[str, Any, Entry] | None:
    """Returns the tool, its arguments, and what the echo of the call restores, where a block calls a member of a toolset."""
    if not is_member(block):
        return None
    name, toolset = string(block["name"]), string(block["toolset_name"])
    return toolset, {"action": name, **record(input)}, {"name": name, "input": record(input)}


def is_member(block: Mapping[str, Any]) -> bool:
    """Returns whether a block calls a member of a toolset."""
    return block.get("name") in TOOLSETS.get(string(block.get("toolset_name")), ())


def read_native_call(item: Mapping[str, Any]) -> ToolCall | None:
    """Returns the tool call of an item of Responses, or None for other items. A request to approve an MCP tool's call becomes a call of the
    tool `mcp_<server's name>`, which needs approval."""
    reader = CALLS.get(string(item.get("type")))
    if reader is None or record(record(item).get("environment")).get("type") == "container_reference":
        return None
    name, arguments = reader(item)
    kept = {key: value for key, value in item.items() if value is not None}
    return ToolCall(string(item.get("call_id")), name, arguments, {"responses": kept})


def _read_shell(item: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    action = record(item.get("action"))
    commands = action.get("commands") or action.get("command") or []
    # The older local_shell_call contains one command, as a list of words.
    joined = "\n".join(map(str, commands)) if item.get("type") == "shell_call" else " ".join(map(str, commands))
    return "bash", {"command": joined}


def _read_computer(item: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    actions = item.get("actions") or [record(item.get("action"))]
    checks = item.get("pending_safety_checks")
    return "computer", {"actions": actions} | ({"pending_safety_checks": checks} if checks else {})


CALLS: dict[str, Callable[[Mapping[str, Any]], tuple[str, dict[str, Any]]]] = {
    "custom_tool_call": lambda item: (string(item.get("name")), {"input": string(item.get("input"))}),
    "shell_call": _read_shell,
    "local_shell_call": _read_shell,
    "apply_patch_call": lambda item: ("apply_patch", dict(record(item.get("operation")))),
    "computer_call": _read_computer,
    "mcp_approval_request": lambda item: (
        f"mcp_{string(item.get('server_label'))}",
        {"tool": string(item.get("name")), "arguments": parse_arguments(string(item.get("arguments")))},
    ),
}
NATIVE_CALLS = frozenset(CALLS)

BLANK_SCREEN = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQAAAACCEkxzAAAAEklEQVR42mP4DwUMo4xRBukMAOPT/hAC2mzjAAAAAElFTkSuQmCC"
"""64 white pixels square: the result of a screen's call that returned no picture, because it failed or was refused. OpenAI takes nothing
but a picture there."""


def picture_of(result: ToolOutput) -> Image | None:
    return next((part for part in result.content if isinstance(part, Image)), None)


def words_of_screen(result: ToolOutput) -> list[Part]:
    """Returns what a screen's result holds beside its picture, which follows as a message; a failure is marked as one."""
    shown = picture_of(result)
    words = f"Error: {result.text}" if result.is_error else result.text
    others = [part for part in result.content if part is not shown and not isinstance(part, Text)]
    return [*([Text(words)] if words else []), *others]


def render_native_result(result: ToolOutput, kind: str | None, output: Any) -> Entry | None:
    """Returns the result's item for a call of a kind, or None for a function call."""
    match kind:
        case "custom_tool_call":
            return {"type": "custom_tool_call_output", "call_id": result.id, "output": output}
        case "shell_call":
            outcome = {"type": "exit", "exit_code": 1 if result.is_error else 0}
            streams = {"stdout": "" if result.is_error else result.text, "stderr": result.text if result.is_error else ""}
            return {"type": "shell_call_output", "call_id": result.id, "output": [streams | {"outcome": outcome}]}
        case "local_shell_call":
            return {"type": "local_shell_call_output", "id": result.id, "output": result.text}
        case "apply_patch_call":
            status = "failed" if result.is_error else "completed"
            return {"type": "apply_patch_call_output", "call_id": result.id, "status": status, "output": result.text}
        case "computer_call":
            picture = picture_of(result)
            shown = {"type": "computer_screenshot", "image_url": picture.data_url("image/png") if picture else BLANK_SCREEN}
            return {"type": "computer_call_output", "call_id": result.id, "output": shown}
        case "mcp_approval_request":
            reason = {"reason": result.text} if result.is_error else {}
            return {"type": "mcp_approval_response", "approval_request_id": result.id, "approve": not result.is_error} | reason
    return None
