"""Snapshots of a ToolFS, each call under a session."""

from __future__ import annotations

from . import snapshot_archive as archive
from .files import Files
from .path import ROOT, check_name, resolve_path, to_text
from .session import Session
from .snapshots import Diff, Snapshot, Snapshots

SNAPSHOTS = (*ROOT, "snapshots")


class SnapshotCalls(Files):
    """The part of ToolFS that takes, compares, restores and moves snapshots."""

    snapshots: Snapshots

    async def snapshot(self, session: Session, name: str | None = None) -> Snapshot:
        """Takes a snapshot of all trees and states. name: the time, if left out."""
        async with self._call(session, "snapshot", to_text((*SNAPSHOTS, *([name] if name else ())))) as call:
            call.need("write", (*SNAPSHOTS, *([check_name(name)] if name else ())))
            return await self.snapshots.create(name)

    async def diff(self, old: str, new: str | None, session: Session) -> Diff:
        """Returns the changes from one snapshot to another, or to the present where `new` is None, among paths that the session sees."""
        async with self._call(session, "diff", to_text((*SNAPSHOTS, old)), to=new or "now") as call:
            for name in filter(None, (old, new)):
                call.need("read", (*SNAPSHOTS, check_name(name)))
            diff = await self.snapshots.diff(old, new)
            seen = {
                field: tuple(path for path in getattr(diff, field) if session.sees(resolve_path(path)))
                for field in ("added", "removed", "changed")
            }
            return diff.replace(**seen)

    async def rollback(self, name: str, session: Session) -> Snapshot:
        """Restores a snapshot. It needs `execute` on the snapshot, because it changes the files of every session."""
        async with self._call(session, "rollback", to_text((*SNAPSHOTS, name))) as call:
            call.need("execute", (*SNAPSHOTS, check_name(name)))
            return await self.snapshots.rollback(name)

    async def branch(self, name: str, new_name: str, session: Session) -> Snapshot:
        """Copies a snapshot under a new name."""
        async with self._call(session, "branch", to_text((*SNAPSHOTS, name)), to=new_name) as call:
            call.need("read", (*SNAPSHOTS, check_name(name)))
            call.need("write", (*SNAPSHOTS, check_name(new_name)))
            return await self.snapshots.branch(name, new_name)

    async def export_snapshot(self, name: str, session: Session) -> bytes:
        """Returns a snapshot with all its contents as one file. It needs `execute` on the snapshot, because the file holds the memory of
        every session."""
        async with self._call(session, "export_snapshot", to_text((*SNAPSHOTS, name))) as call:
            call.need("execute", (*SNAPSHOTS, check_name(name)))
            return call.took(await archive.export_snapshot(self.snapshots, name))

    async def import_snapshot(self, data: bytes, session: Session) -> Snapshot:
        """Adds an exported snapshot; nothing else changes. Raises CorruptionError where a hash is wrong."""
        async with self._call(session, "import_snapshot", to_text(SNAPSHOTS)) as call:
            call.need("write", SNAPSHOTS)
            return await archive.import_snapshot(self.snapshots, call.took(data))
