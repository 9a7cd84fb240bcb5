"""JSON that is not all there yet."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail.core.partial_json import ABSENT, read_partial

CASES = [
    ("", ABSENT),
    ("Sure: {", ABSENT),
    ("{", {}),
    ('{"a', {}),
    ('{"a"', {}),
    ('{"a":', {}),
    ('{"a": "b', {"a": "b"}),
    ('{"a": "b\\', {"a": "b"}),
    ('{"a": "b\\u00', {"a": "b"}),
    ('{"a": 1', {}),
    ('{"a": 1,', {"a": 1}),
    ('{"a": tru', {}),
    ('{"a": true', {"a": True}),
    ('{"a": [1, 2', {"a": [1]}),
    ('{"a": [1, {"b": "c"', {"a": [1, {"b": "c"}]}),
    ('```json\n{"a": "b', {"a": "b"}),
    ('{"a": 1}} and more', {"a": 1}),
    ("[1, 2]", [1, 2]),
    ("}", ABSENT),
    ("{]", ABSENT),
]


@pytest.mark.parametrize(("text", "value"), CASES, ids=range(len(CASES)))
def test_what_is_there_is_read(text: str, value: object):
    assert read_partial(text) == value


@pytest.mark.parametrize("text", ["[" * 300_000, '{"a":' * 60_000, "[[" * 40 + "1," * 150_000, '["' + "\\" * 300_000 + "x"])
def test_text_of_any_nest_takes_linear_time(text: str):
    began = time.process_time()
    read_partial(text)
    assert time.process_time() - began < 2


def grows(before: object, after: object) -> bool:
    """Whether a value may have become another by going on."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(name in after and grows(item, after[name]) for name, item in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) <= len(after) and all(map(grows, before, after))
    if isinstance(before, str) and isinstance(after, str):
        return after.startswith(before)
    return before == after


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4), st.booleans(), st.sampled_from([None, 2]))
def test_every_beginning_of_an_object_grows_into_it(value: dict, ascii: bool, indent: int | None):
    text = json.dumps(value, ensure_ascii=ascii, indent=indent)
    before: object = ABSENT
    for end in range(1, len(text) + 1):
        read = read_partial(text[:end])
        assert read is not ABSENT
        if "\\ud" not in text.lower():  # half of a character of two is another one
            assert before is ABSENT or grows(before, read), text[:end]
        before = read
    assert before == value
