"""Anthropic's Messages, with the versions 2023-06-01 and 2026-10-21.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .rule import Asked, Refusal, check_name, decide, first_match, halves, sse, unknown

PATH = re.compile(r"/messages$")
FIELDS = {
    "model",
    "messages",
    "max_tokens",
    "system",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "stream",
    "tools",
    "tool_choice",
    "thinking",
    "metadata",
    "service_tier",
    "container",
    "mcp_servers",
    "context_management",
    "output_config",
    "cache_control",
    "speed",
    "inference_geo",
    "fallbacks",
    "compaction",
    "diagnostics",
    "thread",
    "safeguards",
}
ID = re.compile(r"[a-zA-Z0-9_-]+")


@dataclass(frozen=True)
class Claude:
    """budget, adaptive: how thinking may be switched on. off: the type that switches it off, "" for none. thinks: without being asked."""

    most_tokens: int = 128_000
    sampling: bool = False
    forced: bool = True
    budget: bool = False
    adaptive: bool = True
    off: str = "disabled"
    thinks: bool = True
    effort: tuple[str, ...] = ("low", "medium", "high", "xhigh", "max")
    schema: bool = True
    system_turns: bool = False


MODELS = (
    ("claude-fable-5-1", Claude(forced=False, off="", system_turns=True)),
    ("claude-fable-5-2", Claude(forced=False, off="", system_turns=True)),
    ("claude-fable-5", Claude(off="", system_turns=True)),
    ("claude-opus-5-5", Claude(forced=False, off="", system_turns=True)),
    ("claude-opus-5", Claude(system_turns=True)),
    ("claude-sonnet-5-5", Claude(forced=False, off="between_tools", system_turns=True)),
    ("claude-sonnet-5", Claude(system_turns=True)),
    ("claude-haiku-5-5", Claude(system_turns=True)),
    ("claude-opus-4-8", Claude(thinks=False, system_turns=True)),
    ("claude-opus-4-7", Claude(thinks=False)),
    ("claude-opus-4-6", Claude(sampling=True, budget=True, thinks=False, effort=("low", "medium", "high", "max"))),
    ("claude-sonnet-4-6", Claude(sampling=True, budget=True, thinks=False, effort=("low", "medium", "high", "max"))),
    ("claude-opus-4-5", Claude(64_000, True, budget=True, adaptive=False, thinks=False, effort=("low", "medium", "high"))),
    ("claude-sonnet-4-5", Claude(64_000, True, budget=True, adaptive=False, thinks=False, effort=())),
    ("claude-haiku-4-5", Claude(64_000, True, budget=True, adaptive=False, thinks=False, effort=())),
    ("claude-opus-4-1", Claude(32_000, True, budget=True, adaptive=False, thinks=False, effort=())),
    ("claude-sonnet-4", Claude(64_000, True, budget=True, adaptive=False, thinks=False, effort=(), schema=False)),
    ("claude-opus-4", Claude(32_000, True, budget=True, adaptive=False, thinks=False, effort=(), schema=False)),
    ("claude-3", Claude(4_096, True, adaptive=False, thinks=False, effort=(), schema=False)),
    ("", Claude(system_turns=True)),
)
# Tools that the model knows and the caller runs: what it calls them with.
CLIENT = {
    "bash": {"const": {"command": "ls"}},
    "str_replace_based_edit_tool": {"const": {"command": "view", "path": "/toolfs/data"}},
    "memory": {"const": {"command": "view", "path": "/memories"}},
    "computer": {"const": {"action": "screenshot"}},
    "browser": {"const": {"url": "https://example.org/"}},
}
HOSTED = re.compile(
    r"(web_search|web_fetch|code_execution|tool_search_tool_(regex|bm25)|advisor|mcp_toolset|bash|text_editor|memory|computer|computer_toolset|browser_toolset)"
    r"(_20\d{6})?$"
)
PROVIDERS = {"anthropic": MODELS}


def refuse(refusal: Refusal, rules: Any) -> dict[str, Any]:
    kinds = {404: "not_found_error", 529: "overloaded_error"}
    error = {"type": refusal.kind or kinds.get(refusal.status, "invalid_request_error"), "message": refusal.message}
    return {"type": "error", "error": error, "request_id": "req_rules"}


def check(body: dict[str, Any], seen: Any, rules: Any) -> None:
    model = body.get("model") or ""
    claude: Claude = first_match(rules, model)
    check_name(
        model,
        len(json.dumps(body)),
        Refusal(f"model: {model}", status=404),
        Refusal("Overloaded", status=529),
        Refusal("prompt is too long: 208000 tokens > 200000 maximum"),
    )
    if "anthropic-version" not in seen.headers:
        raise Refusal("anthropic-version: header is required")
    newest = seen.headers["anthropic-version"] >= "2026-10-21"
    for needed in ("messages", "max_tokens"):
        if needed not in body:
            raise Refusal(f"{needed}: Field required")
    if name := unknown(body, FIELDS):
        raise Refusal(f"{name}: Extra inputs are not permitted")
    most = body["max_tokens"]
    if most > claude.most_tokens:
        raise Refusal(f"max_tokens: {most} > {claude.most_tokens}, which is the maximum allowed number of output tokens for {model}")
    _check_sampling(body, claude, newest)
    _check_thinking(body, model, claude)
    config = body.get("output_config") or {}
    if "effort" in config and config["effort"] not in claude.effort:
        words = f"output_config.effort: Input should be {', '.join(map(repr, claude.effort))}"
        raise Refusal(words if claude.effort else "This model does not support the effort parameter.")
    form = config.get("format")
    if form and not claude.schema:
        raise Refusal("output_config.format: structured outputs are not supported by this model")
    for n, tool in enumerate(body.get("tools") or ()):
        _check_tool(n, tool)
    _check_choice(body, claude)
    _check_messages(body, claude, newest)


def _check_sampling(body: dict[str, Any], claude: Claude, newest: bool) -> None:
    for field in ("temperature", "top_p", "top_k"):
        if field in body and (newest or not claude.sampling) and not (field == "temperature" and body[field] == 1 and not newest):
            raise Refusal(f"`{field}` is deprecated for this model." if not newest else f"{field}: Extra inputs are not permitted")
    if "temperature" in body and not 0 <= body["temperature"] <= 1:
        raise Refusal("temperature: range: 0..1")
    if "temperature" in body and "top_p" in body:
        raise Refusal("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    if body.get("temperature") not in (None, 1) and (body.get("thinking") or {}).get("type") in ("enabled", "adaptive"):
        raise Refusal("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.")


def _check_thinking(body: dict[str, Any], model: str, claude: Claude) -> None:
    thinking = body.get("thinking")
    if thinking is None:
        return
    if extra := unknown(thinking, ("type", "budget_tokens", "display", "block_binding")):
        raise Refusal(f"thinking.{extra}: Extra inputs are not permitted")
    match thinking.get("type"):
        case "enabled":
            if not claude.budget:
                raise Refusal(
                    '"thinking.type.enabled" is not supported for this model. '
                    'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
                )
            if thinking.get("budget_tokens", 0) < 1024:
                raise Refusal("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
            if thinking["budget_tokens"] >= body["max_tokens"]:
                raise Refusal("`max_tokens` must be greater than `thinking.budget_tokens`.")
        case "adaptive":
            if not claude.adaptive:
                raise Refusal("adaptive thinking is not supported on this model")
        case "disabled" | "between_tools" as kind:
            if kind != claude.off and kind == "disabled":
                how = ' Use "thinking.type.between_tools" instead.' if claude.off else ""
                raise Refusal(f'"thinking.type.disabled" is not supported for this model.{how}')
            if kind != claude.off:
                raise Refusal(f'"thinking.type.{kind}" is not supported for this model.')
            if (body.get("output_config") or {}).get("effort") in ("xhigh", "max") and (claude.thinks or kind == "between_tools"):
                raise Refusal(f'output_config.effort: "xhigh" and "max" are not supported when thinking.type is "{kind}"')
        case kind:
            raise Refusal(f"thinking.type: Input tag '{kind}' found using 'type' does not match any of the expected tags")


def _check_tool(n: int, tool: dict[str, Any]) -> None:
    kind = tool.get("type") or "custom"
    if kind == "custom":
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool.get("name") or ""):
            raise Refusal(f"tools.{n}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        if extra := unknown(
            tool,
            (
                "type",
                "name",
                "description",
                "input_schema",
                "strict",
                "cache_control",
                "defer_loading",
                "allowed_callers",
                "eager_input_streaming",
                "input_examples",
            ),
        ):
            raise Refusal(f"tools.{n}.custom.{extra}: Extra inputs are not permitted")
        if (tool.get("input_schema") or {}).get("type") != "object":
            raise Refusal(f"tools.{n}.custom.input_schema.type: Field required")
    elif not HOSTED.match(kind):
        raise Refusal(f"tools.{n}: Input tag '{kind}' found using 'type' does not match any of the expected tags")


def _check_choice(body: dict[str, Any], claude: Claude) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    if not body.get("tools"):
        raise Refusal("tool_choice: `tool_choice` may only be specified while providing `tools`.")
    if choice["type"] in ("tool", "any"):
        if not claude.forced:
            raise Refusal('tool_choice: type "tool" and "any" are not supported for this model.')
        if (body.get("thinking") or {}).get("type") == "enabled":
            raise Refusal("Thinking may not be enabled when tool_choice forces tool use.")
    if choice["type"] == "tool" and not any(tool.get("name") == choice.get("name") for tool in body["tools"]):
        raise Refusal(f"tool_choice: Tool '{choice.get('name')}' not found in provided tools")


def _check_messages(body: dict[str, Any], claude: Claude, newest: bool) -> None:
    messages = body["messages"]
    if not messages:
        raise Refusal("messages: at least one message is required")
    if messages[0]["role"] != "user":
        raise Refusal('messages: first message must use the "user" role')
    before: set[str] = set()
    toolsets: dict[str, str] = {}
    for n, message in enumerate(messages):
        role, content = message["role"], message.get("content")
        if role not in ("user", "assistant") and not (role == "system" and claude.system_turns):
            raise Refusal(f"messages.{n}.role: role '{role}' is not supported on this model")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not blocks:
            raise Refusal(f"messages.{n}: all messages must have non-empty content except for the optional final assistant message")
        results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        named = {block["tool_use_id"]: block.get("toolset_name") for block in blocks if block["type"] == "tool_result"}
        if any(name != toolsets.get(id) for id, name in named.items()):
            raise Refusal(f"messages.{n}: `toolset_name` of a `tool_result` block must be that of its `tool_use` block.")
        if strangers := results - before:
            raise Refusal(
                f"messages.{n}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {min(strangers)}. "
                "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if missing := before - results:
            raise Refusal(
                f"messages.{n - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(sorted(missing))}. "
                "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
            )
        before = {block["id"] for block in blocks if block["type"] == "tool_use"}
        toolsets |= {block["id"]: block["toolset_name"] for block in blocks if block["type"] == "tool_use" and block.get("toolset_name")}
        for m, block in enumerate(blocks):
            _check_block(f"messages.{n}.content.{m}", block, role, newest)
    if before:
        raise Refusal(
            f"messages.{len(messages) - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: {min(before)}."
        )
    if messages[-1]["role"] == "assistant" and not claude.sampling:
        raise Refusal("This model does not support assistant message prefill. The conversation must end with a user message.")


def _check_block(where: str, block: dict[str, Any], role: str, newest: bool) -> None:
    kind = block["type"]
    if kind == "text" and not block.get("text"):
        raise Refusal("messages: text content blocks must be non-empty")
    if kind == "text" and not block["text"].strip():
        raise Refusal("messages: text content blocks must contain non-whitespace text")
    if kind == "text" and newest and role == "user" and block.get("citations"):
        raise Refusal(f"{where}.text.citations: Extra inputs are not permitted")
    if kind in ("document", "image") and newest and role == "assistant":
        raise Refusal(f"{where}: {kind} blocks are not permitted in assistant messages")
    if kind == "tool_use":
        if not ID.fullmatch(block.get("id") or ""):
            raise Refusal(f"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        if not isinstance(block.get("input"), dict):
            raise Refusal(f"{where}.tool_use.input: Input should be an object")
    if kind == "thinking" and not block.get("signature"):
        raise Refusal(f"{where}.thinking.signature: Field required")
    if kind == "thinking" and not re.match(r"sig", block["signature"]):
        raise Refusal(f"{where}: Invalid `signature` in `thinking` block")
    if kind in ("image", "document"):
        source = block["source"]
        allowed = {"image/jpeg", "image/png", "image/gif", "image/webp"} if kind == "image" else {"application/pdf"}
        if source["type"] == "base64" and source.get("media_type") not in allowed:
            raise Refusal(f"{where}.{kind}.source.base64.media_type: Input should be {', '.join(map(repr, sorted(allowed)))}")


def answer(body: dict[str, Any], seen: Any, rules: Any) -> dict[str, Any]:
    claude: Claude = first_match(rules, body["model"])
    last = next(message for message in reversed(body["messages"]) if message["role"] != "system")
    blocks = [{"type": "text", "text": last["content"]}] if isinstance(last["content"], str) else last["content"]
    tools = body.get("tools") or []
    choice = body.get("tool_choice") or {}
    thinking = body.get("thinking") or {}
    typed = [
        tool for tool in tools if tool.get("type") not in (None, "custom") and tool["name" if "name" in tool else "type"] not in CLIENT
    ]
    typed = [tool for tool in typed if not tool["type"].startswith("browser_toolset")]
    kinds = tuple(HOSTED.match(tool["type"])[1] for tool in typed)  # type: ignore[index]
    toolsets = {"browser" for tool in tools if str(tool.get("type")).startswith("browser_toolset")}
    own = {name: CLIENT[name] for name in toolsets} | {
        tool["name"]: CLIENT[tool["name"]] for tool in tools if tool.get("name") in CLIENT and "input_schema" not in tool
    }
    said = decide(
        Asked(
            "".join(block.get("text", "") for block in blocks),
            own | {tool["name"]: tool["input_schema"] for tool in tools if "input_schema" in tool and choice.get("type") != "none"},
            {"any": "any", "tool": choice.get("name")}.get(choice.get("type", "")),
            ((body.get("output_config") or {}).get("format") or {}).get("schema"),
            kinds,
            any(block["type"] == "tool_result" for block in blocks),
            thinking.get("type") in ("enabled", "adaptive") or (claude.thinks and not thinking),
        )
    )
    content: list[dict[str, Any]] = []
    if said.reasoning:
        shown = thinking.get("display") == "summarized" or (claude.sampling and thinking.get("display") != "omitted")
        content.append({"type": "thinking", "thinking": said.reasoning if shown else "", "signature": "sig_1"})
    for kind in said.hosted:
        content += _hosted_blocks(kind)
    if said.call and said.call[0] in toolsets:
        member = {"name": "navigate", "toolset_name": said.call[0], "input": said.call[1]}
        content.append({"type": "tool_use", "id": "toolu_1"} | member)
    elif said.call:
        content.append({"type": "tool_use", "id": "toolu_1", "name": said.call[0], "input": said.call[1]})
    else:
        text: dict[str, Any] = {"type": "text", "text": said.text}
        if "web_search" in said.hosted:
            text["citations"] = [
                {
                    "type": "web_search_result_location",
                    "url": "https://example.org/",
                    "title": "Example",
                    "cited_text": "x",
                    "encrypted_index": "e",
                }
            ]
        content.append(text)
    usage: dict[str, Any] = {"input_tokens": 10, "output_tokens": 5}
    if "web_search" in said.hosted:
        usage["server_tool_use"] = {"web_search_requests": 1, "web_fetch_requests": 0}
    whole = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": "tool_use" if said.call else "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }
    if not body.get("stream"):
        return {"body": whole}
    return {"headers": {"content-type": "text/event-stream"}, "body": sse(*_events(whole), named=lambda event: event["type"])}


def _hosted_blocks(kind: str) -> list[dict[str, Any]]:
    if kind == "web_search":
        found = [
            {"type": "web_search_result", "url": "https://example.org/", "title": "Example", "encrypted_content": "e", "page_age": None}
        ]
        return [
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "news"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": found},
        ]
    if kind == "web_fetch":
        page = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "page"}, "title": "Example"}
        result = {"type": "web_fetch_result", "url": "https://example.org/", "content": page, "retrieved_at": "2026-11-30T00:00:00Z"}
        return [
            {"type": "server_tool_use", "id": "srvtoolu_2", "name": "web_fetch", "input": {"url": "https://example.org/"}},
            {"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_2", "content": result},
        ]
    if kind == "code_execution":
        result = {"type": "bash_code_execution_result", "stdout": "1\n", "stderr": "", "return_code": 0, "content": []}
        return [
            {"type": "server_tool_use", "id": "srvtoolu_3", "name": "bash_code_execution", "input": {"command": "echo 1"}},
            {"type": "bash_code_execution_tool_result", "tool_use_id": "srvtoolu_3", "content": result},
        ]
    if kind == "mcp_toolset":
        return [
            {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "lookup", "server_name": "docs", "input": {}},
            {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": False, "content": [{"type": "text", "text": "found"}]},
        ]
    if kind == "advisor":
        return [
            {"type": "server_tool_use", "id": "srvtoolu_4", "name": "advisor", "input": {}},
            {"type": "advisor_tool_result", "tool_use_id": "srvtoolu_4", "content": {"type": "advisor_result", "text": "Do it."}},
        ]
    return []


def _events(whole: dict[str, Any]) -> list[dict[str, Any]]:
    start = whole | {"content": [], "stop_reason": None, "usage": {"input_tokens": 10, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(whole["content"]):
        deltas: list[dict[str, Any]] = []
        begun = dict(block)
        match block["type"]:
            case "text":
                begun["text"] = ""
                begun.pop("citations", None)
                deltas = [{"type": "citations_delta", "citation": one} for one in block.get("citations") or ()]
                deltas += [{"type": "text_delta", "text": piece} for piece in halves(block["text"])]
            case "thinking":
                begun |= {"thinking": "", "signature": ""}
                deltas = [{"type": "thinking_delta", "thinking": piece} for piece in halves(block["thinking"])]
                deltas.append({"type": "signature_delta", "signature": block["signature"]})
            case "tool_use" | "server_tool_use" | "mcp_tool_use":
                begun["input"] = {}
                deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in halves(json.dumps(block["input"]))]
        events.append({"type": "content_block_start", "index": index, "content_block": begun})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None}, "usage": whole["usage"]})
    return [*events, {"type": "message_stop"}]
