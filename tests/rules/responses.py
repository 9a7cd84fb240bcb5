"""OpenAI's Responses, which xAI and OpenRouter speak too.

https://developers.openai.com/api/reference/resources/responses
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .rule import Asked, Refusal, check_name, decide, first_match, halves, sse, unknown

PATH = re.compile(r"/responses$")
FIELDS = {
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
}
INCLUDES = {
    "reasoning.encrypted_content",
    "web_search_call.action.sources",
    "web_search_call.results",
    "code_interpreter_call.outputs",
    "file_search_call.results",
    "message.input_image.image_url",
    "message.output_text.logprobs",
    "computer_call_output.output.image_url",
}
PARTS = ("input_text", "input_image", "output_text", "refusal", "input_file", "computer_screenshot", "summary_text")
ITEM_IDS = {"function_call": "fc", "reasoning": "rs", "message": "msg", "custom_tool_call": "ctc"}
CALLS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
    "mcp_approval_request": "mcp_approval_response",
}
# Tools that are known by their type: the name under which a prompt asks for them, and the item of their call.
NATIVE: dict[str, tuple[str, dict[str, Any]]] = {
    "shell": ("bash", {"type": "shell_call", "id": "sh_1", "action": {"commands": ["ls", "pwd"]}, "environment": {"type": "local"}}),
    "apply_patch": (
        "apply_patch",
        {"type": "apply_patch_call", "id": "apc_1", "operation": {"type": "create_file", "path": "/toolfs/data/new.txt", "diff": "+one"}},
    ),
    "computer": (
        "computer",
        {"type": "computer_call", "id": "cu_1", "actions": [{"type": "screenshot"}], "pending_safety_checks": []},
    ),
}
APPROVAL = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "lookup", "arguments": '{"q": "x"}', "server_label": "docs"}
# (efforts that are taken; the default, "none" where the model reasons only on request; whether sampling is ever taken).
NO_REASONING: tuple[tuple[str, ...], str, bool] = ((), "none", True)
O_SERIES = (("low", "medium", "high"), "medium", False)
CHAT_LATEST = (("medium",), "medium", False)
OPT_IN = (("none", "low", "medium", "high", "xhigh"), "none", True)
PRO = (("medium", "high", "xhigh"), "medium", False)
OPENAI_MODELS = (
    ("gpt-6-astra", (("low", "medium", "high", "xhigh", "max"), "medium", False)),
    ("gpt-6.1-sol", (("low", "medium", "high", "xhigh", "max"), "medium", False)),
    ("gpt-6", (("none", "low", "medium", "high", "xhigh", "max"), "medium", False)),
    ("gpt-5.6", (("none", "low", "medium", "high", "xhigh", "max"), "medium", True)),
    ("gpt-5.5-pro", PRO),
    ("gpt-5.5", (("none", "low", "medium", "high", "xhigh"), "medium", True)),
    ("gpt-5.4-pro", PRO),
    ("gpt-5.3-chat", CHAT_LATEST),
    ("gpt-5.2-pro", PRO),
    ("gpt-5.2-chat", CHAT_LATEST),
    ("gpt-5.1-chat", CHAT_LATEST),
    ("gpt-5.1", (("none", "low", "medium", "high"), "none", True)),
    ("gpt-5.", OPT_IN),
    ("gpt-5-chat", NO_REASONING),
    ("gpt-5-pro", (("high",), "high", False)),
    ("gpt-5", (("minimal", "low", "medium", "high"), "medium", False)),
    ("o1", O_SERIES),
    ("o3", O_SERIES),
    ("o4", O_SERIES),
    ("", NO_REASONING),
)
GROK_MODELS = (
    ("grok-4.3", (("none", "low", "medium", "high"), "medium", True)),
    ("grok-4.7", (("low", "medium", "high", "xhigh"), "high", True)),
    ("grok-4.20", NO_REASONING),
    ("grok-4", (("low", "medium", "high"), "high", True)),
    ("", NO_REASONING),
)
LENIENT = (("", (("none", "minimal", "low", "medium", "high", "xhigh", "max"), "none", True)),)


@dataclass(frozen=True)
class Rules:
    models: tuple[tuple[str, Any], ...] = OPENAI_MODELS
    hosted: frozenset[str] = frozenset(
        [
            "function",
            "custom",
            "web_search",
            "web_search_preview",
            "file_search",
            "code_interpreter",
            "image_generation",
            "mcp",
            "tool_search",
            "shell",
            "local_shell",
            "apply_patch",
            "computer",
            "computer_use_preview",
            "programmatic_tool_calling",
        ]
    )
    audio: bool = False
    refused_fields: frozenset[str] = frozenset()
    xai: bool = False


PROVIDERS = {
    "openai": Rules(),
    "xai": Rules(
        GROK_MODELS,
        frozenset(
            [
                "function",
                "web_search",
                "x_search",
                "code_interpreter",
                "file_search",
                "mcp",
                "image_generation",
                "view_image",
                "view_x_video",
            ]
        ),
        refused_fields=frozenset({"instructions", "metadata", "background", "truncation"}),
        xai=True,
    ),
    "openrouter-responses": Rules(
        LENIENT,
        frozenset({"function", *(f"openrouter:{name}" for name in ("web_search", "web_fetch", "image_generation", "advisor", "datetime"))}),
        audio=True,
        refused_fields=frozenset({"previous_response_id", "conversation", "background"}),
    ),
}


def refuse(refusal: Refusal, rules: Rules) -> dict[str, Any]:
    if rules.xai:
        return {"code": refusal.code or "Client specified an invalid argument", "error": refusal.message}
    kind = refusal.kind or "invalid_request_error"
    return {"error": {"message": refusal.message, "type": kind, "param": refusal.param, "code": refusal.code}}


def check(body: dict[str, Any], seen: Any, rules: Rules) -> None:
    model = body.get("model") or ""
    check_name(
        model,
        len(json.dumps(body)),
        Refusal(f"The requested model '{model}' does not exist.", param="model", code="model_not_found", status=400),
        Refusal("Our servers are currently overloaded. Please try again later.", status=503, kind="service_unavailable_error"),
        Refusal(
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
            param="input",
            code="context_length_exceeded",
        ),
    )
    name = unknown(body, FIELDS) or next((name for name in body if name in rules.refused_fields), None)
    if name:
        message = f"Argument not supported: {name}" if rules.xai else f"Unknown parameter: '{name}'."
        raise Refusal(message, param=name, code=None if rules.xai else "unknown_parameter")
    if not (body.get("input") or body.get("previous_response_id") or body.get("prompt") or body.get("conversation")):
        raise Refusal('One of "input" or "previous_response_id" or "prompt" or "conversation_id" must be provided.')
    _check_sampling(body, model, rules)
    tools = body.get("tools") or []
    for n, tool in enumerate(tools):
        _check_tool(n, tool, rules)
    _check_choice(body, tools)
    form = (body.get("text") or {}).get("format") or {}
    if form.get("type") == "json_schema" and not form.get("name"):
        raise Refusal("Missing required parameter: 'text.format.name'.", param="text.format.name", code="missing_required_parameter")
    for n, kind in enumerate(body.get("include") or ()):
        if kind not in INCLUDES:
            raise Refusal(f"Invalid value: '{kind}'.", param=f"include[{n}]", code="invalid_value")
        if kind == "reasoning.encrypted_content" and not rules.xai and not first_match(rules.models, model)[0]:
            raise Refusal("Encrypted content is not supported with this model.", param="include")
    if isinstance(body.get("input"), list):
        _check_items(body, rules)


def _check_sampling(body: dict[str, Any], model: str, rules: Rules) -> None:
    efforts, default, samples = first_match(rules.models, model)
    reasoning = body.get("reasoning") or {}
    effort = reasoning.get("effort")
    if reasoning and not efforts:
        field = f"reasoning.{next(iter(reasoning))}"
        words = f"Unsupported parameter: '{field}' is not supported with this model."
        raise Refusal(
            "Argument not supported on this model: reasoningEffort" if rules.xai else words, param=field, code="unsupported_parameter"
        )
    if effort is not None and effort not in efforts:
        values = ", ".join(f"'{one}'" for one in efforts)
        raise Refusal(
            f"Unsupported value: '{effort}' is not supported with the '{model}' model. Supported values are: {values}.",
            param="reasoning.effort",
            code="unsupported_value",
        )
    if "summary" in reasoning and reasoning["summary"] not in ("auto", "concise", "detailed"):
        raise Refusal("Invalid value for 'reasoning.summary'.", param="reasoning.summary", code="invalid_value")
    active = (effort or default) != "none"
    for field in ("temperature", "top_p"):
        if field in body and ((efforts and not samples) or (active and not rules.xai and efforts)):
            raise Refusal(f"Unsupported parameter: '{field}' is not supported with this model.", param=field)
    if (body.get("temperature") or 0) > 2:
        words = f"Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got {body['temperature']} instead."
        raise Refusal(words, param="temperature", code="decimal_above_max_value")
    most = body.get("max_output_tokens")
    if most is not None and most < 16 and not rules.xai:
        words = f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {most} instead."
        raise Refusal(words, param="max_output_tokens", code="integer_below_min_value")


def _check_tool(n: int, tool: dict[str, Any], rules: Rules) -> None:
    kind = tool.get("type")
    if kind not in rules.hosted:
        known = ", ".join(f"'{one}'" for one in sorted(rules.hosted))
        raise Refusal(f"Invalid value: '{kind}'. Supported values are: {known}.", param=f"tools[{n}].type", code="invalid_value")
    if kind in ("function", "custom") and not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool.get("name") or ""):
        words = f"Invalid 'tools[{n}].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        raise Refusal(words, param=f"tools[{n}].name", code="invalid_value")
    needed = {"file_search": "vector_store_ids", "mcp": "server_label"}
    if kind == "code_interpreter" and not rules.xai:
        needed["code_interpreter"] = "container"
    if kind in needed and needed[kind] not in tool:
        field = f"tools[{n}].{needed[kind]}"
        raise Refusal(f"Missing required parameter: '{field}'.", param=field, code="missing_required_parameter")
    if rules.xai and kind == "web_search" and {"filters", "user_location", "search_context_size"} & set(tool):
        raise Refusal("Argument not supported: tools.web_search")


def _check_choice(body: dict[str, Any], tools: list[dict[str, Any]]) -> None:
    choice = body.get("tool_choice")
    if choice == "required" and not tools:
        raise Refusal("Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice")
    if isinstance(choice, dict) and choice.get("type") in ("function", "custom"):
        if not any(tool.get("name") == choice.get("name") for tool in tools):
            raise Refusal(f"Tool choice '{choice.get('name')}' not found in 'tools' parameter.", param="tool_choice")
    elif isinstance(choice, dict) and choice.get("type") not in {tool["type"] for tool in tools} | {"allowed_tools"}:
        raise Refusal(f"Tool choice '{choice.get('type')}' not found in 'tools' parameter.", param="tool_choice")


def _check_items(body: dict[str, Any], rules: Rules) -> None:
    open_calls: dict[str, str] = {}
    items = body["input"]
    for n, item in enumerate(items):
        kind = item.get("type") or "message"
        prefix = ITEM_IDS.get(kind)
        if item.get("id") and prefix and not rules.xai and not item["id"].startswith(prefix):
            words = f"Invalid 'input[{n}].id': '{item['id']}'. Expected an ID that begins with '{prefix}'."
            raise Refusal(words, param=f"input[{n}].id", code="invalid_value")
        if kind == "reasoning":
            if item.get("status", "") is None:
                raise Refusal(f"Invalid type for 'input[{n}].status': expected one of 'in_progress', 'completed', or 'incomplete'.")
            if body.get("store") is False and not item.get("encrypted_content"):
                raise Refusal(
                    f"Item with id '{item.get('id')}' not found. Items are not persisted when `store` is set to false. "
                    "Try again with `store` set to true, or remove this item from your input.",
                    param="input",
                    status=404,
                )
            after = items[n + 1] if n + 1 < len(items) else {}
            if not after or after.get("role") == "user" or str(after.get("type", "")).endswith("_output"):
                raise Refusal(
                    f"Item '{item.get('id')}' of type 'reasoning' was provided without its required following item.", param="input"
                )
        if kind == "message":
            _check_message(n, item, rules)
        if kind in CALLS:
            if len(item.get("call_id") or "") > 64:
                words = f"Invalid 'input[{n}].call_id': string too long. Expected a string with maximum length 64."
                raise Refusal(words, param=f"input[{n}].call_id", code="string_above_max_length")
            open_calls[item["id" if kind == "mcp_approval_request" else "call_id"]] = CALLS[kind]
        known_elsewhere = body.get("previous_response_id") or body.get("conversation")
        if kind in CALLS.values() and open_calls.pop(_answered(item), None) != kind and not known_elsewhere:
            raise Refusal(f"No tool call found for function call output with call_id {item.get('call_id')}.", param="input")
    if open_calls:
        raise Refusal(f"No tool output found for function call {next(iter(open_calls))}.", param="input")


def _answered(item: dict[str, Any]) -> Any:
    """The call that a result is of."""
    kind = item["type"]
    if kind == "shell_call_output" and not all({"stdout", "stderr", "outcome"} <= set(one) for one in item["output"]):
        raise Refusal("Missing required parameter: 'output[0].outcome'.", code="missing_required_parameter")
    if kind == "apply_patch_call_output" and item.get("status") not in ("completed", "failed"):
        raise Refusal("Missing required parameter: 'status'.", code="missing_required_parameter")
    if kind == "computer_call_output" and item["output"].get("type") != "computer_screenshot":
        raise Refusal("Invalid value: 'output.type'.", code="invalid_value")
    if kind == "mcp_approval_response" and not isinstance(item.get("approve"), bool):
        raise Refusal("Missing required parameter: 'approve'.", code="missing_required_parameter")
    return item.get("approval_request_id" if kind == "mcp_approval_response" else "call_id")


def _check_message(n: int, item: dict[str, Any], rules: Rules) -> None:
    content = item.get("content")
    if item.get("role") not in ("user", "assistant", "system", "developer"):
        raise Refusal(f"Invalid value: '{item.get('role')}'.", param=f"input[{n}].role", code="invalid_value")
    if rules.xai and item.get("role") == "developer":
        raise Refusal("Invalid role: developer")
    for m, part in enumerate(content if isinstance(content, list) else ()):
        kind = part.get("type")
        if kind not in PARTS and not (kind == "input_audio" and rules.audio):
            known = ", ".join(f"'{one}'" for one in PARTS)
            words = f"Invalid value: '{kind}'. Supported values are: {known}."
            raise Refusal(words, param=f"input[{n}].content[{m}]", code="invalid_value")
        if (kind == "output_text") != (item["role"] == "assistant") and kind in ("output_text", "input_text"):
            wanted = "'output_text' and 'refusal'" if item["role"] == "assistant" else ", ".join(f"'{one}'" for one in PARTS[:2])
            raise Refusal(
                f"Invalid value: '{kind}'. Supported values are: {wanted}.", param=f"input[{n}].content[{m}]", code="invalid_value"
            )
        if kind == "input_file" and "file_data" in part and not part.get("filename"):
            raise Refusal(f"Missing required parameter: 'input[{n}].content[{m}].filename'.", code="missing_required_parameter")


def asked_of(body: dict[str, Any], rules: Rules) -> Asked:
    items = body.get("input")
    items = [{"role": "user", "content": items}] if isinstance(items, str) else items or []
    last = next((item for item in reversed(items) if item.get("role") == "user"), {})
    content = last.get("content") or ""
    text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    tools = body.get("tools") or []
    functions = {tool["name"]: tool.get("parameters") for tool in tools if tool["type"] in ("function", "custom")}
    functions |= {NATIVE[tool["type"]][0]: {} for tool in tools if tool["type"] in NATIVE}
    choice = body.get("tool_choice")
    forced = "any" if choice == "required" else choice.get("name") if isinstance(choice, dict) else None
    form = (body.get("text") or {}).get("format") or {}
    efforts, default, _ = first_match(rules.models, body.get("model") or "")
    return Asked(
        text,
        {} if choice == "none" else functions,
        forced,
        form.get("schema"),
        tuple(tool["type"] for tool in tools if tool["type"] not in ("function", "custom", "tool_search", *NATIVE)),
        bool(items) and str(items[-1].get("type", "")).endswith(("_output", "_response")),
        bool(efforts) and ((body.get("reasoning") or {}).get("effort") or default) != "none",
    )


HOSTED_ITEMS: dict[str, dict[str, Any]] = {
    "web_search": {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "news"}},
    "x_search": {
        "type": "custom_tool_call",
        "id": "ctc_1",
        "call_id": "xs_1",
        "name": "x_keyword_search",
        "input": "{}",
        "status": "completed",
    },
    "file_search": {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["q"], "results": None},
    "code_interpreter": {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "status": "completed",
        "code": "print(1)",
        "container_id": "cntr_1",
        "outputs": [{"type": "logs", "logs": "1\n"}],
    },
    "image_generation": {
        "type": "image_generation_call",
        "id": "ig_1",
        "status": "completed",
        "result": "iVBORw0KGgo=",
        "output_format": "png",
    },
    "mcp": {
        "type": "mcp_call",
        "id": "mcp_1",
        "status": "completed",
        "name": "lookup",
        "arguments": "{}",
        "server_label": "docs",
        "output": "found",
        "error": None,
    },
}


def _wants_approval(body: dict[str, Any], kind: str, rules: Rules) -> bool:
    asks = any(tool["type"] == "mcp" and tool.get("require_approval", "always") == "always" for tool in body["tools"])
    items = body["input"] if isinstance(body["input"], list) else []
    return kind == "mcp" and asks and not rules.xai and not any(item.get("type") == "mcp_approval_response" for item in items)


def _native_call(name: str, tools: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The item of a call that is no function's."""
    if any(tool["type"] == "custom" and tool["name"] == name for tool in tools):
        return {"type": "custom_tool_call", "id": "ctc_1", "name": name, "input": "1 + 1"}
    return next((item for kind, (known, item) in NATIVE.items() if known == name and any(tool["type"] == kind for tool in tools)), None)


