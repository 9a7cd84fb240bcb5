import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import staysail
from staysail import (
    AuthError,
    BadRequestError,
    Message,
    OutputError,
    ProviderError,
    RateLimitError,
    RunCancelled,
    ServerError,
    StaysailError,
    Usage,
)
from staysail.core.errors import error_for_status, redact

TREE = {
    "ConfigError": "StaysailError",
    "ProviderError": "StaysailError",
    "AuthError": "ProviderError",
    "RateLimitError": "ProviderError",
    "NetworkError": "ProviderError",
    "BadRequestError": "ProviderError",
    "ServerError": "ProviderError",
    "StreamError": "ProviderError",
    "MaxTurnsError": "StaysailError",
    "ToolError": "StaysailError",
    "ToolFSError": "ToolError",
    "OutputError": "StaysailError",
    "JsonError": "StaysailError",
    "StoreError": "StaysailError",
    "QuotaError": "StoreError",
    "DimensionError": "StoreError",
    "CorruptionError": "StoreError",
}


@pytest.mark.parametrize(("name", "base"), TREE.items())
def test_the_tree_is_as_drawn_and_every_error_is_plain_data(name: str, base: str):
    kind = getattr(staysail, name)
    assert kind.__base__ is getattr(staysail, base) or issubclass(kind, getattr(staysail, base))
    error = kind("it failed")
    assert isinstance(error, StaysailError)
    told = json.loads(json.dumps(error.to_dict()))
    assert told["name"] == name
    assert told["lineage"][0] == name
    assert told["lineage"][-1] == "StaysailError"
    assert told["message"] == error.message == "it failed"
    assert told["code"] == error.code


def test_an_error_carries_history_and_usage():
    error = OutputError("bad", raw={"x": 1})
    error.history, error.usage = (Message.user("hi"),), Usage(1, 2, 3)
    told = error.to_dict()
    assert told["history"] == [Message.user("hi").to_dict()]
    assert told["usage"]["total_tokens"] == 3
    assert told["raw"] == {"x": 1}


def test_a_cancelled_run_is_a_cancellation_to_asyncio():
    assert issubclass(RunCancelled, asyncio.CancelledError)
    assert not issubclass(RunCancelled, Exception)  # so no `except Exception` takes it for a failure to try again


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (302, ProviderError, False),
        (400, BadRequestError, False),
        (401, AuthError, False),
        (403, AuthError, False),
        (404, BadRequestError, False),
        (408, BadRequestError, True),
        (409, BadRequestError, True),
        (422, BadRequestError, False),
        (429, RateLimitError, True),
        (500, ServerError, True),
        (501, ServerError, False),
        (503, ServerError, True),
        (529, ServerError, True),
    ],
)
def test_a_status_says_which_error_it_is_and_whether_time_helps(status: int, kind: type, retryable: bool):
    error = error_for_status(status, "no", body={"b": 1})
    assert type(error) is kind
    assert (error.status, error.retryable, error.body) == (status, retryable, {"b": 1})


SECRET = "sk-verysecret1234"
NESTED = st.recursive(
    st.text(max_size=8).map(lambda text: f"{text}{SECRET}{text}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3).map(lambda k: k + SECRET), inner, max_size=2),
    max_leaves=5,
)


@given(NESTED)
def test_a_key_is_removed_at_any_depth(value: object):
    assert SECRET not in repr(redact(value, (SECRET,)))


def test_a_short_key_is_removed_as_a_word_and_garbles_no_other():
    assert redact("key k of bike", ("k",)) == "key [key removed] of bike"
    assert redact("ab abc", ("abc", "ab")) == "[key removed] [key removed]"
    assert redact("nothing", ("",)) == "nothing"
