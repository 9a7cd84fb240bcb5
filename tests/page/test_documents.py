"""Documents in the page: dropped, searched, cited, mapped, and still there without a network; and the chat's citations on their own."""

import base64
import json
import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import START_S, ChatPage
from tests.page.test_element_view import violations
from tests.page.test_page import choose, field
from tests.server import TestServer

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "rag"))
WEIGHTS = Path(__file__).parents[2] / "wheels" / "local" / "minilm-int8.onnx"
SHOTS = os.environ.get("STAYSAIL_SHOTS")
"""A folder for pictures of what the test sees."""

HARBOUR = """# Harbour

## Fees

A berth costs twelve crowns a night in summer. Showers are included in the price.

## Rules

Dogs are welcome on a lead. <img src=x onerror="window.attacked = true"> Fires are not allowed on the beach.
"""
FILES = ["harbour.md", "knots.epub", "printed.pdf", "rules.docx", "sails.pdf"]
# A heading ends a passage: short ones, of which many are read in little time.
LONG = "\n\n".join(f"# Day {n}\n\nWind." for n in range(800))

DROP = """
const [files, on] = arguments;
const transfer = new DataTransfer();
for (const [name, data] of files) {
  transfer.items.add(new File([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], name));
}
const target = document.querySelector(on);
const about = { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true };
const happens = (type) => target.dispatchEvent(new DragEvent(type, about));
happens("dragover");
const marked = document.body.classList.contains("dropping");
happens("drop");
return marked;
"""
WATCH = """
window.told = [];
new MutationObserver(() => {
  for (const row of document.querySelectorAll("#documents-list li")) {
    const line = row.querySelector(".document-name").textContent + ": " + row.querySelector(".adding-state").textContent;
    if (!window.told.includes(line)) window.told.push(line);
  }
  const meaning = document.getElementById("meaning-words").textContent;
  if (meaning && !window.told.includes(meaning)) window.told.push(meaning);
}).observe(document.getElementById("documents"), { subtree: true, childList: true, characterData: true });
"""


class Documents(ChatPage):
    def shot(self, name):
        if SHOTS:
            self.driver.save_screenshot(f"{SHOTS}/{name}.png")

    def find(self, selector):
        return [node for node in self.driver.find_elements(By.CSS_SELECTOR, selector) if node.is_displayed()]

    def click(self, id):
        self.driver.execute_script("arguments[0].scrollIntoView({ block: 'center' })", field(self, id))
        field(self, id).click()

    def drop(self, *files, on="main"):
        return self.driver.execute_script(DROP, [[name, base64.b64encode(data).decode()] for name, data in files], on)

    def states(self):
        """By file, without those that were there before; read at once, as rows come and go."""
        rows = "[...document.querySelectorAll('#documents-list li')].map((row) => [row.querySelector('.document-name').textContent, row.dataset.state])"
        return {name: state for name, state in self.driver.execute_script(f"return {rows}") if state != "stored"}

    def wait_added(self):
        self.wait(lambda: self.states() and not {"waiting", "working"} & {*self.states().values()}, "the files to be read", 90)
        self.wait(lambda: not field(self, "documents-stop").is_displayed(), "the work to end")

    def files(self):
        stored = "[...document.querySelectorAll('#documents-list li:has(button:not([hidden]))')]"
        names = f"{stored}.map((row) => row.querySelector('.document-name').textContent)"
        return self.driver.execute_script(f"return {names}")

    def search(self, query, mode="vector", source=""):
        box = field(self, "documents-query")
        box.send_keys(Keys.CONTROL + "a", Keys.DELETE)
        box.send_keys(query)
        # Choosing would search at once, and its list come in between.
        for id, value in {"documents-mode": mode, "documents-source": source, "documents-timing": ""}.items():
            self.driver.execute_script("document.getElementById(arguments[0]).value = arguments[1]", id, value)
        box.send_keys(Keys.ENTER)
        self.wait(lambda: field(self, "documents-timing").text, "what was found", 60)
        hits = "[...document.querySelectorAll('#documents-hits button')].map(({ dataset }) => dataset.id)"
        return self.driver.execute_script(f"return {hits}")