def answer(body: dict[str, Any], seen: Any, rules: Rules) -> dict[str, Any]:
    asked = asked_of(body, rules)
    said = decide(asked)
    items: list[dict[str, Any]] = []
    if said.reasoning:
        shown = bool((body.get("reasoning") or {}).get("summary"))
        item: dict[str, Any] = {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": said.reasoning}] if shown else [],
        }
        if "reasoning.encrypted_content" in (body.get("include") or ()):
            item["encrypted_content"] = "ENCRYPTED"
        items.append(item)
    items += [HOSTED_ITEMS[kind] for kind in said.hosted if kind in HOSTED_ITEMS and not _wants_approval(body, kind, rules)]
    tools = body.get("tools") or []
    if any(_wants_approval(body, kind, rules) for kind in said.hosted):
        items.append(APPROVAL)
    elif said.call and (made := _native_call(said.call[0], tools)):
        items.append(made | {"call_id": "call_1", "status": "completed"})
    elif said.call:
        name, arguments = said.call
        call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": name, "arguments": json.dumps(arguments)}
        items.append(call | {"status": "completed"})
    else:
        cited = [{"type": "url_citation", "url": "https://example.org/", "title": "Example", "start_index": 0, "end_index": 5}]
        text = {
            "type": "output_text",
            "text": said.text,
            "annotations": cited if {"web_search", "openrouter:web_search"} & {*said.hosted} else [],
        }
        items.append({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]})
    usage = {
        "input_tokens": 10,
        "output_tokens": 5,
        "total_tokens": 15,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 3 if said.reasoning else 0},
    }
    whole = {
        "id": "resp_1",
        "object": "response",
        "model": body["model"],
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "output": items,
        "usage": usage,
        "store": body.get("store", True),
    }
    if not body.get("stream"):
        return {"body": whole}
    return {"headers": {"content-type": "text/event-stream"}, "body": sse(*_events(whole), named=lambda event: event["type"])}


