"""Brings every file of wheels/sources.json to its place; a file is accepted by its sha256 alone.

How it works: files that share an archive (an npm package, a wheel that carries another wheel) share one
download. A few archives come down at a time; each file is taken out, checked and moved to its place, and
the archives are deleted at the end. What was checked once is remembered by size and time of change, so a
second run hashes nothing and asks nobody."""

import json
import os
import shutil
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import IO

from tools.archives import DownloadError, download
from tools.sources import ROOT, Place, Source

CACHE = ROOT / ".cache"
DOWNLOADS_AT_A_TIME = 3
PROGRESS_EVERY_S = 5.0


class FetchError(Exception):
    """Some file could not be had; the message says which, from where, and what to do."""


def fetch(sources: Iterable[Source], root: Path = ROOT, cache: Path = CACHE) -> list[Source]:
    """Fetches what is missing or altered and returns it. Raises FetchError after trying everything."""
    ledger = _Ledger(cache / "checked.json", root)
    missing = [source for source in sources if not ledger.holds(source)]
    if not missing:
        return []
    print(f"Fetching {len(missing)} files, {_megabytes(sum(s.size_bytes for s in missing))} in their places")
    downloads = cache / f"downloads-{os.getpid()}"
    depot = _Depot(downloads)
    failures = []
    try:
        with ThreadPoolExecutor(DOWNLOADS_AT_A_TIME) as pool:
            tasks = {pool.submit(_fetch_one, source, root, depot): source for source in missing}
            for task in as_completed(tasks):
                source = tasks[task]
                try:
                    origin = task.result()
                except FetchError as error:
                    failures.append(str(error))
                else:
                    ledger.add(source)
                    print(f"  {source.path}  {_megabytes(source.size_bytes)}  from {origin}", flush=True)
    finally:
        ledger.save()
        shutil.rmtree(downloads, ignore_errors=True)
    if failures:
        raise FetchError("\n".join(failures))
    return missing


def _fetch_one(source: Source, root: Path, depot: "_Depot") -> Place:
    target = root / source.path
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    reasons = []
    for place in source.places:
        try:
            _extract(depot.archive(place), place.member, partial)
        except DownloadError as error:
            reasons.append(f"{place}: {error}")
            continue
        if source.matches(partial):
            partial.replace(target)
            return place
        partial.unlink()
        reasons.append(f"{place}: what came has another sha256")
    raise FetchError(
        f"Could not get {source.path} ({source.name} {source.version}).\n"
        + "".join(f"  tried {reason}\n" for reason in reasons)
        + "  Check the network and the configuration of pip and npm, then run `make build` again;\n"
        + f"  or put the file there yourself: its sha256 must be {source.sha256}."
    )


def _extract(archive: Path, member: str, target: Path) -> None:
    """Copies one member of a wheel or tarball, or the archive itself, to `target`."""
    try:
        if not member:
            shutil.copyfile(archive, target)
        elif archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as stream:
                _copy(stream, target)
        else:
            with tarfile.open(archive) as tarball, tarball.extractfile(member) or _absent(member) as stream:
                _copy(stream, target)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise DownloadError(f"{archive.name} does not hold {member} ({error})") from error


def _copy(stream: IO[bytes], target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)


def _absent(member: str) -> IO[bytes]:
    raise KeyError(member)


class _Depot:
    """Downloads each archive once, whoever asks first; the others wait for the same future."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._archives: dict[str, Future[Path]] = {}

    def archive(self, place: Place) -> Path:
        with self._lock:
            future = self._archives.get(place.archive)
            mine = future is None
            if future is None:
                future = self._archives[place.archive] = Future()
                folder = self._folder / str(len(self._archives))
        if mine:
            with _Progress(place, folder):
                try:
                    future.set_result(download(place, folder))
                except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
                    future.set_exception(error)
        return future.result()


class _Progress:
    """Says every few seconds how much of one download has arrived, read off its folder's size."""

    def __init__(self, place: Place, folder: Path) -> None:
        self._place, self._folder = place, folder
        self._done = threading.Event()

    def __enter__(self) -> None:
        threading.Thread(target=self._watch, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _watch(self) -> None:
        started = time.monotonic()
        while not self._done.wait(PROGRESS_EVERY_S):
            size_bytes = sum(_size(path) for path in self._folder.rglob("*"))
            elapsed_s = time.monotonic() - started
            print(f"  … {self._place}: {_megabytes(size_bytes)} after {elapsed_s:.0f} s", flush=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a temporary file, moved on between listing and asking
        return 0


class _Ledger:
    """Remembers which files were checked, by size and time of change."""

    def __init__(self, path: Path, root: Path) -> None:
        self._path, self._root = path, root
        try:
            self._seen: dict[str, list[object]] = json.loads(path.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            self._seen = {}

    def holds(self, source: Source) -> bool:
        """Whether the file is in place. One that was put there by hand is hashed once."""
        file = self._root / source.path
        if not file.is_file():
            return False
        if self._seen.get(str(source.path)) == self._mark(source):
            return True
        if not source.matches(file):
            return False
        self.add(source)
        self.save()
        return True

    def add(self, source: Source) -> None:
        self._seen[str(source.path)] = self._mark(source)

    def save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._seen, indent=1), "utf-8")

    def _mark(self, source: Source) -> list[object]:
        status = (self._root / source.path).stat()
        return [source.sha256, status.st_size, status.st_mtime_ns]


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1e3:.1f} kB"


if __name__ == "__main__":
    from tools.sources import load_sources

    try:
        fetch(load_sources())
    except FetchError as failure:
        sys.exit(str(failure))
