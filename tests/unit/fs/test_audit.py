import asyncio
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail import QuotaError, ToolFS, ToolFSError
from staysail.core.memory_records import MemoryRecords
from staysail.fs.audit import Audit, clean
from staysail.fs.entry import hash_of

from .stores import DyingStore, PowerCut

ALL = {"/toolfs": "*"}


async def test_every_call_and_every_decision_is_there_in_order():
    toolfs = ToolFS()
    toolfs.mount("/toolfs/data")
    session = toolfs.session("ann", {"/toolfs/data": "read write list"}, calls=5)
    await toolfs.write("/toolfs/data/a", "12345", session)
    await toolfs.read("/toolfs/data/a", session)
    for name, args in (
        ("delete", ("/toolfs/data/a",)),
        ("read", ("/toolfs/data/../../etc/passwd",)),
        ("read", ("/toolfs/data/none",)),
        ("read", ("/toolfs/data/a",)),
    ):
        with pytest.raises(ToolFSError):
            await getattr(toolfs, name)(*args, session)
    records = await toolfs.audit.records()
    told = [(r["operation"], r["path"], r["decision"], r["outcome"], r.get("code"), r["size_bytes"]) for r in records]
    assert told == [
        ("write", "/toolfs/data/a", "allowed", "ok", None, 5),
        ("read", "/toolfs/data/a", "allowed", "ok", None, 5),
        ("delete", "/toolfs/data/a", "refused", "failed", "refused", 0),
        ("read", "/toolfs/data/../../etc/passwd", "refused", "failed", "bad_path", 0),
        ("read", "/toolfs/data/none", "allowed", "failed", "not_found", 0),
        ("read", "/toolfs/data/a", "refused", "failed", "limit", 0),
    ]
    assert {record["session"] for record in records} == {"ann"}
    assert all(record["duration_ms"] >= 0 for record in records)


async def test_it_reads_as_json_lines_a_file_a_day_and_cannot_be_changed():
    seconds = [1_700_000_000.0]
    toolfs = ToolFS(now=lambda: seconds[0])
    session = toolfs.session("a", ALL)
    await toolfs.list("/toolfs", session)
    seconds[0] += 86_400
    await toolfs.list("/toolfs", session)
    assert [entry.name for entry in await toolfs.list("/toolfs/audit", session)] == ["2023-11-14.jsonl", "2023-11-15.jsonl"]
    lines = (await toolfs.read_text("/toolfs/audit/2023-11-14.jsonl", session)).splitlines()
    assert [json.loads(line)["operation"] for line in lines] == ["list"]
    assert (await toolfs.audit.export("2023-11-15")).count(b"\n") == 3
    for work in (
        toolfs.write("/toolfs/audit/2023-11-14.jsonl", "", session),
        toolfs.append("/toolfs/audit/2023-11-14.jsonl", "", session),
        toolfs.delete("/toolfs/audit/2023-11-14.jsonl", session),
        toolfs.rename("/toolfs/audit/2023-11-14.jsonl", "/toolfs/audit/x", session),
        toolfs.mkdir("/toolfs/audit/x", session),
    ):
        with pytest.raises(ToolFSError) as caught:
            await work
        assert caught.value.code == "read_only"
    before = len(await toolfs.audit.records())
    await toolfs.snapshot(session, "one")
    await toolfs.rollback("one", session)
    assert len(await toolfs.audit.records()) == before + 2


async def test_what_was_altered_or_taken_out_is_found():
    store = MemoryRecords()
    toolfs = ToolFS(store)
    session = toolfs.session("a", ALL)
    for _ in range(4):
        await toolfs.list("/toolfs", session)
    assert await toolfs.audit.verify() == []
    keys = sorted(key for key in store.records if key.startswith("audit/"))
    whole = dict(store.records)
    store.records[keys[1]] = whole[keys[1]].replace(b'"list"', b'"read"')
    assert ["altered" in problem for problem in await toolfs.audit.verify()] == [True]
    store.records = {key: data for key, data in whole.items() if key != keys[2]}
    assert "1 before it are missing" in (await toolfs.audit.verify())[0]


SECRETS = [
    "sk-proj-abcdefghijklmnopqrstuvwx",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc_def-ghi",
]


