"""index.html as a visitor uses it: settings, tools in both languages, the model that needs no key."""

import ast
import json
import re
import runpy

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from staysail import ToolError
from staysail.providers import load_provider, provider_names
from tests.page.chat_page import ChatPage
from tests.page.test_element_view import violations
from tests.server import TestServer

KEY = "sk-page-secret"
TOOLS = runpy.run_path("page/tools/tools.py")


@pytest.fixture(scope="module")
def server():
    with TestServer() as server:
        yield server


@pytest.fixture
def driver(kept_driver):
    return kept_driver


@pytest.fixture
def page(driver, site):
    page = ChatPage(driver, site, keep="chat")
    page.resize(1100, 800)
    page.wait(lambda: driver.find_elements(By.CSS_SELECTOR, "#provider option"), "the settings")
    page.run("chat.newConversation()")
    yield page
    page.restore()


def field(page: ChatPage, id: str):
    return page.driver.find_element(By.ID, id)


def choose(page: ChatPage, provider: str, *, named: bool = False, **values: str) -> None:
    """Fills the settings in as a person would; Select.select_by_value clicks the option. In a narrow window they are closed again.
    named: whether the model names new chats, by a request of its own."""
    page.open_panel("settings")
    page.driver.execute_script("const box = document.getElementById('name-chats'); if (box.checked !== arguments[0]) box.click()", named)
    Select(field(page, "provider")).select_by_value(provider)
    for id, value in values.items():
        field(page, id).send_keys(Keys.CONTROL + "a", Keys.DELETE)
        field(page, id).send_keys(value)
    if page.driver.execute_script("return document.querySelector('main').inert"):
        page.close_panel("settings")


def test_a_first_visit_is_told_what_answers_and_what_to_expect(page):
    assert not field(page, "settings").is_displayed()
    assert page.driver.switch_to.active_element == page.host, "the message field has the focus"
    page.driver.find_element(By.ID, "model-chip").click()
    settings = field(page, "settings").text
    for words in ("very small English model", "125 MB", "short, simple answers", "picks the tool"):
        assert words in settings
    assert "Nothing you write leaves it" in page.driver.find_element(By.ID, "welcome-note").text
    assert field(page, "current").text == "SmolLM2, in this page"
    assert not field(page, "key").is_displayed()
    names = [code.text for code in page.driver.find_elements(By.CSS_SELECTOR, "#tools code")]
    assert names == ["set_colours", "set_timer", "calculate", "roll_dice", "python"]
    assert not field(page, "tool-python").is_selected()
    chips = page.driver.find_elements(By.CSS_SELECTOR, ".suggestion")
    assert len(chips) >= 4
    assert all(chip.is_displayed() for chip in chips)


def test_it_offers_every_provider_that_a_page_can_call_and_asks_for_what_that_one_needs(page):
    choices = page.driver.execute_async_script(
        "const done = arguments[0]; import('/page/settings/choices.js').then(({ CHOICES }) => done(CHOICES));"
    )
    modules = {name: load_provider(name) for name in provider_names()}
    callable_ones = {name for name, module in modules.items() if hasattr(module, "PROVIDER") and module.PROVIDER.chat}
    assert {choice["id"] for choice in choices} == callable_ones | {"local"}
    for choice in choices[1:]:
        provider = modules[choice["id"]].PROVIDER
        assert choice["key"] == ("needed" if provider.key_needed else "optional"), choice["id"]
        assert choice["base"] == ("needed" if provider.base_needed else "optional"), choice["id"]
        assert choice["baseExample"] == provider.base_url
        assert choice["keyURL"] == provider.key_url
        assert provider.label in choice["label"]
        assert provider.page_note in choice["note"][0]


def test_the_model_field_lists_what_the_provider_serves_at_the_press_of_a_button(page, server):
    listed = {"data": [{"id": "m", "context_length": 4096}, {"id": "n"}]}
    box = server.box({"body": listed})
    box.lists_models = True
    choose(page, "openai-compatible", base=box.url, model="m")
    assert box.seen == []  # nothing is sent without a key
    page.driver.execute_script("document.getElementById('list-models').click()")
    page.wait(lambda: "4,096 tokens" in field(page, "model-facts").text, "what is known of the model")
    names = page.driver.execute_script("return [...document.querySelectorAll('#models option')].map((option) => option.value)")
    assert names == ["m", "n"]
    assert [(seen.method, seen.path.rpartition("/")[2]) for seen in box.seen] == [("GET", "models")]
    page.driver.execute_script("document.getElementById('list-models').click()")
    page.wait(lambda: "lists no models" in field(page, "model-facts").text, "a failure to be told")


