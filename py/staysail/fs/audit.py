"""The audit: one record for every call and decision, in the order in which they ended. Records are never changed.

How it works: each ToolFS writes under a writer's name of its own, so that two tabs never write the same record. A record holds the
hash of the record before it, and the same commit writes an anchor outside the chain with the number and the hash of the last record.
`verify` finds records that were altered or removed, and chains that were cut at their end or rewritten. With a key, anchors are
signed (HMAC-SHA-256), so that a party with write access to the store cannot rewrite both; `anchors` returns them for keeping
elsewhere. Each record has a key of its own, so the cost of writing does not grow; from time to time the records of one writer and day
are packed into one segment of JSON lines, in one commit. Beyond the limit, the oldest segments are deleted, and a base record stays
from which `verify` continues.

Keys: `audit/<time of the first>/<writer>/<first sequence>-<last sequence>`; the key of a single record ends at its sequence.
"""

from __future__ import annotations

import hmac
import re
import secrets as randomness
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from ..core.errors import StoreError, redact
from ..core.json_text import read_json, write_json
from ..core.locks import Lock
from ..core.value import NOTHING
from .entry import Entry, hash_of, is_directory, not_found, to_iso
from .mounts import ReadOnlyMount
from .path import Path, to_text
from .ports import KeyValue

