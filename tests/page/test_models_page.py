"""The settings of a model in index.html: reasoning, the provider's search, its list of models, and what it did not get."""

import time

import pytest
from selenium.webdriver.common.by import By

from tests.page.chat_page import ChatPage
from tests.rules import rules_box
from tests.server import TestServer


@pytest.fixture(scope="module")
def server():
    with TestServer() as server:
        yield server


@pytest.fixture
def page(browser, site):
    page = ChatPage(browser, site, keep="chat")
    page.resize(1100, 900)
    page.wait(lambda: browser.find_elements(By.CSS_SELECTOR, "#provider option"), "the settings")
    return page


FILL = """
for (const [id, value] of Object.entries(arguments[0])) {
  const field = document.getElementById(id);
  if (field.type === "checkbox") field.checked = value;
  else field.value = value;
  for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
}
"""


def fill(page: ChatPage, **fields: str | bool) -> None:
    page.driver.execute_script(FILL, {name.replace("_", "-"): value for name, value in fields.items()})


def choose(page: ChatPage, provider: str, model: str, base: str, **more: str | bool) -> None:
    fill(page, provider=provider, name_chats=False)
    fill(page, model=model, key="sk-page", base=base, **more)


def test_reasoning_and_the_providers_search_are_switched_on_and_seen(page: ChatPage, server: TestServer):
    box = rules_box(server, "anthropic")
    choose(page, "anthropic", "claude-opus-5-5", box.url, reasoning="high", hosted_search=True)
    page.send("Hello?")
    page.wait(lambda: box.seen, "the request", 60)
    page.wait_for("Hello.")
    sent = box.seen[0].json
    assert sent["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert sent["output_config"]["effort"] == "high"
    assert "web_search_20250305" in [tool.get("type") for tool in sent["tools"]]
    assert "web_search" in page.text
    fill(page, reasoning="", hosted_search=False)


def test_what_the_model_did_not_get_stands_in_the_chat(page: ChatPage, server: TestServer):
    box = rules_box(server, "openai")
    choose(page, "openai", "gpt-6.1-sol", box.url, reasoning="none")
    page.send("Hello?")
    page.wait_for("always reasons")
    fill(page, reasoning="")


def options(page: ChatPage) -> list[list[str]]:
    return page.driver.execute_script("return [...document.querySelectorAll('#models option')].map((it) => [it.value, it.textContent])")


def facts(page: ChatPage) -> str:
    return page.driver.find_element(By.ID, "model-facts").get_attribute("textContent")


def test_once_there_is_a_key_the_models_come_from_the_provider_with_what_they_cost(page: ChatPage, server: TestServer):
    listed = {"data": [{"id": "gpt-6-sol"}, {"id": "gpt-9-new", "context_window": 123_456}]}
    box = server.box({"body": listed}, loop=True)
    box.lists_models = True
    fill(page, provider="openai")
    fill(page, model="gpt-9-new", base=box.url, key="")
    page.driver.execute_script("document.getElementById('key').value = ''")
    for letter in "sk-typed":
        page.driver.execute_script(
            "const key = document.getElementById('key'); key.value += arguments[0]; key.dispatchEvent(new Event('input'))", letter
        )
    page.wait(lambda: [value for value, _ in options(page)] == ["gpt-6-sol", "gpt-9-new"], "the list", 30)
    assert "for a million tokens" in options(page)[0][1]
    fill(page, model="gpt-9-new")
    page.wait(lambda: "123,456 tokens" in facts(page), "its context")
    fill(page, provider="anthropic")
    fill(page, provider="openai")
    page.wait(lambda: len(options(page)) == 2, "the list, which is known")
    time.sleep(1.5)
    assert [(seen.path.rsplit("/", 1)[1], seen.headers["authorization"]) for seen in box.seen] == [("models", "Bearer sk-typed")]
    fill(page, key="sk-other")
    page.wait(lambda: len(box.seen) == 2, "the list for another key")
    page.driver.execute_script("document.getElementById('list-models').click()")
    page.wait(lambda: len(box.seen) == 3, "the list again")


def test_a_provider_that_lists_no_models_is_told_of_at_the_press_of_the_button_alone(page: ChatPage, server: TestServer):
    box = server.box({"status": 401, "body": {"error": {"message": "wrong key"}}}, loop=True)
    box.lists_models = True
    choose(page, "openai", "gpt-9-new", box.url)
    page.wait(lambda: box.seen, "the request", 30)
    time.sleep(0.5)
    assert facts(page) == ""
    page.driver.execute_script("document.getElementById('list-models').click()")
    page.wait(lambda: "OpenAI lists no models" in facts(page), "why there are none")


def test_a_kept_key_lists_models_once_it_is_unlocked(page: ChatPage, server: TestServer):
    box = server.box({"body": {"data": [{"id": "one"}]}}, loop=True)
    box.lists_models = True
    fill(page, provider="openai-compatible")
    fill(page, model="m", base=box.url, key="sk-kept-0123456789", passphrase="correct horse")
    status = page.driver.find_element(By.ID, "kept-status")
    press = lambda button: page.driver.execute_script("document.getElementById(arguments[0]).click()", button)  # noqa: E731
    press("keep-key")
    page.wait(lambda: status.get_property("value").startswith("Kept"), "the kept key")
    page.wait(lambda: len(box.seen) >= 1, "the list", 30)
    press("lock-keys")
    page.wait(lambda: status.get_property("value") == "Locked.", "the lock")
    before = len(box.seen)
    fill(page, base=f"{box.url}/other")
    time.sleep(1.5)
    assert len(box.seen) == before
    fill(page, passphrase="correct horse")
    press("unlock-key")
    page.wait(lambda: len(box.seen) == before + 1, "the list once it is unlocked")
    assert box.seen[-1].headers["authorization"] == "Bearer sk-kept-0123456789"
    press("forget-key")
    page.wait(lambda: status.get_property("value") == "Forgotten.", "that it is forgotten")
