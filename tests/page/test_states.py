"""How an answer ends other than well, in people's words; and files that are edited, uploaded and changed by somebody else meanwhile."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import START_S, ChatPage, text_delta
from tests.page.test_element_view import PAGE, say, violations
from tests.page.test_page import choose, field

USAGE = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}


@pytest.fixture
def chat(driver, site):
    chat = ChatPage(driver, site + PAGE)
    yield chat
    chat.restore()


def step(reason: str) -> dict:
    return {"type": "step_done", "step": 0, "usage": USAGE, "finishReason": reason, "requestId": None, "message": None}


def done(*parts: dict) -> dict:
    return {"type": "run_done", "reply": {"messages": [{"role": "assistant", "content": list(parts)}], "steps": []}}


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([text_delta("Half of it"), step("length")], "cut off at its greatest length"),
        ([text_delta("Well"), step("content_filter")], "The provider's filter ended this answer."),
        ([step("stop")], "The model gave an empty answer."),
        ([step("stop"), done({"type": "refusal", "text": "I cannot."})], "The model refused to answer."),
    ],
)
def test_an_answer_that_did_not_end_by_itself_says_so(chat, events, words):
    say(chat, events)
    assert words in chat.last_answer
    assert violations(chat) == []
    say(chat, [text_delta("Whole."), step("stop")])
    assert words not in chat.last_answer


def test_a_cut_answer_goes_on_by_a_button(chat):
    say(chat, [text_delta("Half of it"), step("length")])
    chat.play([text_delta(" and the rest."), step("stop")])
    chat.button("Continue").click()
    chat.wait_for("and the rest.")
    assert "Go on where you stopped." in chat.text
    assert not [node for node in chat.all("button") if node.text == "Continue"]


@pytest.mark.parametrize(
    ("fault", "title", "folded"),
    [
        (
            {"name": "UsageLimitError", "message": "the run reached", "limit": "requests", "most": 3},
            "Stopped at your limit of 3 model calls.",
            True,
        ),
        ({"name": "UsageLimitError", "message": "the run reached", "limit": "cost", "most": 1.5}, "Stopped at your limit of $1.5.", True),
        ({"name": "ConfigError", "message": 'Model cannot be empty: write "openai:<model>"'}, "Choose a model.", True),
        ({"name": "ConfigError", "message": "openai needs an API key: pass"}, "This provider needs an API key.", True),
        ({"name": "ConfigError", "message": "temperature is out of range"}, "The settings do not work.", False),
        ({"name": "NetworkError", "code": "offline", "message": "the browser is offline"}, "You are offline.", True),
        ({"name": "NetworkError", "code": "unreachable", "message": "x cannot be reached"}, "No server answers at this address.", True),
        ({"name": "ServerError", "message": "boom", "status": 500}, "The provider has a fault of its own.", True),
    ],
)
def test_an_error_says_what_happened_and_keeps_its_own_text_folded(chat, fault, title, folded):
    chat.run(
        "chat.agent = { async *stream() { yield { type: 'text_delta', text: '' }; throw Object.assign(new Error(arguments[0].message), arguments[0]) } };".replace(
            "arguments[0]", "window.fault"
        ),
    )
    chat.run("window.fault = arguments[0]; return chat.send('Hi')", fault)
    card = chat.one(".fault")
    assert title in card.text
    assert (fault["message"] in card.text) != folded
    assert violations(chat) == []
    card.find_element(By.TAG_NAME, "summary").click()
    assert fault["message"] in card.text
    assert fault["name"] in card.text
    assert violations(chat) == []


def test_the_arrow_edits_the_last_question_where_it_stands(chat):
    say(chat, [text_delta("An answer.")], prompt="My question")
    chat.type(Keys.ARROW_UP)
    assert chat.run("return root.activeElement.value") == "My question"
    assert chat.run("return root.activeElement.matches('.edit-field')")


def test_a_server_on_this_computer_that_does_not_answer_is_explained(driver, site):
    page = ChatPage(driver, site)
    page.resize(1440, 900)
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
    choose(page, "lmstudio", base="http://127.0.0.1:9/v1", model="m")
    page.close_panel("settings")
    page.send("Hi")
    page.wait_for("No server answers at this address.", START_S)
    assert "lms server start --cors" in page.text
    assert "127.0.0.1:9" in page.text
    choose(page, "openai", key="sk-states", model="")
    page.close_panel("settings")
    page.run("chat.newConversation()")
    page.send("Hi")
    page.wait_for("Choose a model.", START_S)
    assert violations(page) == []
    page.one(".fault-more button").click()
    assert driver.switch_to.active_element == field(page, "model")
    page.restore()


def test_files_are_uploaded_and_a_change_by_somebody_else_is_not_overwritten_unseen(driver, site, tmp_path):
    page = ChatPage(driver, site)
    page.resize(1440, 900)
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
    driver.execute_script(
        "indexedDB.deleteDatabase('staysail:toolfs:page'); window.asked = []; window.confirm = (text) => !!asked.push(text)"
    )
    page.open_panel("files")
    page.wait(lambda: "Nothing is here." in field(page, "files-list").text, "the files", START_S)
    (tmp_path / "crew.txt").write_text("Ada\nBob")
    driver.execute_script("document.getElementById('files-chosen').hidden = false")
    field(page, "files-chosen").send_keys(str(tmp_path / "crew.txt"))
    page.wait(lambda: "Uploaded crew.txt" in field(page, "files-status").text, "the upload", START_S)
    path = "/toolfs/files/crew.txt"
    driver.find_element(By.CSS_SELECTOR, f"[data-path='{path}']").click()
    page.wait(lambda: field(page, "files-text").get_attribute("value") == "Ada\nBob", "the file")
    other = (
        "const done = arguments[0]; import('/page/files/opened.js').then(async ({ open }) => { const { toolfs, me } = await open(document.querySelector('staysail-chat'));"
        " await toolfs.write('/toolfs/files/crew.txt', 'Ada\\nCyd', me); done(); })"
    )
    field(page, "files-text").send_keys("\nDan")
    driver.execute_async_script(other)
    field(page, "files-save").click()
    page.wait(lambda: field(page, "files-conflict").is_displayed(), "the conflict")
    field(page, "files-compare").click()
    page.wait(lambda: "stored: Cyd" in field(page, "files-lines").text, "the lines")
    assert field(page, "files-lines").text.splitlines() == ["2, stored: Cyd", "2, yours: Bob", "3, yours: Dan"]
    assert violations(page) == []
    field(page, "files-close").click()
    assert "They are not saved" in driver.execute_script("return window.asked.at(-1)")
    driver.find_element(By.CSS_SELECTOR, f"[data-path='{path}']").click()
    page.wait(lambda: field(page, "files-text").get_attribute("value") == "Ada\nCyd", "what somebody else wrote")
    driver.execute_async_script(other.replace("Cyd", "Eve"))
    page.wait(lambda: field(page, "files-text").get_attribute("value") == "Ada\nEve", "what is written into a file that nobody edits", 30)
    driver.get("about:blank")


SLOW = """
window.asked = [];
chat.agent = {
  async *stream(prompt, { signal }) {
    window.asked.push(prompt);
    yield { type: "text_delta", text: `Answer to ${prompt}. ` };
    await new Promise((resolve) => { window.release = resolve; signal.addEventListener("abort", resolve); });
  },
};
"""


def test_messages_wait_while_an_answer_is_under_way(chat):
    chat.run(SLOW)
    chat.send("one")
    chat.wait_for("Answer to one.")
    for text in ("two", "three", "four"):
        chat.send(text)
    assert [node.text for node in chat.all(".queue-words")] == ["two", "three", "four"]
    assert violations(chat) == []
    chat.button("Leave out: three").click()
    chat.button("Change: four").click()
    assert chat.run("return chat.draft") == "four"
    chat.send("!")
    assert [node.text for node in chat.all(".queue-words")] == ["two", "four!"]
    chat.run("window.release()")
    chat.wait_for("Answer to two.")
    chat.button("Send now: four!").click()
    chat.wait_for("Answer to four!.")
    assert chat.run("return window.asked") == ["one", "two", "four!"]
    chat.send("five")
    chat.run("chat.stop()")
    chat.wait_idle()
    chat.driver.execute_async_script("setTimeout(arguments[0], 300)")
    assert [node.text for node in chat.all(".queue-words")] == ["five"], "what is stopped lets nothing go on"
    chat.run("chat.clear()")
    assert chat.run("return chat.draft") == "five"
    assert not chat.all(".queue-words")
