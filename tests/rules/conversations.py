"""Mistral's Conversations.

https://docs.mistral.ai/api/endpoint/beta/conversations
"""

from __future__ import annotations

import json
import re
from typing import Any

from .chat import MISTRAL_EFFORTS
from .chat import PROVIDERS as CHAT
from .chat import refuse as refuse_chat
from .rule import Asked, Refusal, check_name, decide, first_match, halves, sse, unknown

PATH = re.compile(r"/conversations$")
FIELDS = {
    "inputs",
    "model",
    "agent_id",
    "agent_version",
    "stream",
    "store",
    "handoff_execution",
    "instructions",
    "tools",
    "completion_args",
    "guardrails",
    "name",
    "description",
    "metadata",
}
ARGUMENTS = {
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "temperature",
    "top_p",
    "max_tokens",
    "random_seed",
    "prediction",
    "response_format",
    "tool_choice",
    "reasoning_effort",
}
TOOLS = {"function", "web_search", "web_search_premium", "code_interpreter", "image_generation", "document_library", "connector"}
ENTRIES: dict[str, set[str]] = {
    "message.input": {"role", "content", "prefix"},
    "message.output": {"role", "content", "agent_id", "model"},
    "function.call": {"tool_call_id", "name", "arguments", "agent_id", "model", "confirmation_status"},
    "function.result": {"tool_call_id", "result"},
    "tool.execution": {"name", "arguments", "agent_id", "model", "info", "function"},
    "agent.handoff": {"previous_agent_id", "previous_agent_name", "next_agent_id", "next_agent_name"},
}
ALWAYS = {"object", "type", "created_at", "completed_at", "id"}
CHUNKS = {"text", "image_url", "document_url", "tool_file", "tool_reference", "thinking", "file"}
PROVIDERS = {"mistral-conversations": MISTRAL_EFFORTS}


def refuse(refusal: Refusal, rules: Any) -> dict[str, Any]:
    return refuse_chat(refusal, CHAT["mistral"])


def check(body: dict[str, Any], seen: Any, rules: Any) -> None:
    model = body.get("model") or ""
    check_name(
        model,
        len(json.dumps(body)),
        Refusal(f"Invalid model: {model}", code="1500", status=400),
        Refusal("Service tier capacity exceeded for this model.", code="3505", status=503),
        Refusal("Prompt contains 300 tokens, too large for model with 250 maximum context length", code="3051"),
    )
    if name := unknown(body, FIELDS):
        raise Refusal("Extra inputs are not permitted", param=name, status=422)
    arguments = body.get("completion_args") or {}
    if name := unknown(arguments, ARGUMENTS):
        raise Refusal("Extra inputs are not permitted", param=f"completion_args.{name}", status=422)
    if arguments.get("tool_choice", "auto") not in ("auto", "none", "any", "required"):
        raise Refusal("Input should be 'auto', 'none', 'any' or 'required'", param="completion_args.tool_choice", status=422)
    efforts, _default, _ = first_match(rules, model)
    effort = arguments.get("reasoning_effort")
    if effort is not None and effort not in efforts:
        raise Refusal(f"reasoning_effort {effort} is not supported for this model", param="reasoning_effort")
    for n, tool in enumerate(body.get("tools") or ()):
        if tool.get("type") not in TOOLS:
            raise Refusal(f"Input tag '{tool.get('type')}' is not one of the expected tags", param=f"tools.{n}", status=422)
        if tool["type"] == "document_library" and not tool.get("library_ids"):
            raise Refusal("Field required", param=f"tools.{n}.document_library.library_ids", status=422)
    if not body.get("inputs"):
        raise Refusal("Field required", param="inputs", status=422)
    _check_entries([{"type": "message.input", "content": body["inputs"]}] if isinstance(body["inputs"], str) else body["inputs"])


def _check_entries(entries: list[dict[str, Any]]) -> None:
    waiting: set[str] = set()
    for n, entry in enumerate(entries):
        known = ENTRIES.get(entry.get("type", "message.input"))
        if known is None:
            raise Refusal(f"Input tag '{entry['type']}' is not one of the expected tags", param=f"inputs.{n}", status=422)
        if name := unknown(entry, known | ALWAYS):
            raise Refusal("Extra inputs are not permitted", param=f"inputs.{n}.{name}", status=422)
        content = entry.get("content")
        for part in content if isinstance(content, list) else ():
            if part.get("type") not in CHUNKS:
                raise Refusal(f"Input tag '{part.get('type')}' is not one of the expected tags", param=f"inputs.{n}.content", status=422)
        if entry.get("type") == "function.call":
            if not re.fullmatch(r"[a-zA-Z0-9_]{1,16}", entry["tool_call_id"]):
                raise Refusal(f"Tool call id was {entry['tool_call_id']} but must be a-z, A-Z, 0-9, with a length of 9.", code="3280")
            waiting.add(entry["tool_call_id"])
        elif entry.get("type") == "function.result":
            if entry["tool_call_id"] not in waiting or not isinstance(entry["result"], str):
                raise Refusal("Unexpected function result", code="3230")
            waiting.discard(entry["tool_call_id"])
    if waiting:
        raise Refusal("Not the same number of function calls and responses", code="3230")
    if entries[-1].get("type") in ("message.output", "function.call"):
        raise Refusal("Expected last entry to be an input or a function result", code="3230")


