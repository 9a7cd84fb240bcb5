"""Chat Completions, as each provider limits it.

Sources: https://developers.openai.com/api/reference/resources/chat, https://api-docs.deepseek.com, https://docs.mistral.ai/api,
https://console.groq.com/docs, https://openrouter.ai/docs, https://docs.together.ai, https://docs.perplexity.ai, https://platform.moonshot.ai.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from typing import Any

from .responses import GROK_MODELS, OPENAI_MODELS
from .rule import Asked, Refusal, check_name, decide, first_match, halves, sse, unknown

PATH = re.compile(r"/chat/completions$")
COMMON = (
    "model messages temperature top_p max_tokens stop stream tools tool_choice response_format seed presence_penalty frequency_penalty n "
)
OPENAI_FIELDS = (
    COMMON
    + "max_completion_tokens stream_options reasoning_effort parallel_tool_calls store metadata user logprobs top_logprobs logit_bias "
    "service_tier modalities audio prediction web_search_options verbosity safety_identifier prompt_cache_key prompt_cache_options"
)


@dataclass(frozen=True)
class Rules:
    """fields: "" where unknown ones are ignored. models: (efforts, default effort, sampling) by name. effort: the field of the effort,
    "" where there is none. formats: kinds of response_format. required: words for a forced call. parts: of a user's content. error: its
    shape. echo: fields of an assistant's message beside role, content and tool_calls; None for any."""

    fields: str = ""
    models: tuple[tuple[str, Any], ...] = (("", ((), "none", True)),)
    formats: tuple[str, ...] = ("text", "json_object", "json_schema")
    required: tuple[str, ...] = ("required", "named")
    parts: tuple[str, ...] = ("text", "image_url", "input_audio", "file", "video_url")
    tools: bool = True
    schema_with_tools: bool = True
    alternate: bool = False
    error: str = "openai"
    id: str = ""
    echo: tuple[str, ...] | None = None
    thinks: str = ""
    hosted: tuple[str, ...] = ()