def test_it_is_usable_on_a_narrow_screen(page, server):
    page.resize(360)
    page.wait(lambda: not field(page, "settings").is_displayed(), "the settings to fold away")
    assert page.width_beyond_screen() <= 0
    page.open_panel("settings")
    assert page.driver.switch_to.active_element.get_attribute("id") == "provider"
    assert page.driver.execute_script("return document.querySelector('main').inert")
    assert page.width_beyond_screen() <= 0
    field(page, "provider").send_keys(Keys.ESCAPE)
    assert page.driver.switch_to.active_element.get_attribute("id") == "open-menu"
    box = server.box({"text": "Small."})
    choose(page, "openai-compatible", base=box.url, model="m")
    page.send("Hi")
    page.wait_for("Small.")
    assert page.width_beyond_screen() <= 0


def test_a_failure_about_the_base_url_leads_to_its_field(page):
    choose(page, "openai-compatible", model="m", base="")
    page.send("Hi")
    page.wait_for("This provider needs the address of its server.")
    assert field(page, "base").get_attribute("aria-invalid") == "true"


def test_settings_count_from_the_next_message_on(page, server):
    box = server.box({"text": "First."}, {"text": "Second."})
    choose(page, "openai-compatible", base=box.url, model="model-a", key=KEY, preamble="Be kind.")
    page.send("Hi")
    page.wait_for("First.")
    page.wait_idle()
    first = box.seen[0]
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert first.json["model"] == "model-a"
    assert first.json["messages"][0] == {"role": "system", "content": "Be kind."}
    assert sorted(tool["function"]["name"] for tool in first.json["tools"]) == ["calculate", "roll_dice", "set_colours", "set_timer"]
    choose(page, "openai-compatible", model="model-b")
    field(page, "tool-roll_dice").click()
    field(page, "tool-set_timer").click()
    page.send("And now?")
    page.wait_for("Second.")
    second = box.seen[1].json
    assert second["model"] == "model-b"
    assert sorted(tool["function"]["name"] for tool in second["tools"]) == ["calculate", "set_colours"]
    assert [message["content"] for message in second["messages"]] == ["Be kind.", "Hi", "First.", "And now?"]
    field(page, "tool-roll_dice").click()
    field(page, "tool-set_timer").click()