def answer(body: dict[str, Any], seen: Any, rules: Any) -> dict[str, Any]:
    entries = body["inputs"] if isinstance(body["inputs"], list) else [{"type": "message.input", "content": body["inputs"]}]
    last = entries[-1]
    content = last.get("content") or last.get("result") or ""
    arguments = body.get("completion_args") or {}
    tools = body.get("tools") or []
    functions = {tool["function"]["name"]: tool["function"].get("parameters") for tool in tools if tool["type"] == "function"}
    efforts, _default, _ = first_match(rules, body["model"])
    said = decide(
        Asked(
            content if isinstance(content, str) else "".join(part.get("text", "") for part in content),
            {} if arguments.get("tool_choice") == "none" else functions,
            "any" if arguments.get("tool_choice") in ("any", "required") else None,
            ((arguments.get("response_format") or {}).get("json_schema") or {}).get("schema"),
            tuple(tool["type"] for tool in tools if tool["type"] != "function"),
            last.get("type") == "function.result",
            bool(efforts and arguments.get("reasoning_effort") not in (None, "none")),
        )
    )
    chunks: list[dict[str, Any]] = []
    if said.reasoning:
        chunks.append({"type": "thinking", "thinking": [{"type": "text", "text": said.reasoning}], "closed": True})
    if said.text:
        chunks.append({"type": "text", "text": said.text})
    if "web_search" in said.hosted:
        chunks.append({"type": "tool_reference", "tool": "web_search", "title": "Example", "url": "https://example.org/"})
    outputs: list[dict[str, Any]] = [
        {
            "type": "tool.execution",
            "object": "entry",
            "id": f"tool_exec_{n}",
            "name": kind,
            "arguments": '{"query": "news"}',
            "info": {"n": 1},
        }
        for n, kind in enumerate(said.hosted)
    ]
    if chunks:
        plain = len(chunks) == 1 and chunks[0]["type"] == "text"
        spoken = {"type": "message.output", "object": "entry", "id": "msg_1", "role": "assistant", "model": body["model"]}
        outputs.append(spoken | {"content": chunks[0]["text"] if plain else chunks})
    if said.call:
        call = {"type": "function.call", "object": "entry", "id": "fc_1", "tool_call_id": "callRules", "name": said.call[0]}
        outputs.append(call | {"arguments": json.dumps(said.call[1])})
    tokens = {"connector_tokens": 20, "connectors": dict.fromkeys(said.hosted, 1)} if said.hosted else {}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 35 if tokens else 15} | tokens
    if not body.get("stream"):
        return {"body": {"object": "conversation.response", "conversation_id": "conv_1", "outputs": outputs, "usage": usage}}
    events: list[dict[str, Any]] = [{"type": "conversation.response.started", "conversation_id": "conv_1"}]
    for index, entry in enumerate(outputs):
        events += [event | {"output_index": index} for event in _events(entry)]
    events.append({"type": "conversation.response.done", "usage": usage})
    return {"headers": {"content-type": "text/event-stream"}, "body": sse(*events, named=lambda event: event["type"])}


def _events(entry: dict[str, Any]) -> list[dict[str, Any]]:
    if entry["type"] == "function.call":
        head = {key: entry[key] for key in ("id", "name", "tool_call_id")} | {"type": "function.call.delta"}
        return [head | {"arguments": piece} for piece in halves(entry["arguments"])]
    if entry["type"] == "tool.execution":
        head = {key: entry[key] for key in ("id", "name")}
        pieces = [head | {"type": "tool.execution.delta", "arguments": piece} for piece in halves(entry["arguments"])]
        done = head | {"type": "tool.execution.done", "info": entry["info"]}
        return [head | {"type": "tool.execution.started", "arguments": ""}, *pieces, done]
    head = {"type": "message.output.delta", "id": entry["id"], "role": "assistant", "model": entry["model"]}
    chunks = entry["content"] if isinstance(entry["content"], list) else [{"type": "text", "text": entry["content"]}]
    out: list[dict[str, Any]] = []
    for at, chunk in enumerate(chunks):
        pieces: list[Any] = list(halves(chunk["text"])) if chunk["type"] == "text" else [chunk]
        out += [head | {"content_index": at, "content": piece} for piece in pieces]
    return out
