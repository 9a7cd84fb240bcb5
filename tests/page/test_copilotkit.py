"""The CopilotKit example in Chromium: its chat and a tool of its page, with an agent in the page and no runtime."""

from urllib.parse import urlencode

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.built_example import serving_example
from tests.page.chat_page import START_S, ChatPage
from tests.server import TestServer
from tools.sources import ROOT

PROJECT = "tests/frameworks/copilotkit"
pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not (ROOT / PROJECT / "node_modules").is_dir(), reason=f"make test installs {PROJECT} with STAYSAIL_EVERY=1"),
]


class CopilotPage(ChatPage):
    def __init__(self, driver, url):
        self.driver = driver
        driver.get(url)

    @property
    def text(self):
        return self.driver.execute_script("return document.body.innerText")

    def until(self, text):
        self.wait(lambda: text in self.text, lambda: f"{text!r}: {self.text}", START_S)

    def ask(self, text):
        field = self.wait(lambda: self.driver.find_element(By.TAG_NAME, "textarea"), "the chat", START_S)
        field.send_keys(text + Keys.ENTER)


def test_copilotkit_chats_and_runs_a_tool_of_its_page(driver, tmp_path):
    with TestServer() as server, serving_example("copilotkit", PROJECT, tmp_path / "site") as url:
        box = server.box(
            {"text": "Hello, Ada."}, {"tool_calls": [{"name": "paint", "arguments": {"colour": "lightblue"}}]}, {"text": "It is blue now."}
        )
        page = CopilotPage(driver, f"{url}?{urlencode({'base': box.url})}")
        page.ask("I am Ada.")
        page.until("Hello, Ada.")
        page.ask("Make it blue.")
        page.until("It is blue now.")
        assert "painted lightblue" in page.text
        assert driver.execute_script("return document.querySelector('main').style.background") == "lightblue"
        tools = [tool["name"] for tool in box.seen[1].json["tools"]]
        assert "paint" in tools
        asked = [item["content"] for item in box.seen[1].json["input"] if item.get("role") == "user"]
        assert "I am Ada." in str(asked)
        assert "painted lightblue" in str(box.seen[2].json["input"][-1])
        # CopilotKit asks its own hosts for fonts and counts its use; neither is reached here, and its chat does without.
        entries = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
        assert [entry for entry in entries if url in entry or box.url in entry] == []
