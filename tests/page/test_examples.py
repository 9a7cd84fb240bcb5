"""The examples of examples/web that are pages, opened as they stand in Chromium."""

from urllib.parse import quote

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.page.openrouter import LENT, serve_openrouter
from tests.page.python_page import drop_database
from tests.server import TestServer
from tools.sources import ROOT

EXAMPLES = ROOT / "examples/web"
SEND = """
const [base, done] = arguments;
const chat = document.querySelector("staysail-chat");
chat.apiKey = "k";
chat.baseURL = base;
chat.send("Why is the sky blue?").then(() => done(chat.history), (error) => done(String(error)));
"""


@pytest.fixture
def provider():
    with TestServer() as server:
        yield server


def test_each_page_is_opened_here():
    names = {"element.html", "keys.html", "local.html", "login.html", "python.html", "shared.html"}
    assert {path.name for path in EXAMPLES.glob("*.html")} == names


def test_the_element_answers(driver, site, provider):
    box = provider.box({"text": "Air scatters blue light."})
    driver.get(f"{site}examples/web/element.html")
    history = driver.execute_async_script(SEND, box.url)
    assert [message["role"] for message in history if message["role"] != "system"] == ["user", "assistant"], history
    shown = driver.execute_script("return document.querySelector('staysail-chat').shadowRoot.textContent")
    assert "Air scatters blue light." in shown
    assert "Be brief." in str(box.seen[0].json)


def test_two_tabs_share_python(driver, site, provider):
    box = provider.box({"text": "Ahoy."}, {"text": "Ahoy again."})
    first = driver.current_window_handle
    said = []
    for _ in range(2):
        driver.switch_to.new_window("tab")
        driver.get(f"{site}examples/web/shared.html?base={quote(box.url)}")
        WebDriverWait(driver, 60).until(lambda page: page.find_element("id", "answer").text)
        said.append(driver.find_element("id", "answer").text)
    for tab in set(driver.window_handles) - {first}:
        driver.switch_to.window(tab)
        driver.close()
    driver.switch_to.window(first)
    assert said == ["Ahoy.", "Ahoy again."]


def test_a_kept_key_opens_with_its_passphrase(driver, site, provider):
    box = provider.box({"text": "A model."}, {"text": "Still a model."})

    def ask(key: str, passphrase: str) -> str:
        driver.get(f"{site}examples/web/keys.html?base={quote(box.url)}")
        driver.find_element("id", "key").send_keys(key)
        driver.find_element("id", "passphrase").send_keys(passphrase + Keys.ENTER)
        WebDriverWait(driver, 60).until(lambda page: page.find_element("id", "answer").text)
        return driver.find_element("id", "answer").text

    assert ask("sk-kept", "correct horse") == "A model."
    assert "passphrase" in ask("", "wrong horse")
    assert ask("", "correct horse") == "Still a model."
    assert [seen.headers["authorization"] for seen in box.seen] == ["Bearer sk-kept"] * 2
    drop_database(driver, "staysail-keys")


def test_a_login_gives_an_agent_its_key(driver, site, provider):
    box = provider.box({"text": "A model."})
    with serve_openrouter() as address:
        driver.get(f"{site}examples/web/login.html?auth={quote(address + '/auth')}&login={quote(address)}&base={quote(box.url)}")
        driver.find_element("id", "login").click()
        WebDriverWait(driver, 60).until(lambda page: page.find_element("id", "answer").text == "A model.")
    assert box.seen[0].headers["authorization"] == f"Bearer {LENT}"
    assert "code=" not in driver.current_url
    drop_database(driver, "staysail-keys")


def test_python_that_the_model_wrote_runs(driver, site, provider):
    box = provider.box({"tool_calls": [{"name": "python", "arguments": {"code": "print(sum(range(11)))"}}]}, {"text": "It is 55."})
    driver.get(f"{site}examples/web/python.html")
    WebDriverWait(driver, 60).until(lambda page: page.execute_script("return 'ready' in document.body.dataset"))
    history = driver.execute_async_script(SEND, box.url)
    assert history[-1]["role"] == "assistant", history
    assert "55" in str(box.seen[1].json["input"][-1]), box.seen[1].json


@pytest.mark.thorough
@pytest.mark.xdist_group("language model")
def test_the_model_in_the_page_answers(driver, site):
    driver.get(f"{site}examples/web/local.html")
    text = "return document.querySelector(arguments[0]).textContent"
    WebDriverWait(driver, 120).until(lambda page: page.execute_script(text, "#progress") == "Done")
    assert len(driver.execute_script(text, "#answer").split()) > 5
