"""What Python of the page's agent reaches: no host until it is allowed where a result shows that one is needed, and the page's files."""

import json
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.by import By

from tests.page.chat_page import START_S, ChatPage
from tests.page.test_element_view import violations
from tests.page.test_page import choose, field
from tests.server import TestServer


def python(code: str) -> dict:
    return {"tool_calls": [{"name": "python", "arguments": {"code": code}}]}


@pytest.mark.thorough
def test_a_host_is_allowed_where_python_needs_it_and_the_files_are_there(driver, site):
    with TestServer() as server:
        there = server.box({"body": {"berths": 12}}, loop=True)
        there.lists_models = True
        host = urlsplit(there.url).netloc
        fetch = f"from pyodide.http import pyfetch\nprint(await (await pyfetch('{there.url}/models')).string())"
        files = "import time\ntime.sleep(0.2)\nopen('/toolfs/files/python.txt', 'w').write('from Python')"
        box = server.box(
            *(python(fetch), {"text": "No."}, python(fetch), {"text": "Twelve."}),
            *(python("import sktime"), {"text": "None."}, python(files), {"text": "Written."}),
        )
        page = ChatPage(driver, site)
        page.resize(1440, 900)
        page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
        choose(page, "openai-compatible", base=box.url, model="m")
        field(page, "tool-python").click()
        offer = field(page, "python-offer")

        def ask(answer):
            page.send("Go on.")
            page.wait_for(answer, START_S)
            page.wait_idle()
            return json.dumps(box.seen[-1].json["messages"][-1])

        assert "may not reach" in ask("No.")
        assert offer.text.startswith(f"Python needs {host}. What its code sends there leaves this page.")
        assert violations(page) == []
        offer.find_element(By.TAG_NAME, "button").click()
        assert driver.switch_to.active_element == page.host
        assert field(page, "python-hosts").get_attribute("value") == host
        assert "berths" in ask("Twelve.")
        assert not offer.is_displayed()
        ask("None.")
        assert "the hosts of your package index" in offer.text
        assert violations(page) == []

        page.open_panel("files")
        field(page, "files-on").click()
        result = ask("Written.")
        assert "Error" not in result, result
        page.wait(lambda: driver.find_elements(By.CSS_SELECTOR, "[data-path='/toolfs/files/python.txt']"), "the file in the list", 30)
        driver.execute_script("indexedDB.deleteDatabase('staysail:toolfs:page')")
        driver.get("about:blank")
        page.restore()