MISTRAL_EFFORTS = (
    ("magistral", ((), "high", True)),
    ("mistral-small-2603", (("none", "high"), "none", True)),
    ("mistral-small", (("none", "high"), "none", True)),
    ("mistral-medium-3", (("none", "high"), "none", True)),
    ("mistral-medium-2604", (("none", "high"), "none", True)),
    ("mistral-large-4", (("none", "high"), "none", True)),
    ("", ((), "none", True)),
)
GROQ_EFFORTS = (
    ("openai/gpt-oss", (("low", "medium", "high"), "medium", True)),
    ("qwen/qwen3", (("none", "default"), "default", True)),
    ("", ((), "none", True)),
)
DEEPSEEK_EFFORTS = (
    ("deepseek-chat", ((), "none", True)),
    ("", (("low", "medium", "high", "xhigh", "max"), "high", True)),
)
TEXT, PICTURES = ("text",), ("text", "image_url")
ANY = (("", (("none", "minimal", "low", "medium", "high", "xhigh", "max"), "none", True)),)
LOCAL = Rules(parts=("text", "image_url", "input_audio", "file"))
PROVIDERS = {
    "openai-chat": Rules(
        OPENAI_FIELDS, OPENAI_MODELS, parts=("text", "image_url", "input_audio", "file"), echo=("refusal", "audio", "name")
    ),
    "azure": Rules(OPENAI_FIELDS, OPENAI_MODELS, parts=("text", "image_url", "input_audio", "file"), echo=("refusal", "audio", "name")),
    "deepseek": Rules(
        COMMON + "max_completion_tokens stream_options reasoning_effort thinking logprobs top_logprobs user user_id",
        DEEPSEEK_EFFORTS,
        formats=("text", "json_object"),
        parts=TEXT,
        error="deepseek",
        thinks="deepseek",
    ),
    "mistral": Rules(
        COMMON.replace("seed ", "") + "random_seed safe_prompt parallel_tool_calls prompt_mode reasoning_effort prediction metadata "
        "prompt_cache_key guardrails",
        MISTRAL_EFFORTS,
        required=("any", "required", "named"),
        parts=("text", "image_url", "input_audio", "document_url", "file", "reference", "thinking"),
        error="mistral",
        id=r"[a-zA-Z0-9_]{1,16}",
        echo=("prefix", "name"),
    ),
    "groq": Rules(
        COMMON
        + "max_completion_tokens stream_options reasoning_effort reasoning_format include_reasoning parallel_tool_calls service_tier "
        "user logit_bias logprobs top_logprobs metadata store search_settings documents citation_options compound_custom disable_tool_validation",
        GROQ_EFFORTS,
        schema_with_tools=False,
        parts=PICTURES,
        error="openai",
        echo=("reasoning", "name"),
        hosted=("browser_search", "code_interpreter", "mcp"),
    ),
    "xai-chat": Rules(models=GROK_MODELS, parts=PICTURES),
    "openrouter": Rules(models=ANY, error="openrouter"),
    "together": Rules(models=ANY, parts=("text", "image_url", "video_url", "input_audio")),
    "perplexity": Rules(
        COMMON
        + "search_mode reasoning_effort web_search_options search_domain_filter search_recency_filter return_images return_related_questions "
        "stream_mode enable_search_classifier disable_search language_preference media_response search_after_date_filter "
        "search_before_date_filter stream_options",
        ANY,
        formats=("text", "json_schema", "regex"),
        tools=False,
        alternate=True,
        parts=("text", "image_url", "file_url", "pdf_url"),
        error="perplexity",
    ),
    "moonshot": Rules(
        COMMON + "max_completion_tokens stream_options thinking prompt_cache_key safety_identifier reasoning_effort partial",
        (("moonshot-v1", ((), "none", True)), ("kimi-k3", (("low", "high", "max"), "high", False)), ("", ((), "high", False))),
        formats=("text", "json_object", "json_schema"),
        required=("named",),
        parts=("text", "image_url", "video_url"),
        thinks="moonshot",
    ),
    "huggingface": Rules(models=ANY, parts=PICTURES),
    "hyperbolic": Rules(tools=False, formats=("text",), parts=PICTURES),
    "galadriel": Rules(formats=("text",), parts=PICTURES),
    "mira": Rules(tools=False, formats=("text",), parts=PICTURES, fields="model messages temperature max_tokens stream"),
    "llamacpp": LOCAL,
    "lmstudio": Rules(parts=("text", "image_url"), formats=("text", "json_schema")),
    "vllm": Rules(models=ANY, parts=("text", "image_url", "input_audio", "video_url", "file")),
    "openai-compatible": LOCAL,
}


def refuse(refusal: Refusal, rules: Rules) -> Any:
    message, code = refusal.message, refusal.code
    if rules.error == "mistral":
        if refusal.status == 422:
            detail = {"type": "extra_forbidden", "loc": ["body", refusal.param], "msg": message}
            return {"object": "error", "message": {"detail": [detail]}, "type": "invalid_request_error", "param": None, "code": None}
        return {
            "object": "error",
            "message": message,
            "type": "invalid_request_error",
            "param": None,
            "code": code or "3051",
            "raw_status_code": 400,
        }
    if rules.error == "openrouter":
        return {"error": {"message": message, "code": refusal.status}, "user_id": "user_1"}
    if rules.error == "perplexity":
        return {"error": {"message": message, "type": code or "invalid_request", "code": refusal.status}}
    code = "invalid_request_error" if rules.error == "deepseek" else code
    return {"error": {"message": message, "type": refusal.kind or "invalid_request_error", "param": refusal.param, "code": code}}


