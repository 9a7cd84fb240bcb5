"""Wheels of pure-Python packages, packed again from what tests/environments/.venv has installed, for the Pyodide of notebooks."""

from __future__ import annotations

import json
import subprocess
import zipfile
from hashlib import sha256
from pathlib import Path

from tests.environments.conftest import PYTHON

FIND = """
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    package = importlib.metadata.distribution(name)
    inside = [path for path in package.files if not str(path).startswith("..") and path.suffix not in (".pyc", ".so")]
    paths = {str(path): str(path.locate()) for path in inside}
    modules = sorted({path.split("/")[0].removesuffix(".py") for path in paths if ".dist-info" not in path})
    found[name] = [package.version, paths, modules]
print(json.dumps(found))
"""


def pack(names: tuple[str, ...], runtime: Path, *, left_out: str = "/_static/") -> None:
    """Packs the installed packages into `runtime`, and names them in its lock file, each needing all the others."""
    done = subprocess.run([PYTHON, "-c", FIND, *names], capture_output=True, text=True, check=True)
    path = runtime / "pyodide-lock.json"
    lock = json.loads(path.read_text("utf-8"))
    for name, (version, files, modules) in json.loads(done.stdout).items():
        wheel = runtime / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as made:
            for inside, file in files.items():
                if left_out not in inside and Path(file).is_file():
                    made.write(file, inside)
        lock["packages"][name] = {
            "name": name,
            "version": version,
            "file_name": wheel.name,
            "install_dir": "site",
            "sha256": sha256(wheel.read_bytes()).hexdigest(),
            "package_type": "package",
            "imports": modules,
            "depends": [],
            "unvendored_tests": False,
        }
    lock["packages"][names[0]]["depends"] = list(names[1:])
    path.write_text(json.dumps(lock), "utf-8")
