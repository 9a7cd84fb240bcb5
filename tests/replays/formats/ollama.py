"""Ollama's chat, read for the oracle.

Tolerances: calls have no ids in a request, so they are told apart by their order; empty `options` are none; what a model said beside its
calls may be told as text or, up to a closing think tag that stands in it, as thinking, as the recorded client did.
"""

from __future__ import annotations

import json
from typing import Any

from staysail import Part, Reasoning, Text
from tests.replays.meaning import Expected, Meaning, canonical

PATH = "/api/chat"
KNOWN = ("model", "messages", "tools", "options", "stream", "format")


def meaning(body: dict[str, Any]) -> Meaning:
    out = Meaning(body["model"], [])
    open_calls: list[tuple[str, str]] = []
    count = 0
    for message in body["messages"]:
        role = message["role"]
        if role == "tool":
            known = next(call for call in open_calls if call[0] == message["tool_name"])
            open_calls.remove(known)
            out.said.append(("tool", "result", known[1], message["content"]))
            continue
        beside = (message.get("thinking") or "") + message["content"] if message.get("tool_calls") else ""
        beside = beside.partition("</think>")[0].strip()
        if beside:
            out.said.append((role, "reasoning", beside))
            out.raw[beside] = "content" if message["content"] else "thinking"
        elif message.get("thinking"):
            out.said.append((role, "reasoning", message["thinking"]))
        if message.get("content") and not message.get("tool_calls"):
            out.said.append((role, "text", message["content"]))
        for call in message.get("tool_calls") or ():
            function = call["function"]
            open_calls.append((function["name"], f"#{count}"))
            out.said.append((role, "call", f"#{count}", function["name"], canonical(function["arguments"])))
            count += 1
    for tool in body.get("tools") or ():
        function = tool["function"]
        out.tools[function["name"]] = {"description": function["description"], "parameters": function["parameters"]}
    options = dict(body.get("options") or {})
    out.temperature, out.max_tokens = options.pop("temperature", None), options.pop("num_predict", None)
    out.schema = body.get("format")
    out.streamed = body["stream"]
    out.rest = {name: value for name, value in body.items() if name not in KNOWN} | ({"options": options} if options else {})
    return out


def part(item: tuple[str, ...], raw: dict[str, Any]) -> Part | None:
    if item[1] != "reasoning":
        return None
    return Text(item[2]) if raw.get(item[2]) == "content" else Reasoning(item[2], extra={"ollama": {"field": "thinking"}})


def expected(response: dict[str, Any]) -> Expected:
    lines = [json.loads(line) for line in response["body"].split("\n") if line.strip()]
    out = Expected()
    for line in lines:
        message = line.get("message") or {}
        out.text += message.get("content") or ""
        out.reasoning += message.get("thinking") or ""
        for call in message.get("tool_calls") or ():
            out.calls.append((call.get("id") or "", call["function"]["name"], call["function"]["arguments"]))
    last = lines[-1]
    out.usage = {
        "input_tokens": last["prompt_eval_count"],
        "output_tokens": last["eval_count"],
        "total_tokens": last["prompt_eval_count"] + last["eval_count"],
    }
    out.finish = "tool_calls" if out.calls and last["done_reason"] == "stop" else last["done_reason"]
    return out
