"""Redirects on CPython: followed as a page does, but never with a key or a prompt to another origin."""

import re

import pytest

from staysail import CompletionRequest, ConfigError, NetworkError, load_model
from staysail.core.ports import HttpRequest
from staysail.host.httpx_transport import HttpxTransport
from tests.server import Box, TestServer

STATUSES = [301, 302, 303, 307, 308]
KEY = "sk-redirected-0123456789"


@pytest.fixture(scope="module")
def elsewhere():
    with TestServer() as server:
        yield server


def to(status: int, location: str) -> dict:
    return {"status": status, "headers": {"location": location}, "body": ""}


async def fetch(request: HttpRequest) -> tuple[int, bytes]:
    async with HttpxTransport().send(request) as response:
        return response.status, b"".join([chunk async for chunk in response.chunks()])


async def ended(stream) -> None:
    async for _ in stream:
        pass


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("other", [False, True], ids=["same origin", "other origin"])
async def test_a_request_that_carries_nothing_private_goes_along(box: Box, elsewhere: TestServer, status: int, other: bool):
    there = elsewhere.box() if other else box
    box.add(to(status, f"{there.url}/there"))
    there.add({"body": "here", "headers": {"content-type": "text/plain"}})
    assert await fetch(HttpRequest("GET", f"{box.url}/first", {"accept": "*/*"})) == (200, b"here")
    assert there.seen[-1].path.endswith("/there")
    assert there.seen[-1].headers["accept"] == "*/*"


@pytest.mark.parametrize(
    "request_of",
    [
        lambda url: HttpRequest("GET", url, {"authorization": f"Bearer {KEY}"}),
        lambda url: HttpRequest("GET", url, {"x-goog-api-key": KEY}),
        lambda url: HttpRequest("GET", url, {"x-custom": f"Token {KEY}"}),
        lambda url: HttpRequest("GET", f"{url}?key={KEY}"),
        lambda url: HttpRequest("GET", url.replace("://", f"://user:{KEY}@")),
        lambda url: HttpRequest("POST", url, {}, b'{"prompt": "secret plans"}'),
    ],
    ids=["bearer", "own header", "unknown header", "query", "password", "prompt"],
)
@pytest.mark.parametrize("status", STATUSES)
async def test_a_key_or_a_prompt_never_goes_to_another_origin(box: Box, elsewhere: TestServer, status: int, request_of):
    there = elsewhere.box({"body": "here"}, loop=True)
    box.add(to(status, f"{there.url}/there?token={KEY}"))
    with pytest.raises(NetworkError) as caught:
        await fetch(request_of(f"{box.url}/first"))
    assert (caught.value.code, caught.value.retryable) == ("redirect", False)
    origins = re.findall(r"http://127\.0\.0\.1:\d+", str(caught.value))
    assert {box.url.split("/box")[0], there.url.split("/box")[0]} <= set(origins)
    assert KEY not in str(caught.value)
    assert there.seen == []


@pytest.mark.parametrize("status", [307, 308])
async def test_a_model_call_follows_within_its_origin_with_key_and_body(box: Box, status: int):
    box.add(to(status, f"{box.url}/moved"), {"text": "Here."})
    model = load_model("openai-chat:m", base_url=box.url, api_key=KEY)
    assert (await model.complete(CompletionRequest("hi"))).text == "Here."
    assert [(seen.method, seen.headers["authorization"], seen.json["model"]) for seen in box.seen] == [("POST", f"Bearer {KEY}", "m")] * 2


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_post_that_would_lose_its_body_says_the_new_address(box: Box, status: int, streamed: bool):
    box.add(to(status, "elsewhere/chat/completions"))
    model = load_model("openai-chat:m", base_url=box.url, api_key=KEY)
    calling = ended(model.stream(CompletionRequest("hi"))) if streamed else model.complete(CompletionRequest("hi"))
    with pytest.raises(NetworkError, match=re.escape(f"give the new address instead: {box.url}/chat/elsewhere/chat/completions")):
        await calling
    assert len(box.seen) == 1


@pytest.mark.parametrize(
    "form", ["http://{here}\\@{there}/", "http://{here}\\@{there}", "//{here}\\@{there}/", "HTTP://{here}\\:x@{there}/"]
)
async def test_an_address_that_two_clients_read_as_two_hosts_is_followed_by_none(box: Box, elsewhere: TestServer, form: str):
    there = elsewhere.box({"body": "here"}, loop=True)
    location = form.format(here=box.url.split("/")[2], there=there.url.split("/")[2])
    box.add(to(307, location))
    with pytest.raises(NetworkError) as caught:
        await fetch(HttpRequest("POST", f"{box.url}/first", {"authorization": f"Bearer {KEY}"}, b"secret plans"))
    assert caught.value.code == "redirect"
    assert there.seen == []
    with pytest.raises(ConfigError, match="is no address"):
        HttpRequest("GET", location if "://" in location else f"http:{location}")


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)", "http://["])
async def test_what_is_no_address_of_the_web_is_refused(box: Box, location: str):
    box.add(to(302, location))
    with pytest.raises(NetworkError) as caught:
        await fetch(HttpRequest("GET", box.url))
    assert caught.value.code in ("redirect", "bad_url")  # httpx itself refuses some of them
    assert len(box.seen) == 1


async def test_a_circle_ends(box: Box):
    box.add({**to(302, f"{box.url}/again"), "times": 100})
    with pytest.raises(NetworkError, match="redirects more than 10 times"):
        await fetch(HttpRequest("GET", box.url))
    assert len(box.seen) == 11


async def test_a_redirect_without_an_address_is_the_answer(box: Box):
    box.add({"status": 304, "body": ""}, {"status": 302, "body": "nowhere"})
    assert await fetch(HttpRequest("GET", box.url)) == (304, b"")
    assert await fetch(HttpRequest("GET", box.url)) == (302, b"nowhere")


async def test_who_looks_at_redirects_is_given_them(box: Box):
    box.add(to(307, "http://example.org/"))
    async with HttpxTransport().send(HttpRequest("GET", box.url, redirects="return")) as response:
        assert (response.status, response.headers["location"]) == (307, "http://example.org/")
