"""One answer in each wire format, whole and streamed, saying the same: a thought, a text, two calls of one tool, usage. Fields, blocks and
events that nobody knows stand in between. A wire format without a specimen fails its contract."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

THOUGHT = "Two cities, so two calls."
TEXT = "Let me look — ✓."
CALLS = [("weather", {"city": "Oslo", "days": 2}), ("weather", {"city": "Zürich"})]
MODEL = "some-model"


@dataclass(frozen=True, slots=True)
class Specimen:
    """fault: a stream that breaks off with an error, after its beginning. usage: (input, output, total, cached, written, reasoning)."""

    whole: dict[str, Any]
    stream: bytes
    fault: bytes
    usage: tuple[int, ...]
    raw_finish: str | None = "tool_calls"


def sse(*events: Any, named: bool = False, done: bool = False) -> bytes:
    lines = [(f"event: {event['type']}\n" if named else "") + f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events]
    return "".join([": a comment\n\n", *lines, *(["data: [DONE]\n\n"] if done else [])]).encode()


def ndjson(*lines: Any) -> bytes:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def chat() -> Specimen:
    def call(n: int) -> dict[str, Any]:
        name, arguments = CALLS[n]
        return {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}

    usage = {
        "prompt_tokens": 20,
        "completion_tokens": 10,
        "total_tokens": 30,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    message = {
        "role": "assistant",
        "content": TEXT,
        "reasoning_content": THOUGHT,
        "tool_calls": [call(0), call(1)],
        "new_field": {"a": [1]},
    }
    head = {"id": "x", "object": "chat.completion", "model": MODEL, "new_field": None}

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        return head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]} | more

    def pieces(n: int) -> list[dict[str, Any]]:
        text = call(n)["function"]["arguments"]
        first = {"index": n, "id": f"call_{n}", "type": "function", "function": {"name": "weather", "arguments": ""}}
        more = [{"index": n, "function": {"arguments": part}} for part in (text[:7], text[7:])]
        return [chunk({"tool_calls": [piece]}) for piece in (first, *more)]

    begin = [
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": THOUGHT[:4]}),
        chunk({"reasoning_content": THOUGHT[4:]}),
    ]
    begin += [chunk({"content": TEXT[:14]}), chunk({"content": TEXT[14:], "new_field": {"a": [1]}}), *pieces(0), *pieces(1)]
    return Specimen(
        head | {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls", "logprobs": None}], "usage": usage},
        sse(*begin, chunk({}, "tool_calls"), head | {"choices": [], "usage": usage}, done=True),
        sse(*begin, {"error": {"message": "the upstream is overloaded", "code": 502}}),
        (20, 10, 30, 4, 2, 5),
    )


def responses() -> Specimen:
    items: list[dict[str, Any]] = [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": THOUGHT}], "encrypted_content": "e"},
        {"type": "new_kind", "id": "n_1", "anything": [1]},
        {"type": "message", "id": "m_1", "role": "assistant", "content": [{"type": "output_text", "text": TEXT, "annotations": []}]},
    ]
    items += [
        {"type": "function_call", "id": f"fc_{n}", "call_id": f"call_{n}", "name": name, "arguments": json.dumps(arguments)}
        for n, (name, arguments) in enumerate(CALLS)
    ]
    usage = {
        "input_tokens": 20,
        "output_tokens": 10,
        "total_tokens": 30,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens_details": {"reasoning_tokens": 5},
    }
    whole = {"id": "resp_1", "object": "response", "model": MODEL, "status": "completed", "output": items, "usage": usage, "new_field": 1}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": whole | {"status": "in_progress", "output": [], "usage": None}}
    ]
    for n, item in enumerate(items):
        events.append({"type": "response.output_item.added", "output_index": n, "item": item})
        if item["type"] == "reasoning":
            events.append({"type": "response.reasoning_summary_text.delta", "output_index": n, "delta": THOUGHT})
        if item["type"] == "message":
            events += [{"type": "response.output_text.delta", "output_index": n, "delta": part} for part in (TEXT[:14], TEXT[14:])]
            events.append({"type": "response.new_event", "output_index": n, "anything": {}})
        if item["type"] == "function_call":
            events.append({"type": "response.function_call_arguments.delta", "output_index": n, "delta": item["arguments"]})
        events.append({"type": "response.output_item.done", "output_index": n, "item": item})
    failed = {
        "type": "response.failed",
        "response": {"status": "failed", "error": {"code": "server_error", "message": "the server is overloaded"}},
    }
    return Specimen(
        whole,
        sse(*events, {"type": "response.completed", "response": whole}, named=True),
        sse(*events[:4], failed, named=True),
        (20, 10, 30, 4, 0, 5),
        "completed",
    )


def anthropic() -> Specimen:
    blocks: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": THOUGHT, "signature": "sig"},
        {"type": "redacted_thinking", "data": "hidden"},
        {"type": "new_block", "anything": {"a": 1}},
        {"type": "text", "text": TEXT, "new_field": None},
    ]
    blocks += [{"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": arguments} for n, (name, arguments) in enumerate(CALLS)]
    usage = {"input_tokens": 14, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2, "output_tokens": 10}
    usage |= {"output_tokens_details": {"thinking_tokens": 5}}
    whole = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": blocks,
        "stop_reason": "tool_use",
        "usage": usage,
    }
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": whole | {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}},
        {"type": "ping"},
    ]

    def delta(index: int, **data: Any) -> dict[str, Any]:
        return {"type": "content_block_delta", "index": index, "delta": data}

    for n, block in enumerate(blocks):
        empty = {key: {} if key == "input" else "" if key in ("thinking", "signature", "text") else value for key, value in block.items()}
        events.append({"type": "content_block_start", "index": n, "content_block": empty})
        match block["type"]:
            case "thinking":
                events += [delta(n, type="thinking_delta", thinking=THOUGHT), delta(n, type="signature_delta", signature="sig")]
            case "text":
                events += [delta(n, type="text_delta", text=part) for part in (TEXT[:14], TEXT[14:])]
                events += [delta(n, type="new_delta", anything=1), {"type": "new_event", "index": n}]
            case "tool_use":
                text = json.dumps(block["input"])
                events += [delta(n, type="input_json_delta", partial_json=part) for part in ("", text[:7], text[7:])]
        events.append({"type": "content_block_stop", "index": n})
    end = [{"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 10}}, {"type": "message_stop"}]
    fault = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}
    return Specimen(
        whole,
        sse(*events, *end, named=True),
        sse(*events[:9], fault, named=True),
        (14, 10, 30, 4, 2, 5),
        "tool_use",
    )


def gemini() -> Specimen:
    parts: list[dict[str, Any]] = [
        {"text": THOUGHT, "thought": True},
        {"newPart": {"a": 1}},
        {"text": TEXT},
        *({"functionCall": {"name": name, "args": arguments}, "thoughtSignature": "sig"} for name, arguments in CALLS),
    ]
    usage = {
        "promptTokenCount": 20,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 5,
        "totalTokenCount": 30,
        "cachedContentTokenCount": 4,
    }
    head = {"modelVersion": MODEL, "responseId": "resp", "usageMetadata": usage, "newField": 1}

    def body(parts: list[dict[str, Any]], finish: str | None = None) -> dict[str, Any]:
        candidate = {"index": 0, "content": {"role": "model", "parts": parts}} | ({"finishReason": finish} if finish else {})
        return head | {"candidates": [candidate]}

    pieces = [[{"text": THOUGHT[:4], "thought": True}], [{"text": THOUGHT[4:], "thought": True}], [parts[1]], [{"text": TEXT[:14]}]]
    chunks = [body(piece) for piece in [*pieces, [{"text": TEXT[14:]}], parts[3:]]]
    return Specimen(
        body(parts, "STOP"),
        sse(*chunks, body([{"text": ""}], "STOP")),
        sse(*chunks[:3], {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}),
        (20, 10, 30, 4, 0, 5),
        "STOP",
    )


def cohere() -> Specimen:
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for n, (name, arguments) in enumerate(CALLS)
    ]
    usage = {"tokens": {"input_tokens": 20, "output_tokens": 10}, "cached_tokens": 4, "new_units": {}}
    content = [{"type": "new_block", "anything": 1}, {"type": "text", "text": TEXT}]
    message = {"role": "assistant", "tool_plan": THOUGHT, "content": content, "tool_calls": calls}
    events: list[dict[str, Any]] = [
        {"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant", "content": [], "tool_calls": []}}},
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": THOUGHT}}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": content[0]}}},
        {"type": "content-end", "index": 0},
        {"type": "content-start", "index": 1, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
        *({"type": "content-delta", "index": 1, "delta": {"message": {"content": {"text": part}}}} for part in (TEXT[:14], TEXT[14:])),
        {"type": "new-event", "index": 1},
    ]
    for n, call in enumerate(calls):
        text = call["function"]["arguments"]
        began = call | {"function": call["function"] | {"arguments": ""}}
        events.append({"type": "tool-call-start", "index": n, "delta": {"message": {"tool_calls": began}}})
        for part in (text[:7], text[7:]):
            told = {"function": {"arguments": part}}
            events.append({"type": "tool-call-delta", "index": n, "delta": {"message": {"tool_calls": told}}})
        events.append({"type": "tool-call-end", "index": n})
    end = {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": usage}}
    fault = {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "the server is overloaded"}}
    return Specimen(
        {"id": "x", "message": message, "finish_reason": "TOOL_CALL", "usage": usage},
        sse(*events, end, named=True, done=True),
        sse(*events[:4], fault, named=True),
        (20, 10, 30, 4, 0, 0),
        "TOOL_CALL",
    )


def ollama() -> Specimen:
    calls = [{"function": {"name": name, "arguments": arguments, "index": n}} for n, (name, arguments) in enumerate(CALLS)]
    head = {"model": MODEL, "created_at": "2026-01-01T00:00:00.1Z"}
    end = {"done": True, "done_reason": "stop", "prompt_eval_count": 20, "eval_count": 10, "new_field": {}}
    message = {"role": "assistant", "thinking": THOUGHT, "content": TEXT, "tool_calls": calls}

    def line(**message: Any) -> dict[str, Any]:
        return head | {"message": {"role": "assistant", "content": ""} | message, "done": False}

    lines = [line(thinking=THOUGHT), line(content=TEXT[:14]), line(content=TEXT[14:]), *(line(tool_calls=[call]) for call in calls)]
    return Specimen(
        head | {"message": message} | end,
        ndjson(*lines, head | {"message": {"role": "assistant", "content": ""}} | end),
        ndjson(*lines[:2], {"error": "the server is overloaded"}),
        (20, 10, 30, 0, 0, 0),
        "stop",
    )


def interactions() -> Specimen:
    calls = [{"type": "function_call", "id": f"call_{n}", "name": name, "arguments": args} for n, (name, args) in enumerate(CALLS)]
    usage = {
        "total_input_tokens": 20,
        "total_output_tokens": 5,
        "total_thought_tokens": 5,
        "total_tokens": 30,
        "total_cached_tokens": 4,
        "new_tokens": 1,
    }
    head = {"id": "v1_1", "object": "interaction", "model": MODEL, "new_field": {}}
    thought = {"type": "thought", "summary": [{"type": "text", "text": THOUGHT}], "signature": "sig"}
    new = {"type": "new_kind", "anything": [1]}
    steps = [thought, new, {"type": "model_output", "content": [{"type": "text", "text": TEXT}]}, *calls]

    def of(kind: str, index: int, **more: Any) -> dict[str, Any]:
        return {"event_type": f"step.{kind}", "index": index} | more

    events = [
        {"event_type": "interaction.created", "interaction": head | {"status": "in_progress"}},
        of("start", 0, step={"type": "thought"}),
        of("delta", 0, delta={"type": "thought_summary", "content": {"type": "text", "text": THOUGHT}}),
        of("delta", 0, delta={"type": "thought_signature", "signature": "sig"}),
        of("stop", 0),
        of("start", 1, step=new),
        {"event_type": "interaction.new_event", "anything": 1},
        of("start", 2, step={"type": "model_output"}),
        *(of("delta", 2, delta={"type": "text", "text": part}) for part in (TEXT[:14], TEXT[14:])),
    ]
    for n, call in enumerate(calls, 3):
        text = json.dumps(call["arguments"])
        events.append(of("start", n, step={key: value for key, value in call.items() if key != "arguments"}))
        events += [of("delta", n, delta={"type": "arguments_delta", "arguments": part}) for part in (text[:7], text[7:])]
        events.append(of("stop", n))
    end = {"event_type": "interaction.completed", "interaction": head | {"status": "requires_action", "usage": usage}}
    fault = {"event_type": "error", "error": {"code": "service_unavailable", "message": "The model is overloaded."}}
    return Specimen(
        head | {"status": "requires_action", "steps": steps, "usage": usage},
        sse(*events, end, done=True),
        sse(*events[:3], fault),
        (20, 10, 30, 4, 0, 5),
        "requires_action",
    )


def conversations() -> Specimen:
    calls = [
        {
            "type": "function.call",
            "object": "entry",
            "id": f"fc_{n}",
            "tool_call_id": f"call_{n}",
            "name": name,
            "arguments": json.dumps(args),
        }
        for n, (name, args) in enumerate(CALLS)
    ]
    usage = {"prompt_tokens": 16, "connector_tokens": 4, "completion_tokens": 10, "total_tokens": 30, "new_tokens": 1}
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}], "closed": True}
    said = {"type": "message.output", "object": "entry", "id": "msg_1", "role": "assistant", "model": MODEL}
    message = said | {"content": [thinking, {"type": "text", "text": TEXT}]}

    def of(entry: dict[str, Any], kind: str, index: int, **more: Any) -> dict[str, Any]:
        kept = {key: value for key, value in entry.items() if key not in ("content", "arguments", "type")}
        return kept | {"type": kind, "output_index": index, "created_at": "2026-01-01T00:00:00Z"} | more

    pieces = [thinking | {"thinking": [{"type": "text", "text": part}]} for part in (THOUGHT[:4], THOUGHT[4:])]
    begin = [
        {"type": "conversation.response.started", "conversation_id": "conv_1", "created_at": "2026-01-01T00:00:00Z"},
        *(of(message, "message.output.delta", 0, content=piece) for piece in pieces),
        *(of(message, "message.output.delta", 0, content=part) for part in (TEXT[:5], {"type": "text", "text": TEXT[5:]})),
        {"type": "conversation.new_event", "anything": 1},
    ]
    told = [
        of(call, "function.call.delta", n, arguments=part)
        for n, call in enumerate(calls, 1)
        for part in ("", call["arguments"][:5], call["arguments"][5:])
    ]
    return Specimen(
        {"object": "conversation.response", "conversation_id": "conv_1", "outputs": [message, *calls], "usage": usage, "new_field": {}},
        sse(*begin, *told, {"type": "conversation.response.done", "usage": usage}, named=True),
        sse(*begin, {"type": "conversation.response.error", "message": "the upstream is overloaded", "code": 502}, named=True),
        (20, 10, 30, 0, 0, 0),
        None,
    )


SPECIMENS = {made.__name__: made for made in (anthropic, chat, cohere, conversations, gemini, interactions, ollama, responses)}
