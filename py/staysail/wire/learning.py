"""Parameters that a model refuses, learned from its refusals.

How it works. A refused request (400, 422) whose error names a parameter is mended: the parameter is left out of the rendered body, renamed,
or set to the value that the error names. The mend is remembered for the model and its address until the process ends, and applied to each
later request. A parameter that carries meaning (the tools, the output's schema, a forced tool) is never left out: the error then says what
to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Literal

from ..core.completion import OUTPUT_TOOL
from ..core.errors import BadRequestError
from ..core.value import Value
from .fitting import nearest_level

MOST_MENDS = 4
"""The most mends of one request; after them, the last refusal is raised."""

# Parameters that are never left out, in every spelling.
ESSENTIAL = {"model", "messages", "input", "contents", "stream", "prompt", "system", "instructions", "previous_response_id"}
# Parameters that shape the answer: without them the caller would receive a different answer.
READ = {"logprobs", "toplogprobs", "n", "stop", "stopsequences", "modalities", "audio", "responsemodalities", "websearchoptions"}
FORCING = {"toolchoice", "functioncallingconfig", "toolconfig"}
OUTPUT = {"responseformat", "format", "responsejsonschema", "responsemimetype", "responseschema", "outputformat", "schema"}
TOOLS = {"tools", "functiondeclarations"}
# Fields that staysail adds by itself; leaving them out needs no warning.
OWN = {"streamoptions", "store", "include", "summary", "display", "includethoughts", "thinkingsummaries", "strict", "reasoningformat"}
# Objects of the body that contain parameters.
HOLDERS = ("generationConfig", "generation_config", "options", "output_config", "reasoning", "thinking", "thinkingConfig", "text")
QUOTED = r"[\"'`]([\w.\[\]-]+)[\"'`]"
REFUSED = "not supported|deprecated|not allowed|not permitted|unsupported|only supported"
# Wordings in which providers name a parameter.
NAMES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:unsupported|unknown|unrecognized|invalid|unexpected)[a-z ]*(?:parameter|argument|field|name|key|value)s?[a-z ]*:? *{QUOTED}",
        r"(?:unrecognized request argument supplied|argument not supported(?: on this model)?|unknown field|unknown parameter):? *(\w+)",
        rf"{QUOTED} (?:is|are) (?:{REFUSED})",
        r"^([\w.\[\]]+): Extra inputs are not permitted",
        rf"{QUOTED} does not support",
        rf"parameter {QUOTED} is not a valid field",
        r"^(\w+)(?: parameter)? is not (?:supported|enabled)",
        r"does not support the (\w+) parameter",
        r"(\w+) (?:is|are) not (?:supported|enabled) (?:for|with|on|by) this model",
    )
)
INSTEAD = re.compile(rf"use {QUOTED} instead", re.IGNORECASE)
MOST = re.compile(r"(max_\w*tokens|maxOutputTokens).{0,90}?(?:> |at most |less than or equal to |<= ?)(\d[\d,]{0,14})\b", re.IGNORECASE)
TOGETHER = re.compile(r"input length and `max_tokens` exceed context limit: (\d{1,15}) \+ \d+ > (\d{1,15})\b", re.IGNORECASE)
VALUES = re.compile(r"(?:supported values are|must be one of|input should be|expected one of):? *(.+)", re.IGNORECASE)
THINKING = re.compile(r"thinking[. ]type[. ]enabled.*adaptive|does not support .*enabled.*adaptive", re.IGNORECASE | re.DOTALL)
NOT_ADAPTIVE = re.compile(r"adaptive thinking is not supported|'adaptive' is not supported", re.IGNORECASE)
NOT_DISABLED = re.compile(r"thinking[. ]type[. ]disabled", re.IGNORECASE)
THINK = re.compile(
    r"does not support thinking|thinking is not (?:enabled|supported)|thinking (?:level|budget) is not supported", re.IGNORECASE
)


class Mend(Value):
    """One change to a request's body.

    Args:
        path: Keys of the parameter, from the outermost.
        value: The new value of "set", or the new name of "rename".
        message: The change in words, for `reply.warnings`.
    """

    kind: Literal["drop", "set", "rename"]
    path: tuple[str, ...]
    value: Any
    message: str


_LEARNED: dict[tuple[str, str], dict[tuple[str, ...], Mend]] = {}


def learned_mends(address: str, model: str) -> tuple[Mend, ...]:
    return tuple(_LEARNED.get((address, model), {}).values())


def remember(address: str, model: str, mend: Mend) -> None:
    _LEARNED.setdefault((address, model), {})[mend.path] = mend


def forget_refusals() -> None:
    """Forgets the learned mends of every model."""
    _LEARNED.clear()


def apply_mends(body: dict[str, Any], mends: tuple[Mend, ...]) -> list[Mend]:
    """Changes the body in place. Returns the mends that changed it."""
    return [mend for mend in mends if _apply(body, mend)]


def _apply(body: dict[str, Any], mend: Mend) -> bool:
    holder: Any = body
    for key in mend.path[:-1]:
        holder = holder.get(key) if isinstance(holder, Mapping) else None
    key = mend.path[-1]
    if not isinstance(holder, MutableMapping) or key not in holder:
        return False
    match mend.kind:
        case "drop":
            del holder[key]
            _prune(body, mend.path[:-1])
        case "rename":
            holder[mend.value] = holder.pop(key)
        case "set":
            old = holder[key]
            if isinstance(mend.value, int) and isinstance(old, int) and old <= mend.value:
                return False
            holder[key] = mend.value
    return True


def _prune(body: dict[str, Any], path: tuple[str, ...]) -> None:
    """Removes an object that a mend left empty."""
    if path:
        holder: Any = body
        for key in path[:-1]:
            holder = holder[key]
        if holder[path[-1]] == {}:
            del holder[path[-1]]


def find_mend(error: BadRequestError, body: dict[str, Any], name: str) -> Mend | None:
    """Returns the mend of a refused body, or None where the error names no parameter of the body. name: the model's name in messages.
    Raises BadRequestError, with advice, where the mend would change the meaning of the answer."""
    words = _words(error)
    for special in (_mend_tokens, _mend_thinking):
        if mend := special(words, body, name):
            return mend
    for parameter in _named(error, words):
        path = _find(body, parameter)
        if path is None:
            continue
        key = _plain(path[-1])
        _check_meaning(key, path, body, error, name)
        if key in FORCING:
            return Mend("drop", path, None, f"{name} cannot be made to call a tool")
        if path[0] in ESSENTIAL or key in TOOLS | READ:
            return None
        if instead := INSTEAD.search(words):
            return Mend("rename", path, instead[1], f"{path[-1]} is sent as {instead[1]} to {name}")
        if (values := VALUES.search(words)) and isinstance(_value(body, path), str):
            return _mend_value(path, body, [word for word in re.findall(r"[\w-]+", values[1]) if word not in ("and", "or")], name)
        return Mend("drop", path, None, f"{'.'.join(path)} was left out: {name} refused it ({_short(words)})")
    return None


def is_own(mend: Mend) -> bool:
    """Returns whether the mend concerns a field that staysail adds by itself, or only a spelling."""
    return _plain(mend.path[-1]) in OWN | FORCING or mend.kind == "rename"


def _check_meaning(key: str, path: tuple[str, ...], body: dict[str, Any], error: BadRequestError, name: str) -> None:
    how = ""
    if key in OUTPUT:
        how = f"{name} refuses the output schema: simplify it, leave output_type out and ask for JSON in the prompt, or use another model"
    elif key in FORCING and not _is_output_tool(body):
        how = f'{name} cannot be made to call a tool: use tool_choice="auto" and ask for the tool in the prompt, or another model'
    if how:
        raise BadRequestError(
            f"{error}. {how}", code=error.code, status=error.status, request_id=error.request_id, body=error.body, provider=error.provider
        )


def _is_output_tool(body: dict[str, Any]) -> bool:
    """Returns whether the tool is forced only to request typed output."""
    return f'"{OUTPUT_TOOL}"' in repr(body.get("tools")).replace("'", '"')


def _mend_tokens(words: str, body: dict[str, Any], name: str) -> Mend | None:
    if found := TOGETHER.search(words):
        left = int(found[2]) - int(found[1])
        return Mend("set", ("max_tokens",), left, f"max_tokens is {left:,}: no more fits beside the input") if left > 0 else None
    found = MOST.search(words)
    path = _find(body, found[1]) if found else None
    if found is None or path is None:
        return None
    most = int(found[2].replace(",", ""))
    return Mend("set", path, most, f"max_tokens is {most:,}: {name} writes no more")


def _mend_thinking(words: str, body: dict[str, Any], name: str) -> Mend | None:
    thinking = body.get("thinking")
    if isinstance(thinking, Mapping):
        if THINKING.search(words):
            return Mend("set", ("thinking",), {"type": "adaptive", "display": "summarized"}, f"{name} takes no budget for reasoning")
        if NOT_ADAPTIVE.search(words):
            tokens = max(1_024, min(8_192, body.get("max_tokens", 9_216) - 1_024))
            return Mend("set", ("thinking",), {"type": "enabled", "budget_tokens": tokens}, f"{name} reasons within {tokens:,} tokens")
        if NOT_DISABLED.search(words):
            return Mend("drop", ("thinking",), None, f"reasoning cannot be switched off: {name} always reasons")
    if THINK.search(words):
        for parameter in ("think", "thinkingLevel", "thinkingBudget", "thinkingConfig", "thinking", "thinking_level"):
            if path := _find(body, parameter):
                return Mend("drop", path, None, f"reasoning was left out: {name} does not take it ({_short(words)})")
    return None


def _mend_value(path: tuple[str, ...], body: dict[str, Any], values: list[str], name: str) -> Mend | None:
    sent = _value(body, path)
    nearest = nearest_level(sent, tuple(values)) if values else None
    if not nearest or nearest == sent:
        return None
    return Mend("set", path, nearest, f'{".".join(path)} is "{nearest}" instead of "{sent}": {name} takes {", ".join(values)}')


def _named(error: BadRequestError, words: str) -> Iterator[str]:
    """Returns the parameters that an error may mean, the most likely first."""
    inner = error.body.get("error") if isinstance(error.body, Mapping) else None
    if isinstance(inner, Mapping) and isinstance(inner.get("param"), str):
        yield inner["param"]
    yield from (str(place[-1]) for place in re.findall(r"'loc': \[[^\]]*?'(\w+)'\]", str(error.body)) if place)
    yield from re.findall(r"'loc': \[[^\]]*?'(\w+)'\]", str(error.body))
    for pattern in NAMES:
        yield from pattern.findall(words)


def _find(body: Mapping[str, Any], parameter: str) -> tuple[str, ...] | None:
    """Returns the path of a parameter in the body, in any spelling of its name and with or without the path before it."""
    last = _plain(parameter.rpartition(".")[2])
    if not last:
        return None
    for key in body:
        if _plain(key) == last:
            return (key,)
    for holder in HOLDERS:
        inner = body.get(holder)
        if isinstance(inner, Mapping) and (found := _find(inner, parameter)):
            return (holder, *found)
    if last == "reasoningeffort":
        return _find(body, "effort")
    return None


def _value(body: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = body
    for key in path:
        value = value[key]
    return value


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _words(error: BadRequestError) -> str:
    """Returns the provider's own message, without the prefix that staysail puts before it."""
    return re.sub(r"^\S+ answered \d+: ", "", str(error))


def _short(words: str) -> str:
    return words if len(words) <= 160 else f"{words[:157]}…"
