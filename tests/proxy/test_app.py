"""The example proxy, between an agent and the test server."""

import base64
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import httpx
import pytest

from proxy import app as proxy
from staysail import Agent, RateLimitError
from staysail.host.httpx_transport import HttpxTransport
from tests.server import TestServer

KEY = "sk-of-the-server"


@pytest.fixture
async def client(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    box = server.box({"text": "Hello from behind"}, {"text": "Hello again"})
    server.behind = box
    upstream = replace(proxy.PROVIDERS["openai"], address=box.url.removesuffix("/v1"))
    monkeypatch.setitem(proxy.PROVIDERS, "openai", upstream)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    async with proxy.lifespan(proxy.app):
        transport = httpx.ASGITransport(proxy.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            yield client


class Through(HttpxTransport):
    """staysail's own transport, over a client that is in this process."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__()
        self._site = client

    async def _client(self) -> httpx.AsyncClient:
        return self._site


async def test_an_agent_without_a_key_reaches_its_provider_through_the_site(client: httpx.AsyncClient, server: TestServer):
    agent = Agent("openai:m", base_url="http://site/llm/openai/v1", transport=Through(client))
    assert (await agent.prompt("Hi")).text == "Hello from behind"
    async with aclosing(agent.stream("Hi")) as events:
        assert "".join([event.text async for event in events if event.type == "text_delta"]) == "Hello again"
    assert [seen.headers["authorization"] for seen in server.behind.seen] == [f"Bearer {KEY}"] * 2


async def test_what_the_page_says_of_itself_does_not_reach_the_provider(client: httpx.AsyncClient, server: TestServer):
    sent = {"authorization": "Bearer of-the-page", "cookie": "session=1", "x-anything": "1", "content-type": "application/json"}
    answer = await client.post("/llm/openai/v1/responses", headers=sent, content=b'{"model": "m", "input": "Hi"}')
    assert answer.status_code == 200
    seen = server.behind.seen[0].headers
    assert seen["authorization"] == f"Bearer {KEY}"
    assert not {"cookie", "x-anything"} & set(seen)
    assert KEY not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "path",
    [
        "/llm/openai/v1/models",
        "/llm/openai/v1/responses/resp_1",
        "/llm/openai/v1/../v1/files",
        "/llm/openai//v1/responses",
        "/llm/nobody/v1/responses",
        "/llm/anthropic/v1/messages",  # which has no key on this server
    ],
)
async def test_only_what_is_listed_is_served(client: httpx.AsyncClient, server: TestServer, path: str):
    assert (await client.post(path, json={})).status_code == 404
    assert server.behind.seen == []


async def test_other_methods_are_not_served(client: httpx.AsyncClient):
    assert (await client.get("/llm/openai/v1/responses")).status_code == 405


async def test_a_caller_that_asks_too_often_is_told_when_to_come_back(client: httpx.AsyncClient):
    agent = Agent("openai:m", base_url="http://site/llm/openai/v1", transport=Through(client), retry=False)
    proxy.app.state.limit = limit = proxy.Limit(1)
    await agent.prompt("Hi")
    with pytest.raises(RateLimitError) as raised:
        await agent.prompt("Hi")
    assert 50 < (raised.value.retry_after_s or 0) <= 60
    assert limit.wait_s("somebody else") == 0


async def test_a_request_that_is_too_large_goes_nowhere(client: httpx.AsyncClient, server: TestServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(proxy, "BODY_BYTES", 100)
    assert (await client.post("/llm/openai/v1/responses", content=b"x" * 101)).status_code == 413
    assert server.behind.seen == []


async def test_only_the_site_may_read_an_answer(client: httpx.AsyncClient):
    async def allowed(origin: str) -> str | None:
        asked = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
        return (await client.options("/llm/openai/v1/responses", headers=asked)).headers.get("access-control-allow-origin")

    assert await allowed(proxy.ORIGINS[0]) == proxy.ORIGINS[0]
    assert await allowed("https://elsewhere.example") is None


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"{proxy.ORIGINS[0]}.evil.example"},
        {"origin": proxy.ORIGINS[0].upper()},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
async def test_a_page_of_another_site_spends_nothing(client: httpx.AsyncClient, server: TestServer, headers: dict, kind: str):
    body = b'{"model": "m", "input": "Hi"}'
    answer = await client.post("/llm/openai/v1/responses", headers=headers | {"content-type": kind}, content=body)
    assert answer.status_code == 403
    assert server.behind.seen == []


async def test_a_page_of_this_site_is_served(client: httpx.AsyncClient):
    sent = {"origin": proxy.ORIGINS[0], "sec-fetch-site": "same-origin"}
    assert (await client.post("/llm/openai/v1/responses", headers=sent, json={"model": "m", "input": "Hi"})).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
async def test_a_body_that_needs_no_preflight_is_refused(client: httpx.AsyncClient, server: TestServer, kind: str):
    answer = await client.post("/llm/openai/v1/responses", headers={"content-type": kind}, content=b'{"model": "m"}')
    assert answer.status_code == 415
    assert server.behind.seen == []


@pytest.mark.parametrize("value", [b"application/json; x=\xe9", b"2023\xff", b"a\tb"])
@pytest.mark.parametrize("name", ["accept", "anthropic-version", "anthropic-beta"])
async def test_an_odd_header_is_the_callers_fault(client: httpx.AsyncClient, server: TestServer, name: str, value: bytes):
    headers = [(b"content-type", b"application/json"), (name.encode(), value)]
    assert (await client.post("/llm/openai/v1/responses", headers=headers, content=b"{}")).status_code == 400
    assert server.behind.seen == []


@pytest.mark.parametrize("size", [1, 2, 5, 7, 16, 1000])
@pytest.mark.parametrize("status", [200, 401])
async def test_the_providers_echo_of_the_key_does_not_reach_the_page(
    client: httpx.AsyncClient, server: TestServer, monkeypatch: pytest.MonkeyPatch, status: int, size: int
):
    packed = base64.b64encode(KEY.encode()).decode().rstrip("=")
    echo = f"Incorrect API key provided: {KEY}. sk-of-the-serve {KEY}{KEY} sk-of {packed} sk-"
    box = server.box({"status": status, "body": echo, "chunk_bytes": size, "headers": {"x-request-id": KEY, "content-type": "text/plain"}})
    monkeypatch.setitem(proxy.PROVIDERS, "openai", replace(proxy.PROVIDERS["openai"], address=box.url.removesuffix("/v1")))
    answer = await client.post("/llm/openai/v1/responses", json={})
    removed = "[key removed]"
    assert answer.text == f"Incorrect API key provided: {removed}. sk-of-the-serve {removed}{removed} sk-of {removed} sk-"
    assert KEY not in str(answer.headers)


async def test_a_provider_that_cannot_be_reached_is_told_as_such(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(proxy.PROVIDERS, "openai", replace(proxy.PROVIDERS["openai"], address="http://127.0.0.1:9"))
    assert (await client.post("/llm/openai/v1/responses", json={})).status_code == 502
