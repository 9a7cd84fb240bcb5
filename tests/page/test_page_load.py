"""What a visit costs: few requests, one layout, a message field at once; also on a slow network and without one."""

import pytest

from tests.page.chat_page import START_S, ChatPage
from tests.page.page_load import serve_slowly, visit
from tools.chromium import start_chrome
from tools.serve import serving
from tools.site import Site

MOST_REQUESTS = 15
MOST_CODE_BYTES = 100_000
"""Half a second on slow 4G, of the two that the chat may take there."""


def test_the_composer_takes_few_requests_and_nothing_moves(driver):
    with serving(Site()) as url:
        seen = visit(driver, url)
    assert seen.requests <= MOST_REQUESTS, seen.names
    assert seen.shift == 0
    assert [name for name in seen.names if name.endswith("page.js")], "the modules that the chat needs are one file"
    assert seen.code_bytes <= MOST_CODE_BYTES
    assert not [line for line in driver.get_log("browser") if "Content Security Policy" in line["message"]]


def test_nothing_moves_while_the_document_comes_in_pieces(driver):
    with serve_slowly() as server:
        server.is_slow, server.pause_s = False, 0.25
        seen = visit(driver, server.url)
    assert seen.first_paint_ms > 0
    assert seen.shift == 0


@pytest.mark.thorough
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_on_a_slow_network_the_field_is_there_within_two_seconds_and_takes_a_first_message(width, scheme):
    driver = start_chrome(f"--window-size={width},800", waits=False)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    try:
        with serve_slowly() as server:
            url = server.url
            seen = visit(driver, url)
            assert seen.first_paint_ms < 2000
            assert seen.usable_ms < 2000
            assert seen.joined_ms < 2000, "the chat's own composer"
            assert seen.shift == 0
            assert seen.requests <= MOST_REQUESTS, seen.names
            page = ChatPage.__new__(ChatPage)
            page.driver = driver
            server.modules.clear()
            driver.get(url)
            page.wait(lambda: driver.switch_to.active_element.get_attribute("id") == "early-text", "the field to have the focus")
            driver.switch_to.active_element.send_keys("A first message\n")
            assert driver.execute_script("return 'sent' in document.documentElement.dataset")
            server.modules.set()
            page.wait_for("A first message")
    finally:
        driver.quit()


@pytest.mark.thorough
def test_a_later_visit_without_a_network_asks_nobody_and_moves_nothing():
    driver = start_chrome("--window-size=1440,900")
    try:
        with serving(Site()) as url:
            page = ChatPage(driver, url)
            kept = "return !document.getElementById('offline-note').hidden"
            page.wait(lambda: driver.execute_script(kept), "the page to be kept", START_S)
        seen = visit(driver, url)
        assert seen.shift == 0
        assert seen.requests <= MOST_REQUESTS, seen.names
        page.wait(lambda: page.run("return chat.ready"), "Python", START_S)
    finally:
        driver.quit()
