"""Chat Completions, read for the oracle.

Tolerances: `tool_choice` absent means auto; a call's arguments are compared as JSON; empty text counts as none; either name of the limit
on tokens; the schema's name and `strict` are ours; `stream_options` is ours; content as text or as parts of text is the same; null
parameters count as absent; a tool without parameters has an empty object's schema.
"""

from __future__ import annotations

import json
from typing import Any

from staysail import Audio, File, Part
from tests.replays.meaning import Expected, Meaning, arguments, canonical, media, of_sampling, sse_data, texts

PATH = "/chat/completions"
KNOWN = (
    "model",
    "messages",
    "tools",
    "tool_choice",
    "response_format",
    "temperature",
    "max_tokens",
    "max_completion_tokens",
    "stream",
    "stream_options",
)
FINISH = {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "content_filter": "content_filter"}


def meaning(body: dict[str, Any]) -> Meaning:
    out = Meaning(body["model"], [])
    for message in body["messages"]:
        role, content = message["role"], message.get("content")
        if role == "tool":
            out.said.append(("tool", "result", message["tool_call_id"], texts(content)))
            continue
        role = "system" if role == "developer" else role
        for name in ("reasoning_content", "reasoning"):
            if message.get(name):
                out.said.append((role, "reasoning", message[name]))
                out.raw[message[name]] = {"field": name}
        details = message.get("reasoning_details") or ()
        proofs = [detail.get("signature") or detail.get("data") for detail in details]
        proof = "".join(filter(None, proofs)) or "".join(detail.get("text") or detail.get("summary") or "" for detail in details)
        if proof:
            out.said.append((role, "reasoning", proof))
            out.raw[proof] = {"details": details}
        if texts(content):
            out.said.append((role, "text", texts(content)))
        out.said += [(role, "media", item) for item in media(content)]
        if message.get("refusal"):
            out.said.append((role, "refusal", message["refusal"]))
        for call in message.get("tool_calls") or ():
            function = call["function"]
            out.said.append((role, "call", call["id"], function["name"], canonical(function["arguments"])))
    for tool in body.get("tools") or ():
        function = tool["function"]
        out.tools[function["name"]] = {
            "description": function.get("description") or "",
            "parameters": function.get("parameters") or {"type": "object", "properties": {}},
        }
    choice = body.get("tool_choice") or "auto"
    out.choice = {"any": "required"}.get(choice, choice) if isinstance(choice, str) else f"tool {choice['function']['name']}"
    form = body.get("response_format")
    if form and form["type"] == "json_schema":
        out.schema = form["json_schema"]["schema"]
    out.temperature = body.get("temperature")
    out.max_tokens = of_sampling(body, "max_completion_tokens", "max_tokens")
    out.streamed = bool(body.get("stream"))
    out.rest = {name: value for name, value in body.items() if name not in KNOWN and value is not None}
    if form and form["type"] != "json_schema":
        out.rest["response_format"] = form
    return out


def part(item: tuple[str, ...], raw: dict[str, Any]) -> Part | None:
    if item[1] != "media":
        return None
    given = json.loads(item[2])
    match given["type"]:
        case "input_audio" if isinstance(given["input_audio"], str):
            return Audio(data=given["input_audio"], media_type="audio/mpeg")
        case "document_url":
            return File(url=given["document_url"], name=given.get("document_name"))
        case "file":
            return File(url=given["file"]["file_data"], name=given["file"]["filename"])
        case "video_url":
            return File(url=given["video_url"]["url"], media_type="video/mp4")
    return None


def expected(response: dict[str, Any]) -> Expected:
    streamed = "event-stream" in response["headers"].get("content-type", "")
    chunks = list(sse_data(response["body"])) if streamed else [canonical_body(response)]
    out, calls, finish, usage = Expected(), {}, None, {}
    for chunk in chunks:
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices") or ():
            if choice.get("index", 0) != 0:
                continue
            said = choice["delta"] if streamed else choice["message"]
            out.text += texts(said.get("content"))
            out.refusal += said.get("refusal") or ""
            out.reasoning += said.get("reasoning_content") or said.get("reasoning") or ""
            finish = choice.get("finish_reason") or finish
            for position, call in enumerate(said.get("tool_calls") or ()):
                known = calls.setdefault(call.get("index", position), {"id": "", "name": "", "arguments": ""})
                known["id"] = known["id"] or call.get("id") or ""
                known["name"] = known["name"] or call["function"].get("name") or ""
                known["arguments"] += call["function"].get("arguments") or ""
    out.calls = [(call["id"], call["name"], arguments(call["arguments"])) for _, call in sorted(calls.items())]
    out.finish = "tool_calls" if out.calls and finish in (None, "stop") else FINISH.get(finish or "", "other")
    out.text += out.refusal
    out.usage = _usage(usage)
    return out


def canonical_body(response: dict[str, Any]) -> dict[str, Any]:
    return json.loads(response["body"])


def _usage(usage: dict[str, Any]) -> dict[str, int]:
    before, after = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    told = {
        "input_tokens": usage.get("prompt_tokens"),
        "output_tokens": usage.get("completion_tokens"),
        "total_tokens": usage.get("total_tokens"),
        "cached_input_tokens": before.get("cached_tokens", usage.get("prompt_cache_hit_tokens")),
        "reasoning_tokens": after.get("reasoning_tokens"),
    }
    return {name: value or 0 for name, value in told.items()}
