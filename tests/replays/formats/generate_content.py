"""Gemini's generateContent, read for the oracle.

Tolerances: fields that are null or say `thought: false` count as absent; names in snake case are those in camel case; the model and whether
the answer is streamed stand in the address; calls without ids are told apart by their order; an empty text that carries a signature is its
signature; `parameters` and `parametersJsonSchema` are the same.
"""

from __future__ import annotations

import json
from typing import Any

from staysail import Audio, File, Image, Part, Reasoning, Text, ToolCall
from staysail.core.messages import Opaque
from tests.replays.meaning import Expected, Meaning, arguments, canonical, sse_data

# Of generateContent and streamGenerateContent.
PATH = "enerateContent"
KNOWN = ("contents", "systemInstruction", "tools", "toolConfig", "generationConfig")
SETTINGS = ("temperature", "maxOutputTokens", "responseJsonSchema", "responseMimeType")


def address(out: Meaning, path: str) -> None:
    out.model, _, method = path.partition("models/")[2].partition(":")
    out.streamed = method == "streamGenerateContent"


def meaning(body: dict[str, Any]) -> Meaning:
    out = Meaning("", [])
    for part in (body.get("systemInstruction") or {}).get("parts") or ():
        out.said.append(("system", "text", part["text"]))
    open_calls: list[tuple[str, str]] = []
    count = 0
    for content in body["contents"]:
        role = "assistant" if content["role"] == "model" else content["role"]
        for part in content["parts"]:
            part = {name: value for name, value in part.items() if value is not None and (name, value) != ("thought", False)}
            signature = part.pop("thoughtSignature", None)
            if "functionCall" in part:
                call = part["functionCall"]
                id = call.get("id") or f"#{count}"
                count += 1
                open_calls.append((call["name"], id))
                out.said.append((role, "call", id, call["name"], canonical(call.get("args") or {})))
            elif "functionResponse" in part:
                told = part["functionResponse"]
                known = next(call for call in open_calls if call[0] == told["name"])
                open_calls.remove(known)
                assert told.get("id", known[1]) == known[1]
                out.said.append(("tool", "result", known[1], canonical(told["response"].get("result"))))
                out.said += [("tool", "media of a result", canonical(item)) for item in told.get("parts") or ()]
            elif part.get("thought"):
                out.said.append((role, "reasoning", part["text"]))
                out.raw[part["text"]] = part
            elif part.get("text"):
                out.said.append((role, "text", part["text"]))
            elif set(part) - {"text"}:
                out.said.append((role, "part", canonical(part)))
            if signature:
                out.said.append((role, "signature", signature))
    _read_tools(out, body)
    _read_settings(out, body)
    return out


def _as_json_schema(schema: Any) -> Any:
    """A schema of `parameters` as JSON Schema, where `nullable` is a type."""
    if isinstance(schema, list):
        return [_as_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {name: _as_json_schema(value) for name, value in schema.items() if (name, value) != ("nullable", True)}
    return out | {"type": [out["type"], "null"]} if schema.get("nullable") is True else out


def _read_tools(out: Meaning, body: dict[str, Any]) -> None:
    others = []
    for group in body.get("tools") or ():
        for tool in group.get("functionDeclarations") or ():
            parameters = tool.get("parameters") or tool.get("parametersJsonSchema") or {"type": "object", "properties": {}}
            out.tools[tool["name"]] = {"description": tool.get("description") or "", "parameters": _as_json_schema(parameters)}
        more = {name: value for name, value in group.items() if name != "functionDeclarations" and value is not None}
        others += [more] if more else []
    out.rest |= {"tools": others} if others else {}
    choice = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    names = choice.get("allowedFunctionNames") or choice.get("allowed_function_names")
    out.choice = {"ANY": "required", "NONE": "none"}.get(choice.get("mode", "AUTO"), "auto")
    if names:
        out.choice = f"tool {names[0]}"


def _read_settings(out: Meaning, body: dict[str, Any]) -> None:
    settings = {name: value for name, value in (body.get("generationConfig") or {}).items() if value is not None}
    out.temperature, out.max_tokens = settings.get("temperature"), settings.get("maxOutputTokens")
    out.schema = settings.get("responseJsonSchema")
    more = {name: value for name, value in settings.items() if name not in SETTINGS}
    out.rest |= {"generationConfig": more} if more else {}
    out.rest |= {name: value for name, value in body.items() if name not in KNOWN and value is not None}


def part(item: tuple[str, ...], raw: dict[str, Any]) -> Part | None:
    match item:
        case (_, "reasoning", text):
            return Reasoning(text, extra={"gemini": {"thought": True}})
        case (_, "part", text):
            given = json.loads(text)
            data = given.get("inlineData")
            if not data:
                return Opaque({"gemini": given})
            kind = {"image": Image, "audio": Audio}.get(data["mimeType"].partition("/")[0], File)
            return kind(data=data["data"], media_type=data["mimeType"])
        case (_, "call", id, name, text) if not id.startswith("#"):
            return ToolCall(id, name, arguments(text), {"gemini": {"id": id}})
    return None


def sign(last: Part, signature: str) -> Part:
    """The part with the signature it came with."""
    extra = dict(last.extra) if isinstance(last, Text | ToolCall | Reasoning) else {}
    return last.replace(extra=extra | {"gemini": dict(extra.get("gemini") or {}) | {"thoughtSignature": signature}})


def expected(response: dict[str, Any]) -> Expected:
    streamed = "event-stream" in response["headers"].get("content-type", "")
    chunks = list(sse_data(response["body"])) if streamed else [json.loads(response["body"])]
    out, usage, reason = Expected(), {}, None
    for chunk in chunks:
        usage = chunk.get("usageMetadata") or usage
        candidate = next((item for item in chunk.get("candidates") or () if item.get("index", 0) == 0), {})
        reason = candidate.get("finishReason") or reason
        for part in (candidate.get("content") or {}).get("parts") or ():
            text = part.get("text") or ""
            if part.get("thought"):
                out.reasoning += text
            else:
                out.text += text
            if "functionCall" in part:
                call = part["functionCall"]
                out.calls.append((call.get("id") or "", call["name"], call.get("args") or {}))
    thoughts = usage.get("thoughtsTokenCount") or 0
    out.usage = {
        "input_tokens": usage["promptTokenCount"],
        "output_tokens": (usage.get("candidatesTokenCount") or 0) + thoughts,
        "total_tokens": usage["totalTokenCount"],
        "cached_input_tokens": usage.get("cachedContentTokenCount") or 0,
        "reasoning_tokens": thoughts,
    }
    out.finish = {"MAX_TOKENS": "length", "STOP": "tool_calls" if out.calls else "stop"}[reason]
    return out
