"""Assembles what a page downloads: `make build`.

wheels/ becomes a flat indexURL for loadPyodide, with the local models in wheels/local/; web/vendor/ gets the
few JavaScript libraries the page uses, web/dist/ the page's modules as one file. Files that nothing lists any more are removed."""

import fcntl
import gzip
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bundle import BundleError, bundle
from tools.fetch import CACHE, FetchError, fetch
from tools.lock import LockMaker
from tools.offline import LIST, write_offline_list
from tools.snapshot import SnapshotError, list_files, make_snapshot
from tools.sources import ROOT, Source, load_sources
from tools.wheel import WheelError, build_wheels

RUNTIME = ROOT / "wheels"
VENDOR = ROOT / "web" / "vendor"
UPSTREAM_LOCK = CACHE / "pyodide-lock.upstream.json"
COMMITTED = {RUNTIME / "README.md", RUNTIME / "sources.json"}
# Big and compressible; models, wheels and the zip of the standard library are compressed already.
COMPRESSED = {".wasm", ".mjs", ".js", ".txt"}


def assemble() -> None:
    """Brings wheels/, web/vendor/ and web/dist/ up to date. Raises BundleError, FetchError, SnapshotError or WheelError."""
    started = time.monotonic()
    with _alone():
        _assemble()
    print(f"wheels/ is up to date ({time.monotonic() - started:.1f} s)")


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time in this folder; a second one waits for the first."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another build of this folder", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _assemble() -> None:
    sources = load_sources()
    fetch(sources)
    wheels = build_wheels(RUNTIME, UPSTREAM_LOCK, CACHE)
    fetched = [ROOT / s.path for s in sources if s.path.suffix == ".whl"]
    lock = LockMaker(RUNTIME, UPSTREAM_LOCK).write(fetched, wheels)
    snapshot = make_snapshot(RUNTIME, wheels.bytecode, CACHE)
    list_files(RUNTIME, [lock, *(ROOT / s.path for s in sources if s.name == "pyodide" and s.path.parts[0] == RUNTIME.name)])
    compressed = [_compress(ROOT / s.path) for s in sources if _is_compressible(s)]
    ours = {lock, wheels.source, wheels.bytecode, snapshot.memory, snapshot.compressed, snapshot.manifest, RUNTIME / LIST}
    _remove_strays({*(ROOT / s.path for s in sources), *compressed, *ours, *COMMITTED})
    bundle()
    write_offline_list(RUNTIME, snapshot.memory)


def _is_compressible(source: Source) -> bool:
    return source.path.parts[0] == "wheels" and source.path.suffix in COMPRESSED


def _compress(path: Path) -> Path:
    """path.gz beside path, for servers that hand it to clients that accept gzip."""
    target = path.with_name(path.name + ".gz")
    if not target.is_file() or target.stat().st_mtime_ns < path.stat().st_mtime_ns:
        partial = target.with_name(target.name + ".partial")
        partial.write_bytes(gzip.compress(path.read_bytes(), compresslevel=9, mtime=0))
        partial.replace(target)
    return target


def _remove_strays(wanted: set[Path]) -> None:
    for folder in (RUNTIME, VENDOR):
        for path in folder.rglob("*"):
            if path.is_file() and path not in wanted:
                print(f"Removing {path.relative_to(ROOT)}, which nothing lists any more")
                path.unlink()


if __name__ == "__main__":
    try:
        assemble()
    except (BundleError, FetchError, SnapshotError, WheelError) as error:
        sys.exit(str(error))
