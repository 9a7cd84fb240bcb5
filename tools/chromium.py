"""A headless Chromium for tests and benchmarks."""

import os
import shutil

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

# What a container without a display, a GPU or much of /dev/shm needs; and no traffic of the browser's own.
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--js-flags=--expose-gc",
]
WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]


def start_chrome(*flags: str, profile: str | None = None, service_workers: bool = True, webgpu: bool = False, waits: bool = True) -> Chrome:
    """A Chromium of its own: the one in CHROME_BIN, else the one that Selenium finds.

    profile: a folder that keeps its caches and databases, for a second visit. service_workers: whether pages of its first tab have them;
    the page's own keeps all of its files, which takes longer than most of what is tested. webgpu: whether there is an adapter, which the
    processor plays; it lacks shader-f16. waits: whether a command waits until the page is loaded."""
    options = ChromeOptions()
    options.binary_location = os.environ.get("CHROME_BIN", "")
    options.page_load_strategy = "normal" if waits else "none"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    common = [flag for flag in FLAGS if flag != "--disable-gpu"] + WEBGPU if webgpu else FLAGS
    for flag in (*common, *flags, *([f"--user-data-dir={profile}"] if profile else [])):
        options.add_argument(flag)
    # A driver that is installed is named, so that Selenium does not go looking for one on the network.
    driver = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    if not service_workers:
        source = "delete Navigator.prototype.serviceWorker"
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    return driver
