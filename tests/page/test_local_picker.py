"""The models for the page in the settings of index.html: what each costs, its download, stop, the rest, use, delete."""

import os
import time
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By

from tests.page.chat_page import START_S, ChatPage
from tests.page.test_element_view import violations
from tests.page.test_local_engine import WEIGHTS
from tests.page.test_page import field
from tests.page.weights_server import Weights, WeightsServer

pytestmark = [
    pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build"),
    pytest.mark.xdist_group("language model"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[WeightsServer]:
    with WeightsServer() as server:
        yield server


@pytest.fixture(params=[pytest.param(1280, marks=pytest.mark.thorough), 360])
def page(driver, site, request) -> Iterator[ChatPage]:
    driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": site.rstrip("/"), "storageTypes": "all"})
    size = {"width": request.param, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    page = ChatPage(driver, site)
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page to be joined")
    page.open_panel("settings")
    driver.execute_script("document.querySelector('#local-box summary').click()")
    page.wait(lambda: entries(page), "the list")
    yield page
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def entries(page: ChatPage) -> dict[str, str]:
    """What stands at each model, by its title."""
    items = page.driver.find_elements(By.CSS_SELECTOR, ".local-model")
    return {item.find_element(By.CSS_SELECTOR, "strong").text: item.text for item in items}


def press(page: ChatPage, label: str) -> None:
    page.wait(lambda: page.driver.find_elements(By.CSS_SELECTOR, f'#local-box button[aria-label="{label}"]:not([disabled])'), label)
    page.driver.execute_script("document.querySelector(arguments[0]).click()", f'#local-box button[aria-label="{label}"]')


def said(page: ChatPage) -> str:
    return field(page, "local-status").text


def picture(page: ChatPage, name: str) -> None:
    if folder := os.environ.get("STAYSAIL_PICTURES"):
        page.driver.execute_script("document.getElementById('local-box').scrollIntoView()")
        page.driver.save_screenshot(f"{folder}/{name}-{page.driver.execute_script('return innerWidth')}.png")


def test_a_newcomer_picks_a_model_stops_goes_on_uses_and_deletes_it(page: ChatPage, server: WeightsServer):
    shown = entries(page)
    assert len(shown) > 5
    assert "98 MB" in shown["SmolLM2 135M"]
    assert "in use" in shown["SmolLM2 135M"]
    assert all("Not tried" in text for title, text in shown.items() if title != "SmolLM2 135M")
    assert violations(page) == []
    picture(page, "list")

    data = WEIGHTS.read_bytes()
    weights = Weights(data, bytes_s=8e6)
    server.files = {"/mine.gguf": weights}
    field(page, "local-place").send_keys(f"{server.url}mine.gguf")
    field(page, "local-get").click()
    page.wait(lambda: "of 98 MB" in entries(page).get("mine.gguf", ""), "the progress")
    page.wait(lambda: page.driver.execute_script("return document.querySelector('.local-model progress').value > 2e7"), "some of it")
    assert violations(page) == []
    picture(page, "download")
    press(page, "Stop: mine.gguf")
    page.wait(lambda: "“Go on” gets the rest" in said(page), "the stop")
    assert "MB stored" in entries(page)["mine.gguf"]
    time.sleep(1)  # what was on its way
    sent, weights.bytes_s = weights.sent, 0

    press(page, "Go on: mine.gguf")
    page.wait(lambda: "answers from now on" in said(page), "the rest", START_S)
    assert weights.sent - sent < len(data)
    assert "in use · stored" in entries(page)["mine.gguf"]
    assert "keeps 98 MB of models" in field(page, "local-total").text
    assert page.driver.execute_script("return document.getElementById('current').textContent") == "mine.gguf, in this page"
    assert page.driver.execute_script("return document.querySelector('staysail-chat').model") == f"local:{server.url}mine.gguf"
    picture(page, "stored")

    page.driver.refresh()
    page.wait(lambda: page.driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page after a reload")
    assert page.driver.execute_script("return document.getElementById('current').textContent") == "mine.gguf, in this page"
    page.open_panel("settings")
    page.driver.execute_script("if (!document.getElementById('local-box').open) document.querySelector('#local-box summary').click()")
    press(page, "Delete: mine.gguf")
    page.wait(lambda: "is deleted from this browser" in said(page), "the deletion")
    assert "mine.gguf" not in entries(page)
    assert "in use" in entries(page)["SmolLM2 135M"]


def test_a_name_that_names_nothing_and_a_missing_file_are_told(page: ChatPage, server: WeightsServer):
    server.files = {}
    for given, words in (("hf:owner/repo", "names no file on the hub"), (f"{server.url}gone.gguf", "answered 404"), ("", "Write where")):
        field(page, "local-place").clear()
        field(page, "local-place").send_keys(given)
        field(page, "local-get").click()
        page.wait(lambda words=words: words in said(page), words)
    assert "gone.gguf" not in entries(page)


def test_the_element_has_the_same_list_and_tells_what_was_chosen(driver, site, server: WeightsServer):
    driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": site.rstrip("/"), "storageTypes": "all"})
    page = ChatPage(driver, f"{site}tests/page/element.html")
    page.set(model="local", models=True)
    page.run("window.told = []; chat.addEventListener('staysail-model', ({ detail }) => told.push(detail.model))")
    page.button("Models for this page").click()
    shown = lambda: {item.find_element(By.CSS_SELECTOR, "strong").text: item for item in page.all(".local-model")}  # noqa: E731
    page.wait(lambda: "SmolLM2 135M" in shown(), "the list")
    assert "in use" in shown()["SmolLM2 135M"].text
    assert page.run("return chat.running") is False
    assert violations(page) == []
    server.files = {"/small.gguf": Weights(WEIGHTS.read_bytes()[:3_000_000])}
    page.one("#local-place").send_keys(f"{server.url}small.gguf")
    page.button("Download and use it").click()
    page.wait(lambda: "answers from now on" in page.one("output").text, "the download", START_S)
    assert page.run("return [chat.model, told]") == [f"local:{server.url}small.gguf", [f"local:{server.url}small.gguf"]]
    page.button("Delete: small.gguf").click()
    page.wait(lambda: "is deleted from this browser" in page.one("output").text, "the deletion")
    assert page.run("return [chat.model, told.length]") == ["local", 2]
    page.button("Close").click()
    page.wait(lambda: not page.all("dialog.models"), "the dialog to close")
    page.set(models=False)
    assert not page.all(".composer [part~=models]")
