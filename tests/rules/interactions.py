"""Gemini's Interactions.

https://ai.google.dev/api/interactions-api
"""

from __future__ import annotations

import json
import re
from typing import Any

from .gemini import MODELS
from .gemini import refuse as refuse
from .rule import Asked, Refusal, check_name, decide, first_match, halves, sse, unknown

PATH = re.compile(r"/interactions$")
FIELDS = {
    "model",
    "agent",
    "input",
    "system_instruction",
    "tools",
    "response_format",
    "response_mime_type",
    "response_modalities",
    "stream",
    "store",
    "background",
    "generation_config",
    "agent_config",
    "previous_interaction_id",
    "service_tier",
    "environment",
    "webhook_config",
}
CONFIG = {
    "temperature",
    "top_p",
    "seed",
    "stop_sequences",
    "tool_choice",
    "thinking_level",
    "thinking_summaries",
    "max_output_tokens",
    "speech_config",
    "image_config",
    "presence_penalty",
    "frequency_penalty",
}
TOOLS = {
    "function",
    "google_search",
    "code_execution",
    "url_context",
    "file_search",
    "google_maps",
    "computer_use",
    "mcp_server",
    "retrieval",
}
STEPS = {"user_input", "model_output", "thought", "function_call", "function_result"} | {
    f"{tool}_{part}"
    for tool in ("google_search", "code_execution", "url_context", "file_search", "google_maps", "mcp_server_tool")
    for part in ("call", "result")
}
PROVIDERS = {"gemini": MODELS, "gemini-interactions": MODELS}


def check(body: dict[str, Any], seen: Any, rules: Any) -> None:
    model = body.get("model") or ""
    gemini = first_match(rules, model)
    check_name(
        model,
        len(json.dumps(body)),
        Refusal(f"models/{model} is not found.", status=404),
        Refusal("The model is overloaded. Please try again later.", status=503),
        Refusal("The input token count (1100000) exceeds the maximum number of tokens allowed (1048576)."),
    )
    if name := unknown(body, FIELDS):
        raise Refusal(f"Unknown parameter '{name}'.")
    config = body.get("generation_config") or {}
    if name := unknown(config, CONFIG):
        raise Refusal(f"Unknown parameter '{name}' in generation_config.")
    if not gemini.sampling and (field := next((name for name in ("temperature", "top_p") if name in config), None)):
        raise Refusal(f"Unsupported parameter: '{field}' is not supported with this model.")
    level = config.get("thinking_level")
    if level is not None and not gemini.levels:
        raise Refusal("Thinking level is not supported for this model.")
    if level is not None and level not in gemini.levels:
        raise Refusal(f"Thinking level {level.upper()} is not supported for this model. Please retry with other thinking level.")
    if config.get("thinking_summaries") not in (None, "auto", "none"):
        raise Refusal("thinking_summaries must be one of auto, none")
    for n, tool in enumerate(body.get("tools") or ()):
        if tool.get("type") not in TOOLS:
            raise Refusal(f"Invalid value at 'tools[{n}].type': {tool.get('type')}")
    choice = config.get("tool_choice")
    if isinstance(choice, str) and choice not in ("auto", "any", "none", "validated"):
        raise Refusal("tool_choice must be one of auto, any, none, validated")
    waiting: set[str] = set()
    items = body.get("input")
    if not items:
        raise Refusal("input is required")
    for n, step in enumerate(items if isinstance(items, list) else ()):
        if step.get("type") not in STEPS:
            raise Refusal(f"Invalid value at 'input[{n}].type': {step.get('type')}")
        if step["type"] == "function_call":
            waiting.add(step["id"])
        results = (
            [step] if step["type"] == "function_result" else [c for c in step.get("content") or () if c.get("type") == "function_result"]
        )
        for result in results:
            if result.get("call_id") not in waiting and not body.get("previous_interaction_id"):
                raise Refusal(f"function_result without function_call: {result.get('call_id')}")
            waiting.discard(result["call_id"])
    if waiting:
        raise Refusal(f"function_call without function_result: {min(waiting)}")


