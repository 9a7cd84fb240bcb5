"""An example of examples/frameworks as a site: built by Vite, with the runtime beside it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.serve import serving
from tools.site import Site
from tools.sources import ROOT

RUNTIME_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json", "staysail-snapshot.json")


@contextmanager
def serving_example(example: str, modules: str, folder: Path, also: Sequence[str] = ()) -> Iterator[str]:
    """Builds the example into a folder with the packages of modules/node_modules, and serves it until the block ends. Yields its
    address. also: more folders to serve."""
    command = ["node", str(ROOT / "tests/page/build_example.mjs"), example, modules, str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (folder / "wheels").mkdir()
    snapshot = json.loads((ROOT / "wheels/staysail-snapshot.json").read_text())["file"]
    for name in (*RUNTIME_FILES, snapshot):
        os.link(ROOT / "wheels" / name, folder / "wheels" / name)
    with serving(Site(root=folder, folders=("assets", "wheels", *also))) as url:
        yield url
