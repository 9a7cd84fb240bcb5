"""An open directory of the disk, and the operations on the names in it.

How it works. A path is opened segment by segment, each below the directory that is already open (openat) and never through a link
(O_NOFOLLOW), so a link that another process puts in the place of a directory meanwhile leads nowhere. Where the system has no such
calls (Windows), each segment is checked before it is used.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

TEMPORARY = ".staysail-"
OPENS_BELOW = {os.open, os.mkdir, os.stat, os.unlink, os.rmdir, os.rename} <= os.supports_dir_fd
NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
A_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | NO_LINK
NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe would wait for its other end


class OpenFolder:
    """An open directory. Its methods raise OSError; a link raises ELOOP. place: a file descriptor, or a path where there is no openat."""

    def __init__(self, place: int | str) -> None:
        self._place = place

    @classmethod
    @contextmanager
    def open(cls, root: str, names: tuple[str, ...], *, make: bool = False) -> Iterator[OpenFolder]:
        """Opens a directory below `root`. make: creates missing directories."""
        folder = cls(os.open(root, os.O_RDONLY) if OPENS_BELOW else root)
        try:
            for name in names:
                if make:
                    with suppress(FileExistsError):
                        folder.make(name)
                below = folder._below(name)
                folder.close()
                folder = below
            yield folder
        finally:
            folder.close()

    def close(self) -> None:
        if isinstance(self._place, int):
            os.close(self._place)

    def status(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(self._name(name), follow_symlinks=False, **self._here())
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        return sorted(os.listdir(self._place))

    def read(self, name: str) -> bytes:
        with os.fdopen(self._open(name, os.O_RDONLY | NO_WAIT), "rb") as file:
            _need_file(file.fileno())
            return file.read()

    def replace(self, name: str, data: bytes) -> None:
        """Puts a new file in the place of the file with this name, so no reader sees a half-written file."""
        new = f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(6)}"
        before = self.status(name)
        try:
            with os.fdopen(self._open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                if before is not None and hasattr(os, "fchmod"):
                    os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
            self.move(new, self, name, replacing=True)
        except BaseException:
            with suppress(FileNotFoundError):
                self.unlink(new)
            raise

    def append(self, name: str, data: bytes) -> None:
        """Appends to a file. A file that has a second name, which may lie outside, stays unchanged, and a new file takes its place here."""
        with os.fdopen(self._open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | NO_WAIT), "ab") as file:
            _need_file(file.fileno())
            if os.fstat(file.fileno()).st_nlink <= 1:
                file.write(data)
                return
        self.replace(name, self.read(name) + data)

    def make(self, name: str) -> None:
        os.mkdir(self._name(name), **self._here())

    def unlink(self, name: str) -> None:
        os.unlink(self._name(name), **self._here())

    def remove_empty(self, name: str) -> None:
        """Removes a directory with nothing in it but what writes that were killed left there."""
        below = self._below(name)
        try:
            below.sweep()
        finally:
            below.close()
        os.rmdir(self._name(name), **self._here())

    def remove_tree(self, name: str) -> None:
        shutil.rmtree(self._name(name), **self._here())

    def move(self, old: str, folder: OpenFolder, new: str, *, replacing: bool = False) -> None:
        to = {"src_dir_fd": self._place, "dst_dir_fd": folder._place} if OPENS_BELOW else {}
        (os.replace if replacing else os.rename)(self._name(old), folder._name(new), **to)  # type: ignore[arg-type]

    def sweep(self) -> None:
        """Removes what processes that are gone left of their writes."""
        for name in self.names():
            owner = name.removeprefix(TEMPORARY).partition("-")[0]
            if name.startswith(TEMPORARY) and owner.isdecimal() and not _is_running(int(owner)):
                with suppress(FileNotFoundError):
                    self.unlink(name)

    def _below(self, name: str) -> OpenFolder:
        if OPENS_BELOW:
            return OpenFolder(self._open(name, A_FOLDER))
        status = self.status(name)
        if status is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
        return OpenFolder(self._name(name))

    def _open(self, name: str, flags: int) -> int:
        status = None if OPENS_BELOW else self.status(name)
        if status is not None and stat.S_ISLNK(status.st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
        return os.open(self._name(name), flags | NO_LINK, 0o666, **self._here())

    def _name(self, name: str) -> str:
        return name if isinstance(self._place, int) else os.path.join(self._place, name)

    def _here(self) -> dict[str, Any]:
        return {"dir_fd": self._place} if isinstance(self._place, int) else {}


def _need_file(descriptor: int) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
