"""The npm package `staysail-runtime`, as the folder dist/runtime: Pyodide's core, our wheel, a snapshot and the packages that pages load.

Any server of static files serves it, the public CDNs of npm packages among them; its manifest lists the SHA-256 of each file. The snapshot
is zipped inside, because a CDN compresses no file whose type it does not know; web/runtime unzips it."""

import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.snapshot import list_files, read_manifest, write_manifest
from tools.sources import ROOT, Source, load_sources

WHEELS = ROOT / "wheels"
TARGET = ROOT / "dist" / "runtime"
TEXTS = ROOT / "tools" / "licences"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
PACKAGES = ("staysail", "numpy", "numkong", "pypdf", "micropip", "packaging", "pyodide-http")
README = """# staysail-runtime

Python for pages with the npm package `staysail`: Pyodide {pyodide}, a snapshot of its memory with staysail imported,
and the packages that staysail loads when they are needed. `staysail` of the same version starts from this package on a public CDN by
itself. To serve it yourself, copy this folder to your server and give its address:

```js
import {{ boot }} from "staysail";

boot({{ runtimeURL: "https://example.org/staysail-runtime/" }});
```

`staysail-snapshot.json` lists the SHA-256 of every file. `NOTICE` and `licenses/` hold the licences.
"""


def make_runtime(target: Path = TARGET) -> Path:
    """Writes the package's folder anew from wheels/, which `make build` has assembled. The same wheels/ give the same bytes."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in CORE:
        shutil.copyfile(WHEELS / name, target / name)
    wheels = _write_lock(target)
    _copy_snapshot(target)
    list_files(target, [path for path in target.iterdir() if path.suffix in {".mjs", ".wasm", ".zip", ".whl"} or path.name == LOCK])
    shipped = [source for source in load_sources() if source.path.parent == Path("wheels") and source.path.name in {*CORE, *wheels}]
    _copy_licences(target, shipped, wheels)
    pyodide = next(source.version for source in shipped if source.name == "pyodide")
    (target / "README.md").write_text(README.format(pyodide=pyodide), "utf-8")
    (target / "package.json").write_text(json.dumps(_package(), indent=2) + "\n", "utf-8")
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def _write_lock(target: Path) -> list[str]:
    """Copies the wheels of PACKAGES and writes the lock that lists them alone. Returns their names."""
    lock = json.loads((WHEELS / LOCK).read_text("utf-8"))
    lock["packages"] = {name: lock["packages"][name] for name in sorted(PACKAGES)}
    names = [package["file_name"] for package in lock["packages"].values()]
    for name in names:
        shutil.copyfile(WHEELS / name, target / name)
    (target / LOCK).write_text(json.dumps(lock, indent=1) + "\n", "utf-8")
    return names


def _copy_snapshot(target: Path) -> None:
    """The snapshot under its own name, zipped. Its hash stays the unzipped memory's; `bytes` are those that are transferred."""
    manifest = read_manifest(WHEELS)
    zipped = WHEELS / f"{manifest['file']}.gz"
    shutil.copyfile(zipped, target / manifest["file"])
    write_manifest(target, manifest | {"bytes": zipped.stat().st_size})


def _copy_licences(target: Path, shipped: list[Source], wheels: list[str]) -> None:
    folder = target / "licenses"
    folder.mkdir()
    shutil.copyfile(ROOT / "LICENSE", target / "LICENSE")
    shutil.copyfile(TEXTS / "PSF-2.0.txt", folder / "python_stdlib.zip.txt")
    for name in wheels:
        text = "\n".join(_licences_of(WHEELS / name))
        project = name.partition("-")[0]
        (folder / f"{project}.txt").write_text(text, "utf-8")
        if project == "micropip":  # of the same project, under the same licence
            (folder / "pyodide.txt").write_text(text, "utf-8")
    lines = [f"{source.path.name}: {source.name} {source.version}, {source.licence}" for source in shipped]
    head = ["Files of others in this package; their licences are in licenses/.", ""]
    (target / "NOTICE").write_text("\n".join([*head, *lines, ""]), "utf-8")


def _licences_of(wheel: Path) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            folder, _, file = name.rpartition("/")
            if ".dist-info" in folder and ("licenses" in folder or file.startswith("LICENSE")):
                yield f"{file}\n\n{archive.read(name).decode('utf-8')}"


def _package() -> dict[str, Any]:
    """Kept in step with the package `staysail`, whose version it has."""
    web = json.loads((ROOT / "web/package.json").read_text("utf-8"))
    return {
        "name": "staysail-runtime",
        "version": web["version"],
        "description": "Python for pages with staysail: Pyodide, a snapshot of its memory, and the packages it loads",
        "keywords": ["staysail", "pyodide", "python", "wasm"],
        "license": "MIT AND MPL-2.0 AND PSF-2.0 AND BSD-3-Clause AND Apache-2.0",
        "type": "module",
        **{name: web[name] for name in ("author", "homepage", "repository", "bugs") if name in web},
        "sideEffects": False,
        "exports": {"./*": "./*"},
    }


if __name__ == "__main__":
    print(make_runtime().relative_to(ROOT))
    sys.exit()