@pytest.mark.parametrize("secret", [*SECRETS, "hunter2-hunter2"])
async def test_no_secret_is_in_it(secret: str):
    store = MemoryRecords()
    toolfs = ToolFS(store, secrets=["hunter2-hunter2"])
    toolfs.mount("/toolfs/data")
    session = toolfs.session("a", ALL)

    class Plugin:
        name, version = "p", "1"

        def execute(self, request):
            return {"success": False, "error": f"the key {secret} is wrong"}

    await toolfs.add_plugin(Plugin())
    await toolfs.execute(
        "p", {"operation": "x", "options": {"text": f"use {secret} now", "deep": [{"api_key": "short", "password": "p"}]}}, session
    )
    for path in (f"/toolfs/data/{secret}", f"/toolfs/memory?text={secret}", f"/toolfs/../{secret}"):
        try:
            await toolfs.read(path, session)
        except ToolFSError:
            continue
    await toolfs.write("/toolfs/data/f", f"content is not told: {secret}", session)
    told = (await toolfs.audit.export()).decode()
    assert secret not in told
    assert '"short"' not in told
    assert "removed]" in told


async def test_secrets_of_a_session_are_removed_and_those_of_its_plugins_calls():
    toolfs = ToolFS()
    session = toolfs.session("a", ALL, secrets=["my-own-password"])
    await toolfs.search_memory("my-own-password", session)
    with pytest.raises(ToolFSError):
        await toolfs.read("/toolfs/data/my-own-password", session.cut("plugin", session.grant))
    assert "my-own-password" not in (await toolfs.audit.export()).decode()


@given(
    st.recursive(
        st.text(max_size=40) | st.none() | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    )
)
def test_a_known_secret_is_removed_at_any_depth(value):
    secret = "a-known-secret"
    told = json.dumps(clean({"value": [value, secret, {"x": f"<{secret}>", secret: 1}]}, [secret]))
    assert secret not in told


def test_ordinary_words_stay():
    record = {"path": "/toolfs/data/task-list-for-the-week.txt", "error": "keyboard tokens", "tokens": 3, "key": "", "monkey": "b"}
    assert clean(record, []) == record


async def test_what_a_full_store_has_no_room_for_is_kept_until_it_has():
    class Full(MemoryRecords):
        full = False

        async def commit(self, puts, deletes=()):
            if self.full:
                raise QuotaError("full")
            await super().commit(puts, deletes)

    store = Full()
    audit = Audit(store, now=lambda: 0.0)
    await audit.write({"operation": "one"})
    store.full = True
    await audit.write({"operation": "two"})
    assert (len(audit.unwritten), [r["operation"] for r in await audit.records()]) == (1, ["one", "two"])
    store.full = False
    await audit.write({"operation": "three"})
    assert audit.unwritten == {}
    assert sum(key.startswith("audit/") for key in store.records) == 3
    assert await audit.verify() == []


async def test_calls_at_once_are_all_there():
    toolfs = ToolFS()
    session = toolfs.session("a", ALL)
    await asyncio.gather(*(toolfs.list("/toolfs", session) for _ in range(100)))
    assert len(await toolfs.audit.records()) == 100
    assert await toolfs.audit.verify() == []


async def test_records_are_packed_into_segments_and_read_as_before(monkeypatch):
    monkeypatch.setattr("staysail.fs.audit.PACKED_AT", 10)
    store, seconds = MemoryRecords(), [1_700_000_000.0]
    one, two = (Audit(store, now=lambda: seconds[0]) for _ in range(2))
    for at in range(47):
        await one.write({"n": at})
        await two.write({"n": at})
        seconds[0] += 0.5 if at != 20 else 86_400
    assert len(await store.keys("audit/")) < 30
    records = await one.records()
    assert [record["n"] for record in records] == [at for at in range(47) for _ in range(2)]
    assert await one.verify() == []
    assert len(await one.records("2023-11-14")) + len(await two.records("2023-11-15")) == 94
    # What a tab that was closed left of a day that is over is packed by whoever comes later.
    seconds[0] += 86_400
    await Audit(store, now=lambda: seconds[0]).tidy()
    assert all("-" in key.rpartition("/")[2] for key in await store.keys("audit/"))
    assert await one.records() == records
    key = (await store.keys("audit/"))[0]
    store.records[key] = store.records[key].replace(b'"n":3,', b'"n":4,')
    assert ["altered" in problem for problem in await one.verify()] == [True]


