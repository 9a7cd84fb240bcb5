import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail import AuthError, BadRequestError, RateLimitError, ServerError, StreamError
from staysail.wire.faults import describe, error_in_stream, error_of_response, request_id


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (
            {"error": {"message": "Bad key", "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}},
            "Bad key",
            "invalid_api_key",
        ),
        ({"error": {"message": "No", "type": "invalid_request_error", "code": None}}, "No", "invalid_request_error"),
        ({"error": {"code": 500, "message": "Boom", "type": "server_error"}}, "Boom", "server_error"),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "r"},
            "Overloaded",
            "overloaded_error",
        ),
        ({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Quota"}}, "Quota", "RESOURCE_EXHAUSTED"),
        ([{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "Bad"}}], "Bad", "INVALID_ARGUMENT"),
        ({"code": "The caller is wrong", "error": "Incorrect key"}, "Incorrect key", "The caller is wrong"),
        ({"id": "1", "message": "too long"}, "too long", None),
        ({"error": "model not found"}, "model not found", None),
        ({"detail": "Not Found"}, "Not Found", None),
        ({"detail": [{"loc": ["a"], "msg": "field required"}, {"msg": "too short"}]}, "field required; too short", None),
        ({"object": "error", "message": {"detail": "x"}, "type": "bad", "code": 3}, '{"detail": "x"}', "bad"),
        (
            {"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": "upstream broke"}}},
            "Provider returned error (upstream broke)",
            "502",
        ),
        ({"response": {"error": {"code": "server_error", "message": "Oops"}}}, "Oops", "server_error"),
        ("plain words", "plain words", None),
        (None, "", None),
    ],
)
def test_the_words_and_the_code_of_an_error_are_found_in_every_providers_shape(body: object, message: str, code: str | None):
    assert describe(body) == (message, code)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda i: (
            st.lists(i, max_size=2)
            | st.dictionaries(st.sampled_from(["error", "message", "detail", "code", "type", "response", "metadata", "raw"]), i, max_size=4)
        ),
        max_leaves=8,
    )
)
def test_no_error_body_is_too_strange_to_describe(body: object):
    message, code = describe(body)
    assert isinstance(message, str)
    assert code is None or isinstance(code, str)
    assert isinstance(error_in_stream(body), StreamError)


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Rate limit reached. Please try again in 11.122s. Visit ...", 11.122),
        ("Please try again in 1m30.5s.", 90.5),
        ("Please try again in 6m0s", 360),
        ("try again in 2h5m", 7500),
        ("try again in 250ms", 0.25),
        ("try again in 12ms.", 0.012),
        ("Please retry after 20 seconds.", 20),
        ("please retry in 3 minutes", 180),
        ("Try again in 59.9 seconds", 59.9),
        ("retry in 5", 5),
        ("wait 2 hours", 7200),
        ("Please try again later", None),
        ("try again in a while", None),
    ],
)
def test_a_delay_told_in_words_is_understood(words: str, seconds: float | None):
    error = error_of_response(429, {}, f'{{"error": {{"message": "{words}"}}}}'.encode(), "p")
    assert error.retry_after_s == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9),
        ({"retry-after": "-1"}, 2),
        ({"retry-after": "soon"}, 2),
        ({"retry-after": "nan"}, 2),
        ({}, 2),
    ],
)
def test_a_header_tells_the_delay_before_the_words_do(headers: dict, seconds: float):
    assert error_of_response(429, headers, b"try again in 2s", "p").retry_after_s == seconds


def test_a_delay_may_be_a_date():
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30)
    error = error_of_response(503, {"retry-after": then.strftime("%a, %d %b %Y %H:%M:%S GMT")}, b"", "p")
    assert error.retry_after_s == pytest.approx(30, abs=2)


def test_googles_retry_info_is_read():
    body = b'{"error": {"code": 429, "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "48s"}]}}'
    assert error_of_response(429, {}, body, "p").retry_after_s == 48


def test_an_error_tells_provider_status_words_code_and_id():
    body = b'{"error": {"message": "Bad key", "code": "invalid_api_key"}}'
    error = error_of_response(401, {"x-request-id": "req_1"}, body, "openai")
    assert type(error) is AuthError
    assert str(error) == "openai answered 401: Bad key"
    assert (error.status, error.code, error.request_id, error.provider) == (401, "invalid_api_key", "req_1", "openai")
    assert error.body == {"error": {"message": "Bad key", "code": "invalid_api_key"}}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>", "502 Bad Gateway nginx"),
        (b"", "no body"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_a_body_that_is_no_json_is_shown_in_short(body: bytes, said: str):
    error = error_of_response(502, {}, body, "p")
    assert type(error) is ServerError
    assert error.retryable
    assert said in str(error)
    assert "<" not in str(error)


def test_a_used_up_quota_is_a_rate_limit_that_time_does_not_lift():
    error = error_of_response(429, {}, b'{"error": {"message": "Pay", "code": "insufficient_quota"}}', "p")
    assert type(error) is RateLimitError
    assert not error.retryable


@pytest.mark.parametrize(
    ("body", "retryable"),
    [
        ({"error": {"type": "overloaded_error", "message": "Overloaded"}}, True),
        ({"error": {"message": "The server had an error", "type": "server_error"}}, True),
        ({"error": {"code": 429, "message": "Slow down"}}, True),
        ({"error": {"code": 503, "message": "x"}}, True),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "x"}, True),
        ({"error": {"code": "invalid_prompt", "message": "Bad prompt"}}, False),
        ({"error": {"code": 400, "message": "Bad prompt"}}, False),
        ({"error": {"code": "insufficient_quota", "message": "too many"}}, False),
    ],
)
def test_an_error_in_a_stream_says_whether_time_helps(body: dict, retryable: bool):
    assert error_in_stream(body).retryable is retryable


def test_the_request_id_is_found_under_each_name():
    assert request_id({"request-id": "a"}) == "a"
    assert request_id({"cf-ray": "c", "x-request-id": "b"}) == "b"
    assert request_id({}) is None
    assert type(error_of_response(404, {}, b'{"request_id": "inner"}', "p")) is BadRequestError
    assert error_of_response(404, {}, b'{"request_id": "inner"}', "p").request_id == "inner"
