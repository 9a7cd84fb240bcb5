"""OpenAI's Responses, read for the oracle.

Tolerances: `instructions` and a leading system item are the same; system and developer are the same; ids and status of items are left
out; reasoning is compared by its encrypted content, or by its text where it has none; `tool_choice` absent means auto; the schema's name
and `strict` are ours; null parameters count as absent.
"""

from __future__ import annotations

import json
from typing import Any

from tests.replays.meaning import Expected, Meaning, arguments, canonical, media, sse_data, texts

PATH = "/responses"
KNOWN = ("model", "input", "instructions", "tools", "tool_choice", "text", "temperature", "max_output_tokens", "stream")


def meaning(body: dict[str, Any]) -> Meaning:
    out = Meaning(body["model"], [])
    if body.get("instructions"):
        out.said.append(("system", "text", body["instructions"]))
    items = body["input"]
    for item in [{"role": "user", "content": items}] if isinstance(items, str) else items:
        kind = item.get("type") or "message"
        if kind == "message":
            role = "system" if item["role"] == "developer" else item["role"]
            content = item["content"]
            if texts(content):
                out.said.append((role, "text", texts(content)))
            for part in content if isinstance(content, list) else ():
                if part.get("refusal"):
                    out.said.append((role, "refusal", part["refusal"]))
            out.said += [(role, "media", thing) for thing in media(content)]
        elif kind == "function_call":
            out.said.append(("assistant", "call", item["call_id"], item["name"], canonical(item["arguments"])))
        elif kind == "function_call_output":
            out.said.append(("tool", "result", item["call_id"], texts(item["output"])))
        elif kind == "reasoning":
            proof = item.get("encrypted_content") or "\n\n".join(part["text"] for part in item.get("summary") or ())
            out.said.append(("assistant", "reasoning", proof))
            out.raw[proof] = item
        else:
            out.said.append(("assistant", "other", canonical(item)))
    for tool in body.get("tools") or ():
        if tool["type"] == "function":
            out.tools[tool["name"]] = {"description": tool.get("description") or "", "parameters": tool.get("parameters") or {}}
    choice = body.get("tool_choice") or "auto"
    out.choice = choice if isinstance(choice, str) else f"tool {choice['name']}"
    form = (body.get("text") or {}).get("format") or {}
    out.schema = form.get("schema")
    out.temperature = body.get("temperature")
    out.max_tokens = body.get("max_output_tokens")
    out.streamed = bool(body.get("stream"))
    out.rest = {name: value for name, value in body.items() if name not in KNOWN and value is not None}
    if out.rest.get("store") is False:  # staysail keeps nothing at the provider and carries reasoning along, unless told otherwise
        del out.rest["store"]
    if out.rest.get("include") == ["reasoning.encrypted_content"]:
        del out.rest["include"]
    return out


def expected(response: dict[str, Any]) -> Expected:
    if "event-stream" in response["headers"].get("content-type", ""):
        return _expected_of_events(list(sse_data(response["body"])))
    body = json.loads(response["body"])
    out = Expected()
    for item in body["output"]:
        _add_item(out, item)
    _end(out, body)
    return out


def _expected_of_events(events: list[dict[str, Any]]) -> Expected:
    """Text from its deltas and not from the last event, which the wire format reads."""
    out, last = Expected(), {}
    for event in events:
        match event["type"]:
            case "response.output_text.delta":
                out.text += event["delta"]
            case "response.refusal.delta":
                out.text += event["delta"]
            case "response.output_item.done" if event["item"]["type"] != "message":
                _add_item(out, event["item"])
            case "response.completed" | "response.incomplete":
                last = event["response"]
    _end(out, last)
    return out


def _add_item(out: Expected, item: dict[str, Any]) -> None:
    match item["type"]:
        case "message":
            out.text += "".join(part.get("text") or part.get("refusal") or "" for part in item["content"])
        case "function_call":
            out.calls.append((item["call_id"], item["name"], arguments(item["arguments"])))
        case "reasoning":
            out.reasoning += "\n\n".join(part["text"] for part in [*(item.get("summary") or ()), *(item.get("content") or ())])


def _end(out: Expected, body: dict[str, Any]) -> None:
    usage = body["usage"]
    out.usage = {
        "input_tokens": usage["input_tokens"],
        "output_tokens": usage["output_tokens"],
        "total_tokens": usage["total_tokens"],
        "cached_input_tokens": (usage.get("input_tokens_details") or {}).get("cached_tokens", 0),
        "reasoning_tokens": (usage.get("output_tokens_details") or {}).get("reasoning_tokens", 0),
    }
    if body["status"] == "incomplete":
        out.finish = {"max_output_tokens": "length", "content_filter": "content_filter"}[body["incomplete_details"]["reason"]]
    else:
        out.finish = "tool_calls" if out.calls else "stop"
