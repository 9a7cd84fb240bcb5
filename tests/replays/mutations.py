"""Recorded answers, spoilt: values of other types, keys dropped or renamed, texts and lists cut, values nested, repeated and swapped,
numbers that no float holds, halves of characters, stream events lost, doubled, out of order and cut in the middle."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 7, 2.5, 1e308, 10**30, float("nan"), float("inf"), -float("inf")),
    *("", " ", "5", "-1", "null", "NaN", "x" * 300, "\ud83d", "\udea2 half", "🚢", "{", '{"a": 1}{"a": 2}', "data:;base64,%%%", "[DONE]"),
    *([], {}, [None], [[]], [{}], {"a": None}, {"": {"": []}}, {"type": 3}, {"error": {"message": 1}}, ["a", 1, None]),
)
type Place = tuple[Any, Any]
"""A list or an object, and the index or key within it."""


def places(value: Any) -> list[Place]:
    found: list[Place] = []
    waiting = [value]
    while waiting:
        at = waiting.pop()
        inner = at.items() if isinstance(at, dict) else enumerate(at) if isinstance(at, list) else ()
        for key, item in inner:
            found.append((at, key))
            waiting.append(item)
    return found


def replace(at: Any, key: Any, random: Random) -> None:
    at[key] = copy.deepcopy(random.choice(VALUES))


def drop(at: Any, key: Any, random: Random) -> None:
    del at[key]


def rename(at: Any, key: Any, random: Random) -> None:
    if isinstance(at, dict):
        at[random.choice([str(key).upper(), f"{key}_", "type", "content", "index"])] = at.pop(key)


def nest(at: Any, key: Any, random: Random) -> None:
    at[key] = random.choice([[at[key]], {"x": at[key]}, {"type": "text", "text": at[key]}, json.dumps(at[key])])


def cut(at: Any, key: Any, random: Random) -> None:
    if isinstance(at[key], str | list):
        at[key] = at[key][: random.randrange(len(at[key]) + 1)]


def repeat(at: Any, key: Any, random: Random) -> None:
    if isinstance(at, list):
        at.insert(random.randrange(len(at) + 1), copy.deepcopy(at[key]))
    elif isinstance(at[key], list | str):
        at[key] = at[key] * 2


def swap(at: Any, key: Any, random: Random) -> None:
    other = random.choice(list(at) if isinstance(at, dict) else range(len(at)))
    at[key], at[other] = at[other], at[key]


OPERATIONS: tuple[Callable[[Any, Any, Random], None], ...] = (replace, replace, replace, drop, rename, nest, cut, repeat, swap)


def spoil_value(value: Any, random: Random) -> Any:
    """Returns a copy with one to three changes."""
    value = copy.deepcopy(value)
    for _ in range(random.choice([1, 1, 2, 3])):
        found = places(value)
        if not found:
            return random.choice(VALUES)
        at, key = random.choice(found)
        random.choice(OPERATIONS)(at, key, random)
    return value


def spoil_whole(body: str, random: Random) -> str:
    text = json.dumps(spoil_value(json.loads(body), random), ensure_ascii=random.random() < 0.9)
    if random.random() < 0.05:
        text = text[: random.randrange(len(text) + 1)]
    return text.encode("utf-8", "replace").decode()


def spoil_stream(body: str, random: Random, end: str) -> str:
    """Returns a stream with events lost, doubled, swapped, cut or spoilt.

    Args:
        end: Text that ends an event.
    """
    frames = [frame for frame in body.replace("\r\n", "\n").split(end) if frame.strip()]
    for _ in range(random.choice([1, 1, 2])):
        if not frames:
            break
        at = random.randrange(len(frames))
        match random.randrange(10):
            case 0:
                del frames[at]
            case 1:
                frames.insert(random.randrange(len(frames) + 1), frames[at])
            case 2:
                other = random.randrange(len(frames))
                frames[at], frames[other] = frames[other], frames[at]
            case 3:
                frames[at] = frames[at][: random.randrange(len(frames[at]) + 1)]
            case 4:
                del frames[at:]
            case _:
                frames[at] = _spoil_frame(frames[at], random)
    return "".join(frame + end for frame in frames).encode("utf-8", "replace").decode()


def _spoil_frame(frame: str, random: Random) -> str:
    head, mark, data = frame.rpartition("data:") if "data:" in frame else ("", "", frame)
    try:
        value = json.loads(data)
    except ValueError:
        return frame
    return f"{head}{mark}{json.dumps(spoil_value(value, random))}"
