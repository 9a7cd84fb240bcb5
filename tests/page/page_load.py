"""What a visit of index.html costs: a slow network, and figures as Lighthouse has them, read in the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from selenium.webdriver import Chrome
from selenium.webdriver.support.ui import WebDriverWait

from tools.serve import Handler, Server
from tools.site import Site

ROUND_TRIP_S = 0.4
BYTES_PER_S = 200_000  # 1.6 Mbit a second
PIECE_BYTES = 4_000
LIMIT_S = 120

WATCH = """
{
  const seen = (globalThis.seen = { shift: 0, tasks: [], usable: 0, joined: 0 });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.tasks.push(entry.duration);
  }).observe({ type: "longtask", buffered: true });
  document.addEventListener("focusin", () => (seen.usable ||= performance.now()));
  new MutationObserver(() => {
    if ("ready" in document.documentElement.dataset && !seen.joined) seen.joined = performance.now();
  }).observe(document, { subtree: true, childList: true, attributes: true });
}
"""
READ = """
const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
const files = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
const before = files.filter(({ startTime }) => startTime < seen.joined);
return {
  first_paint_ms: paint, usable_ms: Math.max(paint, seen.usable), joined_ms: seen.joined, shift: seen.shift,
  long_tasks_ms: seen.tasks, requests: before.length, names: before.map(({ name }) => name),
  transferred_bytes: before.reduce((sum, { transferSize }) => sum + transferSize, 0),
  code_bytes: files.find(({ name }) => name.endsWith("/page.js")).encodedBodySize,
};
"""


@dataclass(frozen=True)
class Visit:
    """usable_ms: when the message field that is in the document has the focus and is painted. joined_ms: when the chat's own composer has taken
    its place. requests, transferred_bytes: those that began before joined_ms, the document among them. code_bytes: of what
    the chat needs, compressed."""

    first_paint_ms: float
    usable_ms: float
    joined_ms: float
    shift: float
    long_tasks_ms: list[float]
    requests: int
    names: list[str]
    transferred_bytes: int
    code_bytes: int


class SlowServer(Server):
    """is_slow: whether answers take time; a quick one is for what lies between two visits. pause_s: between two pieces of the
    document. modules: the page's modules are held back while it is not set."""

    is_slow = True
    pause_s = 0.0

    def __init__(self) -> None:
        self.site = Site()
        super().__init__(self.site, 0, quiet=True)
        self.modules = threading.Event()
        self.modules.set()

    def finish_request(self, request, client_address) -> None:
        SlowHandler(self.site, True, request, client_address, self)


class SlowHandler(Handler):
    """A connection and each answer take a round trip, and all connections share one line."""

    line = threading.Lock()

    def setup(self) -> None:
        super().setup()
        self._wait(ROUND_TRIP_S)
        self._send, self.wfile.write = self.wfile.write, self._write  # type: ignore[method-assign]

    def _wait(self, seconds: float) -> None:
        if self.server.is_slow:  # type: ignore[attr-defined]
            time.sleep(seconds)

    def _answer(self, *, with_body: bool) -> None:
        self._wait(ROUND_TRIP_S)
        if self.path.endswith("/page.js"):
            self.server.modules.wait(LIMIT_S)  # type: ignore[attr-defined]
        super()._answer(with_body=with_body)

    def _send_body(self, body, span) -> None:
        data = body.data if body.file is None else body.file.read_bytes()
        try:
            self.wfile.write(data[span.start : span.stop])
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _write(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE_BYTES):
            piece = data[start : start + PIECE_BYTES]
            with self.line:
                self._wait(len(piece) / BYTES_PER_S)
            if self.path == "/":
                time.sleep(self.server.pause_s)  # type: ignore[attr-defined]
            self._send(piece)


@contextmanager
def serve_slowly() -> Iterator[SlowServer]:
    """The page on a network of ROUND_TRIP_S and BYTES_PER_S. No request is answered after the block."""
    with SlowServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.modules.set()
            server.shutdown()
            thread.join()


def visit(driver: Chrome, url: str) -> Visit:
    """Opens the page and returns its figures when nothing more is to be joined and half a second has passed."""
    watching = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    try:
        driver.get(url)
        WebDriverWait(driver, LIMIT_S).until(lambda page: page.execute_script("return globalThis.seen?.joined"))
        driver.execute_async_script("setTimeout(arguments[0], 500)")
        return Visit(**driver.execute_script(READ))
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", watching)
