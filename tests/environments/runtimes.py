"""Pyodide from npm beside the wheels of wheels/, with a lock file that names only files which are there."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from tools.sources import ROOT, load_sources

PACKAGES = Path(__file__).parent / "node_modules"
WHEELS = ROOT / "wheels"
PINNED = next(source.version for source in load_sources() if source.name == "pyodide")
PURE = ("micropip", "packaging", "pyodide-http")
COMPILED = ("numpy", "numkong")


def link(source: Path, target: Path) -> None:
    """Puts a file or a folder there without copying its bytes."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_link, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(source, target)


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(Path(source).resolve(), target)
    except OSError:
        shutil.copy2(source, target)


def lay_out_web(folder: Path) -> None:
    """Fills folder/staysail with the modules of the npm package by which python_tool runs."""
    for name in ("bridge", "runtime", "sandbox"):
        link(ROOT / "web" / name, folder / "staysail" / name)


def lay_out(folder: Path, version: str) -> str:
    """Fills folder/pyodide with the Pyodide of this version and wheels that fit it. Returns the file name of staysail's wheel there, which
    is the one of package indexes."""
    runtime = folder / "pyodide"
    if version == PINNED:
        for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"):
            link(WHEELS / name, runtime / name)
    else:
        link(PACKAGES / f"pyodide-{version}", runtime)
    lock = json.loads((runtime / "pyodide-lock.json").read_text("utf-8"))
    ours = json.loads((WHEELS / "pyodide-lock.json").read_text("utf-8"))["packages"]
    fitting = PURE + (COMPILED if lock["info"]["abi_version"] == "2026_0" else ())
    lock["packages"] = {name: ours[name] for name in fitting}
    (runtime / "pyodide-lock.json").unlink()  # the same file as its source
    (runtime / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")
    for package in lock["packages"].values():
        link(WHEELS / package["file_name"], runtime / package["file_name"])
    wheel = next(WHEELS.glob("staysail-*-py3-none-any.whl"))
    link(wheel, runtime / wheel.name)
    return wheel.name
