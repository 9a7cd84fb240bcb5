"""Makes a conversation fit for a wire format, so that the provider accepts it whatever was stored. The stored messages stay as they were,
and each change is visible in the request.

How it works. `HistoryRules` says what a format takes, as data. `fit_history` goes through the messages once for each kind of change, in
an order in which no change undoes another: arguments and empty parts, then calls and their results, then media, then the first message.
Halves of characters are mended in the body as a whole, where it becomes bytes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.completion import CompletionRequest
from ..core.messages import Audio, File, Image, Media, Message, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from ..core.value import Value

NO_TEXT = "(no text)"
NO_RESULT = "No result of this call is on record."
BEGINNING = "(The beginning of this conversation is left out.)"


class HistoryRules(Value):
    """The rules of a wire format for conversations.

    Args:
        wire: Name of the format, under which parts keep what it wants echoed.
        id: Pattern of a tool call's id; ids longer than `longest_id` are shortened.
        unique: No two calls of the conversation have the same id; else no two of one message.
        name: Pattern of a tool's name.
        blank_text: Takes text of white space alone.
        answer_media: Takes pictures, sounds and files in the assistant's messages.
        result_media: Takes them in tools' results.
        user_media: The kinds of media that it takes in a user's message.
        user_first: The first message must be the user's.
        echoed: Fields of a call, as the format wrote them, that its result has too.
        keeps_calls: The provider may know calls that the request does not hold.
    """

    wire: str
    id: str = ""
    longest_id: int = 0
    unique: bool = False
    name: str = r"[a-zA-Z0-9_-]{1,64}"
    blank_text: bool = True
    answer_media: bool = False
    result_media: bool = False
    user_media: tuple[type[Media], ...] = (Image, Audio, File)
    user_first: bool = False
    echoed: tuple[str, ...] = ()
    keeps_calls: bool = False


def fit_history(request: CompletionRequest, rules: HistoryRules) -> CompletionRequest:
    """Returns the request with messages that the format accepts."""
    last = request.messages[-1] if request.messages else None
    split = [part for message in request.messages for part in _split_results(message)]
    messages = [_fit_parts(message, rules, goes_on=message is last) for message in split]
    messages = _pair_results([message for message in messages if message.content], rules)
    if not rules.answer_media:
        messages = _move_answer_media(messages, rules)
    if not rules.result_media:
        messages = _move_result_media(messages, rules)
    if rules.user_first:
        messages = _begin_with_user(messages, rules)
    return request if tuple(messages) == request.messages else request.replace(messages=tuple(messages))


def _split_results(message: Message) -> list[Message]:
    """Returns the results of tools in a message of their own, and the other parts in a user's."""
    results = [part for part in message.content if isinstance(part, ToolOutput)]
    if message.role not in ("user", "tool") or len(results) == (len(message.content) if message.role == "tool" else 0):
        return [message]
    rest = tuple(part for part in message.content if not isinstance(part, ToolOutput))
    return [Message.tool(results), Message("user", rest)] if results else [Message("user", rest)]


def _fit_parts(message: Message, rules: HistoryRules, *, goes_on: bool) -> Message:
    """Returns the message with arguments that are objects, names that the format knows, and no empty part. A user's message of which
    nothing is left says so; any other such message is left out.

    Args:
        goes_on: The message is the last one, with which a paused answer goes on.
    """
    parts = [_fit_part(part, rules) for part in message.content if not _is_empty(part, rules)]
    if message.role == "assistant" and not goes_on and all(isinstance(part, Reasoning) for part in parts):
        parts = []  # thinking alone is no message to any provider
    if not parts and message.role == "user":
        parts = [Text(NO_TEXT)]
    return message if tuple(parts) == message.content else message.replace(content=tuple(parts))


def _is_empty(part: Part, rules: HistoryRules) -> bool:
    if not isinstance(part, Text | Refusal) or _own(part, rules):
        return False
    return not (part.text if rules.blank_text else part.text.strip())


def _own(part: Part, rules: HistoryRules) -> bool:
    """Returns whether the format itself wrote the part."""
    return bool(getattr(part, "extra", {}).get(rules.wire))


def _fit_part(part: Part, rules: HistoryRules) -> Part:
    if not isinstance(part, ToolCall | ToolOutput):
        return part
    name = _fit_name(part.name, rules)
    part = part if name == part.name else part.replace(name=name)
    if isinstance(part, ToolOutput):
        kept = tuple(item for item in part.content if not _is_empty(item, rules))
        return part if kept == part.content else part.replace(content=kept)
    if isinstance(part.arguments, str) and not _is_free_text(part, rules):
        return part.replace(arguments={"arguments": part.arguments})
    return part


def _is_free_text(call: ToolCall, rules: HistoryRules) -> bool:
    """Returns whether the call's arguments are text by design: those of a custom tool."""
    kept = call.extra.get(rules.wire)
    return isinstance(kept, Mapping) and kept.get("type") == "custom_tool_call"


def _fit_name(name: str, rules: HistoryRules) -> str:
    """Returns a tool's name that the format accepts. Models make up others, such as functions.weather."""
    return name if re.fullmatch(rules.name, name) else re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64] or "unknown"


