"""The login of an MCP server in a window, from a page that does not isolate itself, at a server that would take that page over."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from tools.sources import ROOT

# What a page in the window tries against the page that opened it; then it sends the person back.
TAKE_OVER = """<!doctype html><script type="module">
const tried = { opener: String(window.opener) };
try { window.opener.location.href = "/evil"; } catch (error) { tried.navigated = error.name; }
window.open("/evil", "the-app")?.close();
try { window.parent.opener.postMessage("taken", "*"); } catch (error) { tried.posted = error.name; }
await fetch("/tried", { method: "POST", body: JSON.stringify(tried) });
const asked = new URLSearchParams(location.search);
if (asked.has("redirect_uri")) location.href = `${asked.get("redirect_uri")}?code=c1&state=${asked.get("state")}`;
</script>"""
APP = """<!doctype html><title>app</title><script>
window.name = "the-app";
addEventListener("message", ({ data }) => (window.heard = data));
</script>"""
BACK = "<!doctype html><title>back</title>"
FINISH = """<!doctype html><script type="module">
import { finishAuthorization } from "/web/keys/authorization.js";
finishAuthorization();
</script>"""
LOGIN = """
const [address, redirect] = arguments;
window.answer = undefined;
const { authorizeInPopup } = await import("/web/keys/authorization.js");
authorizeInPopup(redirect)(address).then(
  (answer) => (window.answer = answer),
  ({ name, message }) => (window.answer = `${name}: ${message}`),
);
"""


class Pages(BaseHTTPRequestHandler):
    """An app, or an authorization server. isolated: the server's windows are cut off from whoever opened them (COOP)."""

    isolated = False
    tried: list[dict[str, str]]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        pages = {"/app": APP, "/back": BACK, "/finish": FINISH, "/authorize": TAKE_OVER, "/evil": "<!doctype html><title>evil</title>"}
        file = ROOT / path.removeprefix("/")
        body = pages[path].encode() if path in pages else file.read_bytes() if path.startswith("/web/") and file.is_file() else None
        self.send_response(200 if body is not None else 404)
        self.send_header("content-type", "text/javascript" if path.endswith(".js") else "text/html")
        if self.isolated:
            self.send_header("cross-origin-opener-policy", "same-origin")
        self.end_headers()
        self.wfile.write(body or b"")

    def do_POST(self) -> None:
        self.tried.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(isolated: bool = False) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The origin of a server, and what pages there have tried."""
    handler = type("Handler", (Pages,), {"isolated": isolated, "tried": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler.tried
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def log_in(driver, app, address, redirect="/back", *, close=False):
    """What `authorizeInPopup` gives; the page must be as it was, and the window gone. close: as the person closes it."""
    driver.get(f"{app}/app")
    page = driver.current_window_handle
    driver.execute_script(f"(async (...arguments) => {{ {LOGIN} }})(...arguments)", address, f"{app}{redirect}")
    if close:
        WebDriverWait(driver, 10).until(lambda _: len(driver.window_handles) == 2)
        [window] = {*driver.window_handles} - {page}
        driver.switch_to.window(window)
        WebDriverWait(driver, 10).until(lambda _: "/authorize" in driver.current_url)
        driver.close()
        driver.switch_to.window(page)
    answer = WebDriverWait(driver, 20).until(lambda _: driver.execute_script("return window.answer"))
    WebDriverWait(driver, 5).until(lambda _: driver.window_handles == [page])
    assert driver.title == "app"
    assert driver.execute_script("return window.heard ?? null") is None
    return answer


@pytest.mark.parametrize(("isolated", "redirect"), [(False, "/back"), (False, "/finish"), (True, "/finish")])
def test_a_login_comes_back_and_its_window_cannot_touch_the_page(driver, isolated, redirect):
    with serving() as (app, _), serving(isolated) as (login, tried):
        answer = log_in(driver, app, f"{login}/authorize?state=s1&redirect_uri={app}{redirect}", redirect)
        assert parse_qs(urlsplit(answer).query) == {"code": ["c1"], "state": ["s1"]}
        assert answer.startswith(f"{app}{redirect}?")
        [told] = tried
        assert told["opener"] == "null"
        assert told["navigated"] == "TypeError"


def test_an_answer_to_another_login_is_not_taken_and_a_window_that_is_closed_is_told(driver):
    with serving() as (app, _), serving() as (login, tried):
        answer = log_in(driver, app, f"{login}/authorize?state=s1", close=True)
        assert answer == "ConfigError: the window to log in with was closed"
        answer = log_in(driver, app, "javascript:document.title='evil'")
        assert answer == "ConfigError: a login is at an http or https address, not javascript:"
        assert len(tried) <= 1
