"""The React example in Chromium: streaming, tools, approvals, stop, history, and a reload in the middle of an answer."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from selenium.webdriver.common.by import By

from tests.page.built_example import serving_example
from tests.server import TestServer


@pytest.fixture(scope="module")
def site_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_example("react-chat", "tests/ui", tmp_path_factory.mktemp("react") / "site") as url:
        yield url


class Page:
    def __init__(self, driver: Any, url: str) -> None:
        self.driver = driver
        driver.get(url)

    def send(self, text: str) -> None:
        field = self.driver.find_element(By.CSS_SELECTOR, "input")
        field.send_keys(text)
        self.press("Send")

    def press(self, label: str) -> None:
        self.driver.find_element(By.XPATH, f"//button[text()='{label}']").click()

    def said(self) -> list[str]:
        script = "return [...document.querySelectorAll('article')].map((article) => `${article.className}: ${article.textContent}`)"
        told: list[str] = self.driver.execute_script(script)
        return told

    def status(self) -> str:
        told: str = self.driver.execute_script("return document.querySelector('form + p').firstChild.data.trim()")
        return told

    def until(self, holds: Callable[[], object], timeout_s: float = 60) -> None:
        ends_at = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < ends_at, (self.status(), self.said())
            time.sleep(0.05)

    def until_ready(self, last: str) -> None:
        self.until(lambda: self.status() == "ready" and self.said() and self.said()[-1].endswith(last))


def test_a_react_chat_streams_asks_stops_and_goes_on_after_a_reload(driver, site_url):
    with TestServer() as server:
        box = server.box(
            {"text": "Hello, Ada."},
            {"tool_calls": [{"name": "pay", "arguments": {"euros": 12}}]},
            {"text": "It is paid."},
            {"tool_calls": [{"name": "pay", "arguments": {"euros": 99}}]},
            {"text": "Then not."},
            {"tool_calls": [{"name": "chart", "arguments": {"points": [10, 50, 90]}}]},
            {"text": "Up it goes."},
            {"text": "slowly " * 50, "delay_s": 0.1},
            {"text": "A short answer."},
            {"tool_calls": [{"name": "chart", "arguments": {"points": [1, 2]}}]},
            {"text": "the answer that is cut off by a reload " * 5, "delay_s": 0.2},
            {"text": "The answer after the reload."},
        )
        url = f"{site_url}?{urlencode({'base': box.url})}"
        page = Page(driver, url)
        page.send("I am Ada.")
        page.until_ready("Hello, Ada.")
        assert page.said() == ["user: I am Ada.", "assistant: Hello, Ada."]

        page.send("Pay 12.")
        page.until(lambda: page.status() == "awaiting-approval")
        assert 'pay({"euros":12}): asking' in page.said()[-1]
        page.press("Approve")
        page.until_ready("paid 12It is paid.")
        page.send("Pay 99.")
        page.until(lambda: page.status() == "awaiting-approval")
        page.press("Refuse")
        page.until_ready("Then not.")
        assert "The user refused." in page.said()[-1]

        page.send("Draw.")
        page.until_ready("Up it goes.")
        assert driver.execute_script("return document.querySelector('polyline').getAttribute('points')") == "0,90 10,50 20,10"

        page.send("At length.")
        page.until(lambda: "slowly slowly" in page.said()[-1])
        page.press("Stop")
        page.until(lambda: page.status() == "ready")
        assert "slowly slowly" in page.said()[-1]
        page.send("Shorter.")
        page.until_ready("A short answer.")
        before = page.said()

        page.send("Draw, and tell me of it.")
        page.until(lambda: "cut off" in page.said()[-1])
        requests = len(box.seen)
        page = Page(driver, url)
        page.until_ready("The answer after the reload.")
        assert page.said()[-2:] == ["user: Draw, and tell me of it.", "assistant: The answer after the reload."]
        assert [text.partition("slowly")[0] for text in page.said()[:-2]] == [text.partition("slowly")[0] for text in before]
        assert len(box.seen) == requests + 1  # the first step, with its tool, came from the record
        assert driver.execute_script("return document.querySelectorAll('polyline').length") == 2

        page = Page(driver, url)
        page.until(lambda: len(page.said()) == len(before) + 2)
        assert len(box.seen) == requests + 1
    severe = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert [message for message in severe if "favicon.ico" not in message] == []
