"""Cohere's v2 chat.

https://docs.cohere.com/reference/chat
"""

from __future__ import annotations

import json
import re
from typing import Any

from .rule import Asked, Refusal, check_name, decide, halves, sse, unknown

PATH = re.compile(r"/chat$")
FIELDS = {
    "model",
    "messages",
    "stream",
    "tools",
    "strict_tools",
    "documents",
    "citation_options",
    "response_format",
    "safety_mode",
    "max_tokens",
    "stop_sequences",
    "temperature",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "k",
    "p",
    "logprobs",
    "tool_choice",
    "thinking",
    "priority",
    "raw_prompting",
}
PROVIDERS = {"cohere": None}


def refuse(refusal: Refusal, rules: Any) -> dict[str, Any]:
    return {"id": "rules", "message": refusal.message}


def check(body: dict[str, Any], seen: Any, rules: Any) -> None:
    model = body.get("model") or ""
    check_name(
        model,
        len(json.dumps(body)),
        Refusal(f"model '{model}' not found, make sure the correct model ID was used and that you have access to the model.", status=404),
        Refusal("internal server error, this has been reported to our developers", status=503),
        Refusal("too many tokens: size limit exceeded by 100 tokens. Try using shorter or fewer inputs."),
    )
    if name := unknown(body, FIELDS):
        raise Refusal(f"unknown field: parameter '{name}' is not a valid field")
    if not 0 <= body.get("temperature", 0) <= 1:
        raise Refusal("invalid request: temperature must be between 0 and 1.0 inclusive")
    choice = body.get("tool_choice")
    if choice not in (None, "REQUIRED", "NONE"):
        raise Refusal("invalid request: tool_choice must be one of REQUIRED, NONE")
    if choice and not body.get("tools"):
        raise Refusal("invalid request: tool_choice requires tools to be specified")
    form = body.get("response_format") or {}
    if form.get("type") == "json_object" and (body.get("tools") or body.get("documents")):
        raise Refusal("invalid request: response_format with type json_object is not supported with tools or documents")
    if "thinking" in body and "reasoning" not in model and "command-a-plus" not in model:
        raise Refusal("invalid request: thinking is not supported for this model")
    if (body.get("thinking") or {}).get("type", "enabled") not in ("enabled", "disabled"):
        raise Refusal("invalid request: thinking.type must be one of enabled, disabled")
    _check_messages(body.get("messages") or [], model)


def _check_messages(messages: list[dict[str, Any]], model: str) -> None:
    if not messages:
        raise Refusal("invalid request: at least one message must be provided")
    waiting: set[str] = set()
    for message in messages:
        role, content = message["role"], message.get("content")
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                raise Refusal(f"invalid request: tool call id not found in previous tool calls: {message.get('tool_call_id')}")
            waiting.discard(message["tool_call_id"])
            continue
        if waiting:
            raise Refusal("invalid request: all tool calls must have a result before the next message")
        if role == "assistant":
            waiting = {call["id"] for call in message.get("tool_calls") or ()}
        if not content and not message.get("tool_calls"):
            raise Refusal("invalid request: message must have non-empty content or tool calls")
        for part in content if isinstance(content, list) else ():
            if part["type"] not in ("text", "image_url", "document", "thinking"):
                raise Refusal(f"invalid type: {part['type']}")
            if part["type"] == "image_url" and "vision" not in model and "command-a-plus" not in model:
                raise Refusal(f"invalid request: model '{model}' does not support images")
    if waiting:
        raise Refusal("invalid request: all tool calls must have a result")


def answer(body: dict[str, Any], seen: Any, rules: Any) -> dict[str, Any]:
    last = body["messages"][-1]
    content = last.get("content") or ""
    tools = {tool["function"]["name"]: tool["function"].get("parameters") for tool in body.get("tools") or ()}
    said = decide(
        Asked(
            content if isinstance(content, str) else "".join(part.get("text", "") for part in content),
            {} if body.get("tool_choice") == "NONE" else tools,
            "any" if body.get("tool_choice") == "REQUIRED" else None,
            (body.get("response_format") or {}).get("schema"),
            (),
            last["role"] == "tool",
            (body.get("thinking") or {}).get("type") == "enabled",
        )
    )
    blocks = [{"type": "thinking", "thinking": said.reasoning}] if said.reasoning else []
    message: dict[str, Any] = {"role": "assistant"}
    if said.call:
        function = {"name": said.call[0], "arguments": json.dumps(said.call[1])}
        message["tool_calls"] = [{"id": f"{said.call[0]}_1", "type": "function", "function": function}]
    else:
        blocks.append({"type": "text", "text": said.text})
    if blocks:
        message["content"] = blocks
    finish = "TOOL_CALL" if said.call else "COMPLETE"
    usage = {"tokens": {"input_tokens": 10, "output_tokens": 5}}
    if not body.get("stream"):
        return {"body": {"id": "c1", "message": message, "finish_reason": finish, "usage": usage}}
    events: list[dict[str, Any]] = [{"type": "message-start", "id": "c1", "delta": {"message": {"role": "assistant", "content": []}}}]
    for index, block in enumerate(blocks):
        kind = block["type"]
        events.append({"type": "content-start", "index": index, "delta": {"message": {"content": {"type": kind, kind: ""}}}})
        events += [
            {"type": "content-delta", "index": index, "delta": {"message": {"content": {kind: piece}}}} for piece in halves(block[kind])
        ]
        events.append({"type": "content-end", "index": index})
    for call in message.get("tool_calls") or ():
        begun = call | {"function": call["function"] | {"arguments": ""}}
        events.append({"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": begun}}})
        for piece in halves(call["function"]["arguments"]):
            events.append({"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": {"function": {"arguments": piece}}}}})
        events.append({"type": "tool-call-end", "index": 0})
    events.append({"type": "message-end", "delta": {"finish_reason": finish, "usage": usage}})
    return {"headers": {"content-type": "text/event-stream"}, "body": sse(*events, named=lambda event: event["type"])}