def check(body: dict[str, Any], seen: Any, rules: Rules) -> None:
    model = body.get("model") or ""
    check_name(
        model,
        len(json.dumps(body)),
        Refusal(f"The model `{model}` does not exist or you do not have access to it.", code="model_not_found", status=404),
        Refusal("The server is overloaded. Please try again later.", status=503, kind="server_error"),
        Refusal(
            "This model's maximum context length is 250 tokens. However, your messages resulted in 300 tokens. Please reduce the length of the messages.",
            param="messages",
            code="context_length_exceeded",
        ),
    )
    if rules.fields and (name := unknown(body, rules.fields.split())):
        if rules.error == "mistral":
            raise Refusal("Extra inputs are not permitted", param=name, status=422)
        raise Refusal(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    _check_sampling(body, model, rules)
    _check_tools(body, rules)
    form = body.get("response_format") or {}
    if form and form.get("type") not in rules.formats:
        words = (
            "This response_format type is unavailable now"
            if rules.error == "deepseek"
            else f"Invalid response_format type: {form.get('type')}"
        )
        raise Refusal(words, param="response_format")
    if form.get("type") == "json_schema":
        if body.get("tools") and not rules.schema_with_tools:
            raise Refusal("json mode cannot be combined with tool/function calling", param="response_format")
        if not form.get("json_schema", {}).get("schema"):
            raise Refusal("Missing required parameter: 'response_format.json_schema'.", param="response_format.json_schema")
    _check_messages(body, model, rules)


def _check_sampling(body: dict[str, Any], model: str, rules: Rules) -> None:
    efforts, default, samples = first_match(rules.models, model)
    effort = body.get("reasoning_effort")
    openai = rules.models is OPENAI_MODELS
    if effort is not None and effort not in efforts:
        values = ", ".join(f"'{one}'" for one in efforts)
        if openai and not efforts:
            raise Refusal("Unrecognized request argument supplied: reasoning_effort", param="reasoning_effort")
        words = f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model. Supported values are: {values}."
        if rules.error == "mistral":
            words = "reasoning_effort is not enabled for this model"
        elif not efforts:
            words = "`reasoning_effort` is not supported with this model"
        raise Refusal(words, param="reasoning_effort", code="unsupported_value")
    active = (effort or default) != "none" and bool(efforts)
    if openai and "max_tokens" in body and efforts:
        words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        raise Refusal(words, param="max_tokens", code="unsupported_parameter")
    for field in ("temperature", "top_p"):
        if field in body and openai and body[field] != 1 and (active or (efforts and not samples)):
            words = f"Unsupported value: '{field}' does not support {body[field]} with this model. Only the default (1) value is supported."
            raise Refusal(words, param=field, code="unsupported_value")
    if rules.thinks == "moonshot" and not samples and body.get("temperature") not in (None, 1):
        raise Refusal("invalid temperature: only 1 is allowed for this model", param="temperature")
    if rules.thinks == "moonshot" and (body.get("thinking") or {}).get("type", "enabled") not in ("enabled", "disabled"):
        raise Refusal("invalid thinking type")
    if body.get("reasoning") is not None and rules.error != "openrouter":
        raise Refusal("Unknown parameter: 'reasoning'.", param="reasoning", code="unknown_parameter")
    if rules.error == "openrouter" and {"effort", "max_tokens"} <= set(body.get("reasoning") or ()):
        raise Refusal('Only one of "reasoning.effort" and "reasoning.max_tokens" can be specified')


def _thinks(body: dict[str, Any], rules: Rules) -> bool:
    model = body.get("model") or ""
    if (body.get("thinking") or {}).get("type") == "disabled":
        return False
    if rules.thinks == "deepseek":
        return model != "deepseek-chat"
    return rules.thinks == "moonshot" and model.startswith("kimi")


def _check_tools(body: dict[str, Any], rules: Rules) -> None:
    tools, choice = body.get("tools") or [], body.get("tool_choice")
    if tools and not rules.tools:
        raise Refusal("Tool calling is not supported for this model", param="tools")
    for n, tool in enumerate(tools):
        if tool.get("type") != "function":
            if tool.get("type") in rules.hosted or (rules.error == "openrouter" and str(tool.get("type")).startswith("openrouter:")):
                continue
            raise Refusal(
                f"Invalid value: '{tool.get('type')}'. Supported values are: 'function'.", param=f"tools[{n}].type", code="invalid_value"
            )
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool["function"].get("name") or ""):
            words = f"Invalid 'tools[{n}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
            raise Refusal(words, param=f"tools[{n}].function.name", code="invalid_value")
    if choice is None:
        return
    if not tools and choice != "none":
        raise Refusal("'tool_choice' is only allowed when 'tools' are specified.", param="tool_choice")
    kind = "named" if isinstance(choice, dict) else choice
    if kind not in ("auto", "none") and kind not in rules.required:
        raise Refusal(f"tool_choice '{kind}' is not supported", param="tool_choice")
    if kind not in ("auto", "none") and _thinks(body, rules):
        words = (
            "tool_choice 'specified' is incompatible with thinking enabled"
            if rules.thinks == "moonshot"
            else "Thinking mode does not support this tool_choice"
        )
        raise Refusal(words, param="tool_choice")
    if kind == "named" and not any((tool.get("function") or {}).get("name") == choice["function"]["name"] for tool in tools):
        raise Refusal(f"Tool choice {choice['function']['name']} not found in tools.", param="tool_choice")


