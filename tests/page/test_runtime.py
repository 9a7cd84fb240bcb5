"""The assembled runtime, started as plain Pyodide: what wheels/ holds loads and runs in Chromium, without a network."""

import json

from pytest_pyodide import run_in_pyodide

from tools.sources import ROOT

PACKAGES = json.loads((ROOT / "wheels/pyodide-lock.json").read_text("utf-8"))["packages"]


@run_in_pyodide(packages=["micropip"])
async def install_and_uninstall_the_source_wheel(selenium, version):
    import sys

    import micropip
    from js import location

    base = location.href.rsplit("/", 1)[0]
    await micropip.install(f"{base}/staysail-{version}-py3-none-any.whl")
    import staysail

    assert staysail.__version__ == version
    assert staysail.__file__.endswith(".py")
    micropip.uninstall("staysail")
    for name in [name for name in sys.modules if name.partition(".")[0] == "staysail"]:
        del sys.modules[name]


@run_in_pyodide(packages=["staysail"])
def import_staysail_alone(selenium):
    import sys
    import time

    before = set(sys.modules)
    started = time.perf_counter()
    import staysail

    import_ms = (time.perf_counter() - started) * 1000
    assert sys.version_info[:2] == (3, 14)
    assert staysail.__file__.endswith(".pyc")
    new = {name.partition(".")[0] for name in set(sys.modules) - before}
    assert not {"numpy", "numkong", "pydantic", "pydantic_core", "httpx"} & new
    return import_ms


@run_in_pyodide(packages=["numpy", "numkong"])
def measure_an_angle_with_numpy_and_numkong(selenium):
    import numkong
    import numpy as np

    rng = np.random.default_rng(7)
    a, b = rng.standard_normal((2, 384)).astype(np.float32)
    expected = 1 - float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
    assert abs(float(numkong.angular(a, b)) - expected) < 1e-4


def test_every_package_loads_with_its_hash_checked_and_staysail_from_either_wheel(selenium_standalone, capsys):
    selenium = selenium_standalone
    install_and_uninstall_the_source_wheel(selenium, PACKAGES["staysail"]["version"])
    import_ms = import_staysail_alone(selenium)
    with capsys.disabled():
        print(f"\n  import staysail in Chromium: {import_ms:.1f} ms")
    measure_an_angle_with_numpy_and_numkong(selenium)
    loaded = selenium.run_js(
        f"""
        const errors = [];
        await pyodide.loadPackage({json.dumps(sorted(PACKAGES))}, {{
            checkIntegrity: true, errorCallback: (text) => errors.push(text),
        }});
        if (errors.length) throw new Error(errors.join("\\n"));
        return Object.keys(pyodide.loadedPackages);
        """
    )
    assert set(PACKAGES) <= set(loaded)


def test_pages_of_the_development_server_are_cross_origin_isolated(driver, site):
    driver.get(f"{site}tests/page/empty.html")
    assert driver.execute_script("return [crossOriginIsolated, typeof SharedArrayBuffer]") == [True, "function"]
