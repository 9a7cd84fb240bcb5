"""Questions that are edited where they stand, and the versions that editing and asking again leave behind."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import START_S, ChatPage
from tests.page.test_element_view import PAGE, violations
from tests.page.test_page import choose
from tests.server import TestServer

ECHO = """
chat.agent = {
  async *stream(prompt, { history = [] }) {
    window.count = (window.count ?? 0) + 1;
    const words = typeof prompt === "string" ? prompt : prompt.map((part) => part.text ?? part.type).join("+");
    const answer = `Answer ${window.count} to ${words}.`;
    yield { type: "text_delta", text: answer };
    const messages = [...history, { role: "user", content: prompt }, { role: "assistant", content: [{ type: "text", text: answer }] }];
    yield { type: "run_done", reply: { messages, steps: [], usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } } };
  },
};
"""


@pytest.fixture
def chat(driver, site):
    chat = ChatPage(driver, site + PAGE)
    chat.run(ECHO)
    yield chat
    chat.restore()


def ask(chat: ChatPage, *prompts: str) -> None:
    for prompt in prompts:
        chat.send(prompt)
        chat.wait_for(f"to {prompt}.")
        chat.wait_idle()


def answers(chat: ChatPage) -> list[str]:
    return [node.text for node in chat.all(".answer")]


def versions(chat: ChatPage) -> list[str]:
    return [node.text.split()[-1] for node in chat.all(".versions > span")]


def edit(chat: ChatPage, nth: int, text: str) -> None:
    chat.all("[part~=edit]")[nth].click()
    chat.one(".edit-field").clear()
    chat.one(".edit-field").send_keys(text, Keys.ENTER)
    chat.wait_for(f"to {text}.", 10)
    chat.wait_idle()


@pytest.mark.parametrize(
    ("width", "scheme"),
    [(1440, "light"), (360, "dark"), *(pytest.param(*look, marks=pytest.mark.thorough) for look in ((1024, "dark"), (768, "light")))],
)
def test_any_question_is_edited_where_it_stands_and_its_versions_stay(chat, width, scheme):
    chat.resize(width)
    chat.prefer(scheme)
    ask(chat, "one", "two", "three")
    chat.all("[part~=edit]")[0].click()
    assert chat.run("return root.activeElement.value") == "one"
    assert violations(chat) == []
    assert chat.width_beyond_screen() <= 0
    chat.one(".edit-field").send_keys(" and more", Keys.ESCAPE)
    assert not chat.all(".edit-field")
    assert chat.run("return root.activeElement.title") == "Edit this message"
    assert len(answers(chat)) == 3
    chat.all("[part~=edit]")[1].click()
    chat.button("Cancel").click()

    edit(chat, 1, "zwei")
    assert answers(chat) == ["Answer 1 to one.", "Answer 4 to zwei."]
    assert versions(chat) == ["2/2"]
    chat.button("Ask again").click()
    chat.wait_for("Answer 5 to zwei.")
    chat.wait_idle()
    assert versions(chat) == ["3/3"]
    assert violations(chat) == []
    assert chat.width_beyond_screen() <= 0

    chat.button("Earlier version").click()
    chat.wait_for("Answer 4 to zwei.")
    assert chat.run("return root.activeElement.ariaLabel") == "Earlier version"
    chat.run("return root.activeElement").send_keys(Keys.ENTER)  # as somebody without a mouse does
    chat.wait_for("Answer 3 to three.")
    assert answers(chat) == ["Answer 1 to one.", "Answer 2 to two.", "Answer 3 to three."]
    assert versions(chat) == ["1/3"]
    assert chat.run("return root.activeElement.ariaLabel") == "Later version"
    edit(chat, 0, "eins")
    assert answers(chat) == ["Answer 6 to eins."]
    chat.button("Earlier version").click()
    chat.wait_for("Answer 3 to three.")
    assert versions(chat) == ["1/2", "1/3"]


def test_an_edited_question_keeps_its_attachments_and_waits_for_the_answer_that_is_under_way(chat):
    chat.run("void chat.send([{ type: 'text', text: 'Attached file a.txt:\\n\\nwords' }, { type: 'text', text: 'What?' }])")
    chat.wait_for("Answer 1")
    chat.wait_idle()
    chat.all("[part~=edit]")[0].click()
    chat.run(
        "window.agent = chat.agent; chat.agent = { async *stream() { yield { type: 'text_delta', text: 'Slow' }; await new Promise((go) => (window.go = go)); } }"
    )
    chat.send("Meanwhile")
    chat.wait_for("Slow")
    assert not chat.all("[part~=edit]")
    chat.one(".edit-field").send_keys(" And now?", Keys.ENTER)
    chat.wait(lambda: "An answer is under way" in chat.one(".editor").text, "why it is not sent")
    assert violations(chat) == []
    chat.run("window.go(); chat.agent = window.agent")
    chat.wait_idle()
    chat.one(".edit-field").send_keys(Keys.ENTER)
    chat.wait_for("words+What? And now?")
    assert [node.text for node in chat.all(".message .file-name")] == ["a.txt"]


def test_versions_of_a_kept_chat_are_there_after_a_reload_and_in_a_fork(driver, site):
    with TestServer() as server:
        box = server.box(*({"text": text} for text in ("Paris.", "Lyon.", "Nice.", "Brest.")))
        page = ChatPage(driver, site)
        page.resize(1440, 900)
        page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
        choose(page, "openai-compatible", base=box.url, model="m", key="sk-versions")
        page.close_panel("settings")
        for prompt, answer in [("Capital?", "Paris."), ("Second?", "Lyon.")]:
            page.send(prompt)
            page.wait_for(answer)
            page.wait_idle()
        page.all("[part~=edit]")[0].click()
        page.one(".edit-field").send_keys(" By the sea?", Keys.ENTER)
        page.wait_for("Nice.")
        page.wait_idle()
        driver.refresh()
        log = "return document.querySelector('staysail-chat')?.shadowRoot?.querySelector('.log').textContent ?? ''"
        page.wait(lambda: "Nice." in driver.execute_script(log), "what was said", START_S)
        assert versions(page) == ["2/2"]
        assert page.button("Ask again").is_displayed()
        page.button("Earlier version").click()
        page.wait_for("Lyon.")
        assert answers(page) == ["Paris.", "Lyon."]
        driver.refresh()
        page.wait(lambda: "Lyon." in driver.execute_script(log), "the version that was chosen", START_S)
        assert versions(page) == ["1/2"]
        page.run("root.querySelector('button[part~=fork]').click()")
        page.wait(lambda: len(page.all(".turn")) == 1, "the copy")
        assert versions(page) == ["1/2"]
        page.open_panel("conversations")
        about = "return document.querySelector('#conversation-list [aria-current] .conversation-about')?.textContent ?? ''"
        page.wait(lambda: driver.execute_script(about).startswith("Fork, "), "the fork to be named as one")
        page.button("Later version").click()
        page.wait_for("Nice.")
        # As it looks in the page, with what an answer cost and how full the context is.
        page.run("chat.modelFacts = { inputUsd: 1, outputUsd: 2, contextTokens: 40 }")
        page.send("And then?")
        page.wait_for("Brest.")
        page.wait(lambda: page.all(".context"), "the meter")
        page.all("[part~=edit]")[0].click()
        for width, scheme in ((1440, "dark"), (1024, "light"), (768, "dark"), (360, "light"), (360, "dark")):
            page.resize(width, 800)
            page.prefer(scheme)
            assert violations(page) == []
            assert page.width_beyond_screen() <= 0
            attach, send = (page.one(f".composer-bar [part~={part}]").rect for part in ("attach", "send"))
            assert abs(attach["y"] - send["y"]) < 10, "the buttons stand in one row"
        page.restore()