def _check_messages(body: dict[str, Any], model: str, rules: Rules) -> None:
    messages = body.get("messages") or []
    if not messages:
        raise Refusal(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", param="messages"
        )
    waiting: list[str] = []
    for n, message in enumerate(messages):
        role = message.get("role")
        if role not in ("system", "developer", "user", "assistant", "tool"):
            raise Refusal(f"Invalid value: '{role}'.", param=f"messages[{n}].role")
        if role == "developer" and rules.models is not OPENAI_MODELS:
            raise Refusal("Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`")
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                words = f"messages with role 'tool' must be a response to a preceeding message with 'tool_calls'. (messages.[{n}])"
                raise Refusal(f"Invalid parameter: {words}", param=f"messages.[{n}].role")
            waiting.remove(message["tool_call_id"])
        elif waiting:
            words = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
            raise Refusal(
                f"{words} The following tool_call_ids did not have response messages: {', '.join(waiting)}", param=f"messages.[{n}].role"
            )
        if role == "assistant":
            waiting = [call["id"] for call in message.get("tool_calls") or ()]
            _check_assistant(n, message, body, rules)
        if role in ("user", "system") and isinstance(message.get("content"), list):
            for part in message["content"]:
                _check_part(n, part, rules)
        if role in ("user", "system") and not message.get("content"):
            raise Refusal(f"messages[{n}].content: must not be empty")
    if waiting:
        raise Refusal("An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.")
    spoken = [message["role"] for message in messages if message["role"] not in ("system", "developer")]
    if rules.alternate:
        if any(one == other for one, other in itertools.pairwise(spoken)):
            raise Refusal(
                "After the (optional) system message(s), user or tool message(s) should alternate with assistant message(s).",
                code="invalid_message",
            )
        if spoken and spoken[-1] == "assistant":
            raise Refusal("Last message must have role `user` or `tool`.", code="invalid_message")
    if rules.error == "mistral" and spoken and spoken[-1] == "assistant":
        raise Refusal("Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant", code="3230")


def _check_assistant(n: int, message: dict[str, Any], body: dict[str, Any], rules: Rules) -> None:
    if not message.get("content") and not message.get("tool_calls") and not message.get("refusal"):
        raise Refusal("Assistant message must have either content or tool_calls, but not none.", code="3240")
    for call in message.get("tool_calls") or ():
        if rules.id and not re.fullmatch(rules.id, call["id"]):
            raise Refusal(f"Tool call id was {call['id']} but must be a-z, A-Z, 0-9, with a length of 9.", code="3280")
        if not isinstance(call["function"].get("arguments"), str):
            raise Refusal(f"Invalid type for 'messages[{n}].tool_calls[0].function.arguments': expected a string.", param="messages")
    if rules.echo is not None and (name := unknown(message, ("role", "content", "tool_calls", *rules.echo))):
        if rules.error == "mistral":
            raise Refusal("Extra inputs are not permitted", param=f"messages.{n}.assistant.{name}", status=422)
        raise Refusal(
            f"'messages.{n}' : for 'role:assistant' the following must be satisfied[('messages.{n}' : property '{name}' is unsupported)]"
        )
    if _thinks(body, rules) and "reasoning_content" not in message:
        if rules.thinks == "deepseek":
            raise Refusal("The `reasoning_content` in the thinking mode must be passed back to the API.")
        if message.get("tool_calls"):
            raise Refusal(f"thinking is enabled but reasoning_content is missing in assistant tool call message at index {n}")