async def test_two_tabs_that_pack_the_same_records_lose_none_and_tell_none_twice(monkeypatch):
    monkeypatch.setattr("staysail.fs.audit.PACKED_AT", 10)
    store = MemoryRecords()
    audit = Audit(store, now=lambda: 0.0)
    for at in range(9):
        await audit.write({"n": at})
    keys = sorted(key for key in store.records if key.startswith("audit/"))
    left = {key: store.records[key] for key in keys[:6]}
    await audit.write({"n": 9})
    store.records |= {f"{min(left)}-{max(left).rpartition('/')[2]}": b"\n".join(left[key] for key in sorted(left))}
    assert [record["n"] for record in await audit.records()] == list(range(10))
    assert await audit.verify() == []


async def test_the_oldest_records_are_let_go_where_there_are_too_many(monkeypatch):
    monkeypatch.setattr("staysail.fs.audit.PACKED_AT", 10)
    store = MemoryRecords()
    audit = Audit(store, now=lambda: 0.0, most_records=30)
    for at in range(75):
        await audit.write({"n": at})
    kept = [record["n"] for record in await audit.records()]
    assert kept == list(range(kept[0], 75))
    assert 30 <= len(kept) <= 40
    assert await audit.verify() == []
    del store.records[min(await store.keys("audit/"))]
    assert "are missing" in (await audit.verify())[0]


@pytest.mark.parametrize("dies_at", range(4))
async def test_a_power_cut_while_it_packs_loses_no_record_that_was_written(monkeypatch, dies_at: int):
    monkeypatch.setattr("staysail.fs.audit.PACKED_AT", 4)
    written = 0
    store = DyingStore(dies_at=3 + dies_at)
    audit = Audit(store, now=lambda: 0.0)
    while True:
        try:
            await audit.write({"n": written})
        except PowerCut:
            break
        written += 1
    after = MemoryRecords()
    after.records = dict(store.records)
    kept = [record["n"] for record in await Audit(after, now=lambda: 0.0).records()]
    assert kept[: written + 1] in (list(range(written)), list(range(written + 1)))
    assert await Audit(after, now=lambda: 0.0).verify() == []


async def written(count: int = 5, **options) -> tuple[MemoryRecords, Audit]:
    store = MemoryRecords()
    audit = Audit(store, now=lambda: 0.0, **options)
    for at in range(count):
        await audit.write({"n": at})
    return store, audit


def chain(store: MemoryRecords) -> list[str]:
    return sorted(key for key in store.records if key.startswith("audit/"))


@pytest.mark.parametrize("others", [False, True], ids=["by the writer", "by another process"])
async def test_a_chain_that_was_cut_or_emptied_is_noticed(others: bool):
    for left in (4, 1, 0):
        store, audit = await written()
        for key in chain(store)[left:]:
            del store.records[key]
        problems = await (Audit(store, now=lambda: 0.0) if others else audit).verify()
        assert [f"the last {5 - left} records of {audit.writer} are missing"] == problems


async def test_a_chain_that_was_written_anew_is_noticed_by_its_writer_by_its_key_and_by_anchors_kept_elsewhere():
    store, audit = await written(key="kept elsewhere")
    kept = await audit.anchors()
    del store.records[chain(store)[-1]]
    last = ""
    for number, key in enumerate(chain(store), 1):  # a chain that is whole in itself
        record = {"at": "1970-01-01T00:00:00.000Z", "writer": audit.writer, "sequence": number, "n": 9, "previous": last}
        last = hash_of(json.dumps(record, separators=(",", ":")).encode())
        store.records[key] = json.dumps(record | {"hash": last}, separators=(",", ":")).encode()
    store.records[f"audit-anchor/{audit.writer}"] = json.dumps([4, last, None]).encode()
    assert await Audit(store, now=lambda: 0.0).verify() == []  # nothing tells, without key and anchor
    assert "are missing" in (await audit.verify())[0]
    assert "not signed with this key" in (await Audit(store, now=lambda: 0.0, key="kept elsewhere").verify())[0]
    assert "which there were, are missing" in (await Audit(store, now=lambda: 0.0).verify(kept))[0]
    assert "is another than it was" in (await Audit(store, now=lambda: 0.0).verify({audit.writer: [3, kept[audit.writer][1], None]}))[0]
    store.records[f"audit-anchor/{audit.writer}"] = b"{"
    assert await Audit(store, now=lambda: 0.0).verify()
    del store.records[f"audit-anchor/{audit.writer}"]
    assert "anchor of" in (await Audit(store, now=lambda: 0.0).verify())[0]


