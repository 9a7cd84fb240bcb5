"""Titles that the model writes."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import START_S, ChatPage
from tests.page.test_conversations import press, titles
from tests.page.test_element_view import violations
from tests.page.test_page import choose
from tests.server import TestServer


@pytest.fixture
def page(page):
    page.run("chat.newConversation()")
    return page


def ask(page: ChatPage, prompt: str, answer: str) -> None:
    page.send(prompt)
    page.wait_for(answer, START_S)
    page.wait_idle()


def test_a_new_chat_is_named_by_its_model_once_and_never_over_a_title_that_was_written_by_hand(page):
    with TestServer() as server:
        first = server.box(
            {"text": "Ahoy."}, {"text": 'Title: "**Sailors and their names**."\nand more'}, {"text": "Ada."}, {"text": "never"}
        )
        choose(page, "openai-compatible", named=True, base=first.url, model="m", key="sk-titles")
        page.driver.find_element(By.CSS_SELECTOR, "#titles summary").click()
        assert violations(page) == []
        page.open_panel("conversations")
        ask(page, "My name is Ada.", "Ahoy.")
        page.wait(lambda: "Sailors and their names" in titles(page), lambda: f"the title among {titles(page)}")
        page.wait(lambda: page.driver.find_element(By.ID, "chat-title").text == "Sailors and their names", "the title in the header")
        asked = first.seen[1].json
        assert asked["model"] == "m"
        assert "Question: My name is Ada." in asked["messages"][-1]["content"]
        assert "tools" not in asked
        ask(page, "And?", "Ada.")
        page.driver.execute_async_script("setTimeout(arguments[0], 500)")
        assert len(first.seen) == 3

        second = server.box({"text": "Bread."}, {"text": "Rye."}, {"text": "never"})
        choose(page, "openai-compatible", base=second.url, model="m", key="sk-titles")
        page.run("chat.newConversation()")
        ask(page, "What do I eat?", "Bread.")
        page.wait(lambda: "What do I eat?" in titles(page), "its first line")
        press(page, "Rename What do I eat?")
        page.driver.switch_to.active_element.send_keys("My meals", Keys.ENTER)
        page.wait(lambda: "My meals" in titles(page), "the title by hand")
        choose(page, "openai-compatible", named=True, base=second.url, model="m", key="sk-titles")
        page.button("Ask again").click()
        page.wait_for("Rye.")
        page.wait_idle()
        page.driver.execute_async_script("setTimeout(arguments[0], 500)")
        assert len(second.seen) == 2
        assert "My meals" in titles(page)
