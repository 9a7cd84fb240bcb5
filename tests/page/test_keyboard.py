"""A session at the keyboard alone, from the first visit on: no button of a mouse, no finger."""

import json

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import START_S, ChatPage
from tests.page.test_element_view import violations
from tests.page.test_layout import WIDTHS, shown_panels
from tests.server import TestServer

WATCH = """
globalThis.pointed = [];
for (const type of ["mousedown", "pointerdown", "touchstart"]) addEventListener(type, () => pointed.push(type), true);
"""
FOCUS = """
let at = document.activeElement;
while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
return at?.id || (at?.matches("textarea.input") ? "composer" : at?.getAttribute("part") || at?.innerText || at?.tagName);
"""


class Keyboard(ChatPage):
    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def chord(self, *keys: str) -> None:
        chain = ActionChains(self.driver)
        for key in keys[:-1]:
            chain = chain.key_down(key)
        chain = chain.send_keys(keys[-1])
        for key in keys[:-1]:
            chain = chain.key_up(key)
        chain.perform()

    @property
    def focus(self) -> str:
        return self.driver.execute_script(FOCUS)

    def tab_to(self, wanted: str, *, back: bool = False) -> None:
        seen = []
        for _ in range(60):
            self.chord(Keys.SHIFT, Keys.TAB) if back else self.press(Keys.TAB)
            seen.append(self.focus)
            if seen[-1] == wanted:
                return
        raise AssertionError(f"Tab does not lead to {wanted}: {seen}")


@pytest.mark.thorough
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_session_without_a_mouse(driver, site, width, scheme):
    watching = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    permissions = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": site.rstrip("/")}
    driver.execute_cdp_cmd("Browser.grantPermissions", permissions)
    try:
        with TestServer() as server:
            session(driver, site, server, width, scheme)
        assert driver.execute_script("return pointed") == []
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", watching)
        driver.execute_cdp_cmd("Browser.resetPermissions", {})
        driver.get("about:blank")
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def session(driver, site, server, width, scheme):
    box = server.box({"text": "Ahoy **there**."}, {"text": "word " * 500, "delay_s": 0.02}, {"text": "Edited."}, {"text": "Anew."})
    driver.get(f"{site}tests/page/empty.html")
    driver.execute_script("localStorage.clear(); localStorage.setItem('staysail-page', '{\"fields\": {\"name-chats\": false}}')")
    page = Keyboard(driver, site)
    page.resize(width, 800)
    page.prefer(scheme)
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
    assert page.focus == "composer", "the first key is a message's"

    # The model, by the chip beside the message.
    page.tab_to("model-chip")
    page.press(Keys.ENTER)
    assert page.focus == "provider"
    page.press("OpenAI-compatible")
    page.wait(lambda: driver.find_element("id", "provider").get_attribute("value") == "openai-compatible", "the provider")
    page.tab_to("base")
    page.press(box.url)
    page.tab_to("model")
    page.press("m")
    assert violations(page) == []
    page.tab_to("provider", back=True)
    page.press(Keys.ESCAPE)
    assert page.focus == "model-chip"
    assert "settings" not in shown_panels(page)

    # Asking, stopping, editing the last question, copying.
    page.tab_to("composer", back=True)
    page.press("Who is there?", Keys.ENTER)
    page.wait_for("Ahoy there.", START_S)
    page.wait_idle()
    page.press("Go on", Keys.ENTER)
    page.wait_for("word word", START_S)
    page.press(Keys.ESCAPE)
    page.wait_idle()
    assert page.focus == "composer"
    page.press(Keys.ARROW_UP)
    page.wait(lambda: page.all(".edit-field"), "the field of the question")
    page.press("!", Keys.ENTER)
    page.wait_for("Edited.")
    page.wait_idle()
    assert "Go on!" in json.dumps(box.seen[-1].json)
    leave_field(page)
    page.press("c")
    read = "navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](String(error)))"
    page.wait(lambda: driver.execute_async_script(read) == "Edited.", "the copied answer")

    # The sheet of keys, each panel, and back.
    for key, panel in (("?", "shortcuts"), ("2", "documents"), ("3", "files"), ("4", "settings")):
        before = page.focus
        page.press(key)
        page.wait(lambda panel=panel: panel in shown_panels(page), panel)
        assert page.driver.execute_script("return document.getElementById(arguments[0]).contains(document.activeElement)", panel)
        assert violations(page) == [], panel
        if panel == "documents":
            page.chord(Keys.SHIFT, Keys.TAB)
        page.press(Keys.ESCAPE)
        page.wait(lambda panel=panel: panel not in shown_panels(page), f"{panel} to close")
        assert page.focus == before, panel
    page.press("/")
    assert page.focus == "composer"

    # Another chat, and the field that searches in all of them.
    page.chord(Keys.CONTROL, Keys.SHIFT, "o")
    page.wait(lambda: not page.run("return chat.history.length"), "an empty chat")
    assert page.focus == "composer"
    page.press("Once more", Keys.ENTER)
    page.wait_for("Anew.")
    page.wait_idle()
    page.chord(Keys.CONTROL, "k")
    assert page.focus == "conversation-search"
    page.press(Keys.ESCAPE)
    assert page.focus == "composer", "back to where it was"
    assert ("conversations" in shown_panels(page)) == (width >= 1152)
    assert page.width_beyond_screen() <= 0


def leave_field(page: Keyboard) -> None:
    """To a button, where keys without Ctrl count."""
    page.press(Keys.TAB)
    page.wait(lambda: page.focus != "composer", "the focus to go on")
