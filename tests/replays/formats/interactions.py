"""Gemini's Interactions, read for the oracle.

Tolerances: results of tools as steps or as the content of a user's input are the same; nothing is stored unless it was asked for, so
`store: false` counts as absent; `tool_choice` absent means auto; the media type of an answer's schema is left out.
"""

from __future__ import annotations

import json
from typing import Any

from tests.replays.meaning import Expected, Meaning, canonical, media, sse_data, texts

PATH = "/v1beta/interactions"
KNOWN = ("model", "input", "system_instruction", "tools", "generation_config", "response_format", "stream")
FINISH = {"completed": "stop", "requires_action": "tool_calls", "incomplete": "length"}


def meaning(body: dict[str, Any]) -> Meaning:
    out = Meaning(body["model"], [])
    if body.get("system_instruction"):
        out.said.append(("system", "text", body["system_instruction"]))
    for step in body["input"]:
        _add_step(out, step)
    for tool in body.get("tools") or ():
        if tool["type"] == "function":
            out.tools[tool["name"]] = {"description": tool.get("description") or "", "parameters": tool.get("parameters") or {}}
    config = dict(body.get("generation_config") or {})
    choice = config.pop("tool_choice", "auto")
    out.choice = f"tool {choice['allowed_tools']['tools'][0]}" if isinstance(choice, dict) else {"any": "required"}.get(choice, choice)
    out.temperature, out.max_tokens = config.pop("temperature", None), config.pop("max_output_tokens", None)
    out.schema = next((form["schema"] for form in body.get("response_format") or ()), None)
    out.streamed = bool(body.get("stream"))
    out.rest = {name: value for name, value in body.items() if name not in KNOWN and value not in (None, False)}
    if config:
        out.rest["generation_config"] = config
    return out


def _add_step(out: Meaning, step: dict[str, Any]) -> None:
    match step["type"]:
        case "user_input":
            results = [item for item in step["content"] if item["type"] == "function_result"]
            said = [item for item in step["content"] if item["type"] != "function_result"]
            for item in results:
                _add_step(out, item)
            if texts(said):
                out.said.append(("user", "text", texts(said)))
            out.said += [("user", "media", thing) for thing in media(said)]
        case "function_result":
            told = step["result"]
            out.said.append(("tool", "result", step["call_id"], canonical(told) if isinstance(told, str | dict) else texts(told)))
        case "model_output":
            out.said.append(("assistant", "text", texts(step["content"])))
        case "function_call":
            out.said.append(("assistant", "call", step["id"], step["name"], canonical(step["arguments"])))
        case "thought":
            out.said.append(("assistant", "reasoning", step["signature"]))
            out.raw[step["signature"]] = step
        case _:
            out.said.append(("assistant", "other", canonical(step)))


def expected(response: dict[str, Any]) -> Expected:
    out = Expected()
    if "event-stream" in response["headers"].get("content-type", ""):
        body: dict[str, Any] = {}
        for event in sse_data(response["body"]):
            delta = event.get("delta") or {}
            match delta.get("type"):
                case "text":
                    out.text += delta["text"]
                case "thought_summary":
                    out.reasoning += delta["content"]["text"]
            if event["event_type"] == "step.start" and event["step"]["type"] == "function_call":
                out.calls.append((event["step"]["id"], event["step"]["name"], event["step"]["arguments"]))
            body = event.get("interaction") or body
    else:
        body = json.loads(response["body"])
        for step in body["steps"]:
            match step["type"]:
                case "model_output":
                    out.text += "".join(part.get("text", "") for part in step["content"])
                case "thought":
                    out.reasoning += "".join(part["text"] for part in step.get("summary") or ())
                case "function_call":
                    out.calls.append((step["id"], step["name"], step["arguments"]))
    out.finish = FINISH[body["status"]]
    usage = body["usage"]
    out.usage = {
        "input_tokens": usage["total_input_tokens"],
        "output_tokens": usage["total_output_tokens"] + usage["total_thought_tokens"],
        "total_tokens": usage["total_tokens"],
        "cached_input_tokens": usage["total_cached_tokens"],
        "reasoning_tokens": usage["total_thought_tokens"],
    }
    return out
