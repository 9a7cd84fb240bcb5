"""Chromium and WebKitGTK over classic WebDriver, with the methods that `firefox.Firefox` has."""

from __future__ import annotations

import os
import subprocess
import warnings
from collections.abc import Mapping
from pathlib import Path

from selenium.common.exceptions import TimeoutException
from selenium.webdriver import Chrome, WebKitGTK, WebKitGTKOptions
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.service import Service

from tests.engines.keys import strokes
from tools.chromium import start_chrome

RUN = "const [argument, done] = arguments; (%s)(argument).then(done, (error) => done(`\\0${error}`));"


class Driven:
    """A browser behind a WebDriver."""

    _kind = "tab"

    def __init__(self, driver: WebDriver) -> None:
        self._driver = driver
        self._driver.set_page_load_timeout(90)
        self.version = str(driver.capabilities["browserVersion"])
        self._first = driver.current_window_handle

    @property
    def logs(self) -> list[str]:
        """What the console said since it was last read, where the driver tells."""
        return []

    def new_tab(self) -> str:
        """Opens an empty tab."""
        self._driver.switch_to.window(self._first)
        self._driver.switch_to.new_window(self._kind)
        return self._driver.current_window_handle

    def go(self, tab: str, url: str) -> None:
        self._driver.switch_to.window(tab)
        self._driver.get(url)

    def run(self, tab: str, function: str, argument: str, timeout_s: float) -> str:
        """The text that an async function of one text returns."""
        self._driver.switch_to.window(tab)
        self._driver.set_script_timeout(timeout_s)
        try:
            told = str(self._driver.execute_async_script(RUN % function, argument))
        except TimeoutException:
            raise TimeoutError(f"the script did not end within {timeout_s:g} s") from None
        if told.startswith("\0"):
            raise RuntimeError(told[1:])
        return told

    def press(self, tab: str, keys: str) -> None:
        self._driver.switch_to.window(tab)
        chain = ActionChains(self._driver)
        for down, key in strokes(keys):
            (chain.key_down if down else chain.key_up)(key)
        chain.perform()

    def give_files(self, tab: str, selector: str, files: list[str]) -> None:
        self._driver.switch_to.window(tab)
        self._driver.find_element(By.CSS_SELECTOR, selector).send_keys("\n".join(files))

    def resize(self, tab: str, width: int, height: int) -> None:
        """Makes the page's own area this large: a window is larger by its frame."""
        self._driver.switch_to.window(tab)
        for _ in range(2):
            inner = self._driver.execute_script("return [outerWidth - innerWidth, outerHeight - innerHeight]")
            self._driver.set_window_size(width + inner[0], height + inner[1])

    def picture(self, tab: str) -> bytes:
        self._driver.switch_to.window(tab)
        return self._driver.get_screenshot_as_png()

    def close_tab(self, tab: str) -> None:
        self._driver.switch_to.window(tab)
        self._driver.close()
        self._driver.switch_to.window(self._first)

    def quit(self) -> None:
        self._driver.quit()


class Chromium(Driven):
    _driver: Chrome

    def __init__(self) -> None:
        super().__init__(start_chrome())

    @property
    def logs(self) -> list[str]:
        return [f"{entry['level']}: {entry['message']}" for entry in self._driver.get_log("browser")]

    def resize(self, tab: str, width: int, height: int) -> None:
        """A window of Chromium is no narrower than 500 pixels; a page in it can be."""
        self._driver.switch_to.window(tab)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


class WebKit(Driven):
    """WebKitGTK's own small browser on a display that nobody sees. binary: MiniBrowser."""

    _kind = "window"  # a new tab would not be shown, and draw nothing

    def __init__(self, binary: str) -> None:
        self._display = subprocess.Popen(
            ["Xvfb", "-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._display.stdout is not None
        number = self._display.stdout.readline().strip()
        options = WebKitGTKOptions()
        options.binary_location = str(Path(binary))
        options.add_argument("--automation")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Selenium's own call of its own class
            driver = WebKitGTK(options=options, service=Service(env=_environment(number)))
        super().__init__(driver)

    def quit(self) -> None:
        super().quit()
        self._display.terminate()
        self._display.wait(20)
        assert self._display.stdout is not None
        self._display.stdout.close()


def _environment(display: str) -> Mapping[str, str]:
    """A container allows no sandbox and has no graphics card. Shared memory in an isolated page, as in Safari, WebKitGTK has only where
    it is told so."""
    return {
        **os.environ,
        "DISPLAY": f":{display}",
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        "JSC_useSharedArrayBuffer": "true",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "GTK_A11Y": "none",
        "NO_AT_BRIDGE": "1",
    }
