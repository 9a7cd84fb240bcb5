"""The small model on the prompts that the page suggests: what it says of a tool's result."""

import re

import pytest
from selenium.webdriver.common.by import By

from tests.page.chat_page import START_S, ChatPage

TRIES = 2
"""Of each of the four prompts."""
CALL = re.compile(
    r"^\W*(?:set_colours|set_timer|calculate|roll_dice)\b\W*[({:]|^\W*[{\[]|\b(?:set_colours|set_timer|calculate|roll_dice)\s*\("
)
STANDS_IN = "a tool's result stands in"


@pytest.mark.thorough
@pytest.mark.xdist_group("language model")
def test_what_is_shown_of_a_suggested_prompt_is_no_call_and_holds_the_result(driver, site, capsys):
    driver.get(f"{site}tests/page/empty.html")
    driver.execute_script("localStorage.clear()")
    page = ChatPage(driver, site)
    page.resize(1440, 900)
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
    page.wait(lambda: page.run("return chat.ready"), "Python", START_S)
    prompts = [chip.text for chip in driver.find_elements(By.CSS_SELECTOR, ".suggestion")]
    assert len(prompts) == 4
    # A busy machine writes a few words a second, and what matters stands at the beginning.
    driver.execute_script(
        "const field = document.getElementById('longest'); field.value = 40; field.dispatchEvent(new Event('input', { bubbles: true }))"
    )
    driver.get_log("browser")
    told = []
    for prompt in prompts * TRIES:
        page.run("chat.newConversation(); void chat.send(arguments[0])", prompt)
        page.wait(lambda: "tokens in" in page.last_answer, lambda: page.text, 150)
        words = " ".join(node.text for node in page.all(".markdown"))
        tools = [card.get_attribute("data-state") for card in page.all(".tool")]
        before = [entry["message"] for entry in driver.get_log("browser") if STANDS_IN in entry["message"]]
        told.append((prompt, tools, words, before))
        with capsys.disabled():
            print(told[-1], flush=True)
    with capsys.disabled():
        print(f"{sum(bool(before) for *_, before in told)} of {len(told)} answers are the tool's result")
    page.restore()
    driver.get("about:blank")
    for prompt, tools, words, _ in told:
        assert tools == ["done"], prompt
        assert words, prompt
        assert not CALL.search(words), (prompt, words)
        if "17 * 23" in prompt:
            assert "391" in words
        assert not re.search(r"sorry|cannot|can't", words), words
