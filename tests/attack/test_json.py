"""Texts that should end the reader of JSON: nests, cut and mutated values, numbers without end."""

import json
from random import Random
from typing import Any

import pytest

from staysail.core.errors import JsonError
from staysail.core.json_text import MAX_DEPTH, read_json, write_json

PIECES = [
    "[",
    "]",
    "{",
    "}",
    '"',
    "\\",
    ",",
    ":",
    " ",
    "\n",
    "0",
    "1e999",
    "NaN",
    "-",
    "Infinity",
    "null",
    "\\u",
    "d800",
    "\ufeff",
    "\x00",
    "é",
    "😀",
]


def value(random: Random, levels: int) -> Any:
    kind = random.randrange(8 if levels else 5)
    if kind == 5:
        return {"".join(random.choices(PIECES, k=3)): value(random, levels - 1) for _ in range(random.randrange(4))}
    if kind > 5:
        return [value(random, levels - 1) for _ in range(random.randrange(4))]
    return (None, True, random.uniform(-1e9, 1e9), random.randrange(10**20), "".join(random.choices(PIECES, k=random.randrange(9))))[kind]


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


def test_a_mutated_text_is_read_as_the_standard_library_reads_it_or_refused(attack):
    for random in attack.random("mutated texts", least=500):
        text = json.dumps(value(random, 6), ensure_ascii=random.random() < 0.5)
        for _ in range(random.randrange(4)):
            at = random.randrange(len(text) + 1)
            text = text[:at] + random.choice(PIECES) * random.choice([1, 1, 2, 50]) + text[at + random.randrange(3) :]
        try:
            read = read_json(text)
        except JsonError:
            continue
        assert write_json(read) == write_json(json.loads(text.removeprefix("\ufeff")))


def test_no_nest_reaches_the_parser(attack):
    for random in attack.random("nests", least=100):
        opening = "".join(random.choices(["[", '{"a":', "[[],", '["]}",', '[{"\\\\":1},', " ", '{"}":{},"b":'], k=3)) + "["
        levels = random.choice([50, 99, 100, 101, 1000, 20_000])
        text = opening * levels
        with pytest.raises(JsonError) as caught:
            read_json(text)
        assert caught.value.code == "too_deep" or levels <= MAX_DEPTH, text[:200]
