"""Panel, as `panel serve` starts it, in Chromium: the example streams, remembers, stops, and runs nothing that a model writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from selenium.webdriver import Keys

from tests.environments.conftest import PYTHON
from tests.environments.test_cpython import serving, slow
from tests.server import TestServer

COMMAND = [PYTHON, "-m", "panel", "serve", "panel_chat.py", "--port", "PORT"]
HOSTILE = '<img src="/x" onerror="window.ran = 1"><script>window.ran = 1</script> **bold** ![way out](http://127.0.0.1:9/?q=secret) END'
ANSWERS: dict[str, dict[str, Any]] = {
    "Count.": {"text": "one two three"},
    "Hi.": {"text": "Here."},
    "Attack.": {"text": HOSTILE},
    "Slowly.": {"text": " ".join(["slow"] * 600), "delay_s": 0.1},
}

# Bokeh draws into shadow roots; one of them holds a message's text.
INSIDE = """
function* roots(node) { yield node; for (const at of node.querySelectorAll("*")) if (at.shadowRoot) yield* roots(at.shadowRoot); }
const all = (query) => [...roots(document)].flatMap((root) => [...root.querySelectorAll(query)]);
const inMessages = (query) => all(".message").flatMap((node) => [...node.shadowRoot.querySelectorAll(query)]);
"""


def wait_for[T](read: Callable[[], T], is_right: Callable[[T], Any], what: str) -> T:
    end = time.monotonic() + 30
    while not is_right(found := read()):
        assert time.monotonic() < end, f"no {what}: {found!r}"
        time.sleep(0.1)
    return found


def choose(seen) -> dict[str, Any]:
    """The answer to the last message; earlier ones are in the request too."""
    return ANSWERS[seen.json["input"][-1]["content"][0]["text"]]


@pytest.mark.flaky(reruns=2)  # on busy machines Panel 1.10 loses one update of a message in about a hundred
def test_the_chat_streams_remembers_stops_and_runs_no_html_of_a_model(driver, installed):
    def run(code: str) -> list[Any]:
        return driver.execute_script(f"{INSIDE} return {code}")

    def send(text: str) -> None:
        (box,) = run('all("textarea")')
        box.send_keys(text, Keys.ENTER)

    def answer(awaited: str) -> None:
        read = 'inMessages("p").map((node) => node.textContent)'
        wait_for(lambda: run(read), lambda texts: any(awaited in text for text in texts), awaited)

    with TestServer() as server, serving(COMMAND, installed, provider := server.box(*[choose] * 4), "/panel_chat") as url:
        driver.get(f"{url}/panel_chat")
        wait_for(lambda: run("globalThis.Bokeh?.documents?.some((shown) => shown.is_idle) ? [1] : []"), bool, "page")
        send("Count.")
        answer("one two three")
        send("Hi.")
        answer("Here.")
        said = [(item["role"], item["content"][0]["text"]) for item in provider.seen[-1].json["input"] if "role" in item]
        assert said[-3:] == [("user", "Count."), ("assistant", "one two three"), ("user", "Hi.")]

        send("Attack.")
        answer("END")
        assert run('inMessages("strong").map((node) => node.textContent)') == ["bold"]
        assert run('inMessages("img, script")') == []
        time.sleep(0.5)
        assert driver.execute_script("return window.ran") is None

        send("Slowly.")
        answer("slow slow")
        buttons = 'all("button").filter((node) => node.textContent.includes("Stop") && node.checkVisibility())'
        (stop,) = wait_for(lambda: run(buttons), bool, "button Stop")
        stop.click()
        assert slow(provider).wait_closed(20) == "client"
