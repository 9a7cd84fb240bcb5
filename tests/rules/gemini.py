"""Gemini's generateContent.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .rule import Asked, Refusal, check_name, decide, first_match, halves, sse, unknown

PATH = re.compile(r"/models/[^/:]+:(streamG|g)enerateContent$")
FIELDS = (
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "safetySettings",
    "cachedContent",
    "labels",
    "serviceTier",
    "continuationToken",
    "store",
)
CONFIG = {
    "temperature",
    "topP",
    "topK",
    "maxOutputTokens",
    "stopSequences",
    "candidateCount",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "responseLogprobs",
    "logprobs",
    "thinkingConfig",
    "responseModalities",
    "mediaResolution",
    "speechConfig",
    "imageConfig",
    "enableEnhancedCivicAnswers",
    "responseFormat",
}
TOOLS = (
    "functionDeclarations",
    "googleSearch",
    "codeExecution",
    "urlContext",
    "fileSearch",
    "googleMaps",
    "computerUse",
    "mcpServers",
    "googleSearchRetrieval",
)


@dataclass(frozen=True)
class Gemini:
    """levels: of thinking; () where a budget is taken instead. budget: the least and most; None where the model does not think."""

    levels: tuple[str, ...] = ("minimal", "low", "medium", "high")
    budget: tuple[int, int] | None = (0, 24_576)
    mixed: bool = True
    signed: bool = True
    sampling: bool = True


SECOND = {"mixed": False, "signed": False}
MODELS = (
    ("gemini-4-hydrogen", Gemini(("low", "medium", "high", "xhigh"))),
    ("gemini-4", Gemini(("low", "medium", "high"), sampling=False)),
    ("gemini-3.8-flash", Gemini(("low", "medium", "high"))),
    ("gemini-3.7-flash", Gemini(("low", "medium", "high"))),
    ("gemini-3.1-pro", Gemini(("low", "medium", "high"))),
    ("gemini-3-pro", Gemini(("low", "high"))),
    ("gemini-2.5-pro", Gemini((), (128, 32_768), **SECOND)),
    ("gemini-2.5-flash-lite", Gemini((), (0, 24_576), **SECOND)),
    ("gemini-2.5", Gemini((), (0, 24_576), **SECOND)),
    ("gemini-2", Gemini((), None, **SECOND)),
    ("gemini-1", Gemini((), None, **SECOND)),
    ("gemma", Gemini((), None, **SECOND)),
    ("", Gemini()),
)
PROVIDERS = {"gemini": MODELS}


def refuse(refusal: Refusal, rules: Any) -> dict[str, Any]:
    kind = refusal.kind or {404: "NOT_FOUND", 503: "UNAVAILABLE"}.get(refusal.status, "INVALID_ARGUMENT")
    return {"error": {"code": refusal.status, "message": refusal.message, "status": kind}}


def model_of(seen: Any) -> str:
    return str(re.search(r"/models/([^/:]+):", seen.path)[1])  # type: ignore[index]


def check(body: dict[str, Any], seen: Any, rules: Any) -> None:
    model = model_of(seen)
    gemini: Gemini = first_match(rules, model)
    check_name(
        model,
        len(json.dumps(body)),
        Refusal(f"models/{model} is not found for API version v1beta, or is not supported for generateContent.", status=404),
        Refusal("The model is overloaded. Please try again later.", status=503),
        Refusal("The input token count (1100000) exceeds the maximum number of tokens allowed (1048576)."),
    )
    if name := unknown(body, FIELDS):
        raise Refusal(f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
    config = body.get("generationConfig") or {}
    if name := unknown(config, CONFIG):
        raise Refusal(f"Invalid JSON payload received. Unknown name \"{name}\" at 'generation_config': Cannot find field.")
    _check_config(config, gemini)
    tools = body.get("tools") or []
    for n, tool in enumerate(tools):
        if name := unknown(tool, TOOLS):
            raise Refusal(f"Invalid JSON payload received. Unknown name \"{name}\" at 'tools[{n}]': Cannot find field.")
        for m, function in enumerate(tool.get("functionDeclarations") or ()):
            if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}", function.get("name") or ""):
                raise Refusal(f"* GenerateContentRequest.tools[{n}].function_declarations[{m}].name: Invalid function name.")
    functions = [function for tool in tools for function in tool.get("functionDeclarations") or ()]
    hosted = [name for tool in tools for name in tool if name != "functionDeclarations"]
    if functions and hosted and not gemini.mixed:
        raise Refusal("Tool use with function calling is unsupported")
    if functions and hosted and not (body.get("toolConfig") or {}).get("includeServerSideToolInvocations"):
        raise Refusal("Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.")
    if config.get("responseMimeType") == "application/json" and functions and not gemini.mixed:
        raise Refusal("Function calling with a response mime type: 'application/json' is unsupported")
    if config.get("responseMimeType") == "application/json" and hosted and not gemini.mixed:
        raise Refusal("Tool use with a response mime type: 'application/json' is unsupported")
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if (body.get("toolConfig") or {}).get("includeServerSideToolInvocations") and not gemini.mixed:
        raise Refusal("Tool call context circulation is not enabled for this model")
    if calling.get("mode") == "ANY" and not functions:
        raise Refusal("Function calling config is set without function_declarations.")
    _check_contents(body, gemini)


def _check_config(config: dict[str, Any], gemini: Gemini) -> None:
    if not gemini.sampling and (field := next((name for name in ("temperature", "topP", "topK") if name in config), None)):
        snake = re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", field)
        raise Refusal(f"Unsupported parameter: '{snake}' is not supported with this model.")
    thinking = config.get("thinkingConfig")
    if thinking is None:
        return
    if name := unknown(thinking, ("thinkingBudget", "thinkingLevel", "includeThoughts")):
        raise Refusal(f"Invalid JSON payload received. Unknown name \"{name}\" at 'generation_config.thinking_config': Cannot find field.")
    if gemini.budget is None:
        raise Refusal("Thinking is not enabled for this model")
    level, budget = thinking.get("thinkingLevel"), thinking.get("thinkingBudget")
    if level is not None and budget is not None:
        raise Refusal("You can only set only one of thinking budget and thinking level.")
    if level is not None and not gemini.levels:
        raise Refusal("Thinking level is not supported for this model.")
    if level is not None and level.lower() not in gemini.levels:
        raise Refusal(f"Thinking level {level.upper()} is not supported for this model. Please retry with other thinking level.")
    if budget is not None and budget != -1 and not gemini.budget[0] <= budget <= gemini.budget[1]:
        if budget == 0:
            raise Refusal("Budget 0 is invalid. This model only works in thinking mode.")
        raise Refusal(f"The thinking budget {budget} is invalid. Please choose a value between {gemini.budget[0]} and {gemini.budget[1]}.")


def _check_contents(body: dict[str, Any], gemini: Gemini) -> None:
    contents = body.get("contents") or []
    if not contents:
        raise Refusal("* GenerateContentRequest.contents: contents is not specified")
    calls = 0
    prompt_at = max(
        (n for n, turn in enumerate(contents) if turn["role"] == "user" and any("text" in part for part in turn["parts"])), default=0
    )
    for n, turn in enumerate(contents):
        if turn.get("role") not in ("user", "model"):
            raise Refusal("Please use a valid role: user, model.")
        if not turn.get("parts"):
            raise Refusal(f"* GenerateContentRequest.contents[{n}].parts: contents.parts must not be empty.")
        results = [part for part in turn["parts"] if "functionResponse" in part]
        if calls != len(results):
            raise Refusal(
                "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn."
            )
        made = [part for part in turn["parts"] if "functionCall" in part]
        calls = len(made)
        if calls and n == 0:
            raise Refusal("Please ensure that function call turn comes immediately after a user turn or after a function response turn.")
        for part in turn["parts"]:
            _check_part(n, part)
        if made and gemini.signed and n > prompt_at and not made[0].get("thoughtSignature"):
            name = made[0]["functionCall"]["name"]
            raise Refusal(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing "
                f"thought_signature may lead to degraded model performance. Additional data, function call `default_api:{name}` , position {n + 1}. "
                "Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
            )
    if calls:
        raise Refusal("Please ensure that function call turn comes immediately after a user turn or after a function response turn.")
    if contents[-1]["role"] == "model":
        raise Refusal("Please ensure that single turn requests end with a user role or the role field is empty.")


def _check_part(n: int, part: dict[str, Any]) -> None:
    kinds = {
        "text",
        "inlineData",
        "fileData",
        "functionCall",
        "functionResponse",
        "executableCode",
        "codeExecutionResult",
        "toolCall",
        "toolResponse",
    }
    data = set(part) & kinds
    if len(data) != 1:
        raise Refusal(f"* GenerateContentRequest.contents[{n}].parts[0].data: required oneof field 'data' must have one initialized field")
    if name := unknown(part, kinds | {"thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"}):
        raise Refusal(f"Invalid JSON payload received. Unknown name \"{name}\" at 'contents[{n}].parts[0]': Cannot find field.")
    if "inlineData" in part and not part["inlineData"].get("mimeType"):
        raise Refusal("Unable to submit request because it must have a mimeType")
    if "functionCall" in part and not isinstance(part["functionCall"].get("args", {}), dict):
        raise Refusal(f"Invalid value at 'contents[{n}].parts[0].function_call.args'")
    if "functionResponse" in part and not isinstance(part["functionResponse"].get("response"), dict):
        raise Refusal(f"Invalid value at 'contents[{n}].parts[0].function_response.response'")


def answer(body: dict[str, Any], seen: Any, rules: Any) -> dict[str, Any]:
    gemini: Gemini = first_match(rules, model_of(seen))
    last = body["contents"][-1]["parts"]
    tools = body.get("tools") or []
    functions = {
        function["name"]: function.get("parametersJsonSchema") or function.get("parameters")
        for tool in tools
        for function in tool.get("functionDeclarations") or ()
    }
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    config = body.get("generationConfig") or {}
    thinking = config.get("thinkingConfig") or {}
    allowed = calling.get("allowedFunctionNames") or ()
    said = decide(
        Asked(
            "".join(part.get("text", "") for part in last),
            {} if calling.get("mode") == "NONE" else functions,
            (allowed[0] if allowed else "any") if calling.get("mode") == "ANY" else None,
            config.get("responseJsonSchema") or config.get("responseSchema"),
            tuple(name for tool in tools for name in tool if name != "functionDeclarations"),
            any("functionResponse" in part for part in last),
            gemini.budget is not None and thinking.get("thinkingBudget") != 0 and bool(thinking.get("includeThoughts")),
        )
    )
    parts: list[dict[str, Any]] = [{"text": said.reasoning, "thought": True}] if said.reasoning else []
    for kind in said.hosted:
        if kind == "codeExecution":
            parts += [
                {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
                {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
            ]
        elif (body.get("toolConfig") or {}).get("includeServerSideToolInvocations"):
            tool_type = {"googleSearch": "GOOGLE_SEARCH_WEB", "urlContext": "URL_CONTEXT", "fileSearch": "FILE_SEARCH"}.get(kind, kind)
            parts += [
                {"toolCall": {"toolType": tool_type, "args": {"queries": ["news"]}, "id": "tc_1"}, "thoughtSignature": "sig"},
                {"toolResponse": {"toolType": tool_type, "id": "tc_1", "response": {}}, "thoughtSignature": "sig"},
            ]
    signed = {"thoughtSignature": "sig"} if gemini.signed else {}
    if said.call:
        parts.append({"functionCall": {"name": said.call[0], "args": said.call[1]} | ({"id": "fc1"} if gemini.mixed else {})} | signed)
    else:
        parts.append({"text": said.text})
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "finishReason": "STOP", "index": 0}
    if "googleSearch" in said.hosted:
        web = {"uri": "https://example.org/", "title": "Example"}
        candidate["groundingMetadata"] = {"webSearchQueries": ["news"], "groundingChunks": [{"web": web}]}
    if "urlContext" in said.hosted:
        candidate["urlContextMetadata"] = {
            "urlMetadata": [{"retrievedUrl": "https://example.org/", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"}]
        }
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 18, "thoughtsTokenCount": 3}
    whole = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model_of(seen), "responseId": "resp1"}
    if "streamGenerateContent" not in seen.path:
        return {"body": whole}
    pieces = [
        piece
        for part in parts
        for piece in ([{**part, "text": half} for half in halves(part["text"])] if part.get("text") and len(part) == 1 else [part])
    ]
    chunks = [
        {
            "candidates": [{"content": {"parts": [piece], "role": "model"}, "index": 0}],
            "modelVersion": model_of(seen),
            "responseId": "resp1",
        }
        for piece in pieces
    ]
    chunks[-1]["candidates"][0] |= {key: value for key, value in candidate.items() if key not in ("content", "index")}  # type: ignore[index]
    chunks[-1]["usageMetadata"] = usage
    return {"headers": {"content-type": "text/event-stream"}, "body": sse(*chunks)}