def _events(whole: dict[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": whole | {"status": "in_progress", "output": [], "usage": None}}
    ]
    for index, item in enumerate(whole["output"]):
        where = {"output_index": index, "item_id": item["id"]}
        begun = item | {"status": "in_progress"} if "status" in item else item
        events.append(
            {
                "type": "response.output_item.added",
                "output_index": index,
                "item": begun | ({"arguments": ""} if "arguments" in item else {}),
            }
        )
        if item["type"] == "reasoning":
            events += [
                {"type": "response.reasoning_summary_text.delta", "delta": part["text"], "summary_index": 0} | where
                for part in item["summary"]
            ]
        elif item["type"] == "message":
            text = item["content"][0]["text"]
            events += [{"type": "response.output_text.delta", "delta": piece, "content_index": 0} | where for piece in halves(text)]
        elif item["type"] == "function_call":
            events += [{"type": "response.function_call_arguments.delta", "delta": piece} | where for piece in halves(item["arguments"])]
        elif item["type"] == "custom_tool_call":
            events += [{"type": "response.custom_tool_call_input.delta", "delta": piece} | where for piece in halves(item["input"])]
        elif item["type"].endswith("_call"):
            events.append({"type": f"response.{item['type']}.in_progress"} | where)
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    return [*events, {"type": "response.completed", "response": whole}]
