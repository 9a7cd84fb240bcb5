"""Conversations in Chromium: what is there after a reload, two tabs in one, the list beside the chat."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import START_S, ChatPage
from tests.page.test_element_view import violations
from tests.page.test_page import choose, field
from tests.server import TestServer

KEY = "sk-conversation-secret"
STORED = """
const [key, done] = arguments;
(async () => {
  const texts = [JSON.stringify({ ...localStorage, ...sessionStorage })];
  let records = 0;
  for (const { name } of await indexedDB.databases()) {
    const opening = indexedDB.open(name);
    const database = await new Promise((resolve) => (opening.onsuccess = () => resolve(opening.result)));
    for (const table of database.objectStoreNames) {
      const store = database.transaction(table).objectStore(table);
      for (const request of [store.getAllKeys(), store.getAll()]) {
        const found = await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
        records += found.length;
        texts.push(...found.map((item) => (typeof item === "string" ? item : new TextDecoder().decode(item))));
      }
    }
    database.close();
  }
  done([records, texts.join().includes(key)]);
})();
"""
TWO_TABS = """
const [base, done] = arguments;
(async () => {
  const { Agent, Conversations, boot } = await import("/web/index.js");
  await boot({ runtimeURL: "/wheels/" });
  window.kept = new Conversations("two tabs");
  const agent = new Agent({ model: "openai-compatible:m", apiKey: "k", baseURL: base, conversation: "shared", conversations: kept });
  window.ask = async (name) => {
    for (let n = 0; n < 6; n++) await agent.run(`${name} ${n}`);
  };
  done("ready");
})().catch((error) => done(String(error)));
"""
EVERYTHING = """
const done = arguments[0];
(async () => {
  const fork = await kept.fork("shared", 2, { title: "A copy" });
  const forked = await kept.load(fork);
  const text = JSON.stringify(await kept.export());
  await kept.rename(fork, "Renamed");
  await kept.append(fork, ["More to say"]);
  await kept.cut(fork, 2);
  const hits = await kept.search("ann 3");
  const titles = (await kept.list()).map(({ title }) => title);
  await kept.delete("shared");
  const [left] = await kept.list();
  const imported = await kept.import(text);
  const again = await kept.load(imported.find((id) => id === "shared"));
  let refused;
  try { await kept.import("{}"); } catch (error) { refused = error.name; }
  done({ forked, hits, titles, left, imported, again, refused, stays: (await kept.load(fork)).messages.length });
})().catch((error) => done(String(error)));
"""


@pytest.fixture(scope="module")
def server():
    with TestServer() as server:
        yield server


@pytest.fixture
def page(driver, site):
    # Every page of this origin keeps its chats in one place: those of other tests would be listed too.
    driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": site, "storageTypes": "indexeddb"})
    page = ChatPage(driver, site)
    page.resize(1500, 900)
    page.wait(lambda: driver.find_elements(By.CSS_SELECTOR, "#provider option"), "the settings")
    page.run("chat.newConversation()")  # of a tab's session, the last test's would be open again
    yield page
    page.restore()


def count(page: ChatPage, selector: str) -> int:
    return page.run("return root.querySelectorAll(arguments[0]).length", selector)


def said(conversation: dict) -> list[str]:
    return [message["content"][0]["text"] for message in conversation["messages"]]


def titles(page: ChatPage) -> list[str]:
    shown = "return [...document.querySelectorAll('#conversation-list .conversation-title')].map((node) => node.textContent)"
    return page.driver.execute_script(shown)


def press(page: ChatPage, label: str) -> None:
    page.wait(lambda: page.driver.find_element(By.CSS_SELECTOR, f'#conversations [aria-label="{label}"]').click() is None, label)


def wait_titles(page: ChatPage, expected: list[str]) -> None:
    page.wait(lambda: titles(page) == expected, lambda: f"the list {expected}, not {titles(page)}", 20)


def test_two_tabs_append_to_one_conversation_and_nothing_is_lost(driver, site, server):
    box = server.box(*[{"echo": True}] * 12)
    tabs = [driver.current_window_handle]
    driver.get(f"{site}tests/page/empty.html")
    assert driver.execute_async_script(TWO_TABS, box.url) == "ready"
    driver.switch_to.new_window("tab")
    tabs.append(driver.current_window_handle)
    driver.get(f"{site}tests/page/empty.html")
    assert driver.execute_async_script(TWO_TABS, box.url) == "ready"
    for tab, name in zip(tabs, ("ann", "bob"), strict=True):
        driver.switch_to.window(tab)
        driver.execute_script("window.asked = ask(arguments[0])", name)
    for tab in tabs:
        driver.switch_to.window(tab)
        assert (
            driver.execute_async_script("const done = arguments[0]; asked.then(() => done('ok'), (error) => done(String(error)))") == "ok"
        )
    loaded = driver.execute_async_script("const done = arguments[0]; kept.load('shared').then(done, (error) => done(String(error)))")
    lines = said(loaded)
    assert len(lines) == 24
    assert lines[::2] == lines[1::2], "each answer stands after its own question"
    for name in ("ann", "bob"):
        assert [line for line in lines[::2] if line.startswith(name)] == [f"{name} {n}" for n in range(6)]
    told = driver.execute_async_script(EVERYTHING)
    driver.close()
    driver.switch_to.window(tabs[0])
    assert isinstance(told, dict), told
    assert said(told["forked"]) == lines[:2]
    assert (told["forked"]["title"], told["forked"]["forkedFrom"]) == ("A copy", "shared")
    assert {(hit["id"], hit["role"]) for hit in told["hits"]} == {("shared", "user"), ("shared", "assistant")}
    assert set(told["titles"]) == {"Renamed", loaded["title"]}
    assert told["left"]["title"] == "Renamed"
    assert told["stays"] == 2
    assert said(told["again"]) == lines
    assert len(told["imported"]) == 2
    assert told["refused"] == "ConfigError"


def test_chats_are_there_after_a_reload_and_can_be_found_forked_renamed_taken_out_and_deleted(page, server, tmp_path):
    driver = page.driver
    answers = ["Ahoy **Ada**.", "Ada.", "Bread.", "Rye.", "Still Ada."]
    box = server.box(*({"text": text} for text in answers))
    ask = {"base": box.url, "model": "m", "key": KEY}
    choose(page, "openai-compatible", **ask)
    for prompt, answer in [("My name is Ada.", "Ahoy"), ("What is my name?", "Ada.")]:
        page.send(prompt)
        page.wait_for(answer)
        page.wait_idle()
    first = page.run("return chat.conversation")

    driver.refresh()
    log = "return document.querySelector('staysail-chat')?.shadowRoot?.querySelector('.log').textContent ?? ''"
    page.wait(lambda: "What is my name?" in driver.execute_script(log), "what was said", START_S)
    assert "Ahoy Ada." in page.text
    assert page.one(".markdown strong").text == "Ada"
    assert page.run("return chat.conversation") == first

    page.open_panel("conversations")
    wait_titles(page, ["My name is Ada."])
    assert driver.execute_script("return document.querySelector('#conversation-list [aria-current]').textContent").endswith("4 messages")
    field(page, "new-conversation").click()
    assert not page.all(".turn")
    choose(page, "openai-compatible", **ask)
    page.send("What do I eat?")
    page.wait_for("Bread.")
    page.wait_idle()
    wait_titles(page, ["What do I eat?", "My name is Ada."])
    assert [message["role"] for message in box.seen[2].json["messages"]] == ["user"]
    assert page.button("Ask again").is_displayed()
    page.button("Ask again").click()
    page.wait_for("Rye.")
    page.wait_idle()
    assert [message["role"] for message in box.seen[3].json["messages"]] == ["user"], "what is asked again is not told twice"

    driver.execute_script("document.querySelectorAll('#conversation-list .conversation')[1].click()")
    page.wait_for("What is my name?")
    assert page.run("return chat.conversation") == first
    page.wait(lambda: count(page, "button[part~=fork]") == 2, "a button at each answer")
    page.run("root.querySelector('button[part~=fork]').click()")
    page.wait(lambda: count(page, ".turn") == 1, "the copy")
    assert page.run("return chat.conversation") != first
    page.send("And now?")
    page.wait_for("Still Ada.")
    page.wait_idle()
    assert "(fork)" in driver.title
    assert [message["content"] for message in box.seen[4].json["messages"]] == ["My name is Ada.", "Ahoy **Ada**.", "And now?"]
    wait_titles(page, ["My name is Ada.", "What do I eat?", "My name is Ada."])

    press(page, "Rename My name is Ada.")
    driver.switch_to.active_element.send_keys("Ada's <b>copy</b>", Keys.ENTER)
    wait_titles(page, ["Ada's <b>copy</b>", "What do I eat?", "My name is Ada."])
    search = field(page, "conversation-search")
    search.send_keys("rye")
    wait_titles(page, ["What do I eat?"])
    assert driver.execute_script("return document.querySelector('.conversation-about').textContent") == "Rye."
    assert violations(page) == []
    search.send_keys(Keys.CONTROL + "a", Keys.DELETE)
    wait_titles(page, ["Ada's <b>copy</b>", "What do I eat?", "My name is Ada."])

    press(page, "Delete What do I eat?")
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert len(titles(page)) == 3
    press(page, "Delete What do I eat?")
    driver.find_element(By.CSS_SELECTOR, "#conversations .danger").click()
    wait_titles(page, ["Ada's <b>copy</b>", "My name is Ada."])

    driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    field(page, "export-conversations").click()
    path = tmp_path / "conversations.json"
    page.wait(path.exists, "the file")
    driver.execute_script("document.getElementById('import-file').hidden = false")
    field(page, "import-file").send_keys(str(path))
    page.wait(lambda: "All 2 chats are here already." in field(page, "conversation-note").text, "the import", START_S)
    assert sorted(titles(page)) == sorted(["Ada's <b>copy</b>", "My name is Ada."])
    press(page, "Delete My name is Ada.")
    driver.find_element(By.CSS_SELECTOR, "#conversations .danger").click()
    wait_titles(page, ["Ada's <b>copy</b>"])
    field(page, "import-file").send_keys(str(path))
    page.wait(lambda: "One chat was imported." in field(page, "conversation-note").text, "the import", START_S)
    assert sorted(titles(page)) == sorted(["Ada's <b>copy</b>", "My name is Ada."])
    path.write_text("{}", encoding="utf-8")
    field(page, "import-file").send_keys(str(path))
    page.wait(lambda: "no export of conversations" in field(page, "conversation-note").text, "the refusal")

    records, has_key = driver.execute_async_script(STORED, KEY)
    assert records > 8
    assert not has_key

    for width, scheme in ((360, "dark"), (1500, "light")):
        page.resize(width, 740)
        page.prefer(scheme)
        assert page.width_beyond_screen() <= 0
        assert (
            driver.execute_script("const list = document.getElementById('conversation-list'); return list.scrollWidth - list.clientWidth")
            <= 0
        )
    page.resize(360)
    page.open_panel("conversations")
    field(page, "close-conversations").click()
    assert not field(page, "conversations").is_displayed()
    assert driver.switch_to.active_element.get_attribute("id") == "open-conversations"


def wait_stored(page: ChatPage, text: str) -> None:
    """An error is shown a moment before it is stored."""
    page.wait(lambda: page.driver.execute_async_script(STORED, text)[1], f"{text!r} to be stored")


def test_a_question_that_failed_is_there_after_a_reload_with_its_error_and_is_asked_again(page, server):
    driver = page.driver
    refused = {"status": 401, "body": {"error": {"message": "No such key"}}}
    box = server.box(refused, {"text": "Ahoy."}, {"text": "Never.", "stall": "headers"}, {"text": "Fine."})
    choose(page, "openai-compatible", base=box.url, model="m", key=KEY)
    title = "The provider did not accept the API key."
    page.send("Who is there?")
    page.wait_for(title)
    wait_stored(page, "No such key")
    driver.refresh()
    page.wait_for(title)
    assert page.all(".said")[-1].text == "Who is there?"
    assert page.run("return root.querySelector('.fault-message').textContent").endswith("No such key")
    page.open_panel("conversations")
    page.wait(lambda: "no answer yet" in field(page, "conversation-list").text, "its row")
    assert violations(page) == []
    choose(page, "openai-compatible", base=box.url, model="m", key=KEY)
    page.button("Try again").click()
    page.wait_for("Ahoy.")
    page.wait_idle()
    assert [message["content"] for message in box.seen[1].json["messages"]] == ["Who is there?"]
    assert not page.all(".versions"), "a question without an answer is no version"

    page.send("How are you?")
    page.wait(lambda: len(box.seen) == 3, "the request")
    driver.refresh()  # before the answer came
    page.wait_for("No answer came yet.")
    assert [node.text for node in page.all(".said")] == ["Who is there?", "How are you?"]
    choose(page, "openai-compatible", base=box.url, model="m", key=KEY)
    page.button("Try again").click()
    page.wait_for("Fine.")
    page.wait_idle()
    driver.refresh()
    page.wait_for("Fine.")
    assert not page.all(".fault")


def test_an_answer_that_broke_off_and_an_edit_that_failed_are_there_after_a_reload(page, server):
    driver = page.driver
    refused = {"status": 401, "body": {"error": {"message": "No such key"}}}
    box = server.box({"text": "One."}, {"text": "word " * 100, "drop": 2500, "delay_s": 0.03}, refused)
    choose(page, "openai-compatible", base=box.url, model="m", key=KEY)
    page.send("First")
    page.wait_for("One.")
    page.wait_idle()
    page.send("Second")
    page.wait(lambda: page.all(".fault"), "the error", START_S)
    half = page.last_answer
    assert half.count("word") > 3
    wait_stored(page, "disconnected")
    driver.refresh()
    page.wait(lambda: page.all(".fault"), "the error", START_S)
    assert page.last_answer == half
    assert [node.text for node in page.all(".said")] == ["First", "Second"]
    assert violations(page) == []

    choose(page, "openai-compatible", base=box.url, model="m", key=KEY)
    page.button("Edit").click()
    page.one(".edit-field").send_keys(" time\n")
    title = "The provider did not accept the API key."
    page.wait_for(title)
    shown = page.all(".turn")[-1].text
    assert "2/2" in shown
    wait_stored(page, "No such key")
    driver.refresh()
    page.wait_for(title)
    assert page.all(".turn")[-1].text == shown
    page.button("Earlier version").click()
    page.wait(lambda: "word word" in page.last_answer, "the version before")
