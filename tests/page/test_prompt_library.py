"""How the model is to answer (temperature, longest answer), kept with each chat, and the library of prompts and instructions."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from tests.page.chat_page import START_S, ChatPage
from tests.page.test_element_view import violations
from tests.page.test_page import choose, field
from tests.server import TestServer


def values(page: ChatPage) -> list[str]:
    return [field(page, id).get_attribute("value") for id in ("reasoning", "temperature", "longest")]


@pytest.mark.thorough
def test_temperature_and_length_go_with_the_request_and_stay_with_their_chat(page):
    driver = page.driver
    with TestServer() as server:
        box = server.box({"text": "One."}, {"text": "Two."}, {"text": "Three."})
        choose(page, "openai-compatible", base=box.url, model="m", temperature="0.7", longest="50")
        chip = driver.find_element(By.ID, "current-more")
        page.wait(lambda: "temperature 0.7" in chip.text and "at most 50 tokens" in chip.text, lambda: chip.text)
        page.send("a")
        page.wait_for("One.")
        page.wait_idle()
        first = page.run("return chat.conversation")
        assert [box.seen[0].json.get(name) for name in ("temperature", "max_tokens")] == [0.7, 50]

        page.run("chat.newConversation()")
        for id in ("temperature", "longest"):
            field(page, id).send_keys(Keys.CONTROL + "a", Keys.DELETE)
        page.send("b")
        page.wait_for("Two.")
        page.wait_idle()
        assert "temperature" not in box.seen[1].json, "what was taken back goes with no request"
        second = page.run("return chat.conversation")
        page.run("chat.conversation = arguments[0]", first)
        page.wait(lambda: values(page) == ["", "0.7", "50"], lambda: str(values(page)))
        field(page, "temperature").send_keys(Keys.CONTROL + "a", Keys.DELETE, Keys.NULL, "1")
        page.run("chat.conversation = arguments[0]", second)
        page.wait(lambda: values(page) == ["", "", ""], lambda: str(values(page)))
        page.run("chat.conversation = arguments[0]", first)
        driver.refresh()
        page.wait_for("One.")
        assert values(page) == ["", "1", "50"]

    note = field(page, "temperature-note")
    for provider, model, reasoning, why in [
        ("openai", "gpt-6-luna", "", "takes no temperature."),
        ("anthropic", "claude-haiku-4-5", "high", "while it reasons"),
        ("anthropic", "claude-haiku-4-5", "none", ""),
        ("openai", "gpt-4.1", "", ""),
    ]:
        choose(page, provider, model=model)
        Select(field(page, "reasoning")).select_by_value(reasoning)
        assert field(page, "temperature").is_enabled() == (not why), (provider, model)
        assert why in note.text
        assert note.text.startswith("Temperature is from 0") == (not why)
    choose(page, "openai", model="gpt-6-luna")
    for width, scheme in ((1440, "light"), (360, "dark")):
        page.resize(width)
        page.prefer(scheme)
        page.open_panel("settings")
        assert violations(page) == []


@pytest.mark.thorough
def test_prompts_are_saved_inserted_used_edited_and_deleted_by_the_keyboard(page):
    driver = page.driver

    def press(*keys: str) -> None:
        driver.switch_to.active_element.send_keys(*keys)

    def names() -> list[str]:
        return [node.text for node in driver.find_elements(By.CSS_SELECTOR, "#prompt-list h3")]

    def go(label: str) -> None:
        """Tabs to a button of the library."""
        for _ in range(40):
            press(Keys.TAB)
            if driver.switch_to.active_element.get_attribute("aria-label") == label:
                return press(Keys.ENTER)
        raise AssertionError(f"no way to {label}")

    page.wait(lambda: page.run("return chat.ready"), "Python", START_S)
    driver.find_element(By.ID, "open-menu").send_keys(Keys.ENTER)
    driver.find_element(By.ID, "menu-prompts").send_keys(Keys.ENTER)
    assert driver.switch_to.active_element == field(page, "prompt-name")
    press("Translate", Keys.TAB, "Into Norwegian: <b>x</b>", Keys.TAB, Keys.ENTER)
    page.wait(lambda: names() == ["Translate"], "the prompt")
    field(page, "prompt-name").send_keys("Brief", Keys.TAB, "Answer in one line.", Keys.TAB, Keys.ENTER)
    page.wait(lambda: names() == ["Brief", "Translate"], "both prompts")
    field(page, "prompt-name").send_keys("Brief", Keys.TAB, "Other", Keys.TAB, Keys.ENTER)
    assert "is there already" in field(page, "prompt-note").text
    field(page, "prompt-name").send_keys(Keys.CONTROL + "a", Keys.DELETE)
    field(page, "prompt-text").send_keys(Keys.CONTROL + "a", Keys.DELETE)

    page.type("First.")
    field(page, "prompt-name").click()
    go("Insert: Translate")
    assert page.run("return chat.draft") == "First.\n\nInto Norwegian: <b>x</b>"
    assert page.run("return root.activeElement.matches('.input')")
    field(page, "prompt-name").click()
    go("Use as instructions: Brief")
    assert field(page, "preamble").get_attribute("value") == "Answer in one line."
    assert page.run("return chat.preamble") == "Answer in one line."
    field(page, "prompt-name").click()
    go("Edit: Brief")
    press(" Please.")
    driver.find_element(By.ID, "prompt-save").click()
    page.wait(lambda: "Answer in one line. Please." in field(page, "prompt-list").text, "the change")

    driver.refresh()
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
    page.wait(lambda: names() == ["Brief", "Translate"], "the library after a reload")
    for width, scheme in ((1440, "light"), (360, "dark")):
        page.resize(width)
        page.prefer(scheme)
        page.open_panel("prompts")
        assert violations(page) == []
        assert driver.execute_script("const panel = document.getElementById('prompts'); return panel.scrollWidth <= panel.clientWidth")
    go("Delete: Brief")
    assert names() == ["Translate"]
    press(Keys.ENTER)  # Undo has the focus
    page.wait(lambda: names() == ["Brief", "Translate"], "what was deleted")
    go("Insert: Translate")
    assert not field(page, "prompts").is_displayed(), "it lay over the chat"

    page.resize(1440, 900)
    page.open_panel("settings")
    field(page, "save-preamble").click()
    assert field(page, "prompt-text").get_attribute("value") == "Answer in one line."
