"""The AI SDK example in Chromium: useChat without a route, with tools, approvals, stop, and a reload in the middle of an answer."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.page.built_example import serving_example
from tests.page.test_react_chat import Page
from tests.server import TestServer
from tools.sources import ROOT

ECOSYSTEM = ROOT / "tests/ecosystem"
pytestmark = pytest.mark.skipif(not (ECOSYSTEM / "node_modules").is_dir(), reason="make test installs tests/ecosystem")


@pytest.fixture(scope="module")
def site_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_example("ai-sdk-chat", "tests/ecosystem", tmp_path_factory.mktemp("ai-sdk") / "site") as url:
        yield url


def test_use_chat_streams_asks_stops_and_goes_on_after_a_reload(driver, site_url):
    with TestServer() as server:
        box = server.box(
            {"text": "Hello, Ada."},
            {"tool_calls": [{"name": "pay", "arguments": {"euros": 12}}]},
            {"text": "It is paid."},
            {"tool_calls": [{"name": "pay", "arguments": {"euros": 99}}]},
            {"text": "Then not."},
            {"text": "slowly " * 50, "delay_s": 0.1},
            {"text": "the answer that is cut off by a reload " * 5, "delay_s": 0.2},
            {"text": "The answer after the reload."},
        )
        url = f"{site_url}?{urlencode({'base': box.url})}"
        page = Page(driver, url)
        page.send("I am Ada.")
        page.until_ready("Hello, Ada.")
        assert page.said() == ["user: I am Ada.", "assistant: Hello, Ada."]

        page.send("Pay 12.")
        page.until(lambda: "approval-requested" in page.said()[-1])
        assert 'tool-pay {"euros":12}' in page.said()[-1]
        page.press("Approve")
        page.until_ready("It is paid.")
        assert '{"paid":12}' in page.said()[-1]
        page.send("Pay 99.")
        page.until(lambda: "approval-requested" in page.said()[-1])
        page.press("Refuse")
        page.until_ready("Then not.")
        assert "output-denied" in page.said()[-1]

        page.send("At length.")
        page.until(lambda: "slowly slowly" in page.said()[-1])
        page.press("Stop")
        page.until(lambda: page.status() == "ready")
        assert "slowly slowly" in page.said()[-1]
        before = page.said()

        page.send("And now?")
        page.until(lambda: "cut off" in page.said()[-1])
        requests = len(box.seen)
        page = Page(driver, url)
        page.until_ready("The answer after the reload.")
        assert page.said()[-2:] == ["user: And now?", "assistant: The answer after the reload."]
        assert [text.partition("slowly")[0] for text in page.said()[:-2]] == [text.partition("slowly")[0] for text in before]
        assert len(box.seen) == requests + 1
    severe = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert [message for message in severe if "favicon.ico" not in message] == []
