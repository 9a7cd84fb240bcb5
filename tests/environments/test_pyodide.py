"""Plain Pyodide, of the pinned version and of others, with the wheel of package indexes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.environments.conftest import HERE, serving_folder
from tests.environments.runtimes import PINNED, lay_out, lay_out_web, link
from tests.page.python_page import run_script

PROBE = (HERE / "probe.py").read_text("utf-8")


@pytest.mark.parametrize("version", ["0.29", "314.0.0", PINNED])
def test_the_wheel_installs_and_works(version: str, driver, provider, record, tmp_path: Path):
    wheel = lay_out(tmp_path, version)
    lay_out_web(tmp_path)
    link(HERE / "plain.html", tmp_path / "plain" / "index.html")
    (tmp_path / "plain" / "pyodide").symlink_to(tmp_path / "pyodide")
    answers = []
    with serving_folder(tmp_path) as site:
        for stage in ("first", "again"):
            driver.get(f"{site}plain/index.html")
            run = f"return await probe(code, {wheel!r}, {provider.url!r}, {stage!r}, {site + 'staysail/'!r})"
            answers.append(run_script(driver, run, PROBE))
    slow = next(seen for seen in reversed(provider.seen) if b"Slowly." in seen.body)
    assert slow.wait_closed(10) == "client"
    record.probed(f"Pyodide {version}", *answers, sandbox="needs Pyodide 314" if version == "0.29" else "yes")