def test_tools_in_javascript_change_the_page_and_tools_in_python_answer(page, server):
    calls = [
        {"name": "set_colours", "arguments": {"colour": "red", "background": "dark"}},
        {"name": "set_timer", "arguments": {"amount": 2, "unit": "seconds", "label": "Tea"}},
        {"name": "calculate", "arguments": {"expression": "17 * (23 + 4) ** 2"}},
        {"name": "roll_dice", "arguments": {"count": 3}},
    ]
    box = server.box({"tool_calls": calls}, {"text": "All done."})
    choose(page, "openai-compatible", base=box.url, model="m")
    before = page.run("return getComputedStyle(root.querySelector('.send')).backgroundColor")
    page.send("Everything, please")
    page.wait_for("All done.")
    assert page.run("return getComputedStyle(root.querySelector('.send')).backgroundColor") != before
    assert page.run("return getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert "Tea" in field(page, "timers").text
    cards = {card.find_element(By.CSS_SELECTOR, ".tool-name").text: card for card in page.all(".tool")}
    assert {card.get_attribute("data-state") for card in cards.values()} == {"done"}
    assert "= 12393" in cards["calculate"].text
    results = {message["tool_call_id"]: message["content"] for message in box.seen[1].json["messages"] if message["role"] == "tool"}
    assert len(results) == 4
    rolled = next(json.loads(text) for text in results.values() if "rolls" in text)
    assert len(rolled["rolls"]) == 3
    assert rolled["total"] == sum(rolled["rolls"])
    assert all(1 <= roll <= 6 for roll in rolled["rolls"])
    page.wait(lambda: "Time is up" in field(page, "timers").text, "the timer to ring")


def test_what_is_there_twice_is_two_groups_and_no_landmark(page, server):
    timer = {"name": "set_timer", "arguments": {"amount": 9, "unit": "minutes", "label": "Eggs"}}
    box = server.box({"tool_calls": [timer, timer]}, {"text": "Two timers run."})
    choose(page, "openai-compatible", base=box.url, model="m")
    page.send("Two timers for eggs")
    page.wait_for("Two timers run.")
    page.wait_idle()
    assert field(page, "timers").text.count("Eggs") == 2
    page.open_panel("timeline")
    opened = """
    for (const one of document.querySelectorAll("#timeline-runs details:not([open]) > summary")) one.click();
    return document.querySelectorAll("#timeline-runs pre").length
    """
    page.wait(lambda: page.driver.execute_script(opened) >= 4, "two requests and their responses")
    assert violations(page) == []
    page.close_panel("timeline")


def test_the_key_stays_in_memory_and_with_its_provider(page, server):
    box = server.box({"status": 401, "body": {"error": {"message": f"bad key {KEY}"}}})
    choose(page, "openai-compatible", base=box.url, model="m", key=KEY)
    assert field(page, "key").get_attribute("type") == "password"
    assert field(page, "key").get_attribute("autocomplete") == "off"
    assert "Kept in memory only" in field(page, "key-note").text
    page.send("Hi")
    page.wait_for("did not accept the API key")
    page.wait(lambda: field(page, "key").get_attribute("aria-invalid") == "true", "the field to be marked")
    stored = page.driver.execute_async_script(
        """
        const done = arguments[0];
        (async () => {
          const databases = await indexedDB.databases();
          const texts = [document.cookie, JSON.stringify({ ...localStorage, ...sessionStorage }), location.href,
            document.documentElement.outerHTML, document.querySelector("staysail-chat").shadowRoot.innerHTML];
          for (const name of await caches.keys()) texts.push(name, ...(await (await caches.open(name)).keys()).map(({ url }) => url));
          done([databases.map(({ name }) => name), texts.join()]);
        })();
        """
    )
    # That of the chats has no record yet, as nothing was answered; others are of tests before this one.
    assert {name for name in stored[0] if not name.startswith("staysail-runs")} <= {"staysail:conversations:conversations"}
    assert KEY not in stored[1]
    choose(page, "openai")
    assert field(page, "key").get_attribute("value") == ""
    choose(page, "openai-compatible")
    assert field(page, "key").get_attribute("value") == KEY
    page.driver.refresh()
    assert field(page, "key").get_attribute("value") == ""


def test_axe_finds_nothing_wrong(page):
    for scheme in ("light", "dark"):
        page.resize(1100, 800)
        page.prefer(scheme)
        page.open_panel("settings")
        Select(field(page, "provider")).select_by_value("openai")
        assert violations(page) == []
        page.play([{"type": "text_delta", "text": "Hello **there**."}])
        page.run("return chat.send('Hi')")
        page.run("import('/page/tools/timers.js').then(({ startTimer }) => startTimer(60, arguments[0]))", f"{scheme} tea")
        page.wait(lambda tea=f"{scheme} tea": tea in field(page, "timers").text, "the timer")
        assert violations(page) == []
        page.resize(360)
        page.close_panel("settings")
        page.driver.find_element(By.ID, "open-menu").click()
        assert violations(page) == []
        field(page, "menu-settings").click()
        assert violations(page) == []
        field(page, "provider").send_keys(Keys.ESCAPE)
        page.run("chat.newConversation()")
    page.driver.get("about:blank")  # the chat has an agent of this test's


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').getcwd()",
        "(lambda: 1)()",
        "'a' * 9",
        "9 ** 9 ** 9",
        "open",
        "1 if 2 else 3",
        "[1][0]",
        "sqrt.__class__",
        "True + 1",
    ],
)
def test_the_calculator_refuses_what_is_not_arithmetic(expression):
    with pytest.raises(ToolError):
        TOOLS["evaluate"](ast.parse(expression, mode="eval").body)


def test_the_calculator_calculates():
    for expression, value in [("-3 + 4 * 2", 5), ("2 ** 10 // 3", 341), ("sqrt(16) + max(1, 2.5)", 6.5), ("round(pi, 2)", 3.14)]:
        assert TOOLS["evaluate"](ast.parse(expression, mode="eval").body) == value


