"""The memory of an interpreter that has imported our wheel, for pages to start from, and the manifest that tells what it fits.

Made again only when the wheel, the runtime or the script that makes it changes."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.command import run
from tools.sources import ROOT, load_sources

SCRIPTS = ROOT / "tools" / "snapshot.mjs", *(ROOT / "web" / "runtime" / name for name in ("snapshot-making.js", "snapshot-packing.js"))
MANIFEST = "staysail-snapshot.json"
GZIP_LEVEL = 6  # 9 takes five times as long and saves 1 %


class SnapshotError(Exception):
    """Making the snapshot failed; the message holds what Node said."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    memory: Path  # staysail-HASH.snapshot, packed
    compressed: Path
    manifest: Path


def make_snapshot(runtime: Path, wheel: Path, cache: Path) -> Snapshot:
    """Brings the snapshot in `runtime`, which holds Pyodide and its lock, up to date. Raises SnapshotError."""
    stamp = cache / "snapshot.sha256"
    fingerprint = _fingerprint(wheel)
    current = _read(runtime)
    if current and stamp.is_file() and stamp.read_text() == fingerprint:
        return current

    print("Taking a snapshot of Python with staysail imported", flush=True)
    partial = cache / "snapshot.partial"
    _run(runtime, wheel, partial)
    memory = partial.read_bytes()
    digest = hashlib.sha256(memory).hexdigest()
    snapshot = _named(runtime, f"staysail-{digest[:16]}.snapshot")
    partial.replace(snapshot.memory)
    snapshot.compressed.write_bytes(gzip.compress(memory, GZIP_LEVEL, mtime=0))
    manifest = {"file": snapshot.memory.name, "bytes": len(memory), "sha256": digest, "wheelSha256": _sha256(wheel)}
    write_manifest(runtime, manifest)
    stamp.write_text(fingerprint)
    return snapshot


def list_files(runtime: Path, files: Iterable[Path]) -> None:
    """Brings the hashes in the manifest of `runtime` up to date, from which browsers know the bytes that they keep."""
    manifest = read_manifest(runtime)
    write_manifest(runtime, manifest | {"files": {path.name: _sha256(path) for path in sorted(files)}})


def read_manifest(runtime: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((runtime / MANIFEST).read_text("utf-8"))
    return manifest


def write_manifest(runtime: Path, manifest: dict[str, Any]) -> None:
    """An unchanged manifest keeps its time of change, by which browsers know it."""
    path = runtime / MANIFEST
    text = json.dumps(manifest, indent=2) + "\n"
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def _named(runtime: Path, name: str) -> Snapshot:
    return Snapshot(runtime / name, runtime / f"{name}.gz", runtime / MANIFEST)


def _read(runtime: Path) -> Snapshot | None:
    """The one that the manifest names, if its files are there."""
    try:
        manifest = read_manifest(runtime)
    except (FileNotFoundError, ValueError):
        return None
    snapshot = _named(runtime, manifest["file"])
    return snapshot if snapshot.memory.is_file() and snapshot.compressed.is_file() else None


def _fingerprint(wheel: Path) -> str:
    made_from = [_sha256(wheel), *map(_sha256, SCRIPTS), *(source.sha256 for source in load_sources() if source.name == "pyodide")]
    return hashlib.sha256(" ".join(made_from).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run(runtime: Path, wheel: Path, target: Path) -> None:
    node = shutil.which("node")
    if node is None:
        raise SnapshotError("Node.js 20 or newer is needed and was not found (Debian: apt-get install nodejs npm)")
    result = run([node, *map(str, (SCRIPTS[0], runtime, wheel, target))])
    if result.returncode:
        raise SnapshotError(f"taking the snapshot failed:\n{result.stdout}{result.stderr}")
