"""Apps of MCP servers in a real page: a guest made with the `App` of @modelcontextprotocol/ext-apps, and guests that try to get out."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

import pytest
from selenium.webdriver.common.by import By

from tests.mcp import serving
from tests.page.chat_page import START_S, ChatPage
from tests.page.test_element_view import violations
from tests.page.test_page import choose, field
from tests.server import TestServer

PREPARE = """
const [url, options, done] = arguments;
(async () => {
  const { configure, mcpServer } = await import("/web/index.js");
  const { mcpApps } = await import("/web/mcp-apps/mcp-apps.js");
  configure({ runtimeURL: "/wheels/" });
  const chat = document.querySelector("staysail-chat");
  const server = mcpServer({ url, apps: true });
  const tools = await server.tools();
  chat.tools = tools;
  chat.toolViews = mcpApps(server, tools, { onMessage: (text) => void chat.send(text), ...options });
})().then(() => done(null), (error) => done(String(error)));
"""


@pytest.fixture(scope="module")
def urls():
    if not shutil.which("node"):
        pytest.skip("there is no Node to serve with")
    with serving("node", "tests/mcp/app_servers.mjs") as found:
        yield found


@pytest.fixture(scope="module")
def server():
    with TestServer() as server:
        yield server


class AppPage(ChatPage):
    """A chat whose model calls a tool of the server `apps`, and the app below that call."""

    def call(self, box: Any, url: str, options: dict[str, Any] | None = None) -> None:
        self.set(model="openai-compatible:m", baseURL=box.url, runtimeURL="/wheels/")
        assert self.driver.execute_async_script(PREPARE, url, options or {}) is None
        self.send("Go.")
        self.one("staysail-mcp-app iframe", START_S)

    @contextmanager
    def guest(self) -> Iterator[Any]:
        """Goes into the last app's document."""
        self.driver.switch_to.frame(self.one("staysail-mcp-app iframe"))
        try:
            self.wait(lambda: self.driver.find_elements(By.TAG_NAME, "iframe"), "the app")
            self.driver.switch_to.frame(self.driver.find_element(By.TAG_NAME, "iframe"))
            yield self.driver
        finally:
            self.driver.switch_to.default_content()

    def line(self, id: str, text: str) -> None:
        """Waits for a text in the app."""
        with self.guest() as guest:
            self.wait(
                lambda: text in guest.find_element(By.ID, id).text, lambda: f"{text!r}: {guest.find_element(By.TAG_NAME, 'body').text}"
            )

    def press(self, id: str) -> None:
        with self.guest() as guest:
            guest.find_element(By.ID, id).click()

    def found(self, key: str) -> dict[str, Any]:
        """What the hostile app has found, once it has found that."""
        with self.guest() as guest:
            text = lambda: guest.find_element(By.ID, "found").text  # noqa: E731
            self.wait(lambda: f'"{key}"' in text(), lambda: f"{key}: {guest.page_source[:2000]}", 30)
            return json.loads(text())


@pytest.fixture
def page(driver, site):
    page = AppPage(driver, f"{site}tests/page/element.html", keep="page")
    yield page
    page.restore()


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"tool_calls": [{"name": name, "arguments": arguments}]}


def seen(urls: dict[str, str]) -> list[str]:
    with urlopen(f"{urls['outside']}seen") as response:
        return json.load(response)


def test_an_app_shows_its_call_and_asks_before_it_does_anything(page, urls, server, driver):
    box = server.box(call("chart", points=[1, 2, 3]), {"text": "Drawn."}, {"text": "Bigger."})
    page.run("chat.theme = 'dark'")
    page.call(box, urls["apps"])
    page.line("input", '{"points":[1,2,3]}')
    page.line("result", '["A chart of 3 points.",{"total":6},false]')
    page.line("host", '["staysail"')
    page.line("theme", "dark")
    page.run("chat.theme = 'light'")
    page.line("theme", "light")
    page.wait_idle()
    assert "A chart of 3 points." in page.text
    assert [message["content"] for message in box.seen[1].json["messages"] if message["role"] == "tool"] == ["A chart of 3 points."]

    # A tool of the server, which the user is asked about; the same again without a question, once the user says so.
    page.press("refresh")
    page.wait_for("The app asks to call refresh.")
    assert '"by": 10' in page.one(".app-detail").text
    assert violations(page) == []
    page.button("Refuse").click()
    page.line("answer", "the user refused the call")
    page.press("refresh")
    page.wait_for("The app asks to call refresh.")
    page.button("Approve").click()
    page.line("answer", '{"total":16}')
    page.press("refresh")
    page.wait_for("The app asks to call refresh.")
    page.button("Approve each call of refresh by this app").click()
    page.line("answer", '{"total":26}')
    page.press("refresh")
    page.line("answer", '{"total":36}')
    for name in ("model", "other"):
        page.press(name)
        page.line("answer", "that this app may call")
    assert not page.all(".approval")

    page.press("link")
    page.wait_for("The app asks to open a page.")
    windows = driver.window_handles
    page.button("Open").click()
    page.wait(lambda: len(driver.window_handles) > len(windows), "a window")
    [opened] = {*driver.window_handles} - {*windows}
    driver.switch_to.window(opened)
    page.wait(lambda: driver.current_url.endswith("empty.html#opened"), "the address")
    assert driver.execute_script("return [window.opener, document.referrer]") == [None, ""]
    driver.close()
    driver.switch_to.window(windows[0])
    page.press("script")
    page.line("answer", "only addresses of http and https")

    page.press("grow")
    page.line("answer", "null")
    frame = page.one("staysail-mcp-app iframe")
    assert frame.size["height"] == 640
    page.resize(360)
    assert page.width_beyond_screen() <= 0

    page.press("say")
    page.wait_for("The app asks to send a message in your name.")
    assert page.one(".app-detail").text == "Draw it bigger."
    page.button("Send this").click()
    page.wait_for("Bigger.")
    page.wait_idle()
    assert box.seen[2].json["messages"][-1]["content"] == "Draw it bigger."


