"""The list of what the page's service worker keeps, for visits without a network: wheels/offline.json.

`first` is what a start needs, and is kept after the first visit; `later` is what may be asked for besides, and is kept once it was used:
the sources too, which are served in the bundle's place where one was edited since."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from tools.sources import ROOT

LIST = "offline.json"
LEFT_OUT = {"dist", "node_modules", "types", "wheel"}
PARTS = {".js", ".mjs", ".css", ".svg", ".html", ".py"}
UNBUNDLED = (
    *("page/authorized.html", "page/authorized.js", "page/offline-worker.js", "page/preview/frame.html", "page/sail.svg"),
    "page/tools/tools.py",
)
OTHER_BUNDLES = {"mcp-apps.js", "staysail.js", "staysail-chat.js"}  # for pages of others
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json", "staysail-snapshot.json")
WHEEL = "web/wheel/staysail-cp314.whl"  # `make build` copies it there; the snapshot's name tells one from another
PACKAGES = ("numpy-", "pypdf-")  # the map, and the loader of PDF
MODELS = {".gguf", ".onnx"}  # they keep themselves


def write_offline_list(runtime: Path, snapshot: Path) -> Path:
    packages = [path for path in runtime.glob("*.whl") if path.name.startswith(PACKAGES)]
    bundles = [path for path in (ROOT / "web/dist").iterdir() if path.suffix in PARTS and path.name not in OTHER_BUNDLES]
    vendor = [path for path in (ROOT / "web/vendor").rglob("*") if path.suffix in PARTS]
    page = [ROOT / "index.html", *(ROOT / name for name in UNBUNDLED), *bundles, *vendor]
    first = [*page, *(runtime / name for name in RUNTIME), *packages, snapshot]
    others = [*_sources(), *(path for path in runtime.rglob("*") if path.is_file() and path.suffix not in {".gz", ".md", *MODELS})]
    names = _names(first)
    listed = {"first": ["", WHEEL, *names], "later": sorted({*_names(others)} - {*names, f"{runtime.name}/{LIST}"})}
    version = hashlib.sha256(repr([(name, _digest(ROOT / name)) for name in names]).encode()).hexdigest()[:16]
    target = runtime / LIST
    told = json.dumps({"version": version, **listed}, indent=1) + "\n"
    if not target.is_file() or target.read_text() != told:
        target.write_text(told)
    return target


def _sources() -> Iterable[Path]:
    inside = [*(ROOT / "page").iterdir(), *(ROOT / "web").iterdir()]
    files = (path for folder in inside if folder.name not in LEFT_OUT for path in [folder, *folder.rglob("*")])
    return (path for path in files if path.suffix in PARTS and path.is_file())


def _names(paths: Iterable[Path]) -> list[str]:
    return sorted({path.relative_to(ROOT).as_posix() for path in paths})


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
