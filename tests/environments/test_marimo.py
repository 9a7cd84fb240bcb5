"""marimo in a page, exported as people export it, with its own Pyodide: the example, a run that is shown, and what probe.py says."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from textwrap import indent

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.environments.conftest import HERE, PYTHON, serving_folder
from tests.environments.packing import pack
from tests.environments.runtimes import lay_out, lay_out_web
from tools.sources import ROOT

NOTEBOOK = ROOT / "examples" / "python" / "notebooks" / "marimo_chat.py"
PYODIDE = "314.0.0"
PACKAGES = ("marimo", "markdown", "pymdown-extensions", "narwhals", "docutils", "pygments", "jedi", "parso", "pyyaml", "tomlkit", "click")
CELLS = """
@app.cell
async def _(agent, chat_model, mo):
    from types import SimpleNamespace

    from staysail import show

    asked = [SimpleNamespace(role="user", content="Count.")]
    chatted = [text async for text in chat_model(agent)(asked, None)]
    await show(agent.stream("Hi."))
    return (chatted,)


@app.cell
async def _(chatted, mo):
{probe}
    answer = await probe("{base}", "kept", "{stage}", "{site}staysail/")
    mo.Html("<pre>CHATTED" + "|".join(chatted) + "PROBED" + answer.replace("<", "&lt;") + "END</pre>")
    return
"""


def test_the_example_and_the_wheel_work(driver, provider, record, tmp_path: Path):
    wheel = lay_out(tmp_path, PYODIDE)
    lay_out_web(tmp_path)
    pack(PACKAGES, tmp_path / "pyodide")
    fetched = next((HERE / "wheels").glob("msgspec-*.whl"))
    (tmp_path / "pyodide" / fetched.name).write_bytes(fetched.read_bytes())
    lock_path = tmp_path / "pyodide" / "pyodide-lock.json"
    lock = json.loads(lock_path.read_text("utf-8"))
    packages = lock["packages"]
    packages["marimo-base"] = packages.pop("marimo") | {"name": "marimo-base"}
    for name, file in (("msgspec", fetched.name), ("staysail", wheel)):
        digest = hashlib.sha256((tmp_path / "pyodide" / file).read_bytes()).hexdigest()
        needs = ["pyodide-http"] if name == "staysail" else []
        packages[name] = packages["markdown"] | {
            "name": name,
            "file_name": file,
            "version": file.split("-")[1],
            "imports": [name],
            "sha256": digest,
            "depends": needs,
        }
    lock_path.write_text(json.dumps(lock), "utf-8")
    environment = os.environ | {"PATH": f"{PYTHON.parent}:{os.environ['PATH']}"}

    answers = []
    (tmp_path / "app").mkdir()
    with serving_folder(tmp_path) as site:
        for stage in ("first", "again"):
            probe = indent((HERE / "probe.py").read_text("utf-8"), "    ")
            cells = CELLS.replace("{probe}", probe).replace("{base}", provider.url).replace("{stage}", stage).replace("{site}", site)
            options = f'preamble="Be brief.", api_key="{"k" * 9}", base_url="{provider.url}"'
            source = NOTEBOOK.read_text("utf-8").replace('preamble="Be brief."', options)
            source = source.replace("\nif __name__", f"{cells}\n\nif __name__")
            source = source.replace("marimo.App()", 'marimo.App(html_head_file="head.html")')
            (tmp_path / "head.html").write_text(f'<script type="module" src="{site}staysail/sandbox/for-workers.js"></script>', "utf-8")
            (tmp_path / "notebook.py").write_text(source, "utf-8")
            out = tmp_path / "app" / stage
            command = [PYTHON.with_name("marimo"), "export", "html-wasm", tmp_path / "notebook.py", "-o", out, "--mode", "run"]
            subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, stdin=subprocess.DEVNULL)
            for script in out.glob("assets/*.js"):
                text = script.read_text("utf-8")
                changed = text.replace("https://cdn.jsdelivr.net/pyodide/${e.pyodideVersion}/full/", f"{site}pyodide/")
                changed = changed.replace("https://cdn.jsdelivr.net/pyodide/v314.0.0/full/", f"{site}pyodide/")
                address = "https://wasm.marimo.app/pyodide-lock.json?v=${e.version}&pyodide=${e.pyodideVersion}"
                changed = changed.replace(address, f"{site}pyodide/pyodide-lock.json")
                if changed != text:
                    script.write_text(changed, "utf-8")
            driver.get(f"{site}app/{stage}/index.html")
            try:
                WebDriverWait(driver, 170).until(lambda page: "END" in page.find_element(By.TAG_NAME, "body").text)
            except Exception as error:
                raise AssertionError(driver.find_element(By.TAG_NAME, "body").text[-2000:]) from error
            text = driver.find_element(By.TAG_NAME, "body").text
            assert "CHATTEDone" in text
            assert "tokens in 1 model call" in text
            assert driver.find_elements(By.TAG_NAME, "marimo-chatbot")
            answers.append(text.partition("PROBED")[2].partition("END")[0])
    slow = next(seen for seen in reversed(provider.seen) if b"Slowly." in seen.body)
    assert slow.wait_closed(10) == "client"
    record.probed("marimo 0.25.2", *answers)
