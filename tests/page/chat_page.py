"""A chat in a page, used as a person uses it: by what is seen, typed and clicked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

START_S = 60
"""Python's start on a busy machine."""


class ChatPage:
    def __init__(self, driver: Chrome, url: str, *, keep: Literal["nothing", "page", "chat"] = "nothing") -> None:
        """keep: what stays as it is where the page is open already, as Python is up there: the page around a new chat, or the chat too."""
        self.driver = driver
        if keep == "nothing" or driver.current_url.partition("#")[0] != url:
            driver.get(url)
        elif keep == "page":
            driver.execute_script("document.querySelector('staysail-chat').replaceWith(document.createElement('staysail-chat'))")
        self.wait(
            lambda: driver.execute_script("return !!document.querySelector('staysail-chat')?.shadowRoot"), "the element to be defined"
        )
        # Of index.html the panels, too.
        joined = "return !document.getElementById('menu-panels') || 'joined' in document.documentElement.dataset"
        self.wait(lambda: driver.execute_script(joined), "the page to be joined", START_S)

    def open_panel(self, name: str) -> None:
        """Opens a panel of index.html where it is closed: by its button in the header, or in the menu."""
        panel = self.driver.find_element(By.ID, name)
        for _ in range(3):
            if panel.is_displayed():
                return
            self._press_opener(name)
            # A panel that another width brings back at this moment was closed by the press.
            with suppress(TimeoutError):
                self.wait(panel.is_displayed, f"the panel {name}", 4)
        assert panel.is_displayed(), f"the panel {name} does not open"

    def _press_opener(self, name: str) -> None:
        for close in self.driver.find_elements(By.CSS_SELECTOR, "body:has(main[inert]) .panel-close"):
            if close.is_displayed():
                close.click()  # of a panel that lies over the page
        buttons = self.driver.find_elements(By.ID, f"open-{name}")
        if not any(button.is_displayed() for button in buttons):
            self.driver.find_element(By.ID, "open-menu").click()
            buttons = [self.driver.find_element(By.ID, f"menu-{name}")]
        buttons[0].click()

    def close_panel(self, name: str) -> None:
        if self.driver.find_element(By.ID, name).is_displayed():
            self.driver.find_element(By.ID, f"close-{name}").click()

    @property
    def host(self) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, "staysail-chat")

    def set(self, **properties: Any) -> None:
        self.driver.execute_script("Object.assign(document.querySelector('staysail-chat'), arguments[0])", properties)

    def run(self, script: str, *arguments: Any) -> Any:
        """Runs JavaScript with `chat` and `root` at hand."""
        head = "const chat = document.querySelector('staysail-chat'), root = chat.shadowRoot;"
        return self.driver.execute_script(head + script, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        """What is seen of it, in the chat."""
        return self.run(
            "return [...(root?.querySelectorAll(arguments[0]) ?? [])].filter((node) => node.checkVisibility({ visibilityProperty: true }))",
            selector,
        )

    def one(self, selector: str, timeout_s: float = 10) -> WebElement:
        return self.wait(lambda: (self.all(selector) or [None])[-1], f"{selector} to be seen", timeout_s)

    def button(self, label: str) -> WebElement:
        """The last button with these words."""
        buttons = self.run(
            "return [...root.querySelectorAll('button')].filter((node) => node.checkVisibility({ visibilityProperty: true })"
            " && [node.innerText.trim(), node.title, node.ariaLabel].includes(arguments[0]))",
            label,
        )
        assert buttons, f"no button {label!r} among {[node.text for node in self.all('button')]}"
        return buttons[-1]

    def type(self, text: str) -> None:
        self.one(".input").send_keys(text)

    def send(self, text: str) -> None:
        self.type(text + Keys.ENTER)

    @property
    def text(self) -> str:
        self.one(".log")
        return self.run("return root.querySelector('.log').innerText")

    @property
    def last_answer(self) -> str:
        return self.one(".assistant").text

    def wait_for(self, text: str, timeout_s: float = START_S) -> None:
        seen = "return root?.querySelector('.log')?.innerText.includes(arguments[0])"
        self.wait(lambda: self.run(seen, text), lambda: f"{text!r} in the conversation: {self.text}", timeout_s)

    def wait_idle(self, timeout_s: float = START_S) -> None:
        self.wait(lambda: not self.run("return chat.running"), "the answer to end", timeout_s)

    def wait[T](self, condition: Callable[[], T], what: str | Callable[[], str], timeout_s: float = 10) -> T:
        """Looks ever less often: each look costs the page and the browser time."""
        end, pause_s = time.monotonic() + timeout_s, 0.02
        while time.monotonic() < end:
            with suppress(NoSuchElementException, StaleElementReferenceException):  # drawn anew meanwhile
                if found := condition():
                    return found
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.4, 0.4)
        raise TimeoutError(f"waited {timeout_s} s for {what if isinstance(what, str) else what()}")

    def resize(self, width: int, height: int = 740) -> None:
        """Returns when the page has taken its new form: panels come, go and slide with the width."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        )
        self.driver.execute_async_script(
            """
            const done = arguments[0];
            setTimeout(done, 2000);
            requestAnimationFrame(() => requestAnimationFrame(() => {
              const moves = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
              Promise.allSettled(moves.map(({ finished }) => finished)).then(() => done());
            }));
            """
        )

    def prefer(self, scheme: str) -> None:
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def restore(self) -> None:
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    def width_beyond_screen(self) -> int:
        """Pixels that could be scrolled to sideways, in the page or in the log."""
        return self.run(
            "const log = root.querySelector('.log');"
            "return Math.max(document.documentElement.scrollWidth - innerWidth, log.scrollWidth - log.clientWidth)"
        )

    def play(self, events: list[Any]) -> None:
        """Gives the chat an agent of the page's own that tells these events; a number is a pause in ms."""
        self.run(
            """
            const events = JSON.parse(arguments[0]);
            chat.agent = {
              async *stream() {
                for (const event of events) {
                  if (typeof event === "number") await new Promise((resolve) => setTimeout(resolve, event));
                  else yield event;
                }
              },
            };
            """,
            json.dumps(events),
        )


def text_delta(text: str) -> dict[str, str]:
    return {"type": "text_delta", "text": text}
