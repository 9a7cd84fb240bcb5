from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as OsPath

from ..core.errors import ConfigError, QuotaError, StoreError, ToolFSError
from ..core.locks import Lock
from ..fs.entry import Entry, already_there, directory, hash_of, is_directory, not_a_directory, not_found, to_iso
from ..fs.path import Path, check_name, is_under, to_text
from .open_folder import TEMPORARY, OpenFolder


class DirectoryMount:
    """Files of a directory of this machine. A write puts a new file in the place of the old one, so no reader sees a half-written file.
    Links are neither followed nor listed, because they may lead out of the directory."""

    kind = "directory"

    def __init__(self, directory: str | os.PathLike[str], *, writable: bool = True) -> None:
        self._root, self.writable = str(OsPath(directory).resolve()), writable
        if not OsPath(self._root).is_dir():
            raise ConfigError(f"{directory} is no directory")
        self._lock = Lock()
        self._swept = set[Path]()

    async def stat(self, path: Path) -> Entry | None:
        if not path:
            return directory(())
        with self._folder(path) as folder:
            return _entry(folder, path)

    async def list(self, path: Path) -> list[Entry]:
        with self._folder((*path, "")) as folder:
            found = ((name, folder.status(name)) for name in folder.names() if _is_name(name))
            return [entry for name, status in found if status and (entry := _shown(status, (*path, name)))]

    async def read(self, path: Path) -> bytes:
        if not path:
            raise is_directory(path)
        with self._folder(path) as folder:
            _need_file(folder, path)
            return folder.read(path[-1])

    async def write(self, path: Path, data: bytes, *, if_hash: str | None = None) -> None:
        async with self._changing(path):
            with self._folder(path, make=True) as folder:
                entry = _entry(folder, path)
                if entry and entry.kind == "directory":
                    raise is_directory(path)
                if if_hash is not None and if_hash != (hash_of(folder.read(path[-1])) if entry else ""):
                    raise ToolFSError("this was changed meanwhile; read it again and repeat the change", code="changed", path=to_text(path))
                folder.replace(path[-1], data)

    async def append(self, path: Path, data: bytes) -> None:
        async with self._changing(path):
            with self._folder(path, make=True) as folder:
                entry = _entry(folder, path)
                if entry and entry.kind == "directory":
                    raise is_directory(path)
                folder.append(path[-1], data)

    async def mkdir(self, path: Path) -> None:
        async with self._changing(path, itself=True):
            if not path:
                return
            with self._folder(path, make=True) as folder:
                entry = _entry(folder, path)
                if entry and entry.kind == "file":
                    raise already_there(path)
                if entry is None:
                    folder.make(path[-1])

    async def delete(self, path: Path, *, recursive: bool = False) -> None:
        if not path:
            raise ToolFSError("a mount itself cannot be deleted; delete what is in it", code="refused", path="/")
        async with self._changing(path):
            with self._folder(path) as folder:
                entry = _entry(folder, path)
                if entry is None:
                    raise not_found(path)
                if entry.kind == "file":
                    folder.unlink(path[-1])
                elif recursive:
                    folder.remove_tree(path[-1])
                else:
                    folder.remove_empty(path[-1])

    async def rename(self, old: Path, new: Path) -> None:
        async with self._changing(old, itself=True):
            if not old:
                raise not_found(old)
            with self._folder(old) as source:
                if _entry(source, old) is None:
                    raise not_found(old)
                if old == new:
                    return
                if is_under(new, old):
                    raise ToolFSError("a directory cannot be moved into itself", code="bad_path", path=to_text(new))
                if not new:
                    raise already_there(new)
                with self._folder(new, make=True) as target:
                    if target.status(new[-1]) is not None:
                        raise already_there(new)
                    source.move(old[-1], target, new[-1])

    def _changing(self, path: Path, *, itself: bool = False) -> Lock:
        """itself: the path may be the mount's own root."""
        if not self.writable:
            raise ToolFSError("this cannot be changed: the directory is mounted to be read", code="read_only", path=to_text(path))
        if not path and not itself:
            raise is_directory(path)
        return self._lock

    @contextmanager
    def _folder(self, path: Path, *, make: bool = False) -> Iterator[OpenFolder]:
        """Opens the directory that holds the path's last name. Raises ToolFSError, StoreError, QuotaError."""
        for depth, name in enumerate(path, 1):
            if name.startswith(TEMPORARY):
                raise not_found(path[:depth])
        try:
            with OpenFolder.open(self._root, path[:-1], make=make) as folder:
                if make and path[:-1] not in self._swept:
                    self._swept.add(path[:-1])
                    folder.sweep()
                yield folder
        except OSError as error:
            raise _translated(error, path) from error


def _entry(folder: OpenFolder, path: Path) -> Entry | None:
    """Returns the entry of the path's last name; None if it is neither file nor directory. Raises ToolFSError for a link."""
    status = folder.status(path[-1])
    if status is not None and stat.S_ISLNK(status.st_mode):
        raise _is_link(path)
    return _shown(status, path) if status else None


def _shown(status: os.stat_result, path: Path) -> Entry | None:
    if stat.S_ISDIR(status.st_mode):
        return Entry(to_text(path), "directory", None, None, to_iso(status.st_mtime))
    if not stat.S_ISREG(status.st_mode):
        return None
    return Entry(to_text(path), "file", status.st_size, None, to_iso(status.st_mtime))


def _need_file(folder: OpenFolder, path: Path) -> None:
    entry = _entry(folder, path)
    if entry is None:
        raise not_found(path)
    if entry.kind == "directory":
        raise is_directory(path)


def _is_name(name: str) -> bool:
    try:
        return check_name(name) == name and not name.startswith(TEMPORARY)
    except ToolFSError:
        return False


def _is_link(path: Path) -> ToolFSError:
    return ToolFSError("this is a link, and links are not followed", code="refused", path=to_text(path))


def _translated(error: OSError, path: Path) -> Exception:
    text = to_text(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return QuotaError("the disk is full: delete something. Nothing was changed")
    if error.errno == errno.ELOOP:
        return _is_link(path)
    if error.errno == errno.ENOTDIR:
        return not_a_directory(path[:-1])
    if error.errno == errno.ENOTEMPTY:
        return ToolFSError("this directory is not empty; delete what is in it first, or delete with recursive", code="not_empty", path=text)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ToolFSError("the system does not let this program do that", code="unavailable", path=text)
    if error.errno == errno.ENOENT:
        return not_found(path)
    if error.errno == errno.ENAMETOOLONG:
        return ToolFSError("the name is too long for this disk", code="bad_path", path=text)
    return StoreError(f"{text}: {error.strerror or error}")
