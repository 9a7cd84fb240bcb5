"""What a request and an answer mean, whatever the format they are written in. Nothing here or in formats/ uses staysail's wire code: it is
the oracle that code is held against.

A format is a module in formats/ with
    PATH                      how the paths it is spoken on end
    meaning(body) -> Meaning  of a request's JSON
    expected(response) -> Expected  of a recorded response (status 200), streamed or whole
and, where it needs them,
    address(meaning, path)    what a request's address tells
    part(said, raw) -> Part   what was said as staysail has it, None for what is said as everywhere
    sign(part, signature)     a part with the signature that followed it
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

# One thing said: (role, kind, ...). Kinds: text (text), refusal (text), reasoning (what proves it: encrypted content or text),
# call (id, name, arguments as canonical JSON), result (id, text), media (its part as canonical JSON).
type Said = tuple[str, ...]


@dataclass(slots=True)
class Meaning:
    """said: everything in order, the preamble first. rest: parameters that staysail has no name for, as they are. raw: the echoed items
    of reasoning, by what proves them."""

    model: str
    said: list[Said]
    tools: dict[str, dict[str, Any]] = field(default_factory=dict)
    choice: str = "auto"
    schema: Any = None
    temperature: float | None = None
    max_tokens: int | None = None
    streamed: bool = False
    rest: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Expected:
    """calls: (id, name, arguments), arguments parsed where they are an object, else their text. usage: the fields of Usage that the body
    tells. finish: staysail's word."""

    text: str = ""
    reasoning: str = ""
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    usage: dict[str, int] = field(default_factory=dict)
    finish: str = "stop"
    refusal: str = ""


def canonical(value: Any) -> str:
    """The same text for the same JSON, whatever the order of keys; JSON in text is parsed first."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return json.dumps({} if value is None else value, sort_keys=True, ensure_ascii=False)


def arguments(text: Any) -> Any:
    """A call's arguments: the object, {} for nothing, else the text."""
    if isinstance(text, dict):
        return text
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return text
    return {} if value is None else value if isinstance(value, dict) else text


def sse_data(body: str) -> Iterator[dict[str, Any]]:
    """The JSON of each event of a whole stream: by splitting text, not by reading bytes."""
    for block in body.replace("\r\n", "\n").split("\n\n"):
        data = "\n".join(line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:"))
        if data and data.strip() != "[DONE]":
            yield json.loads(data)


def texts(content: Any) -> str:
    """Text of a content, whose pieces staysail joins by an empty line."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n\n".join(part["text"] for part in content if "text" in part)


def media(content: Any) -> list[str]:
    """The parts of a content that are no text, in order, as canonical JSON; `detail` counts as auto where it is absent."""
    if not isinstance(content, list):
        return []
    return [canonical(_without_auto(part)) for part in content if "text" not in part and "refusal" not in part]


def _without_auto(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_auto(item) for name, item in value.items() if (name, item) != ("detail", "auto")}


@cache
def formats() -> dict[str, Any]:
    """The formats there are, by the end of their paths."""
    folder = Path(__file__).parent / "formats"
    modules = [import_module(f"tests.replays.formats.{path.stem}") for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
    return {module.PATH: module for module in modules}


def differences(recorded: Meaning, sent: Meaning) -> list[str]:
    """Where two requests mean something else. The schema of an answer is compared where we were told one: a recorded client held it back
    until tools had been called."""
    out = []
    for name in ("model", "tools", "choice", "schema", "temperature", "max_tokens", "streamed", "rest"):
        ours, theirs = getattr(sent, name), getattr(recorded, name)
        if ours != theirs and not (name == "schema" and ours is None):
            out.append(f"{name}: sent {ours!r}, recorded {theirs!r}")
    if recorded.said != sent.said:
        pairs = zip([*recorded.said, None], [*sent.said, None], strict=False)
        theirs, ours = next(pair for pair in pairs if pair[0] != pair[1])
        out.append(f"said: sent {ours!r}, recorded {theirs!r}")
    return out


def goes_on(before: Meaning, answer: Expected, after: Meaning) -> bool:
    """Whether `after` says everything said before, then the answer that came, then more."""
    more = after.said[len(before.said) :]
    if after.said[: len(before.said)] != before.said or not more or more[0][0] != "assistant":
        return False
    echoed = [item for item in more if item[0] == "assistant"]
    text = "".join(item[2] for item in echoed if item[1] in ("text", "refusal"))
    ids = [item[2] for item in echoed if item[1] == "call"]
    names = [item[3] for item in echoed if item[1] == "call"]
    same_calls = is_answered(ids, answer) and names == [name for _, name, _ in answer.calls]
    return text in (answer.text, "") and same_calls and more[-1][0] != "assistant"


def is_answered(ids: list[str], answer: Expected) -> bool:
    """Whether these are the answer's calls. Where a format has no ids, only their number tells."""
    told = [id for id, _, _ in answer.calls]
    return len(ids) == len(told) and all(theirs in ("", ours) or ours.startswith("#") for ours, theirs in zip(ids, told, strict=True))


def is_of_same_run(before: Meaning, after: Meaning) -> bool:
    """Of a request that goes on: whether nobody but tools spoke in between, and nobody changed the settings."""
    settings = ("tools", "choice", "temperature", "max_tokens", "rest")
    # An agent forces a tool in its first call only, so a client that went on forcing is played call by call.
    unchanged = all(getattr(before, name) == getattr(after, name) for name in settings) and before.choice in ("auto", "none")
    return unchanged and all(item[0] in ("assistant", "tool") for item in after.said[len(before.said) :])


def keeps_reasoning(before: Meaning, answer: Expected, after: Meaning) -> bool:
    """Whether a conversation that goes on holds what the model thought; a client that wrote it anew has not."""
    return not answer.reasoning or any(item[1] == "reasoning" for item in after.said[len(before.said) :])


def of_sampling(body: Mapping[str, Any], *names: str) -> int | None:
    return next((body[name] for name in names if body.get(name) is not None), None)
