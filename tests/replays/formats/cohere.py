"""Cohere's v2 chat, read for the oracle.

Tolerances: `tool_choice` absent means auto; content as text or as blocks is the same; arguments are compared as JSON; an empty list of
documents is none; the plan for the tools, which the recorded client held back, is left out.
"""

from __future__ import annotations

import json
from typing import Any

from tests.replays.meaning import Expected, Meaning, arguments, canonical, media, sse_data, texts

PATH = "/v2/chat"
KNOWN = ("model", "messages", "tools", "tool_choice", "temperature", "max_tokens", "stream", "response_format")
FINISH = {"COMPLETE": "stop", "STOP_SEQUENCE": "stop", "MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"}


def meaning(body: dict[str, Any]) -> Meaning:
    out = Meaning(body["model"], [])
    for message in body["messages"]:
        role, content = message["role"], message.get("content")
        if role == "tool":
            out.said.append(("tool", "result", message["tool_call_id"], texts(content)))
            continue
        if texts(content):
            out.said.append((role, "text", texts(content)))
        out.said += [(role, "media", item) for item in media(content)]
        for call in message.get("tool_calls") or ():
            out.said.append((role, "call", call["id"], call["function"]["name"], canonical(call["function"]["arguments"])))
    for tool in body.get("tools") or ():
        function = tool["function"]
        out.tools[function["name"]] = {"description": function["description"], "parameters": function["parameters"]}
    out.choice = (body.get("tool_choice") or "auto").lower()
    out.schema = (body.get("response_format") or {}).get("schema")
    out.temperature, out.max_tokens = body.get("temperature"), body.get("max_tokens")
    out.streamed = bool(body.get("stream"))
    out.rest = {name: value for name, value in body.items() if name not in KNOWN and value not in (None, [])}
    return out


def expected(response: dict[str, Any]) -> Expected:
    out = Expected()
    if "event-stream" in response["headers"].get("content-type", ""):
        usage: dict[str, Any] = {}
        for event in sse_data(response["body"]):
            message = (event.get("delta") or {}).get("message") or {}
            match event["type"]:
                case "content-delta":
                    out.text += message["content"].get("text", "")
                case "tool-plan-delta":
                    out.reasoning += message["tool_plan"]
                case "message-end":
                    usage, out.finish = event["delta"]["usage"], FINISH[event["delta"]["finish_reason"]]
    else:
        body = json.loads(response["body"])
        message = body["message"]
        out.text = "".join(block.get("text", "") for block in message.get("content") or ())
        out.reasoning = message.get("tool_plan") or ""
        for call in message.get("tool_calls") or ():
            out.calls.append((call["id"], call["function"]["name"], arguments(call["function"]["arguments"])))
        usage, out.finish = body["usage"], FINISH[body["finish_reason"]]
    tokens = usage["tokens"]
    out.usage = {
        "input_tokens": tokens["input_tokens"],
        "output_tokens": tokens["output_tokens"],
        "total_tokens": tokens["input_tokens"] + tokens["output_tokens"],
        "cached_input_tokens": usage.get("cached_tokens") or 0,
    }
    return out