def answer(body: dict[str, Any], seen: Any, rules: Any) -> dict[str, Any]:
    gemini = first_match(rules, body["model"])
    items = body["input"]
    items = [{"type": "user_input", "content": [{"type": "text", "text": items}]}] if isinstance(items, str) else items
    last = items[-1]
    content = last.get("content") or ()
    text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    config = body.get("generation_config") or {}
    choice = config.get("tool_choice")
    tools = body.get("tools") or []
    allowed = (choice.get("allowed_tools") or {}).get("tools") if isinstance(choice, dict) else None
    forms = body.get("response_format") or []
    form = next((one for one in (forms if isinstance(forms, list) else [forms]) if one.get("schema")), {})
    ended = last["type"] == "function_result" or any(isinstance(part, dict) and part.get("type") == "function_result" for part in content)
    said = decide(
        Asked(
            text,
            {} if choice == "none" else {tool["name"]: tool.get("parameters") for tool in tools if tool["type"] == "function"},
            allowed[0] if allowed else "any" if choice == "any" else None,
            form.get("schema"),
            tuple(tool["type"] for tool in tools if tool["type"] != "function"),
            ended,
            config.get("thinking_summaries") == "auto",
        )
    )
    steps: list[dict[str, Any]] = []
    if gemini.budget:
        thought: dict[str, Any] = {"type": "thought", "signature": "sig"}
        steps.append(thought | ({"summary": [{"type": "text", "text": said.reasoning}]} if said.reasoning else {}))
    for kind in said.hosted:
        steps.append({"type": f"{kind}_call", "id": "h1", "arguments": {"queries": ["news"]}, "signature": "sig"})
        steps.append({"type": f"{kind}_result", "call_id": "h1", "result": [{"url": "https://example.org/"}], "signature": "sig"})
    if said.call:
        steps.append({"type": "function_call", "id": "fc1", "name": said.call[0], "arguments": said.call[1]})
    else:
        cited = [{"type": "url_citation", "url": "https://example.org/", "title": "Example", "start_index": 0, "end_index": 5}]
        part = {"type": "text", "text": said.text} | ({"annotations": cited} if said.hosted else {})
        steps.append({"type": "model_output", "content": [part]})
    usage = {"total_input_tokens": 10, "total_output_tokens": 5, "total_thought_tokens": 3, "total_tokens": 18, "total_cached_tokens": 0}
    status = "requires_action" if said.call else "completed"
    head = {"id": "v1_1", "model": body["model"], "object": "interaction"}
    if not body.get("stream"):
        return {"body": head | {"status": status, "steps": steps, "usage": usage}}
    events: list[dict[str, Any]] = [{"event_type": "interaction.created", "interaction": head | {"status": "in_progress"}}]
    for index, step in enumerate(steps):
        begun, deltas = _begin(step)
        events.append({"event_type": "step.start", "index": index, "step": begun})
        events += [{"event_type": "step.delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"event_type": "step.stop", "index": index})
    events.append({"event_type": "interaction.completed", "interaction": head | {"status": status, "usage": usage}})
    data = sse(*events, named=lambda event: event["event_type"])
    return {"headers": {"content-type": "text/event-stream"}, "body": data + b"event: done\ndata: [DONE]\n\n"}


def _begin(step: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """How a step begins in a stream, and what is added to it."""
    match step["type"]:
        case "thought":
            deltas: list[dict[str, Any]] = [{"type": "thought_summary", "content": part} for part in step.get("summary") or ()]
            return {"type": "thought"}, [*deltas, {"type": "thought_signature", "signature": step["signature"]}]
        case "model_output":
            part = step["content"][0]
            deltas = [{"type": "text", "text": piece} for piece in halves(part["text"])]
            if part.get("annotations"):
                deltas.append({"type": "text_annotation_delta", "annotations": part["annotations"]})
            return {"type": "model_output"}, deltas
        case "function_call":
            begun = {key: value for key, value in step.items() if key != "arguments"}
            return begun, [{"type": "arguments_delta", "arguments": piece} for piece in halves(json.dumps(step["arguments"]))]
    return step, []