PREFIX = "audit/"
BASE = "audit-base/"  # by writer: [sequence, hash, signature] of the last record that was deleted
ANCHOR = "audit-anchor/"  # by writer: [sequence, hash, signature] of the last record
PACKED_AT = 256
MOST_RECORDS = 1_000_000
REMOVED = "[removed]"
SECRET_NAME = re.compile(r"api[-_]?key|authori[sz]ation|cookie|credential|passw|secret|(^|[-_])(token|key|auth)$", re.IGNORECASE)
SECRET_TEXT = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|ghs|github_pat|glpat|xox[abprs]|AKIA|ASIA|AIza|ya29)[-_.]?[A-Za-z0-9_./-]{14,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|(?<=bearer )[\w.~+/=-]{8,}|(?<=basic )[A-Za-z0-9+/=]{8,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
    re.IGNORECASE,
)
LONGEST_TEXT = 500
LONGEST_NAME, MOST_ITEMS, MOST_NODES, DEEPEST, MOST_RECORD_BYTES = 100, 50, 500, 8, 16 << 10
# Characters that are searched for secrets in a text that will be cut, enough to find a secret at the cut.
MOST_SCANNED = 4 * LONGEST_TEXT
MOST_NUMBER = 10**300
AT_END = len('{"at":"2026-01-31T12:00:00.000Z"')


class Audit:
    """The audit of one ToolFS.

    Args:
        store: The storage.
        now: Returns the time in seconds since 1970.
        secrets: Texts that never appear in a record.
        key: Signs the anchors. Keep it where a party with write access to the store cannot read it.
        most_records: The most records; older ones are deleted.

    Attributes:
        unwritten: Records that the full store could not take, kept until it can.
    """

    def __init__(
        self,
        store: KeyValue,
        *,
        now: Callable[[], float],
        secrets: Sequence[str] = (),
        key: bytes | str | None = None,
        most_records: int = MOST_RECORDS,
    ) -> None:
        self._key = key.encode() if isinstance(key, str) else key
        self._numbering = threading.Lock()
        self.writer = randomness.token_hex(4)
        self.unwritten: dict[str, bytes] = {}
        self._store, self._now, self._secrets, self._most_records = store, now, tuple(secrets), most_records
        self._lock = Lock()
        self._sequence, self._last = 0, ""
        self._loose: list[str] = []

    async def write(self, record: Mapping[str, Any], *, secrets: Sequence[str] = ()) -> None:
        """Writes a record. It is durable on return, unless the store is full. Records of calls that end together are written together."""
        cleaned = _bounded(clean(dict(record), (*self._secrets, *secrets)))
        with self._numbering:
            self._sequence += 1
            at = to_iso(self._now())
            kept = {"at": at, "writer": self.writer, "sequence": self._sequence} | cleaned | {"previous": self._last}
            encoded = _encode(kept)
            self._last = hash_of(encoded)
            self.unwritten[f"{PREFIX}{at}/{self.writer}/{self._sequence:09}"] = encoded[:-1] + f',"hash":"{self._last}"}}'.encode()
        async with self._lock:
            with self._numbering:
                batch = dict(self.unwritten)
                anchor = _encode(self._anchor(self._sequence, self._last))
            if not batch:
                return
            try:
                await self._store.commit(batch | {ANCHOR + self.writer: anchor})
                for key in batch:
                    del self.unwritten[key]
                self._loose += batch
                if len(self._loose) >= PACKED_AT:
                    packed, self._loose = self._loose, []
                    await self._tidy(packed)
            except StoreError:
                return

    async def tidy(self) -> None:
        """Packs the records of past days that their writers left unpacked."""
        today = to_iso(self._now())[:10]
        left = [key for key in await self._store.keys(PREFIX) if "-" not in key.rpartition("/")[2] and _day(key) < today]
        if len(left) >= PACKED_AT:
            await self._tidy(left)

    async def _tidy(self, loose: Sequence[str]) -> None:
        """Packs records without a lock, because calls may be recorded while another task holds it. Records that two tabs pack at once
        are stored twice and read once."""
        groups: dict[tuple[str, str], list[str]] = {}
        for key in sorted(loose):
            groups.setdefault((_day(key), key.split("/")[2]), []).append(key)
        for keys in groups.values():
            await self._pack(keys)
        await self._let_go()

    async def _pack(self, keys: Sequence[str]) -> None:
        found = [(key, data) for key, data in zip(keys, await self._store.get(keys), strict=True) if data is not None]
        if found:
            (first, _), (last, _) = found[0], found[-1]
            segment = {f"{first}-{last.rpartition('/')[2]}": b"\n".join(data for _, data in found)}
            await self._store.commit(segment, [key for key, _ in found])

    async def _let_go(self) -> None:
        keys = sorted(await self._store.keys(PREFIX))
        over = sum(map(_count, keys)) - self._most_records
        while over > 0:
            oldest = keys.pop(0)
            (data,) = await self._store.get([oldest])
            if data is not None:
                last = _read_record(data.rpartition(b"\n")[2])
                await self._store.commit({BASE + last["writer"]: self._base(last)} if last else {}, [oldest])
            over -= _count(oldest)

    async def records(self, since: str = "") -> list[dict[str, Any]]:
        """Returns the records in order of time, without those that are damaged, which `verify` names. since: a day, "2026-01-31", or the
        beginning of one."""
        return [record for line in await self._lines(since) if (record := _read_record(line))]

    async def export(self, since: str = "") -> bytes:
        """Returns the records as JSON lines."""
        return b"".join(line + b"\n" for line in await self._lines(since))

    async def days(self) -> list[str]:
        """Returns the days with records, such as "2026-01-31"."""
        keys = [*await self._store.keys(PREFIX), *self.unwritten]
        return sorted({key.removeprefix(PREFIX)[:10] for key in keys})

    async def anchors(self) -> dict[str, list[Any]]:
        """Returns [number, hash, signature or None] of each writer's last record, to be kept outside the store and passed to `verify`."""
        return {key.removeprefix(ANCHOR): _read_anchor(data) for key, data in await self._store.scan(ANCHOR)}

    def _anchor(self, sequence: int, hash: str) -> list[Any]:
        return [sequence, hash, _sign(self._key, self.writer, sequence, hash) if self._key else None]

    def _base(self, last: Mapping[str, Any]) -> bytes:
        """Returns the base after a record. Its signature is of another kind than an anchor's, which an old anchor could be put in for."""
        sequence, hash = last["sequence"], last["hash"]
        return _encode([sequence, hash, _sign(self._key, f"base of {last['writer']}", sequence, hash) if self._key else None])

    async def verify(self, anchors: Mapping[str, Sequence[Any]] = NOTHING) -> list[str]:
        """Returns the problems of the records, in words; an empty list if nobody changed them.

        anchors: the result of an earlier `anchors`; records up to them must be unchanged.
        """
        problems: list[str] = []
        last: dict[str, tuple[int, str]] = {}
        hashes: dict[tuple[str, int], str] = {}
        for key, data in await self._store.scan(BASE):
            writer, (sequence, hash, signature) = key.removeprefix(BASE), _read_anchor(data)
            if self._key and not self._is_signed(f"base of {writer}", sequence, hash, signature):
                problems.append(f"the base of {writer} is not signed with this key: records before it may have been removed")
            last[writer] = sequence, hash
            hashes[writer, sequence] = hash
        lines = await self._lines("")
        records = [record for line in lines if (record := _read_record(line))]
        if len(records) < len(lines):
            problems.append(f"{len(lines) - len(records)} records are damaged and cannot be read")
        for record in sorted(records, key=lambda record: (record["writer"], record["sequence"])):
            hash, writer = record.pop("hash"), record["writer"]
            where = f"record {record['sequence']} of {writer}"
            sequence, previous = last.get(writer, (0, ""))
            if record["sequence"] != sequence + 1:
                problems.append(f"{where}: {record['sequence'] - sequence - 1} before it are missing")
            elif record.get("previous") != previous:
                problems.append(f"{where}: it does not follow the one before it")
            if hash_of(_encode(record)) != hash:
                problems.append(f"{where}: it was altered")
            last[writer] = record["sequence"], hash
            hashes[writer, record["sequence"]] = hash
        return problems + await self._check_anchors(last, hashes, anchors)

    async def _check_anchors(
        self, last: Mapping[str, tuple[int, str]], hashes: Mapping[tuple[str, int], str], earlier: Mapping[str, Sequence[Any]]
    ) -> list[str]:
        """last: number and hash of each writer's last record. hashes: of every record by writer and number."""
        problems: list[str] = []
        stored = await self.anchors()
        with self._numbering:  # this process knows its own end, whatever the store says
            own = {self.writer: self._anchor(self._sequence, self._last)} if self._sequence else {}
        for writer in sorted({*last, *stored, *own}):
            sequence, hash, signature = own.get(writer) or stored.get(writer) or (0, "", None)
            if writer not in own and writer not in stored:
                problems.append(f"the anchor of {writer} is missing: records behind its last one may be, too")
            elif writer not in own and self._key and not self._is_signed(writer, sequence, hash, signature):
                problems.append(f"the anchor of {writer} is not signed with this key: its records may have been written anew")
            elif last.get(writer, (0, ""))[0] < sequence:
                problems.append(f"the last {sequence - last.get(writer, (0, ''))[0]} records of {writer} are missing")
            elif last.get(writer) != (sequence, hash):
                problems.append(f"the records of {writer} do not end as their anchor says: they were written anew")
        for writer, (sequence, hash, *_) in earlier.items():
            if last.get(writer, (0, ""))[0] < sequence:
                problems.append(f"records of {writer} up to number {sequence}, which there were, are missing")
            elif hashes.get((writer, sequence), hash) != hash:
                problems.append(f"record {sequence} of {writer} is another than it was: the records were written anew")
        return problems

    def _is_signed(self, writer: str, sequence: int, hash: str, signature: Any) -> bool:
        return isinstance(signature, str) and hmac.compare_digest(signature, _sign(self._key or b"", writer, sequence, hash))

    async def _lines(self, since: str) -> list[bytes]:
        rows = dict(await self._store.scan(PREFIX + since)) | {
            key: data for key, data in self.unwritten.items() if key.startswith(PREFIX + since)
        }
        lines = [line for _, data in sorted(rows.items()) for line in data.split(b"\n")]
        # Each line begins with its time, of equal length; the sort is stable, so equal times keep their order.
        return sorted(dict.fromkeys(lines), key=lambda line: line[:AT_END])


class AuditMount(ReadOnlyMount):
    """The mount /toolfs/audit, with a file for each day."""

    kind = "audit"
    why = "the audit is only ever added to"

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def stat(self, path: Path) -> Entry | None:
        if not path:
            return Entry("/", "directory")
        return next((entry for entry in await self.list(()) if entry.path == to_text(path)), None)

    async def list(self, path: Path) -> list[Entry]:
        if path:
            raise not_found(path)
        return [Entry(f"/{day}.jsonl", "file", None) for day in await self._audit.days()]

    async def read(self, path: Path) -> bytes:
        if not path:
            raise is_directory(path)
        if await self.stat(path) is None:
            raise not_found(path)
        return await self._audit.export(path[0].removesuffix(".jsonl"))


def clean(value: Any, secrets: Sequence[str]) -> Any:
    """Returns the value without secrets: known secrets, fields with a secret's name, and texts that look like a secret. Long texts are
    cut."""
    return _clean(redact(_Bounds().cut(value), tuple(secrets)))


class _Bounds:
    """Cuts a value to so many levels, items of a level, and items in all, before anything walks through it: a few nested lists that are
    one and the same hold billions."""

    def __init__(self) -> None:
        self._left = MOST_NODES

    def cut(self, value: Any, depth: int = 0) -> Any:
        self._left -= 1
        if not isinstance(value, Mapping | list | tuple):
            return value
        if depth > DEEPEST or self._left < 0:
            return f"… ({len(value)} items)"
        taken = min(len(value), MOST_ITEMS, max(0, self._left))
        left_out = len(value) - taken
        if isinstance(value, Mapping):
            cut = {describe(key)[:LONGEST_NAME]: self.cut(item, depth + 1) for key, item in islice(value.items(), taken)}
            return cut | ({"…": f"{left_out} more"} if left_out else {})
        return [*(self.cut(item, depth + 1) for item in value[:taken]), *([f"… ({left_out} more)"] if left_out else [])]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        text = SECRET_TEXT.sub(REMOVED, value[:MOST_SCANNED])
        return text if len(value) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… ({len(value)} characters)"
    if isinstance(value, Mapping):
        return {key: REMOVED if SECRET_NAME.search(key) and item else _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, int | float):
        return value if -MOST_NUMBER <= value <= MOST_NUMBER else "a number that JSON cannot hold"
    return value if value is None else describe(value)


def _bounded(record: dict[str, Any]) -> dict[str, Any]:
    """Returns the record, without its details if they are too large: every call is recorded, however large its request."""
    size_bytes = len(_encode(record))
    return record if size_bytes <= MOST_RECORD_BYTES else {**record, "detail": f"left out, {size_bytes} bytes"}


def describe(value: Any) -> str:
    """Returns a text for a value of any type, also one whose own text cannot be had: a class of the caller's, a number of 5,000 digits."""
    try:
        return str(value)[:LONGEST_TEXT]
    except Exception:  # noqa: BLE001  a caller's __str__ may raise anything
        return f"<{type(value).__name__}>"


def _read_record(line: bytes) -> dict[str, Any] | None:
    """Returns a record; None, if it is damaged."""
    try:
        record: dict[str, Any] = read_json(line, nonfinite="null")
    except ValueError:
        return None
    kinds = {"writer": str, "sequence": int, "hash": str}
    is_whole = isinstance(record, dict) and all(isinstance(record.get(name), kind) for name, kind in kinds.items())
    return record if is_whole else None


def _read_anchor(data: bytes) -> list[Any]:
    """Returns an anchor or a base; one of no record, if it is damaged."""
    try:
        match read_json(data):
            case [int(sequence), str(hash), *rest]:
                return [sequence, hash, rest[0] if rest else None]
    except ValueError:
        pass
    return [0, "", None]


def _sign(key: bytes, writer: str, sequence: int, hash: str) -> str:
    return hmac.new(key, f"{writer} {sequence} {hash}".encode(), "sha256").hexdigest()


def _encode(value: Any) -> bytes:
    return write_json(value, ascii=True, default=describe).encode()


def _day(key: str) -> str:
    return key.removeprefix(PREFIX)[:10]


def _count(key: str) -> int:
    """Returns the number of records under a key."""
    first, _, last = key.rpartition("/")[2].partition("-")
    return int(last or first) - int(first) + 1
