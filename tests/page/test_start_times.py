"""When Python starts in a page: with the first call, or when the developer says."""

import time

import pytest

CONFIGURE = """
const [settings, done] = arguments;
document.body.innerHTML = "<input>";
import("/web/index.js").then(({ Agent, configure }) => {
  configure({ runtimeURL: "/wheels/", ...settings });
  globalThis.agent = new Agent({ model: "openai:gpt-6-luna", apiKey: "k" });
}).then(done, (error) => done(String(error)));
"""
STARTED = "return performance.getEntriesByType('resource').some(({ name }) => name.includes('python-worker'))"


def starts(driver, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if driver.execute_script(STARTED):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("when", [None, "first-call", "focus", "idle", "eager"])
def test_python_starts_when_the_developer_says_and_else_with_the_first_call(driver, site, when):
    driver.get(f"{site}tests/page/empty.html")
    assert driver.execute_async_script(CONFIGURE, {"start": when} if when else {}) is None
    if when in ("idle", "eager"):
        assert starts(driver, 10)
        return
    assert not starts(driver, 1.5), "a new agent downloads nothing"
    if when == "focus":
        driver.find_element("css selector", "input").click()
        assert starts(driver, 10)
    else:
        driver.execute_script("agent.prompt('Hello?').catch(() => {})")
        assert starts(driver, 10)
