"""Chats that go on while another is looked at."""

import pytest
from selenium.webdriver.common.by import By

from tests.page.chat_page import ChatPage
from tests.page.test_element_view import violations

AGENT = """
window.go = {};
const rest = (prompt) => new Promise((resolve) => (window.go[prompt] = resolve));
chat.agent = {
  async *stream(prompt, { history = [], approve, signal, conversation }) {
    yield { type: "text_delta", text: `Begun ${prompt}. ` };
    if (prompt === "fails") {
      await rest(prompt);
      throw new Error("It broke.");
    }
    if (prompt === "asks") {
      await rest(prompt);
      const request = { id: "r", tool: "pay", arguments: { euros: 3 } };
      yield { type: "tool_call_done", id: "r", name: "pay", arguments: { euros: 3 }, hosted: false };
      yield { type: "approval_needed", request };
      const answer = await approve(request);
      yield { type: "tool_result", id: "r", name: "pay", text: JSON.stringify(answer), content: [], isError: false, durationS: 0 };
    } else await rest(prompt);
    signal.throwIfAborted();
    yield { type: "text_delta", text: `Ended ${prompt}.` };
    yield { type: "run_done", reply: { messages: [...history], steps: [], usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } } };
  },
};
"""


@pytest.fixture
def page(page):
    page.wait(lambda: page.run("return chat.ready"), "Python", 60)
    page.run(AGENT)
    page.open_panel("conversations")
    return page


def rows(page: ChatPage) -> dict[str, str]:
    return dict(
        page.driver.execute_script(
            "return [...document.querySelectorAll('#conversation-list .conversation')].map((row) =>"
            " [row.querySelector('.conversation-title').textContent, row.querySelector('.conversation-state').textContent])"
        )
    )


def wait_rows(page: ChatPage, wanted: dict[str, str]) -> None:
    page.wait(lambda: wanted.items() <= rows(page).items(), lambda: f"{wanted} among {rows(page)}")


def begin(page: ChatPage, prompt: str) -> None:
    page.driver.find_element(By.ID, "new-conversation").click()
    page.send(prompt)
    page.wait_for(f"Begun {prompt}.", 10)


def open_row(page: ChatPage, title: str) -> None:
    page.driver.execute_script(
        "[...document.querySelectorAll('#conversation-list .conversation')].find((row) => row.textContent.startsWith(arguments[0])).click()",
        title,
    )


def test_chats_go_on_and_their_rows_tell(page):
    for prompt in ("goes on", "fails", "asks"):
        begin(page, prompt)
    page.driver.find_element(By.ID, "new-conversation").click()
    assert not page.all(".turn")
    wait_rows(page, {"goes on": "Answering", "fails": "Answering", "asks": "Answering"})
    page.run("for (const go of Object.values(window.go)) go()")
    wait_rows(page, {"fails": "Failed", "asks": "Waits for your approval"})
    opener = page.driver.find_element(By.ID, "open-conversations")
    assert opener.get_attribute("title") == "Chats. One of them: Waits for your approval"
    assert "asks for your approval" in page.run("return root.querySelector('[aria-relevant=additions]').textContent")
    for width, scheme in ((1440, "light"), (1024, "dark"), (768, "dark"), (360, "light")):
        page.resize(width)
        page.prefer(scheme)
        page.open_panel("conversations")
        assert violations(page) == []

    page.resize(1440, 900)
    open_row(page, "asks")
    page.wait_for("Begun asks.", 10)
    page.button("Approve").click()
    page.wait_for("Ended asks.", 10)
    open_row(page, "fails")
    page.wait_for("Begun fails.", 10)
    assert page.all(".fault")
    assert page.all(".said")[-1].text == "fails"


def test_a_partial_answer_is_there_on_return_and_grew_meanwhile(page):
    begin(page, "slow")
    page.type("a draft")
    first = page.run("return chat.conversation")
    begin(page, "other")
    assert page.all(".said")[0].text == "other"
    page.run("window.go.other()")
    page.wait_for("Ended other.", 10)
    page.driver.back()
    page.wait_for("Begun slow.", 10)
    assert page.run("return [chat.conversation, chat.running]") == [first, True]
    page.send("and then")
    assert [node.text for node in page.all(".queue-words")] == ["a draftand then"]
    page.driver.find_element(By.ID, "new-conversation").click()
    assert not page.all(".queue-words")
    page.run("window.go.slow()")
    page.wait(lambda: page.run("return chat.activity.some(({ state }) => state === 'news')"), "the end")
    page.driver.back()
    page.wait_for("Ended slow.", 10)
    page.wait_for("Begun a draftand then.", 10)
    assert page.run("return chat.activity.map(({ state }) => state)") == ["running"]
    page.run("chat.stop()")
    page.wait_idle()


def test_a_chat_that_is_deleted_stops(page):
    begin(page, "given up")
    page.driver.find_element(By.ID, "new-conversation").click()
    wait_rows(page, {"given up": "Answering"})
    page.wait(
        lambda: page.driver.find_element(By.CSS_SELECTOR, '#conversations [aria-label="Delete given up"]').click() is None,
        "the row's button",
    )
    page.driver.find_element(By.CSS_SELECTOR, "#conversations .danger").click()
    page.wait(lambda: "given up" not in rows(page) and not page.run("return chat.activity.length"), "the row to go")
    page.driver.refresh()
    page.wait(lambda: page.run("return chat.ready"), "Python", 60)
    assert "given up" not in rows(page)


@pytest.mark.thorough
@pytest.mark.xdist_group("language model")
def test_two_chats_at_once_both_get_their_answers_of_the_small_model(driver, site):
    driver.get(f"{site}tests/page/empty.html")
    driver.execute_script("localStorage.clear()")  # no other model of a test before
    driver.execute_cdp_cmd("Emulation.setHardwareConcurrencyOverride", {"hardwareConcurrency": 1})
    page = ChatPage(driver, site)
    page.resize(1440, 900)
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
    page.send("What is 17 * 23?")
    page.wait_for("What is 17 * 23?")
    first = page.run("return chat.conversation")
    page.run("chat.newConversation()")
    page.send("Roll three dice")
    page.wait(lambda: page.run("return chat.activity.length") == 2, "two chats at work", 20)
    page.wait(lambda: "tokens in" in page.last_answer, "the answer of the second chat", 150)
    assert not page.all(".fault")
    page.wait(lambda: page.run("return chat.activity.every(({ state }) => state === 'news')"), "the other answer", 150)
    page.run("chat.conversation = arguments[0]", first)
    page.wait_for("= 391", 20)
    page.restore()
    driver.get("about:blank")
