"""The element and the page in each engine: used by keyboard, wide and narrow, with a dropped document, and without a network."""

import threading

import pytest

from tests.engines.keys import ENTER, ESCAPE, TAB
from tools.serve import open_server
from tools.site import Site

SIZES = [pytest.param(1280, id="wide"), pytest.param(360, id="narrow")]
SET = """
const chat = document.querySelector("staysail-chat");
globalThis.heard = [];
const hear = ({ detail }) => heard.push(detail.type ?? String(detail.error));
for (const type of ["staysail-event", "staysail-error"]) chat.addEventListener(type, hear);
Object.assign(chat, { runtimeURL: "/wheels/", model: "openai-compatible:m", apiKey: "k", baseURL: a });
chat.focus();
"""
BEYOND = "Math.max(document.documentElement.scrollWidth - innerWidth, 0)"
FOCUSED = """(() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node && (node.ariaLabel || node.title || node.innerText || node.getAttribute("placeholder") || node.tagName).trim();
})()
"""
READY = "document.querySelector('staysail-chat')?.ready"
LOG = "document.querySelector('staysail-chat').shadowRoot.querySelector('[role=log], .log')?.innerText ?? ''"


@pytest.mark.parametrize("width", SIZES)
def test_the_element_is_used_by_keyboard(open_tab, server, width):
    answer = "# Sails\n\nA **staysail** is set on a stay: `jib`.\n\n| sail | mast |\n| --- | --- |\n| jib | fore |\n"
    box = server.box({"text": answer, "delay_s": 0.005}, {"text": "word " * 3000, "delay_s": 0.02})
    tab = open_tab("tests/page/element.html")
    tab.resize(width)
    assert tab.run("return innerWidth") in (width, 447)  # WebKitGTK's window is no narrower
    tab.wait("!!document.querySelector('staysail-chat')?.shadowRoot")
    tab.run(SET, box.url)
    tab.press(f"What is a staysail?{ENTER}")
    tab.wait("heard.includes('run_done')", timeout_s=60)
    log = tab.run(f"return {LOG}")
    assert "A staysail is set on a stay: jib." in log
    assert tab.run(f"return {BEYOND}") == 0
    assert tab.run("return document.querySelector('staysail-chat').shadowRoot.querySelectorAll('table th').length") == 2

    tab.run("heard.length = 0")
    tab.press(f"Go on{ENTER}")
    tab.wait("heard.filter((type) => type === 'text_delta').length > 10", timeout_s=60)
    tab.press(ESCAPE)
    tab.wait("!document.querySelector('staysail-chat').running")
    assert box.seen[1].wait_closed(10.0) == "client"
    tab.press(TAB)
    assert tab.run(f"return {FOCUSED}"), "the focus is lost"


def test_a_dropped_file_goes_with_the_message(open_tab, server):
    box = server.box({"text": "Read."})
    tab = open_tab("tests/page/element.html")
    tab.wait("!!document.querySelector('staysail-chat')?.shadowRoot")
    tab.run(SET, box.url)
    tab.run(
        """
        const root = document.querySelector("staysail-chat").shadowRoot;
        const data = new DataTransfer();
        data.items.add(new File(["A berth costs twelve crowns."], "harbour.txt", { type: "text/plain" }));
        const target = root.querySelector("textarea, .input");
        for (const type of ["dragenter", "dragover", "drop"]) {
          target.dispatchEvent(new DragEvent(type, { bubbles: true, composed: true, cancelable: true, dataTransfer: data }));
        }
        """
    )
    tab.press(f"What does it cost?{ENTER}")
    tab.wait("heard.includes('run_done')", timeout_s=60)
    assert "twelve crowns" in str(box.seen[0].json)


@pytest.fixture
def network(engine):
    """A server of its own, which a test may end."""
    with open_server(Site(), 0, quiet=True) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served
        served.shutdown()


def test_the_page_comes_without_a_network_after_a_first_visit(open_tab, network):
    tab = open_tab("tests/page/empty.html")
    tab.go(network.url)
    tab.wait("!!document.querySelector('staysail-chat')?.shadowRoot")
    if not tab.run("return Boolean(navigator.serviceWorker)"):
        pytest.skip("this browser has no service workers here")
    tab.wait(READY, timeout_s=120)
    tab.wait("(await caches.match(new URL('wheels/offline.json', location.href))) !== undefined", timeout_s=120)
    network.shutdown()
    network.server_close()
    tab.go()
    tab.wait("!!document.querySelector('staysail-chat')?.shadowRoot")
    tab.wait(READY, timeout_s=120)
    told = tab.run(
        "const tools = await document.querySelector('staysail-chat').tools();"
        "return tools.find(({ name }) => name === 'calculate').execute({ expression: '4 + 1' })",
        timeout_s=60,
    )
    assert "4 + 1 = 5" in str(told)
