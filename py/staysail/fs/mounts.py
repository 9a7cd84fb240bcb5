"""The mounts of a ToolFS, and which of them a path belongs to."""

from __future__ import annotations

from collections.abc import Awaitable

from ..core.errors import ConfigError, ToolFSError
from .path import Path, is_under, resolve_path, to_text
from .ports import Mount, SessionMount

type Mounted = Mount | SessionMount


class ReadOnlyMount:
    """Base of mounts that cannot be written."""

    kind = "read-only"
    writable = False
    why = "it can only be read"

    async def write(self, path: Path, data: bytes, *, if_hash: str | None = None) -> None:
        raise self._refusal(path)

    async def append(self, path: Path, data: bytes) -> None:
        raise self._refusal(path)

    async def delete(self, path: Path, *, recursive: bool = False) -> None:
        raise self._refusal(path)

    async def rename(self, old: Path, new: Path) -> None:
        raise self._refusal(old)

    async def mkdir(self, path: Path) -> None:
        raise self._refusal(path)

    def _refusal(self, path: Path) -> ToolFSError:
        return ToolFSError(f"this cannot be changed: {self.why}", code="read_only", path=to_text(path))


class Mounts:
    """Mounts by their paths. A path belongs to the mount with the longest path above it."""

    def __init__(self) -> None:
        self._by_path: dict[Path, Mounted] = {}

    def add(self, text: str, mount: Mounted) -> Path:
        """Adds a mount. Raises ConfigError for a path that is taken or is /toolfs itself."""
        path = resolve_path(text)
        if len(path) < 2:
            raise ConfigError(f"{text!r}: a mount stands below /toolfs, at /toolfs/data for one")
        if path in self._by_path:
            raise ConfigError(f"{to_text(path)} is mounted already; unmount it first")
        self._by_path[path] = mount
        return path

    def remove(self, text: str) -> None:
        """Removes a mount. Raises ConfigError."""
        path = resolve_path(text)
        if path not in self._by_path:
            raise ConfigError(f"nothing is mounted at {to_text(path)}")
        del self._by_path[path]

    def find(self, path: Path) -> tuple[Path, Mounted] | None:
        """Returns the mount that a path belongs to, with the mount's path; None if there is none."""
        for length in range(len(path), 0, -1):
            mount = self._by_path.get(path[:length])
            if mount:
                return path[:length], mount
        return None

    def below(self, folder: Path) -> list[Path]:
        """Returns the paths of mounts in a folder at any depth."""
        return sorted(path for path in self._by_path if is_under(path, folder) and path != folder)

    def items(self) -> list[tuple[Path, Mounted]]:
        return sorted(self._by_path.items(), key=lambda item: item[0])


async def located[T](at: Path, work: Awaitable[T]) -> T:
    """Awaits a mount's work, and puts the whole path into its errors: a mount knows only its own part."""
    try:
        return await work
    except ToolFSError as error:
        if error.path is None:
            raise
        path = to_text(at) + error.path.rstrip("/")
        raise ToolFSError(f"{path}: {error}", code=error.code, path=path) from error