async def test_a_chain_that_goes_on_after_its_anchors_were_taken_is_whole():
    _, audit = await written(key=b"key")
    kept = await audit.anchors()
    await audit.write({"n": 6})
    assert await audit.verify(kept) == []


@pytest.mark.parametrize(
    "detail",
    [
        {"request": "x" * 10_000_000},
        {"request": ["x" * 400] * 100_000},
        {"request": {f"k{n}" * 50: "v" * 400 for n in range(10_000)}},
        {"request": [[[[[[["x" * 400] * 40] * 40] * 40] * 40] * 40] * 40]},
    ],
    ids=["text", "list", "names", "nested"],
)
async def test_a_record_is_bounded_whatever_a_call_was_asked(detail):
    store, audit = await written(0)
    await audit.write({"operation": "execute", "path": "/toolfs/" + "p" * 100_000, "detail": detail})
    assert sum(map(len, store.records.values())) < 20_000
    assert (await audit.records())[0]["operation"] == "execute"
    assert await audit.verify() == []


class Wordless:
    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


@pytest.mark.parametrize("odd", [float("nan"), float("-inf"), 10**5000, -(10**400), Wordless(), "\ud83d", b"x", [Wordless()]], ids=range(8))
async def test_a_request_that_json_cannot_hold_leaves_the_audit_readable(odd):
    class Plugin:
        name, version, skill_document = "p", "1", ""

        def execute(self, request):
            return {"success": True}

    toolfs = ToolFS()
    await toolfs.add_plugin(Plugin())
    session = toolfs.session("a", ALL)
    await toolfs.list("/toolfs", session)
    for request in ({"operation": "x", "data": odd}, {"operation": odd}):
        with contextlib.suppress(ToolFSError):
            await toolfs.execute("p", request, session)
    with contextlib.suppress(ToolFSError):
        await toolfs.read(odd, session)
    assert [record["operation"] for record in await toolfs.audit.records()] == ["list", "execute", "execute", "read"]
    assert await toolfs.audit.verify() == []


DAMAGE = [
    b"",
    b"{",
    b"5",
    b"null",
    b"[]",
    b"[1]",
    b'["a", 5, {}]',
    b"{}",
    b'{"writer": [], "sequence": "x", "hash": 5}',
    b"[" * 9000,
    b"\xff",
    b"NaN",
]


@pytest.mark.parametrize("damage", DAMAGE, ids=range(len(DAMAGE)))
@pytest.mark.parametrize("part", ["audit/", "audit-anchor/", "audit-base/"])
async def test_damage_of_any_kind_is_named_and_the_other_records_are_read(monkeypatch, part: str, damage: bytes):
    monkeypatch.setattr("staysail.fs.audit.PACKED_AT", 10)
    store, _ = await written(15, most_records=8)
    last = max(key for key in store.records if key.startswith(part))
    store.records[last] = damage
    later = Audit(store, now=lambda: 0.0)
    assert await later.verify()
    assert [record["n"] for record in await later.records()][-3:] == ([11, 12, 13] if part == "audit/" else [12, 13, 14])


async def test_the_beginning_of_a_chain_cannot_be_cut_off_without_the_key(monkeypatch):
    monkeypatch.setattr("staysail.fs.audit.PACKED_AT", 10)
    store, audit = await written(5, key="a key")
    anchor = store.records[f"audit-anchor/{audit.writer}"]
    for at in range(5, 9):
        await audit.write({"n": at})
    assert await Audit(store, now=lambda: 0.0, key="a key").verify() == []
    for key in chain(store)[:5]:
        del store.records[key]
    for base in (anchor, json.dumps(json.loads(anchor)[:2]).encode()):
        store.records[f"audit-base/{audit.writer}"] = base
        assert "is not signed with this key" in " ".join(await Audit(store, now=lambda: 0.0, key="a key").verify())
    long_store, _ = await written(40, key="a key", most_records=10)
    assert any(key.startswith("audit-base/") for key in long_store.records)
    assert await Audit(long_store, now=lambda: 0.0, key="a key").verify() == []
