"""Anthropic's Messages, read for the oracle.

Tolerances: `tool_choice` absent means auto; content as text or as blocks is the same; arguments are compared as JSON; the note `caller` of
a direct call is left out; a mark of the cache on the last tool and on the last system block is one setting; `title` of a document is ours.
"""

from __future__ import annotations

import json
from typing import Any

from staysail import File, Image, Part, Reasoning, Text
from staysail.core.messages import Opaque
from tests.replays.meaning import Expected, Meaning, canonical, sse_data

PATH = "/v1/messages"
KNOWN = ("model", "messages", "system", "tools", "tool_choice", "temperature", "max_tokens", "stream", "output_config")
FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def meaning(body: dict[str, Any]) -> Meaning:
    out = Meaning(body["model"], [])
    system = blocks_of(body.get("system"))
    out.said += [("system", "text", block["text"]) for block in system]
    for message in body["messages"]:
        for block in blocks_of(message["content"]):
            say(out, message["role"], block)
    out.rest = {name: value for name, value in body.items() if name not in KNOWN and value is not None}
    server_tools = []
    marks = [block["cache_control"].get("ttl", True) for block in system[-1:] if "cache_control" in block]
    for tool in body.get("tools") or ():
        if "input_schema" not in tool:
            server_tools.append(tool)
            continue
        out.tools[tool["name"]] = {
            "description": tool.get("description") or "",
            "parameters": tool["input_schema"],
            "strict": tool.get("strict"),
        }
        marks += [tool["cache_control"].get("ttl", True)] if "cache_control" in tool else []
    assert len(set(marks)) < 2
    out.rest |= {"cache_prefix": marks[0]} if marks else {}
    out.rest |= {"tools": server_tools} if server_tools else {}
    choice = body.get("tool_choice") or {"type": "auto"}
    out.choice = f"tool {choice['name']}" if choice["type"] == "tool" else {"any": "required"}.get(choice["type"], choice["type"])
    out.schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    out.temperature = body.get("temperature")
    out.max_tokens = body["max_tokens"]
    out.streamed = bool(body.get("stream"))
    return out


def blocks_of(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())


def say(out: Meaning, role: str, block: dict[str, Any]) -> None:
    match block["type"]:
        case "text" if set(block) > {"type", "text"}:
            out.said.append((role, "block", canonical(block)))
        case "text":
            out.said.append((role, "text", block["text"]))
        case "tool_use":
            out.said.append((role, "call", block["id"], block["name"], canonical(block["input"])))
        case "tool_result":
            text = "".join(part.get("text", "") for part in blocks_of(block.get("content")))
            out.said.append(("tool", "result", block["tool_use_id"], text))
        case "thinking":
            out.said.append((role, "reasoning", block["signature"]))
            out.raw[block["signature"]] = block
        case "redacted_thinking":
            out.said.append((role, "reasoning", block["data"]))
            out.raw[block["data"]] = block
        case _:
            kept = {name: value for name, value in block.items() if name not in ("caller", "title")}
            out.said.append((role, "block", canonical(kept)))


def part(item: tuple[str, ...], raw: dict[str, Any]) -> Part | None:
    """What was said, as staysail has it."""
    match item:
        case (_, "reasoning", proof):
            block = raw[proof]
            if block["type"] == "redacted_thinking":
                return Reasoning("", redacted=block["data"])
            return Reasoning(block["thinking"], block["signature"])
        case (_, "block", text):
            return _part_of(json.loads(text))
    return None


def _part_of(block: dict[str, Any]) -> Part:
    if block["type"] == "text":
        marked = {"anthropic": {"cache_control": block["cache_control"]}} if "cache_control" in block else {}
        return Text(block["text"], tuple(block.get("citations") or ()), marked)
    if block["type"] not in ("image", "document"):
        return Opaque({"anthropic": block})
    source = block["source"]
    given = {"base64": {"data": source.get("data")}, "url": {"url": source.get("url")}, "file": {"file_id": source.get("file_id")}}
    given["text"] = {"data": (source.get("data") or "").encode()}
    kind = Image if block["type"] == "image" else File
    more = {name: value for name, value in block.items() if name not in ("type", "source", "title")}
    return kind(**given[source["type"]], media_type=source.get("media_type"), extra={"anthropic": more} if more else {})


def expected(response: dict[str, Any]) -> Expected:
    if "event-stream" in response["headers"].get("content-type", ""):
        blocks, usage, reason = _gather(list(sse_data(response["body"])))
    else:
        body = json.loads(response["body"])
        blocks, usage, reason = body["content"], body["usage"], body["stop_reason"]
    out = Expected()
    for block in blocks:
        out.text += block.get("text") or ""
        out.reasoning += block.get("thinking") or ""
        if block["type"] == "tool_use":
            out.calls.append((block["id"], block["name"], block["input"]))
    read, written = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
    out.usage = {
        "input_tokens": usage["input_tokens"],
        "output_tokens": usage["output_tokens"],
        "total_tokens": usage["input_tokens"] + usage["output_tokens"] + read + written,
        "cached_input_tokens": read,
        "cache_creation_input_tokens": written,
        "reasoning_tokens": (usage.get("output_tokens_details") or {}).get("thinking_tokens") or 0,
    }
    out.finish = FINISH[reason]
    return out


def _gather(events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any], str]:
    usage: dict[str, Any] = {}
    reason = ""
    blocks: dict[int, dict[str, Any]] = {}
    written: dict[int, str] = {}
    for event in events:
        match event["type"]:
            case "message_start":
                usage = dict(event["message"]["usage"])
            case "content_block_start":
                blocks[event["index"]] = dict(event["content_block"])
            case "content_block_delta":
                delta = event["delta"]
                for name in ("text", "thinking"):
                    if name in delta:
                        blocks[event["index"]][name] += delta[name]
                written[event["index"]] = written.get(event["index"], "") + delta.get("partial_json", "")
            case "message_delta":
                usage |= event["usage"]
                reason = event["delta"]["stop_reason"]
    for index, block in blocks.items():
        if block["type"] == "tool_use":
            block["input"] = json.loads(written.get(index) or "{}")
    return [blocks[index] for index in sorted(blocks)], usage, reason
