"""A snapshot as one file: a ZIP with manifest.json and blobs/<SHA-256>. An imported file is checked against its hashes before anything
is stored."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from ..core.errors import CorruptionError, ToolFSError
from ..core.json_text import read_json
from .entry import hash_of
from .path import Path, check_name
from .snapshots import Snapshot, Snapshots
from .tree import Record

FORMAT = 1
MANIFEST = "manifest.json"
LIMIT_BYTES = 1 << 30
DATE = (2020, 1, 1, 0, 0, 0)  # a constant, so that equal snapshots give equal files
MEMBER = re.compile(r"blobs/[0-9a-f]{64}")
HASH = re.compile(r"[0-9a-f]{64}")


async def export_snapshot(snapshots: Snapshots, name: str) -> bytes:
    """Returns the snapshot as a ZIP file. Equal snapshots give equal files."""
    snapshot = await snapshots.get(name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        head = json.dumps({"format": FORMAT, "snapshot": snapshot.to_dict()}, ensure_ascii=False, indent=1)
        file.writestr(_info(MANIFEST), head)
        for hash in sorted(await snapshots.contents_of(snapshot)):
            file.writestr(_info(f"blobs/{hash}"), await snapshots.blobs.need(hash))
    return buffer.getvalue()


async def import_snapshot(snapshots: Snapshots, data: bytes, *, limit_bytes: int = LIMIT_BYTES) -> Snapshot:
    """Adds the snapshot of a file. limit_bytes: of all contents together. Raises CorruptionError where a hash is wrong, ToolFSError for
    a file that is no snapshot."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = _read_members(file, limit_bytes)
            snapshot = _read_manifest(members.pop(MANIFEST, b""))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, RecursionError) as error:
        raise ToolFSError(f"this is no snapshot file: {error}", code="bad_request") from error
    contents = {name.removeprefix("blobs/"): content for name, content in members.items()}
    for hash, content in contents.items():
        if hash_of(content) != hash:
            raise CorruptionError(f"the file is damaged: the content {hash[:12]} is not what was exported")
    for hash in snapshot.trees.values():
        if hash not in contents:
            raise ToolFSError("the snapshot is not whole: a listing is missing", code="bad_request")
        _check_listing(contents[hash], contents)
    return await snapshots.add(snapshot, contents)


def _read_members(file: zipfile.ZipFile, limit_bytes: int) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    left = limit_bytes
    for info in file.infolist():
        if info.filename != MANIFEST and not MEMBER.fullmatch(info.filename):
            raise ToolFSError(f"this is no snapshot file: it holds {info.filename[:80]!r}", code="bad_request")
        with file.open(info) as member:
            content = member.read(left + 1)  # whatever size the file claims to have
        left -= len(content)
        if left < 0 or info.filename in members:
            why = f"its contents are more than {limit_bytes} bytes" if left < 0 else f"{info.filename} is in it twice"
            raise ToolFSError(f"this snapshot cannot be imported: {why}", code="limit" if left < 0 else "bad_request")
        members[info.filename] = content
    return members


def _read_manifest(data: bytes) -> Snapshot:
    try:
        head = read_json(data)
        fields = head["snapshot"]
        if head["format"] != FORMAT:
            raise ToolFSError("the snapshot was exported by a newer staysail; update staysail", code="bad_request")
        snapshot = Snapshot.from_dict(fields)
        whole = all(
            isinstance(kept, Mapping) and all(_is_hash(hash) for hash in kept.values()) for kept in (snapshot.trees, snapshot.states)
        )
        texts = isinstance(snapshot.created_at, str) and isinstance(snapshot.parent, str | None)
        if not whole or not texts or check_name(snapshot.name) != snapshot.name:
            raise ValueError("fields")
    except (ValueError, TypeError, LookupError) as error:
        raise ToolFSError("this is no snapshot file: its manifest cannot be read", code="bad_request") from error
    if fields["id"] != snapshot.id:
        raise CorruptionError("the file is damaged: its manifest is not what was exported")
    return snapshot


def _check_listing(data: bytes, contents: Mapping[str, bytes]) -> None:
    """Checks a listing: its paths are valid, every file has a content, parts make up their whole, and every directory above a path
    exists."""
    try:
        rows = read_json(data)
        kinds: dict[Path, str] = {}
        for text, *fields in rows:
            record, path = Record.from_list(fields), tuple(text.split("/"))
            if any(check_name(name) != name for name in path) or path in kinds:
                raise ValueError("path")
            if record.kind not in ("file", "directory") or _is_hash(record.hash) != (record.kind == "file"):
                raise ValueError("kind")
            if not isinstance(record.size_bytes, int) or not isinstance(record.created_at, str) or not isinstance(record.modified_at, str):
                raise ValueError("record")
            if record.parts and hash_of(b"".join(contents[hash] for hash, _ in record.parts)) != record.hash:
                raise ValueError("parts")
            kinds[path] = record.kind
        if any(kinds.get(path[:length]) != "directory" for path in kinds for length in range(1, len(path))):
            raise ValueError("parents")
    except (ValueError, TypeError, LookupError, AttributeError, ToolFSError) as error:
        raise ToolFSError("this is no snapshot file: a listing in it cannot be read", code="bad_request") from error


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and HASH.fullmatch(value) is not None


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