def _check_part(n: int, part: dict[str, Any], rules: Rules) -> None:
    if part.get("type") not in rules.parts:
        known = ", ".join(f"`{one}`" for one in rules.parts)
        raise Refusal(
            f"Failed to deserialize the JSON body into the target type: messages[{n}]: unknown variant `{part.get('type')}`, expected {known}"
        )


def answer(body: dict[str, Any], seen: Any, rules: Rules) -> dict[str, Any]:
    efforts, _default, _ = first_match(rules.models, body["model"])
    effort = body.get("reasoning_effort") or (body.get("reasoning") or {}).get("effort")
    last = next(message for message in reversed(body["messages"]) if message["role"] in ("user", "tool"))
    content = last.get("content") or ""
    tools = body.get("tools") or []
    functions = {tool["function"]["name"]: tool["function"].get("parameters") for tool in tools if tool["type"] == "function"}
    choice = body.get("tool_choice")
    forced = choice["function"]["name"] if isinstance(choice, dict) else "any" if choice in ("required", "any") else None
    said = decide(
        Asked(
            content if isinstance(content, str) else "".join(part.get("text", "") for part in content),
            {} if choice == "none" else functions,
            forced,
            ((body.get("response_format") or {}).get("json_schema") or {}).get("schema"),
            tuple(tool["type"] for tool in tools if tool["type"] != "function"),
            body["messages"][-1]["role"] == "tool",
            _thinks(body, rules) or bool(efforts and effort not in (None, "none")),
        )
    )
    message: dict[str, Any] = {"role": "assistant", "content": said.text or None}
    if said.reasoning and rules.error == "mistral":
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": said.reasoning}], "closed": True}
        message["content"] = [thought, *([{"type": "text", "text": said.text}] if said.text else [])]
    elif said.reasoning:
        message["reasoning" if rules.error == "openrouter" or rules.hosted else "reasoning_content"] = said.reasoning
    if said.hosted and rules.hosted:
        message["executed_tools"] = [{"index": 0, "type": said.hosted[0], "arguments": '{"query":"news"}', "output": "found"}]
    if said.hosted:
        cited = {"url": "https://example.org/", "title": "Example", "start_index": 0, "end_index": 5}
        message["annotations"] = [{"type": "url_citation", "url_citation": cited}]
    if said.call:
        id = "callRules" if rules.id else "call_1"
        function = {"name": said.call[0], "arguments": json.dumps(said.call[1])}
        message["tool_calls"] = [{"id": id, "type": "function", "function": function}]
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": body["model"]}
    finish = "tool_calls" if said.call else "stop"
    if not body.get("stream"):
        return {"body": head | {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for key, value in message.items():
        if key == "content":
            deltas += [{"content": piece} for piece in (halves(value or "") if not isinstance(value, list) else [[part] for part in value])]
        elif key == "tool_calls":
            function = value[0]["function"]
            deltas.append({"tool_calls": [value[0] | {"index": 0, "function": function | {"arguments": ""}}]})
            deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in halves(function["arguments"])]
        elif key != "role":
            deltas.append({key: value})
    chunks = [head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append(head | {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return {"headers": {"content-type": "text/event-stream"}, "body": sse(*chunks, head | {"choices": [], "usage": usage}, done=True)}
