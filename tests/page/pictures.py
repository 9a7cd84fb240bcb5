"""Pictures of the page: `python -m tests.page.pictures FOLDER` makes 24 to be looked at, each of another state, at four widths and in both
colour schemes; `--docs` retakes those in docs/screenshots.

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


DRAWING = (
    '<svg viewBox="0 0 200 140"><path d="M100 10v90H30z" fill="#3a7"/><path d="M108 30v70h50z" fill="#27a"/>'
    '<path d="M20 108h160l-24 22H44z" fill="#853"/></svg>'
)
RICH = """# A night at anchor

| Sail | Area | Wind |
| --- | --- | --- |
| Main | 28 m² | up to 20 kn |
| Staysail | 9 m² | above 20 kn |

- [x] Anchor light
- [ ] Scope: five times the depth

The chain's shape is \\(y = a \\cosh(x / a)\\).

```python
def scope(depth_m, factor=5):
    return depth_m * factor

print(scope(4))
```

The end."""
ATTACH = """
const canvas = Object.assign(document.createElement("canvas"), { width: 96, height: 64 });
const context = canvas.getContext("2d");
context.fillStyle = "seagreen";
context.fillRect(0, 0, 96, 64);
canvas.toBlob((blob) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([blob], "harbour.png", { type: "image/png" }));
  transfer.items.add(new File(["Twelve crowns a night."], "prices.txt", { type: "text/plain" }));
  const picker = root.querySelector("input[type=file][multiple]");
  picker.files = transfer.files;
  picker.dispatchEvent(new Event("change"));
});
"""


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
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
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


def ask_anew(page: Pictures, server: TestServer, words: str, *answers: dict, until: str) -> None:
    """Asks in a new chat, of a server that gives these answers."""
    choose(page, "openai-compatible", base=server.box(*answers).url, model="a-large-model")
    page.close_panels()
    page.run("chat.newConversation()")
    page.send(words)
    page.wait_for(until, START_S)


def edit_last(page: Pictures, words: str) -> None:
    page.button("Edit this message").click()
    page.one(".edit-field").send_keys(words)


def click(page: Pictures, selector: str) -> None:
    page.driver.execute_script("document.querySelector(arguments[0]).click()", selector)


def fold_out(page: Pictures, selector: str, at: str = "center") -> None:
    """Opens a section of a panel, and scrolls there."""
    script = (
        "const at = document.querySelector(arguments[0]); at.closest('details').open = true; at.scrollIntoView({ block: arguments[1] })"
    )
    page.driver.execute_script(script, selector, at)


def states(page: Pictures, server: TestServer) -> dict[str, Callable[[], object]]:
    """What is brought about before each picture."""
    refused = {"status": 401, "body": {"error": {"message": "Incorrect API key provided"}}}
    slow = {"text": "One after the other. " * 200, "delay_s": 0.05}
    dice = {"tool_calls": [{"name": "roll_dice", "arguments": {"count": 3}}]}
    drawing = "Here it is:\n\n```svg\n" + DRAWING + "\n```\n\nA boat with two sails."

    def ask_approval() -> None:
        page.open_panel("settings")
        click(page, "#ask-first:not(:checked)")
        ask_anew(page, server, "Roll three dice, please", dice, {"text": "Rolled."}, until="roll_dice")
        page.one(".approval", START_S)

    def show_files() -> None:
        page.open_panel("files")
        page.wait(lambda: field(page, "files-path").text and not field(page, "files-status").text, "the files", START_S)

    def write_file() -> None:
        show_files()
        page.driver.execute_script("window.prompt = () => 'list.md'")
        click(page, "#files-new")
        page.wait(lambda: field(page, "files-text").is_displayed(), "the editor", 20)
        field(page, "files-text").send_keys("# To buy\n\n- rope, 20 m\n- lamp oil\n- two blocks")

    def ask_two() -> None:
        ask_anew(page, server, "Tell me about knots", {"text": "A bowline holds."}, refused, until="A bowline holds.")
        page.wait_idle()
        edit_last(page, ", in short" + Keys.ENTER)
        page.one(".fault", START_S)

    def queue() -> None:
        ask_anew(page, server, "Count the sails of a brig", slow, until="One after")
        page.send("And those of a sloop?")
        page.send("And in general?")

    def attach() -> None:
        page.run("chat.newConversation()")
        page.run(ATTACH)
        page.wait(lambda: "prices.txt" in page.one(".composer").text, "the files", 20)

    def save() -> None:
        page.open_panel("conversations")
        page.wait(lambda: page.driver.find_elements(By.CSS_SELECTOR, "#conversation-list [aria-label^='Save or share ']"), "the list", 20)
        click(page, "#conversation-list [aria-label^='Save or share ']")

    def pick_model() -> None:
        choose(page, "local")
        page.open_panel("settings")
        fold_out(page, "#local-box", "start")
        page.wait(lambda: page.driver.find_elements(By.CSS_SELECTOR, "#local-box .local-model"), "the models", 20)

    return {
        "start": lambda: page.run("chat.newConversation()"),
        "answer": lambda: open_chat(page, "Roll three dice"),
        "sources": lambda: open_chat(page, "What does a night"),
        "documents": lambda: (open_chat(page, "What does a night"), page.open_panel("documents")),
        "rich": lambda: ask_anew(page, server, "Show me everything", {"text": RICH}, until="The end."),
        "artifact": lambda: (ask_anew(page, server, "Draw a boat", {"text": drawing}, until="two sails"), page.button("Preview").click()),
        "error": lambda: ask_anew(page, server, "Who is there?", refused, until="did not accept"),
        "cut": lambda: ask_anew(page, server, "Tell a story", {"text": "Once upon a", "finish_reason": "length"}, until="cut off"),
        "edit": lambda: (open_chat(page, "Explain B-trees"), edit_last(page, ", with a picture")),
        "versions": ask_two,
        "queue": queue,
        "approval": ask_approval,
        "files": show_files,
        "file": write_file,
        "settings": lambda: page.open_panel("settings"),
        "options": lambda: (page.open_panel("settings"), fold_out(page, "#limits", "start")),
        "picker": pick_model,
        "timeline": lambda: page.open_panel("timeline"),
        "prompts": lambda: page.open_panel("prompts"),
        "chats": lambda: page.open_panel("conversations"),
        "save": save,
        "attachments": attach,
        "menu": lambda: field(page, "open-menu").click(),
        "shortcuts": lambda: page.open_panel("shortcuts"),
    }


IN_A_PANEL = {
    "documents",
    "files",
    "file",
    "settings",
    "options",
    "picker",
    "timeline",
    "prompts",
    "chats",
    "save",
    "shortcuts",
    "artifact",
}


def take_all(page: Pictures, folder: Path, server: TestServer) -> None:
    for number, (state, bring) in enumerate(states(page, server).items()):
        width = [*WIDTHS][number % len(WIDTHS)]
        scheme = ("light", "dark")[(number + number // len(WIDTHS)) % 2]
        page.resize(width, WIDTHS[width])
        page.prefer(scheme)
        page.run("chat.stop()")
        page.driver.execute_script("document.getElementById('menu').hidePopover()")
        page.close_panels()
        bring()
        if width < 896 and state not in IN_A_PANEL:
            page.close_panels()
        page.shot(folder / f"{number + 1:02}-{state}-{width}-{scheme}.png")


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
            if is_docs:
                take_documents(page, folder)
            else:
                take_all(page, folder, server)
    finally:
        driver.quit()


if __name__ == "__main__":
    main(sys.argv[1:])
