import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staysail.core.errors import CorruptionError, JsonError, ToolError
from staysail.core.json_text import MAX_DEPTH, json_bytes, read_json, write_json

TEXTS = st.text(alphabet='[]{}"\\,: \n\u00e9\U0001f600a', max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**300), 10**300) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=30,
)


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


def nested(levels: int, core: Any) -> Any:
    for level in range(levels):
        core = {'a"]': core} if level % 2 else [core, "}\\"]
    return core


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_any_json_text_is_read_as_the_standard_library_reads_it(value: Any, ascii: bool, indent: int | None):
    text = json.dumps(value, ensure_ascii=ascii, indent=indent)
    assert read_json(text) == read_json(text.encode()) == read_json("\ufeff" + text) == json.loads(text)


@settings(max_examples=60)
@given(VALUES, st.integers(MAX_DEPTH - 6, MAX_DEPTH + 3), st.integers(0, 200), st.booleans())
def test_what_nests_deeper_than_the_limit_is_refused_and_nothing_else(core: Any, levels: int, siblings: int, ascii: bool):
    value = [*([[{}]] * siblings), nested(levels, core), *([{"[": []}] * siblings)]
    text = json.dumps(value, ensure_ascii=ascii)
    if depth_of(value) <= MAX_DEPTH:
        assert read_json(text) == value
    else:
        with pytest.raises(JsonError, match="deeper than 100 levels") as caught:
            read_json(text)
        assert caught.value.code == "too_deep"


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"\\"":', ' [\n"\\\\",', "[[],"])
@pytest.mark.parametrize("levels", [8_000, 300_000])
def test_a_nest_without_end_is_refused_before_the_parser_sees_it(opening: str, levels: int):
    for text in (opening * levels, (opening * levels).encode(), '{"a": "' + "x" * 50 + '", "b": ' + opening * levels):
        with pytest.raises(JsonError) as caught:
            read_json(text, what="the answer")
        assert caught.value.code == "too_deep"
        assert len(str(caught.value)) < 100


def test_brackets_in_strings_do_not_count():
    text = json.dumps({"[" * 5000: ["\\" * 7 + '"' + "{[" * 5000, "\\"]})
    assert read_json(text) == json.loads(text)


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "1e999", "-1E+400", "1" * 5000, "-" + "9" * 400, "1" * 400 + ".5", "1" * 400 + "e9", "0.1e99999"],
)
@pytest.mark.parametrize("room", [0, 10_000])
def test_a_number_that_no_float_holds_is_refused_or_becomes_null(number: str, room: int):
    text = f'{{"a": [1, {number}, 2.5], "pad": "{"x" * room}"}}'
    with pytest.raises(JsonError, match=r"it holds .*which is not a number there") as caught:
        read_json(text)
    assert caught.value.code == "bad_json"
    assert len(str(caught.value)) < 120
    assert read_json(text, nonfinite="null")["a"] == [1, None, 2.5]


@pytest.mark.parametrize("number", ["1e300", "1" * 308, "0." + "0" * 400 + "1", "1e-999", "5e-324", "0e999"])
@pytest.mark.parametrize("room", [0, 10_000])
def test_every_other_number_is_read(number: str, room: int):
    text = f'["{"x" * room}", {number}, "1e999", "{"7" * 400}"]'
    assert read_json(text) == json.loads(text)
    assert math.isfinite(read_json(text)[1])


def test_the_error_says_what_it_was_and_where_it_stops():
    with pytest.raises(ToolError) as caught:
        read_json('{"city": Oslo}', what="the arguments of weather", error=ToolError)
    assert str(caught.value).startswith("the arguments of weather cannot be read as JSON: ")
    assert str(caught.value).endswith("at character 9")
    assert caught.value.code == "bad_json"
    assert caught.value.__cause__ is None  # which would keep the text


def test_a_text_that_is_too_large_is_refused_before_anything_else():
    for text in ("[" * 1000, b"[" * 1000):
        with pytest.raises(CorruptionError, match="1,000 bytes, and the limit is 999") as caught:
            read_json(text, max_bytes=999, error=CorruptionError)
        assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    "text", ["", " ", "{", "[1,]", "{'a': 1}", "nul", "[1] 2", '"\n"', "\x00", "]", "[}", '"\\x"', "-", "\ufeff\ufeff"]
)
def test_what_is_no_json_is_a_value_error_of_ours(text: str):
    with pytest.raises(ValueError, match="the text cannot be read as JSON") as caught:
        read_json(text)
    assert isinstance(caught.value, JsonError)


def test_keys_surrogates_bytes_and_control_characters_are_as_javascript_has_them():
    assert read_json('{"a": 1, "a": 2}') == {"a": 2}
    assert read_json('"\\ud83d"') == "\ud83d"
    assert read_json(b'"\xff"') == "\ufffd"
    assert read_json(memoryview(b"[1]")) == [1]
    assert read_json('"a\nb"', strict=False) == "a\nb"


@given(VALUES)
def test_what_is_written_reads_back(value: Any):
    assert read_json(write_json(value)) == value
    assert read_json(json_bytes(value)) == value


@given(st.text(alphabet=["\ud83d", "\ude00", "a", "\u00e9"], max_size=8))
def test_lone_surrogates_survive_as_bytes(text: str):
    assert read_json(json_bytes([text])) == json.loads(json.dumps([text]))


def test_nan_is_never_written():
    value = {"a": (1.5, [math.nan, -math.inf]), "b": math.inf}
    with pytest.raises(JsonError, match="the result cannot be written as JSON"):
        write_json(value, what="the result")
    assert write_json(value, nonfinite="null") == '{"a":[1.5,[null,null]],"b":null}'


def test_a_value_that_json_cannot_hold_is_an_error_of_ours():
    ring: list[Any] = [math.nan]
    ring.append(ring)
    for value in (ring, {(1, 2): 3}, {math.nan: 1}, object()):
        for nonfinite in ("refuse", "null"):
            with pytest.raises(JsonError):
                write_json(value, nonfinite=nonfinite)
    assert write_json(object, default=lambda kind: kind.__name__) == '"object"'
