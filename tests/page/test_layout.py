"""The page's layout: what a first visit sees, where panels stand at each width, what a reload brings back."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import START_S, ChatPage
from tests.page.page_load import serve_slowly
from tests.page.test_element_view import violations
from tests.page.test_page import choose, field
from tests.server import TestServer
from tools.chromium import start_chrome

WIDTHS = (1440, 1024, 768, 360)
PANELS = ("conversations", "documents", "files", "settings", "timeline", "shortcuts")
EARLY = "return document.activeElement?.id === 'early-text'"
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) window.shifts.push([value, ...sources.map(({ node }) => node?.id || node?.className)]);
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def server():
    with TestServer() as server:
        yield server


def open_page(driver, site, width=1440, height=900) -> ChatPage:
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    )
    page = ChatPage(driver, site)
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page to be joined")
    return page


@pytest.fixture
def visit(driver, site):
    yield lambda *size: open_page(driver, site, *size)
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def shown_panels(page: ChatPage) -> list[str]:
    return page.driver.execute_script("return [...document.querySelectorAll('.panel:not([hidden])')].map(({ id }) => id)")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_while_the_page_starts(driver, site, visit, width):
    watching = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH_SHIFTS})
    try:
        page = visit(width, 740)
        page.wait(lambda: page.run("return chat.ready"), "Python", START_S)
        driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        assert driver.execute_script("return window.shifts") == []
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", watching)


def test_what_is_typed_and_sent_before_the_chat_is_defined_is_not_lost(server):
    box = server.box({"text": "Early answer."}, loop=True)
    driver = start_chrome("--window-size=1440,900", service_workers=False, waits=False)
    try:
        with serve_slowly() as slow:
            slow.is_slow = False
            page = open_page(driver, slow.url)
            choose(page, "openai-compatible", base=box.url, model="m")
            for keys, check in (
                ("Typed early", lambda: page.wait(lambda: page.run("return chat.draft") == "Typed early", "the draft")),
                ("Sent early\n", lambda: page.wait_for("Early answer.")),
            ):
                slow.modules.clear()
                driver.get(slow.url)
                page.wait(lambda: driver.execute_script(EARLY), "the field to have the focus")
                field(page, "early-text").send_keys(keys)
                slow.modules.set()
                page.wait(lambda: driver.execute_script("return !!document.querySelector('staysail-chat').shadowRoot"), "the element")
                check()
                page.set(draft="")
            assert "Sent early" in page.text
            assert not driver.find_elements(By.ID, "early")
    finally:
        driver.quit()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_panel_leaves_the_chat_480_pixels_or_lies_over_it(visit, width, scheme):
    page = visit(width, 740)
    page.prefer(scheme)
    top = page.driver.find_element(By.CSS_SELECTOR, ".top")
    assert top.size["height"] < 60, "one row"
    for name in PANELS:
        page.open_panel(name)
        assert page.width_beyond_screen() <= 0
        inside = "const panel = document.getElementById(arguments[0]); return panel.scrollWidth - panel.clientWidth"
        assert page.driver.execute_script(inside, name) <= 0, name
        head = f"#{name} .panel-head"
        assert page.driver.find_element(By.CSS_SELECTOR, head).size["height"] < 60, f"the head of {name} is one row"
        if width < 896:
            assert page.driver.execute_script("return document.querySelector('main').inert")
            assert shown_panels(page) == [name]
        else:
            assert page.driver.execute_script("return document.querySelector('main').getBoundingClientRect().width") >= 480
            assert len(shown_panels(page)) <= (2 if width >= 1152 else 1)
        assert violations(page) == [], name
    field(page, "shortcuts").find_element(By.TAG_NAME, "button").send_keys(Keys.ESCAPE)
    page.close_panel("shortcuts")
    assert not page.driver.execute_script("return document.querySelector('main').inert")


def test_a_narrow_panel_is_closed_by_escape_and_by_a_click_beside_it(visit):
    page = visit(768, 740)
    for leave in (
        lambda: page.driver.switch_to.active_element.send_keys(Keys.ESCAPE),
        lambda: page.driver.execute_script("document.getElementById('backdrop').click()"),
    ):
        page.open_panel("settings")
        leave()
        assert shown_panels(page) == []
        assert page.driver.switch_to.active_element.get_attribute("id") == "open-menu"


def test_the_conversation_keeps_a_place_above_a_phones_keyboard_and_at_400_percent(visit):
    for size in ((360, 330), (320, 200)):
        page = visit(*size)
        page.play([{"type": "text_delta", "text": "Words. " * 200}])
        page.run("return chat.send('Hi')")
        height = page.run("return root.querySelector('.log').clientHeight")
        assert height >= 80, (size, height)
        assert page.width_beyond_screen() <= 0


def test_a_reload_brings_everything_back_but_the_key(visit, driver, server):
    box = server.box({"text": "Ahoy."})
    page = visit()
    choose(page, "openai-compatible", base=box.url, model="model-a", key="sk-layout-secret", preamble="Be kind.")
    field(page, "tool-roll_dice").click()
    driver.execute_script("const theme = document.getElementById('theme'); theme.value = 'dark'; theme.dispatchEvent(new Event('change'))")
    page.open_panel("documents")
    page.close_panel("conversations")
    page.send("Hi")
    page.wait_for("Ahoy.")
    page.wait_idle()
    page.wait(lambda: driver.title == "Hi · staysail", "the window's title")
    address = driver.current_url
    page.type("Half a quest")
    driver.refresh()
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
    assert driver.execute_script("return getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert shown_panels(page) == ["documents"]
    assert page.run("return chat.draft") == "Half a quest"
    assert field(page, "current").text == "model-a, OpenAI-compatible server on this computer"
    page.wait_for("Ahoy.")
    assert driver.current_url == address
    page.open_panel("settings")
    values = {name: field(page, name).get_attribute("value") for name in ("provider", "model", "base", "key", "preamble")}
    assert values == {"provider": "openai-compatible", "model": "model-a", "base": box.url, "key": "", "preamble": "Be kind."}
    assert not field(page, "tool-roll_dice").is_selected()
    assert "sk-layout-secret" not in driver.execute_script("return JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")


def test_a_chat_that_is_opened_again_goes_on_with_its_model_and_its_draft(visit, driver, server):
    box = server.box({"text": "From a."}, {"text": "From b."})
    page = visit()
    for model, answer in (("model-a", "From a."), ("model-b", "From b.")):
        field(page, "new-conversation").click()
        choose(page, "openai-compatible", base=box.url, model=model)
        page.send(f"Ask {model}")
        page.wait_for(answer)
        page.wait_idle()
        page.type(f"draft for {model}")
    for model in ("model-a", "model-b"):
        title = f"Ask {model}"
        rows = page.wait(
            lambda title=title: [row for row in driver.find_elements(By.CSS_SELECTOR, ".conversation") if title in row.text], title, 20
        )
        rows[0].click()
        page.wait_for(title)
        page.wait(lambda model=model: field(page, "current").text.startswith(model), "its model")
        assert page.run("return chat.draft") == f"draft for {model}"
        assert field(page, "chat-title").text == title
    first = driver.current_url
    driver.back()
    page.wait_for("Ask model-a")
    assert driver.current_url != first
    headings = [node.text for node in driver.find_elements(By.CSS_SELECTOR, "#conversation-list h3")]
    assert headings == ["Today"]


def test_the_keyboard_reaches_the_field_the_chats_the_panels_and_the_list_of_keys(visit, driver):
    page = visit()
    body = driver.find_element(By.TAG_NAME, "body")
    driver.execute_script("document.getElementById('close-conversations').focus()")
    driver.switch_to.active_element.send_keys("?")
    assert "shortcuts" in shown_panels(page)
    assert "Search in all chats" in field(page, "shortcuts").text
    assert violations(page) == []
    driver.switch_to.active_element.send_keys("?")
    assert "shortcuts" not in shown_panels(page)
    driver.switch_to.active_element.send_keys("4")
    assert "settings" in shown_panels(page)
    driver.execute_script("document.getElementById('close-settings').focus()")
    driver.switch_to.active_element.send_keys("/")
    assert driver.switch_to.active_element == page.host
    page.type("4?")
    assert page.run("return chat.draft") == "4?", "keys are text where text is typed"
    body.send_keys(Keys.CONTROL + "k")
    assert driver.switch_to.active_element.get_attribute("id") == "conversation-search"
    before = driver.current_url
    driver.switch_to.active_element.send_keys(Keys.CONTROL + Keys.SHIFT + "o")
    assert driver.current_url != before
    assert driver.switch_to.active_element == page.host
