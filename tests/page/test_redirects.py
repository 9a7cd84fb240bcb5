"""Redirects and sizes in Chromium: a key and a prompt stay with their origin, and no answer is without a limit."""

import json

import pytest

from tests.page.test_agent import Page
from tests.server import TestServer

KEY = "sk-redirected-0123456789"


@pytest.fixture(scope="module")
def provider():
    with TestServer() as server:
        yield server


@pytest.fixture(scope="module")
def elsewhere():
    with TestServer() as server:
        yield server


@pytest.fixture(scope="module")
def page(browser, site):
    browser.get(f"{site}tests/page/empty.html")
    page = Page(browser, "worker")
    page.run("await boot()")
    return page


def moved(status: int, to: str):
    """What a server answers that was moved: a redirect to `to` for its old path, and the model's words at the new one."""

    def answer(seen):
        if "/new/" in seen.path:
            return {"text": "Here."} if seen.method == "POST" else {"status": 204, "body": ""}
        return {"status": status, "headers": {"location": f"{to}/new/chat/completions"}, "body": ""}

    return answer


ASK = """
const agent = new Agent({ model: "openai-chat:m", apiKey: options.key, baseURL: base, retry: false });
return agent.prompt("secret plans").then((text) => ({ text }), ({ name, code, message, retryable }) => ({ name, code, message, retryable }));
"""


@pytest.mark.parametrize("status", [307, 308])
def test_a_call_follows_within_its_origin(page, provider, status):
    box = provider.box()
    box.add(*[moved(status, box.url)] * 5)
    box.head = moved(status, box.url)
    assert page.run(ASK, box, key=KEY) == {"text": "Here."}
    assert [(seen.method, seen.path.endswith("/new/chat/completions")) for seen in box.seen] == [("POST", False), ("POST", True)]
    assert box.seen[1].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in json.dumps([seen.headers for seen in box.preflights])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_neither_key_nor_prompt_go_to_another_origin(page, provider, elsewhere, status):
    box, there = provider.box(), elsewhere.box(*[{"text": "Caught."}] * 5)
    box.add(*[moved(status, there.url)] * 5)
    box.head = moved(status, there.url)
    told = page.run(ASK, box, key=KEY)
    assert (told["name"], told["code"], told["retryable"]) == ("NetworkError", "redirect", False)
    assert box.url.split("/box")[0] in told["message"]
    assert there.url.split("/box")[0] in told["message"]
    assert there.seen == []
    assert KEY not in json.dumps([seen.headers for seen in there.preflights])


def test_an_answer_above_the_limit_is_given_up_while_it_arrives(page, provider):
    endless = {"body": "x" * 3_000_000, "chunk_bytes": 50_000, "delay_s": 0.002}
    box = provider.box(endless, {**endless, "headers": {"content-type": "text/event-stream"}, "body": "data: " + "x" * 3_000_000})
    told = page.run(
        """
        const agent = openai({ maxResponseBytes: 200_000, retry: false });
        const whole = await caught(agent.prompt("a"));
        const streamed = await caught((async () => { for await (const _ of agent.stream("b")); })());
        return [whole, streamed];
        """,
        box,
    )
    assert [error["code"] for error in told] == ["too_large", "too_large"]
    assert all("maxResponseBytes" in error["message"] for error in told)
    assert box.seen[0].wait_closed(2.0) == "client"