def _pair_results(messages: Sequence[Message], rules: HistoryRules) -> list[Message]:
    """Puts each result right after the message that holds its call, in the order of the calls, under an id that no other call has. A call
    without a result gets one that says so; a result without its call becomes the user's words."""
    results = [(at, part) for at, message in enumerate(messages) for part in message.content if isinstance(part, ToolOutput)]
    used: set[int] = set()
    ids: set[str] = set()
    out: list[Message] = []
    for at, message in enumerate(messages):
        calls = message.tool_calls if message.role == "assistant" else ()
        ids = ids if rules.unique else set()
        if message.role == "tool":
            orphans = [number for number, (where, _) in enumerate(results) if where == at and number not in used]
            if orphans:
                out += _orphans_as_text([results[number][1] for number in orphans], rules)
            continue
        answers: list[ToolOutput] = []
        renamed: dict[int, ToolCall] = {}
        for call in calls:
            id = _fit_id(call.id, ids, rules)
            ids.add(id)
            renamed[len(answers)] = call.replace(id=id)
            found = next((n for n, (where, part) in enumerate(results) if where > at and n not in used and part.id == call.id), None)
            if found is None:
                answers.append(ToolOutput(id, call.name, (Text(NO_RESULT),), is_error=True))
            else:
                used.add(found)
                part = results[found][1]
                answers.append(part.replace(id=id, name=part.name or call.name, extra=_echo(call, part, rules)))
        if not calls:
            out.append(message)
            continue
        numbered = iter(renamed.values())
        content = tuple(next(numbered) if isinstance(part, ToolCall) else part for part in message.content)
        out += [message.replace(content=content), Message.tool(answers)]
    return out


def _echo(call: ToolCall, result: ToolOutput, rules: HistoryRules) -> Mapping[str, Any]:
    """Returns the result's extra with the fields that it shares with its call."""
    kept = call.extra.get(rules.wire)
    fields = {name: kept[name] for name in rules.echoed if name in kept} if isinstance(kept, Mapping) else {}
    return {**result.extra, rules.wire: fields | dict(result.extra.get(rules.wire) or {})} if fields else result.extra


def _orphans_as_text(results: Sequence[ToolOutput], rules: HistoryRules) -> list[Message]:
    if rules.keeps_calls:
        return [Message.tool(results)]
    parts = [part for result in results for part in (Text(f"Result of {result.name or result.id}:"), *result.content)]
    return [Message("user", tuple(parts))]


def _fit_id(id: str, taken: set[str], rules: HistoryRules) -> str:
    if rules.id and not re.fullmatch(rules.id, id):
        id = re.sub(r"[^a-zA-Z0-9_-]", "_", id)
        id = id if re.fullmatch(rules.id, id) and id not in taken else _made_id(id, rules)
    if _is_too_long(id, rules):
        id = _made_id(id, rules)
    copies = 1
    name = id
    while id in taken:
        copies += 1
        id = f"{name}-{copies}"
        if _is_too_long(id, rules) or (rules.id and not re.fullmatch(rules.id, id)):
            id = _made_id(id, rules)
    return id


def _is_too_long(id: str, rules: HistoryRules) -> bool:
    return bool(rules.longest_id) and len(id) > rules.longest_id


def _made_id(id: str, rules: HistoryRules) -> str:
    number = zlib.crc32(id.encode("utf-8", "surrogatepass"))
    return f"{number:09x}" if 0 < rules.longest_id <= 16 else f"call_{number:08x}"


def _move_answer_media(messages: Sequence[Message], rules: HistoryRules) -> list[Message]:
    """Moves media of the assistant's messages into a user's message after them and their results: the next prompt may be about them."""
    out: list[Message] = []
    moved: list[Media] = []
    for message in messages:
        if moved and message.role != "tool":
            out.append(_as_users("From the assistant's answer:", moved, rules))
            moved = []
        if message.role == "assistant":
            moved = [part for part in message.content if isinstance(part, Media) and not _own(part, rules)]
            kept = tuple(part for part in message.content if part not in moved)
            message = message.replace(content=kept) if moved else message
        if message.content:
            out.append(message)
    return [*out, _as_users("From the assistant's answer:", moved, rules)] if moved else out


def _move_result_media(messages: Sequence[Message], rules: HistoryRules) -> list[Message]:
    """Moves media of tools' results into a user's message after all results of the turn."""
    out: list[Message] = []
    for message in messages:
        if message.role != "tool":
            out.append(message)
            continue
        results: list[Part] = []
        media: list[Message] = []
        for part in message.content:
            found = [item for item in part.content if isinstance(item, Media)] if isinstance(part, ToolOutput) else []
            if found and isinstance(part, ToolOutput):
                media.append(_as_users(f"Result of {part.name or part.id}:", found, rules))
                kept = tuple(item for item in part.content if not isinstance(item, Media))
                part = part.replace(content=kept or (Text("The result follows as an attachment."),))
            results.append(part)
        out.append(message.replace(content=tuple(results)))
        if media:
            out.append(Message("user", tuple(part for message in media for part in message.content)))
    return out


def _begin_with_user(messages: list[Message], rules: HistoryRules) -> list[Message]:
    """Puts a user's message before an assistant's that opens the conversation, unless that holds blocks of the provider itself."""
    start = next((at for at, message in enumerate(messages) if message.role != "system"), None)
    if start is None or messages[start].role == "user" or any(_own(part, rules) for part in messages[start].content):
        return messages
    return [*messages[:start], Message.user(BEGINNING), *messages[start:]]


def _as_users(heading: str, media: Iterable[Media], rules: HistoryRules) -> Message:
    """Returns media in a user's message, with a note in place of a kind that the format does not take."""
    shown: list[Part] = [part if isinstance(part, rules.user_media) else Text(f"[{part.type} left out]") for part in media]
    return Message("user", (Text(heading), *shown))
