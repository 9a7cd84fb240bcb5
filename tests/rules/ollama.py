"""Ollama's /api/chat.

https://docs.ollama.com/api/chat
"""

from __future__ import annotations

import json
import re
from typing import Any

from .rule import Asked, Refusal, check_name, decide, halves

PATH = re.compile(r"/chat$")
THINKERS = re.compile(r"gpt-oss|qwen3|deepseek|magistral|thinking")
WITHOUT_TOOLS = re.compile(r"gemma:|llava|tiny")
PROVIDERS = {"ollama": None}


def refuse(refusal: Refusal, rules: Any) -> dict[str, Any]:
    return {"error": refusal.message}


def check(body: dict[str, Any], seen: Any, rules: Any) -> None:
    model = body.get("model") or ""
    check_name(
        model,
        len(json.dumps(body)),
        Refusal(f"model '{model}' not found", status=404),
        Refusal("server busy, please try again. maximum pending requests exceeded", status=503),
        Refusal("the input length exceeds the context length"),
    )
    think = body.get("think")
    if think not in (None, False) and not THINKERS.search(model):
        raise Refusal(f'"{model}" does not support thinking')
    if isinstance(think, str) and think not in ("low", "medium", "high", "max"):
        raise Refusal(f'invalid think value: "{think}" (must be "high", "medium", "low", "max", true, or false)')
    if body.get("tools") and WITHOUT_TOOLS.search(model):
        raise Refusal(f"registry.ollama.ai/library/{model} does not support tools")
    for name, value in (body.get("options") or {}).items():
        if not isinstance(value, int | float | str | list | bool):
            raise Refusal(f"option '{name}' must be of type float32")
    for message in body.get("messages") or ():
        if message.get("role") not in ("system", "user", "assistant", "tool"):
            raise Refusal("invalid role")
        if not isinstance(message.get("content", ""), str):
            raise Refusal("json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string")
        for call in message.get("tool_calls") or ():
            if not isinstance(call["function"].get("arguments"), dict):
                raise Refusal("json: cannot unmarshal string into Go struct field ToolCallFunction.messages.tool_calls.function.arguments")


def answer(body: dict[str, Any], seen: Any, rules: Any) -> dict[str, Any]:
    last = body["messages"][-1]
    tools = {tool["function"]["name"]: tool["function"].get("parameters") for tool in body.get("tools") or ()}
    schema = body.get("format") if isinstance(body.get("format"), dict) else None
    said = decide(Asked(last["content"], tools, None, schema, (), last["role"] == "tool", bool(body.get("think"))))
    message: dict[str, Any] = {"role": "assistant", "content": said.text}
    if said.reasoning:
        message["thinking"] = said.reasoning
    if said.call:
        message["tool_calls"] = [{"function": {"name": said.call[0], "arguments": said.call[1]}}]
    head = {"model": body["model"], "created_at": "2026-11-30T00:00:00Z"}
    end = {"done": True, "done_reason": "stop", "prompt_eval_count": 10, "eval_count": 5}
    if body.get("stream") is False:
        return {"body": head | {"message": message} | end}
    lines = [{"role": "assistant", "content": "", "thinking": piece} for piece in halves(said.reasoning)]
    lines += [{"role": "assistant", "content": piece} for piece in halves(said.text)]
    lines += [{"role": "assistant", "content": "", "tool_calls": message["tool_calls"]}] if said.call else []
    told = [head | {"message": line, "done": False} for line in lines] + [head | {"message": {"role": "assistant", "content": ""}} | end]
    return {"headers": {"content-type": "application/x-ndjson"}, "body": "".join(json.dumps(line) + "\n" for line in told)}
