"""Small answers in each wire format, whole and streamed, made of a text, calls and a finish reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.contracts.specimens import ndjson, sse

type Call = tuple[str, str]
"""Name, and arguments as JSON text."""

MODELS = {
    "chat": "openai-compatible:m",
    "responses": "openai:m",
    "anthropic": "anthropic:claude-sonnet-4-5",
    "gemini": "gemini:gemini-2.5-flash",
    "cohere": "cohere:m",
    "ollama": "ollama:m",
    "interactions": "gemini-interactions:gemini-2.5-flash",
}
REASONS = {
    "chat": {"stop": "stop", "calls": "tool_calls", "length": "length", "filter": "content_filter", "error": "error"},
    "responses": {
        "stop": "completed",
        "calls": "completed",
        "length": "max_output_tokens",
        "filter": "content_filter",
        "error": "server_gone",
    },
    "anthropic": {"stop": "end_turn", "calls": "tool_use", "length": "max_tokens", "filter": "refusal", "error": "failed"},
    "gemini": {"stop": "STOP", "calls": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY", "error": "MALFORMED_FUNCTION_CALL"},
    "cohere": {"stop": "COMPLETE", "calls": "TOOL_CALL", "length": "MAX_TOKENS", "filter": "ERROR_TOXIC", "error": "TIMEOUT"},
    "interactions": {
        "stop": "completed",
        "calls": "requires_action",
        "length": "incomplete",
        "filter": "content_filter",
        "error": "failed",
    },
    "ollama": {"stop": "stop", "calls": "stop", "length": "length", "filter": "content_filter", "error": "aborted"},
}
OBJECTS = ("gemini", "ollama")
"""Formats whose arguments are an object, which cannot be cut in the middle of its text."""


def arguments_of(text: str) -> Any:
    return json.loads(text) if text.strip() else {}


def chat(text: str, calls: Sequence[Call], reason: str) -> tuple[Any, bytes]:
    told = [
        {"index": n, "id": f"c{n}", "type": "function", "function": {"name": name, "arguments": args}}
        for n, (name, args) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": text or None} | ({"tool_calls": told} if told else {})
    pieces = [{"content": text}] if text else []
    pieces += [{"tool_calls": [call]} for call in told]
    chunks = [{"choices": [{"index": 0, "delta": piece, "finish_reason": None}]} for piece in pieces]
    whole = {"choices": [{"index": 0, "message": message, "finish_reason": reason}]}
    return whole, sse(*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}, done=True)


def responses(text: str, calls: Sequence[Call], reason: str) -> tuple[Any, bytes]:
    output: list[dict[str, Any]] = []
    if text:
        output.append({"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": text}]})
    output += [
        {"type": "function_call", "id": f"f{n}", "call_id": f"c{n}", "name": name, "arguments": args}
        for n, (name, args) in enumerate(calls)
    ]
    done = reason == "completed"
    whole = {"id": "r", "status": "completed" if done else "incomplete", "output": output}
    whole |= {} if done else {"incomplete_details": {"reason": reason}}
    events: list[dict[str, Any]] = [{"type": "response.output_text.delta", "output_index": 0, "delta": text}] if text else []
    events += [{"type": "response.output_item.done", "output_index": n, "item": item} for n, item in enumerate(output)]
    return whole, sse(*events, {"type": f"response.{whole['status']}", "response": whole}, named=True)


def anthropic(text: str, calls: Sequence[Call], reason: str) -> tuple[Any, bytes]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    whole_calls = [{"type": "tool_use", "id": f"c{n}", "name": name, "input": readable(args)} for n, (name, args) in enumerate(calls)]
    whole = {"id": "m", "type": "message", "role": "assistant", "content": blocks + whole_calls, "stop_reason": reason}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": whole | {"content": [], "stop_reason": None}}]
    for n, block in enumerate(blocks):
        events.append({"type": "content_block_start", "index": n, "content_block": {"type": "text", "text": ""}})
        events.append({"type": "content_block_delta", "index": n, "delta": {"type": "text_delta", "text": block["text"]}})
    for n, (block, (_, args)) in enumerate(zip(whole_calls, calls, strict=True), len(blocks)):
        events.append({"type": "content_block_start", "index": n, "content_block": block | {"input": {}}})
        events.append({"type": "content_block_delta", "index": n, "delta": {"type": "input_json_delta", "partial_json": args}})
    end = [{"type": "message_delta", "delta": {"stop_reason": reason}}, {"type": "message_stop"}]
    return whole, sse(*events, *end, named=True)


def gemini(text: str, calls: Sequence[Call], reason: str) -> tuple[Any, bytes]:
    parts: list[dict[str, Any]] = [{"text": text}] if text else []
    parts += [{"functionCall": {"name": name, "args": arguments_of(args)}} for name, args in calls]
    bodies = [{"candidates": [{"content": {"role": "model", "parts": [part]}}]} for part in parts]
    whole = {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": reason}]}
    return whole, sse(*bodies, {"candidates": [{"finishReason": reason}]})


def cohere(text: str, calls: Sequence[Call], reason: str) -> tuple[Any, bytes]:
    told = [{"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": args}} for n, (name, args) in enumerate(calls)]
    message = (
        {"role": "assistant"} | ({"content": [{"type": "text", "text": text}]} if text else {}) | ({"tool_calls": told} if told else {})
    )
    events: list[dict[str, Any]] = [{"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant"}}}]
    if text:
        events.append({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": text}}}})
    events += [{"type": "tool-call-start", "index": n, "delta": {"message": {"tool_calls": call}}} for n, call in enumerate(told)]
    whole = {"id": "x", "message": message, "finish_reason": reason}
    return whole, sse(*events, {"type": "message-end", "delta": {"finish_reason": reason}}, named=True)


def ollama(text: str, calls: Sequence[Call], reason: str) -> tuple[Any, bytes]:
    told = [{"function": {"name": name, "arguments": arguments_of(args)}} for name, args in calls]
    head = {"model": "m", "created_at": "2026-01-01T00:00:00Z"}
    message = {"role": "assistant", "content": text} | ({"tool_calls": told} if told else {})
    end = {"done": True, "done_reason": reason}
    return head | {"message": message} | end, ndjson(
        head | {"message": message, "done": False}, head | {"message": {"role": "assistant", "content": ""}} | end
    )


def interactions(text: str, calls: Sequence[Call], reason: str) -> tuple[Any, bytes]:
    steps: list[dict[str, Any]] = [{"type": "model_output", "content": [{"type": "text", "text": text}]}] if text else []
    told = [{"type": "function_call", "id": f"c{n}", "name": name} for n, (name, _) in enumerate(calls)]
    head = {"id": "v1", "status": reason}
    whole = head | {"steps": [*steps, *(call | {"arguments": readable(args)} for call, (_, args) in zip(told, calls, strict=True))]}
    events: list[dict[str, Any]] = [{"event_type": "step.start", "index": n, "step": step} for n, step in enumerate(steps)]
    for n, (call, (_, args)) in enumerate(zip(told, calls, strict=True), len(steps)):
        events.append({"event_type": "step.start", "index": n, "step": call})
        events.append({"event_type": "step.delta", "index": n, "delta": {"type": "arguments_delta", "arguments": args}})
    return whole, sse(*events, {"event_type": "interaction.completed", "interaction": head})


def readable(args: str) -> Any:
    """Arguments as a format without text has them."""
    try:
        return arguments_of(args)
    except ValueError:
        return {}


SPEAKERS = {made.__name__: made for made in (chat, responses, anthropic, gemini, interactions, cohere, ollama)}


def speak(wire: str, streamed: bool, text: str = "", calls: Sequence[Call] = (), reason: str = "") -> dict[str, Any]:
    """An answer as a transport replays it. reason: a key of REASONS, or a word of the provider's own."""
    word = REASONS[wire].get(reason or ("calls" if calls else "stop"), reason)
    whole, stream = SPEAKERS[wire](text, calls, word)
    return recorded(wire, streamed, stream.decode() if streamed else json.dumps(whole))


def recorded(wire: str, streamed: bool, body: str) -> dict[str, Any]:
    kind = "application/json" if not streamed else "application/x-ndjson" if wire == "ollama" else "text/event-stream"
    return {"response": {"status": 200, "headers": {"content-type": kind}, "body": body}}
