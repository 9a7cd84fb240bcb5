"""Pictures of the page: `python -m tests.page.pictures FOLDER` makes 24 to be looked at, six states at four widths in both colour schemes;
`--docs` retakes those in docs/screenshots.

The chats are real ones, of the page's own tools and readers, with a server that plays the provider."""

import base64
import sys
from collections.abc import Callable
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import START_S, ChatPage
from tests.page.test_documents import DROP, HARBOUR
from tests.page.test_page import choose, field
from tests.server import TestServer
from tools.chromium import start_chrome
from tools.serve import serving
from tools.site import Site
from tools.sources import ROOT

WIDTHS = {1440: 900, 1024: 768, 768: 1024, 360: 740}
SCREENSHOTS = ROOT / "docs" / "screenshots"
EARLIER = ("Plan a weekend by the sea", "Explain B-trees", "Shorten this letter")
TOOLS = [
    {"name": "roll_dice", "arguments": {"count": 3}},
    {"name": "set_timer", "arguments": {"amount": 4, "unit": "minutes", "label": "Tea"}},
    {"name": "calculate", "arguments": {"expression": "17 * 23 / 0"}},
]
ANSWER = "The dice came up, and the tea has **four minutes**. The last one has no value: nothing can be divided by zero."
ASKED = "Roll three dice, give the tea four minutes, and what is 17 × 23 / 0?"


class Pictures(ChatPage):
    def shot(self, target: Path) -> None:
        self.wait(lambda: not self.driver.execute_script("return document.getAnimations().length"), "the colours to settle")
        target.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(target))
        print(target)

    def ask(self, words: str, answer: str) -> None:
        self.send(words)
        self.wait_for(answer, START_S)
        self.wait_idle()

    def close_panels(self) -> None:
        for close in self.driver.find_elements(By.CSS_SELECTOR, ".panel-close"):
            if close.is_displayed():
                close.click()


def open_page(driver: Chrome, url: str, server: TestServer) -> Pictures:
    """The page with a few chats, of which the last has tool cards; and with documents."""
    driver.get(url)
    driver.execute_script("localStorage.clear()")
    page = Pictures(driver, url)
    page.resize(1440, 900)
    page.wait(lambda: driver.execute_script("return 'ready' in document.documentElement.dataset"), "the page")
    box = server.box(*({"text": "Gladly."} for _ in EARLIER), {"tool_calls": TOOLS}, {"text": ANSWER}, loop=True)
    choose(page, "openai-compatible", base=box.url, model="a-large-model")
    page.close_panel("settings")
    for title in EARLIER:
        field(page, "new-conversation").click()
        page.ask(title, "Gladly.")
    field(page, "new-conversation").click()
    page.ask(ASKED, "divided by zero.")
    return page


def add_documents(page: Pictures, server: TestServer) -> None:
    """Adds four files, and asks two questions about them in a chat of their own."""
    sys.path.insert(0, str(ROOT / "tests" / "unit" / "rag"))
    from writers import write_docx, write_epub, write_pdf

    hosting = (ROOT / "docs" / "hosting.md").read_bytes()
    files = {
        "harbour.md": HARBOUR.encode(),
        "sails.pdf": write_pdf(),
        "rules.docx": write_docx(),
        "knots.epub": write_epub(),
        "hosting.md": hosting,
    }
    page.driver.execute_script(DROP, [[name, base64.b64encode(data).decode()] for name, data in files.items()], "main")
    listed = "return [...document.querySelectorAll('#documents-list li')].filter(({ dataset }) => dataset.state === 'done').length"
    page.wait(lambda: page.driver.execute_script(listed) == len(files), "the files", 120)
    page.wait(lambda: not field(page, "documents-stop").is_displayed(), "their meaning", 120)
    box = server.box(
        {"text": "A night in the harbour costs twelve crowns [harbour.md#1]."},
        {"text": "A staysail does: it balances a ketch in heavy weather [sails.pdf#1]."},
    )
    choose(page, "openai-compatible", base=box.url, model="a-large-model")
    page.open_panel("conversations")
    field(page, "new-conversation").click()
    page.ask("What does a night in the harbour cost?", "twelve crowns")
    page.ask("Which sail balances a ketch in heavy weather?", "heavy weather")
    page.open_panel("documents")
    field(page, "documents-query").send_keys("Which sail balances a ketch?" + Keys.ENTER)
    page.wait(lambda: field(page, "documents-timing").text, "what was found", 60)


def open_chat(page: Pictures, title: str) -> None:
    page.open_panel("conversations")
    rows = page.wait(lambda: [row for row in page.driver.find_elements(By.CSS_SELECTOR, ".conversation") if title in row.text], title, 20)
    page.driver.execute_script("arguments[0].click()", rows[0])
    page.wait_for(title)


def states(page: Pictures) -> dict[str, Callable[[], object]]:
    """What is brought about before each picture."""
    return {
        "start": lambda: page.run("chat.newConversation()"),
        "answer": lambda: open_chat(page, "Roll three dice"),
        "documents": lambda: (open_chat(page, "What does a night"), page.open_panel("documents")),
        "files": lambda: page.open_panel("files"),
        "settings": lambda: page.open_panel("settings"),
        "shortcuts": lambda: page.open_panel("shortcuts"),
    }


def take_all(page: Pictures, folder: Path) -> None:
    for at, (width, height) in enumerate(WIDTHS.items()):
        page.resize(width, height)
        for number, (state, bring) in enumerate(states(page).items()):
            scheme = ("light", "dark")[(at + number) % 2]
            page.prefer(scheme)
            page.close_panels()
            bring()
            if width < 896 and state in ("answer", "start"):
                page.close_panels()
            page.shot(folder / f"{width}-{state}-{scheme}.png")


def take_cards(page: Pictures, folder: Path) -> None:
    """The pictures of the chat with tool cards, while it is the one that was just held: later its cards have no times."""
    page.resize(1280, 800)
    for scheme, name in (("light", "tool-cards"), ("dark", "dark")):
        page.prefer(scheme)
        page.shot(folder / f"{name}.png")
    page.prefer("light")
    page.resize(360, 740)
    page.shot(folder / "narrow.png")


def take_documents(page: Pictures, folder: Path) -> None:
    page.close_panels()
    page.resize(1280, 900)
    page.open_panel("documents")
    page.driver.find_element(By.CSS_SELECTOR, "#documents-map summary").click()
    page.wait(lambda: page.driver.find_elements(By.CSS_SELECTOR, "#map-picture g"), "the map", 60)
    page.driver.execute_script("document.getElementById('documents-map').scrollIntoView({ block: 'end' })")
    page.shot(folder / "documents.png")


def main(arguments: list[str]) -> None:
    is_docs = "--docs" in arguments
    folder = SCREENSHOTS if is_docs else Path(next(iter(arguments), "pictures"))
    driver = start_chrome("--hide-scrollbars", service_workers=False)
    driver.set_script_timeout(120)
    try:
        with serving(Site()) as url, TestServer() as server:
            page = open_page(driver, url, server)
            if is_docs:
                take_cards(page, folder)
                page.resize(1440, 900)
            add_documents(page, server)
            (take_documents if is_docs else take_all)(page, folder)
    finally:
        driver.quit()


if __name__ == "__main__":
    main(sys.argv[1:])