@pytest.mark.xdist_group("language model")
def test_the_model_in_the_page_answers_and_calls_a_tool_without_a_key(page):
    choose(page, "local")  # whatever a test before has chosen
    # One thread: two wait for each other where other tests have the other processor.
    page.driver.execute_cdp_cmd("Emulation.setHardwareConcurrencyOverride", {"hardwareConcurrency": 1})
    chip = next(chip for chip in page.driver.find_elements(By.CSS_SELECTOR, ".suggestion") if "17 * 23" in chip.text)
    chip.click()
    page.wait(lambda: "made ready" in page.text or page.all(".tool"), "the model to be loaded", 90)
    page.wait(lambda: page.all(".tool[data-state=done]"), "the tool", 150)
    card = page.one(".tool")
    assert card.find_element(By.CSS_SELECTOR, ".tool-name").text == "calculate"
    assert re.search(r"17 ?\* ?23 = 391", card.text)
    page.wait_idle(120)
    assert page.one(".markdown").text.strip()
    assert re.search(r"[\d,]+ tokens in, \d+ out", page.last_answer)


PLUGIN = """
class Plugin:
    name, version = "shout", "1"
    operations = {"shout": {"description": "In capitals.", "parameters": {"type": "object", "properties": {"path": {"type": "string"}}}}}
    async def execute(self, request, files):
        return {"success": True, "result": (await files.read(request["path"])).decode().upper()}
"""


def test_files_are_browsed_edited_and_rolled_back_and_the_agent_works_in_them(page, server, tmp_path):
    driver = page.driver
    driver.execute_script(
        "window.confirm = () => true; window.prompt = () => 'notes/crew.txt'; indexedDB.deleteDatabase('staysail:toolfs:page')"
    )

    def click(selector: str) -> None:
        page.wait(lambda: driver.find_elements(By.CSS_SELECTOR, selector), selector)[0].click()

    def told(id: str, text: str) -> None:
        page.wait(lambda: text in field(page, id).text, lambda: f"{text!r} in #{id}, not {field(page, id).text!r}", 60)

    page.open_panel("files")
    told("files-list", "Nothing is here.")
    field(page, "snapshots-name").send_keys("before")
    click("#snapshots-form button")
    told("snapshots-list", "before")
    field(page, "files-new").click()
    told("files-status", "Made /toolfs/files/notes/crew.txt")
    field(page, "files-text").send_keys("<b>Ada</b> steers.")
    field(page, "files-save").click()
    told("files-status", "Saved")
    click("#snapshots-list button")
    told("snapshots-diff", "/toolfs/files/notes/crew.txt")

    (tmp_path / "shout.py").write_text(PLUGIN)
    for summary in driver.find_elements(By.CSS_SELECTOR, "#files summary")[1:]:
        summary.click()
    for button, outcome in (("cancel", "was not installed"), ("install", "Installed shout")):
        field(page, "plugins-file").send_keys(str(tmp_path / "shout.py"))
        page.wait(lambda: field(page, "consent").is_displayed(), "the consent dialog")
        assert "shout.py: python" in field(page, "consent").text
        click(f"#consent button[value={button}]")
        told("files-status", outcome)
    told("plugins-list", "list, read: /toolfs/files")
    assert violations(page) == []

    field(page, "files-on").click()
    path = "/toolfs/files/notes/crew.txt"
    calls = [
        {"name": "shout_shout", "arguments": {"path": path}},
        {"name": "edit_file", "arguments": {"path": path, "old": "steers", "new": "cooks"}},
        {"name": "read_file", "arguments": {"path": "/toolfs/audit"}},
    ]
    box = server.box({"tool_calls": calls}, {"text": "All done."})
    choose(page, "openai-compatible", base=box.url, model="m")
    page.open_panel("files")
    page.send("Work.")
    page.wait_for("All done.")
    results = json.dumps(box.seen[1].json["messages"])
    assert "ADA" in results
    assert "may not read" in results
    click("[data-path='/toolfs/files/notes']")
    click(f"[data-path='{path}']")
    page.wait(lambda: field(page, "files-text").get_attribute("value") == "<b>Ada</b> cooks.", "what the agent wrote")
    told("audit-list", "refused")
    click("#snapshots-list button:nth-child(2)")
    told("files-status", "as it was in before")
    told("files-list", "Nothing is here.")
    for width, scheme in ((360, "light"), (360, "dark")):
        page.resize(width)
        page.prefer(scheme)
        assert page.width_beyond_screen() == 0
    page.open_panel("files")
    assert driver.execute_script("const f = document.getElementById('files'); return f.scrollWidth - f.clientWidth") == 0
    field(page, "close-files").click()
    assert not field(page, "files").is_displayed()
    driver.get("about:blank")
