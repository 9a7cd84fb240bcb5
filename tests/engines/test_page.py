"""index.html in each engine: used by keyboard, wide and narrow, light and dark; and documents that are dropped, read and cited."""

import pytest

from tests.engines.keys import CONTROL, ENTER, ESCAPE, SHIFT
from tools.sources import ROOT

WEIGHTS = ROOT / "wheels" / "local" / "minilm-int8.onnx"
LOOKS = [
    pytest.param(1280, "light", id="1280-light"),
    pytest.param(1280, "dark", id="1280-dark", marks=pytest.mark.thorough),
    pytest.param(360, "light", id="360-light", marks=pytest.mark.thorough),
    pytest.param(360, "dark", id="360-dark"),
]
CHOOSE = """
const set = (id, value) => {
  const field = document.getElementById(id);
  field.value = value;
  for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
};
for (const [id, value] of Object.entries(a)) set(id, value);
const named = document.getElementById("name-chats");
if (named.checked) named.click();
document.querySelector("staysail-chat").focus();
"""
LOG = "document.querySelector('staysail-chat').shadowRoot.querySelector('.log').innerText"
SHOWN = "[...document.querySelectorAll('.panel:not([hidden])')].map(({ id }) => id)"
BEYOND = "Math.max(document.documentElement.scrollWidth - innerWidth, 0)"
BRIGHTNESS = "Math.max(...getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number))"
LEAVE = "document.activeElement.blur(); document.querySelector('staysail-chat').shadowRoot.activeElement?.blur()"
DROP = """
const transfer = new DataTransfer();
for (const [name, text] of Object.entries(a)) transfer.items.add(new File([text], name));
for (const type of ["dragover", "drop"]) {
  document.querySelector("main").dispatchEvent(
    new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true }),
  );
}
"""
READ = "[...document.querySelectorAll('#documents-list li')].map((row) => row.dataset.state).sort()"
CITED = "[...document.querySelector('staysail-chat').shadowRoot.querySelectorAll('.citations .citation')].map((node) => node.innerText)"


@pytest.fixture
def page(open_tab, site):
    """A tab with index.html, joined."""

    def visit(width):
        tab = open_tab("tests/page/empty.html")
        tab.resize(width)
        tab.run("localStorage.clear(); sessionStorage.clear()")
        tab.go(site)
        tab.wait("'joined' in document.documentElement.dataset")
        return tab

    return visit


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_page_is_used_by_keyboard(page, server, width, theme):
    box = server.box({"text": "Set on **a stay**."}, {"text": "word " * 2000, "delay_s": 0.02}, {"text": "Anew."})
    tab = page(width)
    tab.run(CHOOSE, {"theme": theme, "provider": "openai-compatible", "base": box.url, "model": "m"})
    tab.wait(f"{BRIGHTNESS} > 128 === {str(theme == 'light').lower()}")

    tab.press(f"What is a staysail?{ENTER}")
    tab.wait(f"{LOG}.includes('Set on a stay.')", timeout_s=90)
    tab.wait("!document.querySelector('staysail-chat').running")
    tab.press(f"Go on{ENTER}")
    tab.wait(f"{LOG}.includes('word word')", timeout_s=60)
    tab.press(ESCAPE)
    tab.wait("!document.querySelector('staysail-chat').running")
    assert tab.run(f"return {BEYOND}") == 0

    tab.run(LEAVE)
    tab.press("?")
    tab.wait(f"{SHOWN}.includes('shortcuts')")
    tab.press(ESCAPE if width == 360 else "?")
    tab.wait(f"!{SHOWN}.includes('shortcuts')")
    tab.run(LEAVE)
    for number, panel in enumerate(("conversations", "documents", "files", "settings"), 1):
        before = panel in tab.run(f"return {SHOWN}")
        for shown in (not before, before):
            tab.press(ESCAPE if width == 360 and not shown else str(number))
            tab.wait(f"{SHOWN}.includes('{panel}') === {str(shown).lower()}")
            assert tab.run(f"return {BEYOND}") == 0, panel
            if width != 360 or not shown:
                tab.run(LEAVE)

    tab.press(f"{CONTROL}{SHIFT}o")
    tab.wait("document.querySelector('staysail-chat').history.length === 0")
    tab.press(f"Once more{ENTER}")
    tab.wait(f"{LOG}.includes('Anew.')", timeout_s=60)
    assert "What is a staysail?" not in tab.run(f"return {LOG}")
    tab.wait("!document.querySelector('staysail-chat').running")
    address = tab.run("return location.href")
    tab.go(address)
    tab.wait(f"document.querySelector('staysail-chat')?.shadowRoot && {LOG}.includes('Anew.')", timeout_s=60)
    assert tab.run("return document.getElementById('model').value") == "m"


@pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build")
def test_documents_are_dropped_read_and_cited(page, server):
    box = server.box({"text": "Twelve crowns [harbour.md#0]."}, loop=True)
    tab = page(1280)
    tab.run(CHOOSE, {"provider": "openai-compatible", "base": box.url, "model": "m"})
    tab.run(DROP, {"harbour.md": "# Fees\n\nA berth costs twelve crowns a night.", "broken.pdf": "%PDF-1.7 and no more"})
    tab.wait(f'JSON.stringify({READ}) === \'["done","failed"]\'', timeout_s=120)
    tab.run("document.querySelector('staysail-chat').focus()")
    tab.press(f"What does a berth cost?{ENTER}")
    tab.wait(f"{LOG}.includes('Twelve crowns')", timeout_s=90)
    tab.wait("!document.querySelector('staysail-chat').running")
    assert "A berth costs twelve crowns a night." in str(box.seen[0].json["messages"])
    assert "harbour.md" in tab.run(f"return {CITED}")[0]
    tab.run("document.querySelector('staysail-chat').shadowRoot.querySelector('.reference').click()")
    tab.wait("document.querySelector('#passage[open]')?.innerText.includes('twelve crowns')", timeout_s=30)