def test_a_call_that_is_not_approved_reaches_no_app(page, urls, server, driver):
    page.set(
        model="openai-compatible:m", baseURL=server.box(call("chart", points=[4]), {"text": "As you wish."}).url, runtimeURL="/wheels/"
    )
    assert driver.execute_async_script(PREPARE, urls["apps"], {}) is None
    page.run("for (const tool of chat.tools) tool.needsApproval = true")
    page.send("Go.")
    page.one(".approval", START_S)
    assert not page.all("staysail-mcp-app")
    page.button("Refuse…").click()
    page.button("Refuse").click()
    page.wait_for("As you wish.")
    assert not page.all("staysail-mcp-app")


@pytest.mark.thorough
def test_a_tool_that_is_allowed_is_called_without_a_question(page, urls, server):
    page.call(server.box(call("chart", points=[]), {"text": "Drawn."}), urls["apps"], {"allow": ["refresh"]})
    page.line("result", "A chart of 0 points.")
    page.press("refresh")
    page.line("answer", '{"total":')
    assert not page.all(".approval")


def test_a_hostile_app_reaches_neither_the_page_nor_what_it_stores_nor_the_network(page, urls, server, driver):
    page.run("localStorage.setItem('secret', 'sk-1'); document.cookie = 'secret=sk-1'")
    page.call(server.box(call("hostile"), {"text": "Done."}), urls["apps"])
    found = page.found("result")
    assert {name: text for name, text in found.items() if str(text).startswith("reached")} == {}
    assert {found[name] for name in ("page", "frame", "storage", "session", "cookie", "database", "caches", "top", "around")} == {
        "SecurityError"
    }
    answers = [text for name, text in found.items() if name.startswith("answer ")]
    assert sum("that this app may call" in text for text in answers) == 4
    assert sum("only addresses of http and https" in text for text in answers) == 2
    assert sum("is nothing that this page does" in text for text in answers) == 2
    assert sum("other questions to answer first" in text for text in answers) == 3
    page.wait_idle()
    assert len(page.all("staysail-mcp-app .approval")) == 3
    assert page.one("staysail-mcp-app iframe").size["height"] == 640
    assert driver.title == "One script tag, one element"
    assert seen(urls) == []
    page.run("localStorage.removeItem('secret')")


LONGEST_PAUSE = """
const done = arguments[0], started = performance.now();
let last = started, longest = 0;
const timer = setInterval(() => {
  longest = Math.max(longest, performance.now() - last);
  last = performance.now();
  if (last - started > 2500) clearInterval(timer), done(longest);
}, 20);
"""


@pytest.mark.thorough
def test_an_app_that_leads_itself_elsewhere_or_never_rests_harms_nobody(page, urls, server, driver):
    for way in ("spin", "leave", "form"):
        page.call(server.box(call("hostile"), {"text": "Done."}), urls["apps"])
        page.found("result")
        page.press(way)
        assert driver.execute_async_script(LONGEST_PAUSE) < 1500, "the page stood still, too"
        assert seen(urls) == []
        page.run("chat.clear?.()")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("way", "why"),
    [("flood", "it sent too many messages."), ("stray", "it sent too many messages to the page."), ("long", "a message that is too long")],
)
def test_an_app_that_floods_the_page_is_stopped(page, urls, server, way, why):
    page.call(server.box(call("hostile"), {"text": "Done."}), urls["apps"])
    page.found("result")
    page.press(way)
    page.wait_for(why)
    assert not page.all("staysail-mcp-app iframe")
    assert not page.all("staysail-mcp-app .approval")


@pytest.mark.thorough
def test_an_app_reaches_the_hosts_that_its_server_names_and_the_user_sees_which(page, urls, server):
    page.call(server.box(call("reaching"), {"text": "Done."}), urls["apps"])
    page.line("found", "reached")
    assert seen(urls) == ["/declared"]
    assert page.one(".app-about").text == f"The app may reach {urls['outside'].removeprefix('http://').removesuffix('/')}."


@pytest.mark.thorough
def test_the_page_shows_the_apps_of_a_server_also_after_a_reload(urls, server, driver, site):
    page = AppPage(driver, site)
    page.resize(1280, 900)
    page.wait(lambda: driver.find_elements(By.CSS_SELECTOR, "#provider option"), "the settings")
    choose(page, "openai-compatible", base=server.box(call("chart", points=[7]), {"text": "Drawn."}).url, model="m")
    driver.find_element(By.XPATH, "//summary[text()='MCP servers']").click()
    field(page, "mcp-url").send_keys(urls["apps"])
    field(page, "mcp-connect").click()
    page.wait(lambda: "Connected: 5 tools." in field(page, "mcp-status").text, "the server", START_S)
    page.send("Draw.")
    page.one(".approval", START_S)
    assert not page.all("staysail-mcp-app")
    page.button("Approve").click()
    page.line("result", '["A chart of 1 points.",')
    page.press("refresh")
    page.wait_for("The app asks to call refresh.")
    page.button("Refuse").click()
    driver.find_element(By.CSS_SELECTOR, ".server-asks input").click()
    page.press("refresh")
    page.line("answer", '{"total":')
    page.wait_idle()
    driver.refresh()
    page.one("staysail-mcp-app iframe", START_S)
    page.line("result", '["A chart of 1 points.",{"total":')
    assert page.text.count("Drawn.") == 1
