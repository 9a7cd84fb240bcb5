from __future__ import annotations

import json

from .entry import Entry, directory, is_directory, not_a_directory, not_found
from .mounts import ReadOnlyMount
from .path import ROOT, Path, to_text
from .session import Session
from .snapshots import Snapshots
from .tree import Record

MANIFEST, TREE = "manifest.json", "tree"
MEMORY = "/toolfs/memory"


class SnapshotsMount(ReadOnlyMount):
    """The mount /toolfs/snapshots: a folder for each snapshot, with manifest.json, and under tree/ the files of that time. Reading such
    a file needs the right to read the present one; memory is left out. Deleting the folder deletes the snapshot."""

    kind = "snapshots"
    why = "a snapshot never changes; roll back to it, change files, and take another"

    def __init__(self, snapshots: Snapshots, session: Session | None = None) -> None:
        self._snapshots, self._session = snapshots, session

    def under(self, session: Session, query: str | None) -> SnapshotsMount:
        return SnapshotsMount(self._snapshots, session)

    async def stat(self, path: Path) -> Entry | None:
        if not path:
            return directory(path)
        return next((entry for entry in await self.list(path[:-1]) if entry.path == to_text(path)), None)

    async def list(self, path: Path) -> list[Entry]:
        if not path:
            found = sorted(await self._snapshots.list(), key=lambda snapshot: snapshot.name)
            return [Entry(f"/{item.name}", "directory", None, item.created_at, item.created_at) for item in found]
        if len(path) == 1:
            size_bytes = len(await self.read((*path, MANIFEST)))
            return [Entry(to_text((*path, MANIFEST)), "file", size_bytes), directory((*path, TREE))]
        files = await self._files(path)
        inside = path[2:]
        if inside and inside not in files:
            raise not_found(path)
        if inside and files[inside].kind == "file":
            raise not_a_directory(path)
        return [record.entry((*path, at[-1])) for at, record in sorted(files.items()) if at[:-1] == inside]

    async def read(self, path: Path) -> bytes:
        if len(path) < 2:
            raise is_directory(path)
        if path[1:] == (MANIFEST,):
            return (json.dumps((await self._snapshots.get(path[0])).to_dict(), ensure_ascii=False, indent=2) + "\n").encode()
        record = (await self._files(path)).get(path[2:])
        if not path[2:] or (record and record.kind == "directory"):
            raise is_directory(path)
        if record is None or record.hash is None:
            raise not_found(path)
        if self._session:
            self._session.check("read", ROOT + path[2:])
        return b"".join([await self._snapshots.blobs.need(hash) for hash, _ in record.contents])

    async def delete(self, path: Path, *, recursive: bool = False) -> None:
        if len(path) != 1:
            raise self._refusal(path)
        await self._snapshots.delete(path[0])

    async def _files(self, path: Path) -> dict[Path, Record]:
        """Returns the records by path from /toolfs, with the directories above mounts."""
        if path[1] != TREE:
            raise not_a_directory(path) if path[1] == MANIFEST and len(path) == 2 else not_found(path)
        snapshot = await self._snapshots.get(path[0])
        files: dict[Path, Record] = {}
        folder = Record("directory", 0, snapshot.created_at, snapshot.created_at)
        trees = [tuple(name.split("/")[2:]) for name in snapshot.trees if name != MEMORY]
        found = {
            tuple(at.split("/")[2:]): record
            for at, record in (await self._snapshots.files(snapshot)).items()
            if not at.startswith(f"{MEMORY}/")
        }
        for tree in trees:
            files |= {tree[: length + 1]: folder for length in range(len(tree))}
        return {at: item for at, item in (files | found).items() if self._session is None or self._session.sees(ROOT + at)}
