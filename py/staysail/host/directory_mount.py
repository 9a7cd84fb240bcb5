from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Callable
from pathlib import Path as OsPath

from ..core.errors import ConfigError, QuotaError, StoreError, ToolFSError
from ..core.locks import Lock
from ..fs.entry import Entry, already_there, directory, hash_of, is_directory, not_a_directory, not_found, to_iso
from ..fs.path import Path, check_name, is_under, to_text

TEMPORARY = ".staysail-"


class DirectoryMount:
    """Files of a directory of this machine. A write is a new file that takes the place of the old one, so nobody ever sees half of it.
    Links are not followed, and not listed: they may lead out."""

    kind = "directory"

    def __init__(self, directory: str | os.PathLike[str], *, writable: bool = True) -> None:
        self._root, self.writable = OsPath(directory).resolve(), writable
        if not self._root.is_dir():
            raise ConfigError(f"{directory} is no directory")
        self._lock = Lock()

    async def stat(self, path: Path) -> Entry | None:
        if not path:
            return directory(())
        return self._run(path, lambda place: _entry(place, path))

    async def list(self, path: Path) -> list[Entry]:
        def scan(place: OsPath) -> list[Entry]:
            self._need(place, path, "directory")
            found = [_entry(place / name, (*path, name)) for name in sorted(child.name for child in place.iterdir()) if _is_name(name)]
            return [entry for entry in found if entry]

        return self._run(path, scan)

    async def read(self, path: Path) -> bytes:
        def read(place: OsPath) -> bytes:
            self._need(place, path, "file")
            return place.read_bytes()

        return self._run(path, read)

    async def write(self, path: Path, data: bytes, *, if_hash: str | None = None) -> None:
        def write(place: OsPath) -> None:
            entry = _entry(place, path)
            if not path or (entry and entry.kind == "directory"):
                raise is_directory(path)
            if if_hash is not None and if_hash != (hash_of(place.read_bytes()) if entry else ""):
                raise ToolFSError("this was changed meanwhile; read it again and repeat the change", code="changed", path=to_text(path))
            _replace(place, data)

        async with self._changing(path):
            self._run(path, write)

    async def append(self, path: Path, data: bytes) -> None:
        def append(place: OsPath) -> None:
            entry = _entry(place, path)
            if not path or (entry and entry.kind == "directory"):
                raise is_directory(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("ab") as file:
                file.write(data)

        async with self._changing(path):
            self._run(path, append)

    async def mkdir(self, path: Path) -> None:
        def make(place: OsPath) -> None:
            entry = _entry(place, path)
            if entry and entry.kind == "file":
                raise already_there(path)
            place.mkdir(parents=True, exist_ok=True)

        async with self._changing(path):
            self._run(path, make)

    async def delete(self, path: Path, *, recursive: bool = False) -> None:
        def delete(place: OsPath) -> None:
            if not path:
                raise ToolFSError("a mount itself cannot be deleted; delete what is in it", code="refused", path="/")
            entry = _entry(place, path)
            if entry is None:
                raise not_found(path)
            if entry.kind == "file":
                place.unlink()
            elif recursive:
                shutil.rmtree(place)
            else:
                place.rmdir()

        async with self._changing(path):
            self._run(path, delete)

    async def rename(self, old: Path, new: Path) -> None:
        def rename(source: OsPath) -> None:
            if not old or _entry(source, old) is None:
                raise not_found(old)
            if old == new:
                return
            if is_under(new, old):
                raise ToolFSError("a directory cannot be moved into itself", code="bad_path", path=to_text(new))
            target = self._place(new)
            if not new or target.exists(follow_symlinks=False):
                raise already_there(new)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)

        async with self._changing(old):
            self._run(old, rename)

    def _changing(self, path: Path) -> Lock:
        if not self.writable:
            raise ToolFSError("this cannot be changed: the directory is mounted to be read", code="read_only", path=to_text(path))
        return self._lock

    def _run[T](self, path: Path, work: Callable[[OsPath], T]) -> T:
        try:
            return work(self._place(path))
        except OSError as error:
            raise _translated(error, path) from error

    def _place(self, path: Path) -> OsPath:
        """Where it is on the disk. Raises ToolFSError where a directory above it is none."""
        place = self._root
        for depth, name in enumerate(path, 1):
            if name.startswith(TEMPORARY):
                raise not_found(path)
            place = place / name
            if place.is_symlink():
                raise ToolFSError("this is a link, and links are not followed", code="refused", path=to_text(path[:depth]))
            if depth < len(path) and place.is_file():
                raise not_a_directory(path[:depth])
        return place

    def _need(self, place: OsPath, path: Path, kind: str) -> None:
        entry = _entry(place, path) if path else directory(path)
        if entry is None:
            raise not_found(path)
        if entry.kind != kind:
            raise is_directory(path) if kind == "file" else not_a_directory(path)


def _entry(place: OsPath, path: Path) -> Entry | None:
    """None for what is neither file nor directory."""
    try:
        status = place.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        return Entry(to_text(path), "directory", None, None, to_iso(status.st_mtime))
    if not stat.S_ISREG(status.st_mode):
        return None
    return Entry(to_text(path), "file", status.st_size, None, to_iso(status.st_mtime))


def _is_name(name: str) -> bool:
    try:
        return check_name(name) == name and not name.startswith(TEMPORARY)
    except ToolFSError:
        return False


def _replace(place: OsPath, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f"{TEMPORARY}{secrets.token_hex(6)}")
    try:
        with new.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            shutil.copymode(place, new)
        new.replace(place)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _translated(error: OSError, path: Path) -> Exception:
    text = to_text(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return QuotaError("the disk is full: delete something. Nothing was changed")
    if error.errno == errno.ENOTEMPTY:
        return ToolFSError("this directory is not empty; delete what is in it first, or delete with recursive", code="not_empty", path=text)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ToolFSError("the system does not let this program do that", code="unavailable", path=text)
    if error.errno == errno.ENOENT:
        return not_found(path)
    if error.errno == errno.ENAMETOOLONG:
        return ToolFSError("the name is too long for this disk", code="bad_path", path=text)
    return StoreError(f"{text}: {error.strerror or error}")
