"""PyScript with its own Pyodide: the examples as they stand, but for addresses of CDNs, and what probe.py says."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.environments.conftest import HERE, serving_folder
from tests.environments.runtimes import PACKAGES, lay_out, lay_out_web, link
from tools.sources import ROOT

EXAMPLES = ROOT / "examples" / "python" / "pyscript"
PYODIDE = "314.0.2"
FOR_WORKERS = '<script type="module" src="/staysail/sandbox/for-workers.js"></script>'
PROBE = f"""
from pyscript import document, window

{(HERE / "probe.py").read_text("utf-8")}
query = window.URLSearchParams.new(window.location.search)
answer = await probe(query.get("base"), "kept-" + query.get("where"), query.get("stage"), "SITE/staysail/")
document.body.dataset.probed = answer
"""


def page_of(html: str, wheel: str, base: str) -> str:
    """An example whose addresses are those of the test, and whose agent asks the test's server."""
    config = f'{{"interpreter": "/pyodide/pyodide.mjs", "packages": ["SITE/pyodide/{wheel}"]}}'
    html = html.replace("https://cdn.jsdelivr.net/npm/@pyscript/core@0.7.31/dist/", "/pyscript/")
    html = html.replace('{"packages": ["staysail"]}', config).replace('preamble="Be brief.",', f'preamble="Be brief.", base_url="{base}",')
    assert "cdn." not in html
    return html


@pytest.mark.parametrize("where", ["index", "worker"])
def test_the_example_streams_and_the_wheel_works(where: str, driver, provider, record, tmp_path: Path):
    wheel = lay_out(tmp_path, PYODIDE)
    link(PACKAGES / "@pyscript" / "core" / "dist", tmp_path / "pyscript")
    example = page_of((EXAMPLES / f"{where}.html").read_text("utf-8"), wheel, provider.url)
    lay_out_web(tmp_path)
    head, _, rest = example.partition('<script type="py"')
    head += FOR_WORKERS if where == "worker" else ""
    probing = f'{head}<script type="py"{rest.partition(">")[0]} src="probe.py"></script></html>'
    app = tmp_path / "app"
    app.mkdir()
    (app / "index.html").touch()
    with serving_folder(tmp_path) as site:
        for name, text in (("example.html", example), ("probing.html", probing), ("probe.py", PROBE)):
            (app / name).write_text(text.replace("SITE", site.rstrip("/")), "utf-8")

        driver.get(f"{site}app/example.html")
        WebDriverWait(driver, 120).until(lambda page: page.execute_script("return 'ready' in document.body.dataset"))
        driver.find_element(By.ID, "key").send_keys("k" * 9)
        driver.find_element(By.ID, "question").send_keys("Count.")
        driver.find_element(By.ID, "ask").click()
        WebDriverWait(driver, 60).until(lambda page: "one two three" in page.find_element(By.TAG_NAME, "body").text)
        WebDriverWait(driver, 60).until(lambda page: "tokens in 1 model call" in page.find_element(By.TAG_NAME, "body").text)
        assert len(driver.find_elements(By.CSS_SELECTOR, ".staysail")) == 1

        answers = []
        for stage in ("first", "again"):
            driver.get(f"{site}app/probing.html?base={quote(provider.url)}&stage={stage}&where={where}")
            WebDriverWait(driver, 150).until(lambda page: page.execute_script("return 'probed' in document.body.dataset"))
            answers.append(driver.execute_script("return document.body.dataset.probed"))
    slow = next(seen for seen in reversed(provider.seen) if b"Slowly." in seen.body)
    assert slow.wait_closed(10) == "client"
    record.probed(f"PyScript 0.7.31, {'worker' if where == 'worker' else 'main thread'}", *answers)
