"""Our wheel, twice: from source for micropip and PyPI, and as bytecode for the pages that load it.

Rebuilt only when the sources' hash changes; the same sources give the same bytes."""

import hashlib
import json
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tools.command import run
from tools.sources import ROOT, load_sources

COMPILER = ROOT / "tools" / "compile.mjs"
EPOCH = "1577836800"  # 2020-01-01, the date inside the archives


class WheelError(Exception):
    """Building or compiling the wheel failed; the message holds what the tool said."""


@dataclass(frozen=True, slots=True)
class Wheels:
    source: Path  # staysail-V-py3-none-any.whl
    bytecode: Path  # staysail-V-cp314-none-any.whl


def build_wheels(runtime: Path, upstream_lock: Path, cache: Path) -> Wheels:
    """Builds both wheels into `runtime`, which already holds Pyodide. Raises WheelError."""
    stamp = cache / "wheel.json"
    fingerprint = _fingerprint()
    try:
        built = json.loads(stamp.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        built = {}
    if built.get("fingerprint") == fingerprint:
        wheels = Wheels(runtime / built["source"], runtime / built["bytecode"])
        if wheels.source.is_file() and wheels.bytecode.is_file():
            return wheels

    print("Building the staysail wheel and compiling it with Pyodide under Node", flush=True)
    folder = cache / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    source = build_source_wheel(folder)
    bytecode = _compile(source, runtime, upstream_lock)
    for old in runtime.glob("staysail-*.whl"):
        old.unlink()
    wheels = Wheels(*(Path(shutil.copy2(wheel, runtime)) for wheel in (source, bytecode)))
    names = {"source": wheels.source.name, "bytecode": wheels.bytecode.name}
    stamp.write_text(json.dumps({"fingerprint": fingerprint, **names}), "utf-8")
    return wheels


def _fingerprint() -> str:
    """Hash of everything the wheels are made from: the package, its settings, the compiler, the runtime."""
    digest = hashlib.sha256()
    package = sorted(path for path in (ROOT / "py").rglob("*") if path.is_file() and path.suffix != ".pyc")
    for path in [*package, *(ROOT / name for name in ("pyproject.toml", "LICENSE", "README.md")), COMPILER]:
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for source in load_sources():
        if source.name == "pyodide":
            digest.update(source.sha256.encode())
    return digest.hexdigest()


def build_source_wheel(folder: Path) -> Path:
    """A plain PEP 517 build by the backend that pyproject.toml names."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    _run(command, "building the wheel", {"SOURCE_DATE_EPOCH": EPOCH})
    return next(folder.glob("*.whl"))


def _compile(wheel: Path, runtime: Path, upstream_lock: Path) -> Path:
    node = shutil.which("node")
    if node is None:
        raise WheelError("Node.js 20 or newer is needed and was not found (Debian: apt-get install nodejs npm)")
    command = [node, *map(str, (COMPILER, runtime, upstream_lock, sysconfig.get_path("purelib"), wheel))]
    name = _run(command, "compiling the wheel", {}).splitlines()[-1]
    return wheel.parent / name


def _run(arguments: list[str], doing: str, environment: dict[str, str]) -> str:
    result = run(arguments, environment)
    if result.returncode:
        raise WheelError(f"{doing} failed:\n{result.stdout}{result.stderr}")
    return result.stdout.strip()
