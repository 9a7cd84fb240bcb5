"""The assembled runtime: what wheels/ holds loads and runs in Chromium, without a network."""

import json

from pytest_pyodide import run_in_pyodide


@run_in_pyodide(packages=["staysail"])
def import_staysail(selenium):
    import sys
    import time

    before = set(sys.modules)
    started = time.perf_counter()
    import staysail

    import_ms = (time.perf_counter() - started) * 1000
    new = {name.partition(".")[0] for name in set(sys.modules) - before}
    return {
        "file": staysail.__file__,
        "import_ms": import_ms,
        "modules": sorted(new),
        "python": sys.version_info[:2],
    }


def test_staysail_imports_from_bytecode_without_compiled_packages(selenium, capsys):
    seen = import_staysail(selenium)
    with capsys.disabled():
        print(f"\n  import staysail in Chromium: {seen['import_ms']:.1f} ms")
    assert tuple(seen["python"]) == (3, 14)
    assert seen["file"].endswith(".pyc")
    assert not {"numpy", "numkong", "pydantic", "pydantic_core", "httpx", "micropip"} & set(seen["modules"])


@run_in_pyodide(packages=["numpy", "numkong"])
def test_numpy_and_numkong_agree_on_a_distance(selenium):
    import numkong
    import numpy as np

    rng = np.random.default_rng(7)
    a, b = rng.standard_normal((2, 384)).astype(np.float32)
    expected = 1 - float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
    assert abs(float(numkong.angular(a, b)) - expected) < 1e-4


@run_in_pyodide(packages=["micropip"])
async def test_micropip_installs_the_source_wheel(selenium_standalone):
    import json

    import micropip
    from js import location
    from pyodide.http import pyfetch

    base = location.href.rsplit("/", 1)[0]
    lock = json.loads(await (await pyfetch(f"{base}/pyodide-lock.json")).string())
    version = lock["packages"]["staysail"]["version"]
    await micropip.install(f"{base}/staysail-{version}-py3-none-any.whl")
    import staysail

    assert staysail.__version__ == version
    assert staysail.__file__.endswith(".py")


def test_every_wheel_of_the_lock_loads_with_its_hash_checked(selenium_standalone):
    selenium = selenium_standalone
    names = json.loads(
        selenium.run_js("return await (await fetch('pyodide-lock.json')).text()"),
    )["packages"]
    loaded = selenium.run_js(
        f"""
        const errors = [];
        await pyodide.loadPackage({json.dumps(sorted(names))}, {{
            checkIntegrity: true, errorCallback: (text) => errors.push(text),
        }});
        if (errors.length) throw new Error(errors.join("\\n"));
        return Object.keys(pyodide.loadedPackages);
        """
    )
    assert set(names) <= set(loaded)


def test_the_development_server_gives_pages_a_cross_origin_isolated_python(driver, site):
    driver.get(f"{site}tests/page/empty.html")
    answer = driver.execute_async_script(
        """
        const done = arguments[arguments.length - 1];
        (async () => {
          const { loadPyodide } = await import("/wheels/pyodide.mjs");
          const pyodide = await loadPyodide({ indexURL: "/wheels/" });
          await pyodide.loadPackage("staysail");
          const version = pyodide.runPython("import staysail; staysail.__version__");
          return { version, isolated: crossOriginIsolated, shared: typeof SharedArrayBuffer };
        })().then(done, (error) => done({ error: String(error) }));
        """
    )
    assert answer.get("error") is None
    assert answer == {"version": answer["version"], "isolated": True, "shared": "function"}
    assert answer["version"]
