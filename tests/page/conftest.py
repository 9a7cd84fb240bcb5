"""Real pages in headless Chromium: pytest-pyodide's fixtures for Python in a page, and `site` and `driver` for
whole pages served by the development server."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_pyodide.runner import SeleniumChromeRunner
from selenium.webdriver import Chrome

from tests.page.chat_page import ChatPage
from tools.chromium import start_chrome
from tools.serve import serving
from tools.site import FOLDERS, Site

# pytest-pyodide's runner has no setting for the browser's path: it starts the same one as the `driver` fixture.
SeleniumChromeRunner.get_driver = lambda self, jspi=False: start_chrome()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests, a file's stay together; those of the language model have a group of their own, because two
    models at once would wait for each other's threads."""
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Base URL, ending in a slash, of the development server; it serves tests/page/*.html too."""
    with serving(Site(folders=(*FOLDERS, "tests"), keep_s=3600)) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """One Chromium for all tests that open whole pages."""
    driver = start_chrome(service_workers=False)
    driver.set_script_timeout(120)
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


def begin_anew_where_tried_again(browser: Chrome, site: str, request: pytest.FixtureRequest) -> None:
    """A test that is tried again gets a new tab and an origin that has nothing stored: what its first try left would make it fail again."""
    if getattr(request.node, "execution_count", 1) == 1:
        return
    old = browser.current_window_handle
    browser.switch_to.new_window("tab")
    new = browser.current_window_handle
    browser.switch_to.window(old)
    browser.close()
    browser.switch_to.window(new)
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": site, "storageTypes": "all"})


@pytest.fixture
def driver(browser: Chrome, site: str, request: pytest.FixtureRequest) -> Chrome:
    """The browser on an empty page with an empty console, its requests answered by the server and by no service worker of a test before.
    What the console said is shown where a test fails."""
    begin_anew_where_tried_again(browser, site, request)
    browser.get("about:blank")
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": site, "storageTypes": "service_workers,local_storage"})
    browser.get_log("browser")
    return browser


@pytest.fixture
def kept_driver(browser: Chrome, site: str, request: pytest.FixtureRequest) -> Chrome:
    """The browser as the test before left it, so that Python need not start for each."""
    begin_anew_where_tried_again(browser, site, request)
    browser.get_log("browser")
    return browser


@pytest.fixture
def page(driver: Chrome, site: str) -> Iterator[ChatPage]:
    """index.html in a wide window, once its own scripts have run."""
    page = ChatPage(driver, site)
    page.resize(1440, 900)
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
    yield page
    page.restore()
    driver.get("about:blank")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Shows why a test failed that passed when it was tried again: nothing else prints it."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)
        for title, text in report.sections:
            terminalreporter.section(title, "-")
            terminalreporter.write_line(text)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Adds the console to a failed test's report, taken at the moment it failed."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.when == "call" and report.failed and browser is not None:
        lines = [f"{entry['level']}: {entry['message']}" for entry in browser.get_log("browser")]
        report.sections.append(("browser console", "\n".join(lines) or "(empty)"))
    return report
