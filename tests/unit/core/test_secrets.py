"""The registry of secrets, and the forms in which they are removed."""

import json
import re
from base64 import b64encode
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail import ConfigError, ProviderError, StaysailError
from staysail.core.ports import HttpRequest
from staysail.core.secrets import REMOVED, holds_secret, redact, remember, secrets_of_header, secrets_of_url, shown

ODD = 'päss "w\\rd"/+=&%é\n😀-0123456789'


@pytest.mark.parametrize(
    "echo",
    [
        lambda secret: f"the key {secret} is wrong",
        lambda secret: f"Bearer {secret}",
        lambda secret: f"Token {secret}",
        lambda secret: json.dumps({"authorization": secret}),
        lambda secret: json.dumps({"authorization": secret}, ensure_ascii=False),
        lambda secret: json.dumps(json.dumps(secret)) if secret.isalnum() else json.dumps(secret),
        lambda secret: f"/v1?key={quote(secret, safe='')}&x=1",
        lambda secret: f"/v1?key={quote_plus(secret)}",
        lambda secret: repr({"key": secret}),
        lambda secret: b64encode(secret.encode()).decode(),
        lambda secret: "Basic " + b64encode(f"{secret}:".encode()).decode(),
        lambda secret: json.dumps(secret).replace("/", "\\/"),
        lambda secret: json.dumps(json.dumps(secret)),
        lambda secret: json.dumps(secret).replace("&", "\\u0026").replace("+", "\\u002B").replace('\\"', "\\u0022"),
        lambda secret: json.dumps(secret, ensure_ascii=False).replace("&", "\\u0026"),
        lambda secret: f"<p>{escape(secret)}</p>",
        lambda secret: "/v1?key=" + re.sub("%..", lambda found: found[0].lower(), quote(secret, safe="")),
    ],
)
@pytest.mark.parametrize("secret", ["sk-0123456789abcdef", ODD, "plainalphanumeric42"])
def test_a_secret_is_removed_in_every_form_it_is_echoed_in(secret: str, echo):
    remember(secret)
    text = echo(secret)
    cleaned = redact(text)
    assert REMOVED in cleaned
    assert secret not in cleaned
    assert "0123456789" not in cleaned
    assert redact({"a": [text], text: (text,)}) == {"a": [cleaned], cleaned: [cleaned]}


@given(st.text(min_size=8, max_size=40), st.text(max_size=30), st.text(max_size=30))
def test_any_secret_is_removed_and_the_rest_stays(secret: str, before: str, after: str):
    cleaned = redact(before + secret + after, (secret,))
    assert secret.strip() not in cleaned.replace(REMOVED, "\0") or secret in REMOVED or not secret.strip()
    assert redact(before, (secret + "-more",)) == redact(before)


def test_an_error_removes_secrets_from_all_that_it_carries():
    remember("a-secret-of-this-test")
    error = ProviderError(
        "a-secret-of-this-test", code="a-secret-of-this-test", request_id="a-secret-of-this-test", body={"k": ["a-secret-of-this-test"]}
    )
    assert "secret" not in json.dumps(error.to_dict()) + repr(error) + str(error.args)
    assert str(StaysailError("no a-secret-of-this-test here")) == f"no {REMOVED} here"


def test_a_request_is_enough_for_its_secrets_to_be_known():
    HttpRequest(
        "GET",
        "https://user:first-password-1@h/?key=second-secret-2&q=nothing-secret&access_token=third%2Bsecret-3",
        {
            "authorization": "Digest fourth-secret-4",
            "x-goog-api-key": "fifth-secret-5",
            "cookie": "a=sixth-secret-6; b=x",
            "x-odd": "Bearer seventh-secret-7",
        },
    )
    text = "first-password-1 second-secret-2 third+secret-3 fourth-secret-4 fifth-secret-5 sixth-secret-6 seventh-secret-7 nothing-secret"
    assert redact(text) == f"{' '.join([REMOVED] * 7)} nothing-secret"
    assert redact(b64encode(b"user:first-password-1").decode()).endswith(REMOVED)


def test_basic_credentials_are_known_decoded_too():
    pair = b64encode(b"user:long-password-8").decode()
    assert "long-password-8" in secrets_of_header(f"Basic {pair}")
    assert secrets_of_url("https://u%40x:p%20w-long-9@h:1/p") == ("p w-long-9", "u@x:p w-long-9", b64encode(b"u@x:p w-long-9").decode())
    assert secrets_of_url("https://h/?a=b@c") == ()


def test_a_short_secret_is_removed_as_a_word_where_it_was_given():
    remember("test")
    assert redact("a test of tests") == "a test of tests"
    assert redact("a test of tests", ("test",)) == f"a {REMOVED} of tests"


@pytest.mark.parametrize(("name", "value", "secret"), [
    ("authorization", "x", True), ("X-Portkey-Api-Key", "x", True), ("x-auth-token", "x", True), ("set-cookie", "x", True),
    ("x-custom", "Bearer abc", True), ("x-custom", "sk-abc", True), ("content-type", "application/json", False), ("accept", "*/*", False),
    ("anthropic-version", "2023-06-01", False),
])  # fmt: skip
def test_a_header_is_secret_by_its_name_or_by_its_value(name: str, value: str, secret: bool):
    assert holds_secret(name, value) is secret


@pytest.mark.parametrize("value", ["Bearer x\r\nx-evil: 1", "a\nb", "a\0b", "snow \u2603", "\ud800", 7, None])
@pytest.mark.parametrize("name", ["authorization", "x-a"])
def test_a_header_that_http_cannot_carry_is_refused_without_its_value(name: str, value):
    with pytest.raises(ConfigError, match=f"the value of the header {name} is not text") as caught:
        HttpRequest("GET", "http://h/", {name: value})
    assert "Bearer" not in str(caught.value)


@pytest.mark.parametrize("name", ["a b", "a:b", "a\nb", "", "ä", "Bearer sk-0123456789"])
def test_a_header_needs_a_name(name: str):
    with pytest.raises(ConfigError, match="is not a name of an HTTP header") as caught:
        HttpRequest("GET", "http://h/", {name: "x"})
    assert "0123456789" not in str(caught.value)


@pytest.mark.parametrize(("text", "said"), [
    ("antropic", "'antropic'"), ("http:/host", "'http:/host'"), ("sk-abc", "a text of 6 characters"),
    ("sk-proj-" + "x" * 40, "a text of 48 characters"),
    ("AIzaSyA", "a text of 7 characters"), ("9f8a7b6c5d4e3f2a1b0c", "a text of 20 characters"), (5, "5"),
])  # fmt: skip
def test_a_wrong_value_is_shown_unless_it_could_be_a_key(text, said: str):
    assert shown(text) == said


def test_a_value_that_stands_in_many_places_or_in_itself_is_walked_once():
    remember("a-secret-in-many-places")
    value: list = ["a-secret-in-many-places"]
    for _ in range(60):
        value = [value, value]
    ring: list = ["a-secret-in-many-places"]
    ring.append(ring)
    for _ in range(60):
        value = redact(value)[1]
    assert value == [REMOVED]
    cleaned = redact(ring)
    assert cleaned[0] == REMOVED
    assert cleaned[1] is cleaned
