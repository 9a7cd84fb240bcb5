"""A page with Python in it and nothing else of ours."""

from __future__ import annotations

from typing import Any

from selenium.webdriver import Chrome


class PythonPage:
    """In the current window. setup: Python to run first. fresh: load it anew, though it is there already."""

    def __init__(self, driver: Chrome, site: str, setup: str = "", *, fresh: bool = True) -> None:
        self.driver, self.site = driver, site
        if not fresh and driver.execute_script("return Boolean(globalThis.pyodide)"):
            return
        driver.get(f"{site}tests/page/empty.html")
        self.script(
            """
            const { startPython } = await import("/tests/page/python_start.mjs");
            globalThis.pyodide = await startPython();
            """
        )
        self.run(setup)

    def run(self, code: str) -> Any:
        """The value of the last expression."""
        return self.script("return await pyodide.runPythonAsync(code)", f"import json\n{code}")

    def start(self, code: str) -> None:
        """Runs without waiting."""
        self.driver.execute_script("pyodide.runPythonAsync(arguments[0])", code)

    def script(self, body: str, code: str = "") -> Any:
        return run_script(self.driver, body, code)


def run_script(driver: Chrome, body: str, code: str = "") -> Any:
    """Runs the body of an async JavaScript function that sees `code`; gives what it returns."""
    answer = driver.execute_async_script(
        "const [code, done] = arguments; (async () => {"
        + body
        + "})().then((value) => done({ value }), (error) => done({ error: String(error).slice(-3000) }));",
        code,
    )
    assert "error" not in answer, answer["error"]
    return answer["value"]


def drop_database(driver: Chrome, name: str) -> None:
    """So that it is not there for tests that come after."""
    run_script(driver, "await new Promise((resolve) => (indexedDB.deleteDatabase(code).onsuccess = resolve));", name)
