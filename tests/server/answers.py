"""What a scripted answer says, in the wire formats that providers speak."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Payload:
    """pieces: what is written at once, unless the answer says `chunk_bytes`."""

    status: int
    headers: dict[str, str]
    pieces: list[bytes] = field(default_factory=list)


def said(request: Any) -> str:
    """The last thing the user said in a request's body, whichever of the formats it is in."""
    turns = request.get("messages") or request.get("input") or []
    if isinstance(turns, str):
        return turns
    content = next((turn["content"] for turn in reversed(turns) if turn.get("role") == "user"), "")
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def render(answer: Mapping[str, Any], path: str, request: Any, number: int) -> Payload:
    headers = {name.lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
    status = answer.get("status", 200)
    if "base64" in answer:
        return Payload(status, headers, [base64.b64decode(answer["base64"])])
    if "body" in answer:
        body = answer["body"]
        if isinstance(body, bytes):
            return Payload(status, headers, [body])
        if not isinstance(body, str):
            headers = {"content-type": "application/json"} | headers
            body = json.dumps(body, ensure_ascii=False)
        return Payload(status, headers, [body.encode()])
    request = request if isinstance(request, dict) else {}
    told = dict(answer)
    if told.get("echo"):
        told["text"] = said(request)
    headers = {"x-request-id": f"req_{number}"} | headers
    speak = _responses if path.endswith("/responses") else _chat
    whole, events = speak(told, str(request.get("model", "model")), number)
    if request.get("stream"):
        return Payload(status, {"content-type": "text/event-stream; charset=utf-8"} | headers, list(events))
    if told.get("stream_error"):
        return Payload(status, {"content-type": "application/json"} | headers, [json.dumps(told["stream_error"]).encode()])
    return Payload(status, {"content-type": "application/json"} | headers, [json.dumps(whole, ensure_ascii=False).encode()])


def _words(text: str) -> list[str]:
    return text.replace(" ", "\0 ").split("\0") if text else []


def _halves(text: str) -> list[str]:
    middle = max(1, len(text) // 2)
    return [piece for piece in (text[:middle], text[middle:]) if piece]


def _calls(answer: Mapping[str, Any], number: int) -> list[tuple[str, str, str]]:
    """(id, name, arguments as text) of each call."""
    out = []
    for position, call in enumerate(answer.get("tool_calls") or ()):
        arguments = call.get("arguments", {})
        text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        out.append((call.get("id") or f"call_{number}_{position}", call["name"], text))
    return out


def _usage(answer: Mapping[str, Any]) -> dict[str, int]:
    return {"input_tokens": 10, "output_tokens": 5, "cached_input_tokens": 0, "reasoning_tokens": 0} | (answer.get("usage") or {})


def _sse(data: Any, event: str = "") -> bytes:
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _chat(answer: Mapping[str, Any], model: str, number: int) -> tuple[dict[str, Any], Iterable[bytes]]:
    calls, counted = _calls(answer, number), _usage(answer)
    finish = answer.get("finish_reason") or ("tool_calls" if calls else "stop")
    usage = {
        "prompt_tokens": counted["input_tokens"],
        "completion_tokens": counted["output_tokens"],
        "total_tokens": counted["input_tokens"] + counted["output_tokens"],
        "prompt_tokens_details": {"cached_tokens": counted["cached_input_tokens"]},
        "completion_tokens_details": {"reasoning_tokens": counted["reasoning_tokens"]},
    }
    message: dict[str, Any] = {"role": "assistant", "content": answer.get("text")}
    if answer.get("reasoning"):
        message["reasoning_content"] = answer["reasoning"]
    if calls:
        message["tool_calls"] = [{"id": id, "type": "function", "function": {"name": name, "arguments": text}} for id, name, text in calls]
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1_700_000_000, "model": model}
    whole = head | {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        return _sse(head | {"object": "chat.completion.chunk", "choices": choices})

    def events() -> Iterable[bytes]:
        yield chunk({"role": "assistant", "content": ""})
        for word in _words(answer.get("reasoning") or ""):
            yield chunk({"reasoning_content": word})
        for word in _words(answer.get("text") or ""):
            yield chunk({"content": word})
        for index, (id, name, text) in enumerate(calls):
            yield chunk({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}]})
            for piece in _halves(text):
                yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        if answer.get("stream_error"):
            yield _sse(answer["stream_error"])
            return
        yield chunk({}, finish)
        yield _sse(head | {"object": "chat.completion.chunk", "choices": [], "usage": usage})
        yield _sse("[DONE]")

    return whole, events()


def _responses(answer: Mapping[str, Any], model: str, number: int) -> tuple[dict[str, Any], Iterable[bytes]]:
    calls, counted = _calls(answer, number), _usage(answer)
    items: list[dict[str, Any]] = []
    if answer.get("reasoning"):
        items.append({"type": "reasoning", "id": f"rs_{number}", "summary": [{"type": "summary_text", "text": answer["reasoning"]}]})
    if answer.get("text") is not None:
        content = [{"type": "output_text", "text": answer["text"], "annotations": []}]
        items.append({"type": "message", "id": f"msg_{number}", "role": "assistant", "status": "completed", "content": content})
    for position, (id, name, text) in enumerate(calls):
        items.append(
            {
                "type": "function_call",
                "id": f"fc_{number}_{position}",
                "call_id": id,
                "name": name,
                "arguments": text,
                "status": "completed",
            }
        )
    cut = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(answer.get("finish_reason") or "")
    whole: dict[str, Any] = {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1_700_000_000,
        "model": model,
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": cut} if cut else None,
        "error": None,
        "output": items,
        "usage": {
            "input_tokens": counted["input_tokens"],
            "output_tokens": counted["output_tokens"],
            "total_tokens": counted["input_tokens"] + counted["output_tokens"],
            "input_tokens_details": {"cached_tokens": counted["cached_input_tokens"]},
            "output_tokens_details": {"reasoning_tokens": counted["reasoning_tokens"]},
        },
    }

    def event(kind: str, **data: Any) -> bytes:
        return _sse({"type": kind} | data, kind)

    def events() -> Iterable[bytes]:
        yield event("response.created", response=whole | {"status": "in_progress", "output": [], "usage": None})
        for index, item in enumerate(items):
            where = {"output_index": index, "item_id": item["id"]}
            match item["type"]:
                case "reasoning":
                    yield event("response.output_item.added", output_index=index, item=item | {"summary": []})
                    for word in _words(answer["reasoning"]):
                        yield event("response.reasoning_summary_text.delta", summary_index=0, delta=word, **where)
                case "message":
                    yield event("response.output_item.added", output_index=index, item=item | {"content": [], "status": "in_progress"})
                    for word in _words(answer["text"]):
                        yield event("response.output_text.delta", content_index=0, delta=word, **where)
                case "function_call":
                    yield event("response.output_item.added", output_index=index, item=item | {"arguments": "", "status": "in_progress"})
                    for piece in _halves(item["arguments"]):
                        yield event("response.function_call_arguments.delta", delta=piece, **where)
            yield event("response.output_item.done", output_index=index, item=item)
        if answer.get("stream_error"):
            yield event("error", **answer["stream_error"])
            return
        yield event("response.incomplete" if cut else "response.completed", response=whole)

    return whole, events()