@contextmanager
def served():
    """(the address of a server of its own, what ends it as if it had never been)"""
    command = [sys.executable, "-m", "tools.serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as server:

        def end():
            server.kill()
            server.wait()

        try:
            yield next(word for word in server.stdout.readline().split() if word.startswith("http")), end
        finally:
            end()


@pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build")
def test_files_are_dropped_asked_about_cited_searched_mapped_and_there_without_a_network(driver):
    from writers import write_docx, write_epub, write_pdf

    driver.get("data:text/html,<title>Anchors</title><p>The anchor holds in mud.<p style='break-before: page'>It drags in weed.")
    printed = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
    with TestServer() as server, served() as (site, end_site):
        home = driver.current_window_handle
        driver.switch_to.new_window("tab")  # the first has no service workers
        page = Documents(driver, site)
        page.resize(1400, 900)
        box = server.box({"text": "It balances a ketch [sails.pdf#1], and nothing else does."}, {"text": "Twelve crowns."})
        choose(page, "openai-compatible", base=box.url, model="m")
        driver.execute_script(WATCH)

        # Dropped on the chat they become documents; what cannot be read is told, and harms nobody.
        files = [("sails.pdf", write_pdf()), ("harbour.md", HARBOUR.encode()), ("broken.pdf", b"%PDF-1.7 and no more")]
        files += [("rules.docx", write_docx()), ("knots.epub", write_epub()), ("printed.pdf", printed)]
        assert page.drop(*files), "where files can be dropped is shown"
        page.wait_added()
        assert page.states() == dict.fromkeys(FILES, "done") | {"broken.pdf": "failed"}
        told = driver.execute_script("return window.told")
        assert {"sails.pdf: waiting", "harbour.md: reading", "sails.pdf: 2 of 2 passages"} <= {*told}, told
        assert [line for line in told if line.startswith("Reading for meaning: ")], told
        assert [line for line in told if line.startswith("broken.pdf: ")][-1].count("broken.pdf") == 2, "the reason names the file"
        assert field(page, "documents-status").text == "5 added, 1 failed"
        assert page.files() == FILES
        figures = field(page, "documents-figures").text
        assert all(words in figures for words in ("384, cosine, f32", "exact", "of vectors", "free")), figures
        page.shot("added")

        # The same again, and one changed.
        page.drop(files[0], ("harbour.md", HARBOUR.replace("twelve", "thirteen").encode()), on="#documents")
        page.wait_added()
        assert page.states() == {"sails.pdf": "skipped", "harbour.md": "done"}
        assert page.files() == FILES

        # A question is answered from them, and what the answer names opens.
        page.send("Which sail balances a ketch in heavy weather?")
        page.wait_for("balances a ketch")
        page.wait_idle()
        assert "A staysail is set on a stay." in json.dumps(box.seen[0].json["messages"])
        assert "name its id in square brackets" in box.seen[0].json["messages"][0]["content"]
        assert "search_documents" in json.dumps(box.seen[0].json["tools"])
        assert page.all(".citations .citation")[0].text.replace("\n", " ") == "1 sails.pdf page 2"
        page.one(".reference").click()
        page.wait(lambda: page.find("#passage[open]"), "the passage", 30)
        assert "It balances a ketch in heavy weather." in field(page, "passage-text").text
        assert "passage 2 of 2, page 2" in field(page, "passage-place").text
        page.shot("passage")
        page.click("passage-back")
        page.wait(lambda: "halyard" in field(page, "passage-text").text, "the passage before")
        assert not field(page, "passage-back").is_enabled()
        page.click("passage-close")

        # The search box: by meaning, by words, in one file.
        assert page.search("staying overnight, how much?", source="harbour.md")[0] == "harbour.md#1"
        assert "ms to read the question" in field(page, "documents-timing").text
        for word, id in {"halyard": "sails.pdf#0", "rabbit": "knots.epub#0", "quay": "rules.docx#0", "mud": "printed.pdf#0"}.items():
            assert page.search(word, "keyword") == [id]
        assert "to read" not in field(page, "documents-timing").text
        assert {id.split("#")[0] for id in page.search("dogs", "hybrid", "harbour.md")} == {"harbour.md"}
        hit = next(hit for hit in page.find("#documents-hits button") if "Dogs" in hit.text)
        hit.send_keys(Keys.ENTER)
        page.wait(lambda: page.find("#passage[open]"), "the passage", 30)
        assert "<img src=x" in field(page, "passage-text").text, "a file's markup is text"
        assert not driver.execute_script("return window.attacked")
        field(page, "passage-close").send_keys(Keys.ESCAPE)

        # The map, with the question on it.
        driver.find_element(By.CSS_SELECTOR, "#documents-map summary").click()
        page.wait(lambda: page.find("#map-picture g"), "the map", 60)
        found = page.search("sail")
        page.wait(lambda: page.find("#map-picture .map-query"), "the question on the map")
        count = len(page.find("#map-picture g"))
        assert len(page.find("#map-picture .map-hit")) == len(found) == min(8, count) >= 4
        described = field(page, "map-picture").get_attribute("aria-label")
        assert f"{count} passages" in described
        assert "“sail” is the cross" in described
        driver.execute_script("document.getElementById('documents-search').scrollIntoView()")
        assert driver.execute_script("return document.documentElement.scrollHeight <= innerHeight"), "panels scroll, the page does not"
        for scheme in ("light", "dark"):
            page.prefer(scheme)
            page.wait(lambda: not driver.execute_script("return document.getAnimations().length"), "the colours to settle")
            assert violations(page) == []
            page.shot(f"map-{scheme}")
        page.resize(360, 740)
        page.close_panel("documents")
        assert page.width_beyond_screen() <= 0
        page.shot("narrow-chat")
        page.open_panel("documents")
        page.shot("narrow-panel")
        assert page.width_beyond_screen() <= 0
        assert violations(page) == []
        page.resize(1400, 900)

        # Another visit, and the server is no more: all of it is there, the chat with what its answers rest on too.
        page.wait(
            lambda: not driver.execute_script("return document.getElementById('offline-note').hidden"), "the page to be kept", START_S
        )
        end_site()
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(site)
        driver.refresh()
        page = Documents(driver, site, keep="chat")
        assert driver.execute_script("return crossOriginIsolated")
        page.wait(lambda: driver.find_elements(By.CSS_SELECTOR, "#provider option"), "the settings")
        choose(page, "openai-compatible", base=box.url, model="m")
        page.wait_for("balances a ketch")
        page.one(".reference").click()
        page.wait(lambda: page.find("#passage[open]"), "the passage", 30)
        assert "It balances a ketch in heavy weather." in field(page, "passage-text").text
        page.click("passage-close")
        page.send("What does it cost to stay overnight?")
        page.wait_for("Twelve crowns.")
        page.wait_idle()
        assert "thirteen crowns" in json.dumps(box.seen[1].json["messages"])
        assert page.all(".citations h4")[-1].text == "Passages the model was given"
        page.open_panel("documents")
        page.wait(lambda: page.files() == FILES, "the files", 30)
        assert page.find("#documents-list")
        page.open_panel("files")
        assert not page.find("#documents"), "two panels share a place"
        page.open_panel("documents")
        driver.execute_script("window.confirm = () => true")
        page.find("#documents-list button")[0].click()
        page.wait(lambda: page.files() == FILES[1:], "the file to go", 30)
        left = page.search("dogs")
        assert left
        assert not [id for id in left if id.startswith("harbour.md")]
        driver.close()
        driver.switch_to.window(home)


@pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build")
def test_a_long_file_is_found_by_words_at_once_and_read_for_meaning_when_the_visitor_wants_it(driver, site):
    page = Documents(driver, site)
    page.resize(1400, 900)
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
    box = "document.getElementById('documents-meaning')"
    words = lambda: field(page, "meaning-words").text  # noqa: E731
    try:
        # As slow as a machine on which it takes minutes.
        driver.execute_script(
            "const kept = JSON.parse(localStorage.getItem('staysail-page') ?? '{}');"
            "localStorage.setItem('staysail-page', JSON.stringify({ ...kept, passagesPerSecond: 2, end: 'documents' }))"
        )
        driver.refresh()
        page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
        assert "learned English" in driver.execute_script("return document.getElementById('documents-language').textContent")
        page.drop(("log.md", LONG.encode()), on="#documents")
        page.wait(lambda: "found by words alone" in words(), "the question whether to read", 90)
        assert words().startswith("800 passages are found by words alone.")
        assert "about 7 min" in words()
        assert page.states() == {"log.md": "done"}
        assert violations(page) == []
        assert page.search("799", "keyword") == ["log.md#799"]
        assert "Day 799" in page.find("#documents-hits button")[0].text
        assert page.search("wind") == [], "nothing has a meaning yet"
        field(page, "meaning-cancel").click()
        assert not field(page, "documents-meaning").is_displayed()

        # Another visit offers the rest. Stop keeps what is done.
        driver.refresh()
        page.wait(lambda: field(page, "meaning-start").is_displayed(), "the offer", 90)
        field(page, "meaning-start").click()
        page.wait(lambda: "Reading for meaning" in words() and not words().startswith("Reading for meaning: 800"), "a first step", 90)
        assert violations(page) == []
        page.click("documents-stop")
        page.wait(lambda: field(page, "meaning-start").is_displayed(), "the end", 30)
        row = page.find("#documents-list li")[0].text
        done = int(row.split(" of 800")[0].split()[-1])
        assert 0 < done < 800
        assert words().startswith(f"{800 - done} passages are")
        hits = page.search("the wind on a day")
        assert hits
        assert {int(id.split("#")[1]) < done for id in hits} == {True}
        assert driver.execute_script(f"return {box}.scrollWidth <= {box}.clientWidth")
    finally:
        driver.execute_async_script(
            "const [done] = arguments; localStorage.clear();"
            "indexedDB.databases().then((all) => { for (const { name } of all) if (name.includes('documents')) indexedDB.deleteDatabase(name); done(); })"
        )
        driver.get("about:blank")
        page.restore()


def test_a_chat_shows_what_its_answer_rests_on_and_lets_the_page_do_it(driver, site):
    chat = ChatPage(driver, f"{site}tests/page/element.html")

    def source(id, text, **metadata):
        return {"id": id, "source": id.split("#")[0], "score": 0.5, "document": {"id": id, "text": text, "metadata": metadata}}

    attack = '<img src=x onerror="window.attacked = true">'
    first, second = source("a, b.pdf#3", attack, page=7, headings=["Rules"]), source("c.md#0", "Second.")
    text = "Yes [c.md#0]; no [x.md#1]; `[c.md#0]`; both [c.md#0, d.md#2]."
    steps = [{"sources": [first, second]}, {"sources": [first, source("d.md#2", "Third.")]}]
    reply = {"text": text, "messages": [], "steps": steps}
    chat.play([{"type": "text_delta", "text": text}, {"type": "run_done", "reply": reply}])
    driver.execute_script("document.addEventListener('staysail-citation', (event) => { window.asked = event.detail.source.id; })")
    chat.send("Well?")
    chat.wait_idle()
    references = chat.all(".reference")
    assert [node.get_attribute("data-id") for node in references] == ["c.md#0", "c.md#0", "d.md#2"]
    assert "[x.md#1]" in chat.last_answer, "what was not found stays what the model wrote"
    assert "[c.md#0]" in chat.one(".markdown code").text
    assert [node.get_attribute("data-id") for node in chat.all(".citation")] == ["c.md#0", "d.md#2"], "what the answer names comes first"
    chat.one(".citations summary").click()
    assert [node.get_attribute("data-id") for node in chat.all(".citation")] == ["c.md#0", "d.md#2", "a, b.pdf#3"]
    chat.all(".citation")[-1].click()
    assert chat.one(".passage-text").text == attack
    assert "page 7, Rules" in chat.one(".passage-place").text
    assert not driver.execute_script("return window.attacked")
    assert violations(chat) == []
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not chat.all(".passage")
    assert driver.execute_script("return window.asked") == "a, b.pdf#3"
    chat.run("chat.addEventListener('staysail-citation', (event) => event.preventDefault())")
    references[0].click()
    assert not chat.all(".passage"), "the page shows it its own way"
    assert driver.execute_script("return window.asked") == "c.md#0"

    # Of a conversation that is restored, they are where its messages say.
    call = {"type": "tool_call", "id": "1", "name": "search", "arguments": {}}
    result = {"type": "tool_result", "id": "1", "name": "search", "content": [], "extra": {"sources": [second, {"id": 7}]}}
    history = [
        {"role": "user", "content": [{"type": "text", "text": "Well?"}]},
        {"role": "assistant", "content": [call], "extra": {"sources": [first]}},
        {"role": "tool", "content": [result]},
        {"role": "assistant", "content": [{"type": "text", "text": text}]},
        {"role": "user", "content": "Thanks."},
        {"role": "assistant", "content": "You are welcome [c.md#0].", "extra": {"sources": "none"}},
    ]
    chat.run("chat.history = arguments[0]", history)
    assert [node.get_attribute("data-id") for node in chat.all(".reference")] == ["c.md#0"]
    assert [node.get_attribute("data-id") for node in chat.all(".citation")] == ["c.md#0"]
    chat.all(".citation")[0].click()
    assert driver.execute_script("return window.asked") == "c.md#0"
    assert driver.execute_script("return document.querySelector('staysail-chat').history") == history
