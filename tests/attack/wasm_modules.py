"""Hostile WASM modules, written byte by byte: https://webassembly.github.io/spec/core/binary/"""

from __future__ import annotations

from collections.abc import Iterable

HEAD = b"\0asm\1\0\0\0"
I32, I64, FUNCREF, EXTERNREF, EXNREF, ANYREF = b"\x7f", b"\x7e", b"\x70", b"\x6f", b"\x69", b"\x6e"
TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA, TAG = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13
FOR_EVER = b"\x03\x40\x0c\0\x0b"
# (), (i32) -> i32, (i32, i32) -> i64, () -> i32, (i32, i32)
TYPES = [b"\x60\0\0", b"\x60\1\x7f\1\x7f", b"\x60\2\x7f\x7f\1\x7e", b"\x60\0\1\x7f", b"\x60\2\x7f\x7f\0"]


def number(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def vector(items: Iterable[bytes]) -> bytes:
    items = list(items)
    return number(len(items)) + b"".join(items)


def section(id: int, body: bytes) -> bytes:
    return bytes([id]) + number(len(body)) + body


def body(code: bytes, *, locals: int = 0, type: bytes = I64) -> bytes:
    declared = vector([number(locals) + type] if locals else [])
    return number(len(declared + code) + 1) + declared + code + b"\x0b"


def export(name: str, kind: int, index: int) -> bytes:
    return number(len(name)) + name.encode() + bytes([kind]) + number(index)


def memory(minimum: int = 1, maximum: int | None = None, flags: int = 0) -> bytes:
    return bytes([flags | (maximum is not None)]) + number(minimum) + (b"" if maximum is None else number(maximum))


def module(
    *,
    types: Iterable[bytes] = (),
    imports: Iterable[bytes] = (),
    tables: Iterable[bytes] = (),
    memories: Iterable[bytes] = (b"\0\1",),
    globals: Iterable[bytes] = (),
    functions: dict[str, tuple[int, bytes]] | None = None,
    more: Iterable[tuple[int, bytes]] = (),
    start: str | None = None,
    extra: dict[int, bytes] | None = None,
) -> bytes:
    """A plain plugin: it exports memory, alloc and execute. types: beside TYPES. functions: by name, an index of the types and a body.
    more: functions that are not exported. start: a function that runs when it is instantiated. extra: other sections by id."""
    plain = {"alloc": (1, body(b"\x41\x20")), "execute": (2, body(b"\x42\0"))}
    named = plain | (functions or {})
    every = [*named.values(), *more]
    sections = {
        TYPE: vector([*TYPES, *types]),
        IMPORT: vector(imports),
        FUNCTION: vector(number(type) for type, _ in every),
        TABLE: vector(tables),
        MEMORY: vector(memories),
        GLOBAL: vector(globals),
        EXPORT: vector([export("memory", 2, 0), *(export(name, 0, index) for index, name in enumerate(named))]),
        CODE: vector(code for _, code in every),
    }
    if start is not None:
        sections[START] = number(list(named).index(start))
    sections |= extra or {}
    order = (TYPE, IMPORT, FUNCTION, TABLE, MEMORY, TAG, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA)
    return HEAD + b"".join(section(id, sections[id]) for id in order if sections.get(id, b"\0") != b"\0" or (id == START and start))


def table(minimum: int, maximum: int | None = None, type: bytes = FUNCREF) -> bytes:
    return type + memory(minimum, maximum)


def nested(opcode: int, depth: int, *, locals: int, inside: bytes = b"") -> bytes:
    """Blocks within blocks: a compiler keeps all locals for each."""
    return body(bytes([opcode, 0x40]) * depth + inside + b"\x0b" * depth, locals=locals)


def branching(count: int, *, locals: int) -> bytes:
    return body(b"\x02\x40" + b"\x41\0\x0d\0" * count + b"\x0b", locals=locals)


def many_pushes(pushes: int, depth: int) -> bytes:
    return body(b"\x41\0" * pushes + b"\x03\x40" * depth + b"\x0b" * depth + b"\x1a" * pushes)


def one(code: bytes) -> dict[str, tuple[int, bytes]]:
    return {"run": (0, code)}


MANY = 10_000_000
# What must be refused before it is compiled, and a word of the reason.
REFUSED: dict[str, tuple[bytes, str]] = {
    "a table of 10 million entries": (module(tables=[table(MANY)]), "gets at most"),
    "a table of 10 million entries with a maximum": (module(tables=[table(MANY, MANY)]), "gets at most"),
    "a hundred tables of 100,000 entries": (module(tables=[table(100_000)] * 100), "gets at most"),
    "a hundred tables of 100,000 externrefs": (module(tables=[table(100_000, type=EXTERNREF)] * 100), "gets at most"),
    "10,000 tables": (module(tables=[table(1)] * 10_000), "10000 tables"),
    "a table of exceptions": (module(tables=[table(1, type=EXNREF)]), "cannot be counted"),
    "a table of any reference": (module(tables=[table(1, type=ANYREF)]), "cannot be counted"),
    "a table with a first value": (module(tables=[b"\x40\0" + table(MANY) + b"\xd0\x70\x0b"]), "gets at most"),
    "a tag": (module(extra={TAG: vector([b"\0\0"])}), "exceptions"),
    "an imported tag": (module(imports=[b"\1e\1t\4\0\0"]), "exceptions"),
    "try and catch_all": (module(functions=one(body(b"\x06\x40\x19\x0b"))), "exceptions"),
    "try_table with catch_all_ref": (module(functions=one(body(b"\x02\x69\x1f\x40\1\3\0\0\x0b\x0b\x1a"))), "exceptions"),
    "throw_ref": (module(functions=one(body(b"\0\x0a"))), "exceptions"),
    "a local exception": (module(functions=one(body(b"", locals=1, type=EXNREF))), "cannot be counted"),
    "a parameter exception": (module(types=[b"\x60\1\x69\0"]), "cannot be counted"),
    "a structure": (module(types=[b"\x5f\1\x7f\0"]), "garbage-collected"),
    "an array": (module(types=[b"\x5e\x7f\1"]), "garbage-collected"),
    "a recursive group": (module(types=[b"\x4e\1\x5f\0"]), "garbage-collected"),
    "an open subtype": (module(types=[b"\x50\0\x5f\0"]), "garbage-collected"),
    "a continuation": (module(types=[b"\x5d\0"]), "garbage-collected"),
    "array.new": (module(functions=one(body(b"\x41\0\x41\0\xfb\6\0\x1a"))), "0xfb"),
    "ref.i31": (module(functions=one(body(b"\x41\0\xfb\x1c\x1a"))), "0xfb"),
    "call_ref": (module(functions=one(body(b"\xd0\0\x14\0"))), "0x14"),
    "suspend": (module(functions=one(body(b"\xe2\0"))), "0xe2"),
    "two memories": (module(memories=[memory(), memory()]), "several memories"),
    "a thousand memories": (module(memories=[memory()] * 1000), "several memories"),
    "growing a second memory": (module(memories=[memory(), memory()], functions=one(body(b"\x41\1\x40\1\x1a"))), "second memory"),
    "a load from a second memory": (module(memories=[memory(), memory()], functions=one(body(b"\x41\0\x28\x42\1\0\x1a"))), "0x28"),
    "64-bit addresses": (module(memories=[memory(1, flags=4)]), "64-bit"),
    "a 64-bit memory of 16 GiB": (module(memories=[memory(1 << 18, flags=4)]), "64-bit"),
    "a table of 64-bit indices": (module(tables=[b"\x70\4\1"]), "64-bit"),
    "shared memory": (module(memories=[memory(1, 2, flags=2)]), "shared"),
    "pages of another size": (module(memories=[memory(1, flags=8) + b"\0"]), "unknown kind 8"),
    "a memory of 4 GiB": (module(memories=[memory(65_536)]), "gets at most"),
    "an imported memory": (module(imports=[b"\3env\6memory\2\0\1"]), "env.memory"),
    "an imported table": (module(imports=[b"\3env\1t\1\x70\0\1"]), "env.t"),
    "an imported global": (module(imports=[b"\3env\1g\3\x7f\0"]), "env.g"),
    "a million functions": (module(more=[(0, b"\2\0\x0b")] * 1_000_000), "1000002 functions"),
    "100,000 types": (module(types=[b"\x60\0\0"] * 100_000), "types"),
    "a function of 1,000 parameters": (module(types=[b"\x60" + vector([I64] * 1000) + b"\0"]), "1000 parameters"),
    "a function of 1,000 results": (module(types=[b"\x60\0" + vector([I64] * 1000)]), "1000 results"),
    "a million globals": (module(globals=[b"\x7f\0\x41\0\x0b"] * 1_000_000), "globals"),
    "100,000 exports": (module(extra={EXPORT: vector(export(f"e{n}", 0, 0) for n in range(100_000))}), "exports"),
    "2,000 imports": (module(imports=[b"\1e\1x\0\0"] * 2000), "imports"),
    "a million elements": (module(extra={ELEMENT: vector([b"\1\0" + vector([b"\0"] * 3_000_000)])}), "gets at most"),
    "locals kept by nested loops": (module(functions=one(nested(3, 2000, locals=50_000))), "compiling its function"),
    "locals kept by nested blocks": (module(functions=one(nested(2, 20_000, locals=5_000))), "compiling its function"),
    "locals kept by branches": (module(functions=one(branching(50_000, locals=5_000))), "compiling its function"),
    "locals kept by a table of branches": (
        module(functions=one(body(b"\x02\x40\x41\0\x0e" + vector([b"\0"] * 60_000) + b"\0\x0b", locals=1000))),
        "compiling its function",
    ),
    "parameters kept by nested loops": (
        module(types=[b"\x60" + vector([I64] * 255) + b"\0"], functions={"run": (5, nested(3, 100_000, locals=0))}),
        "compiling its function",
    ),
    "values kept by nested loops": (module(functions=one(many_pushes(100_000, 10_000))), "compiling its function"),
    "4 billion locals": (module(functions=one(body(b"\x03\x40\x0b", locals=0xFFFFFFFF))), "compiling its function"),
    "millions of branches": (module(functions=one(body(b"\x02\x40\x0b" * 1_100_000))), "branches"),
    "a section of the future": (module() + section(14, b"\0"), "section of kind 14"),
}  # fmt: skip

# What never comes back, and the phase in which.
LOOPS: dict[str, bytes] = {
    "start": module(functions=one(body(FOR_EVER)), start="run"),
    "_initialize": module(functions={"_initialize": (0, body(FOR_EVER))}),
    "version": module(functions={"version": (3, body(FOR_EVER + b"\x41\0"))}),
    "skill_document": module(functions={"skill_document": (3, body(FOR_EVER + b"\x41\0"))}),
    "operations": module(functions={"operations": (3, body(FOR_EVER + b"\x41\0"))}),
    "alloc": module(functions={"alloc": (1, body(FOR_EVER + b"\x41\0")), "init": (4, body(b""))}),
    "init": module(functions={"init": (4, body(FOR_EVER))}),
    "extism _initialize": module(
        imports=[b"\x0fextism:host/env\x0cinput_length\0" + number(5)], types=[b"\x60\0\1\x7e"],
        functions={"_initialize": (0, body(FOR_EVER))}, extra={EXPORT: vector([export("memory", 2, 0), export("_initialize", 0, 3)])},
    ),
    "extism version": module(
        imports=[b"\x0fextism:host/env\x0cinput_length\0" + number(5)], types=[b"\x60\0\1\x7e"],
        functions={"version": (3, body(FOR_EVER + b"\x41\0"))}, extra={EXPORT: vector([export("memory", 2, 0), export("version", 0, 3)])},
    ),
    "hs_init": module(
        imports=[b"\x0fextism:host/env\x0cinput_length\0" + number(5)], types=[b"\x60\0\1\x7e"],
        functions={"hs_init": (4, body(FOR_EVER))}, extra={EXPORT: vector([export("memory", 2, 0), export("hs_init", 0, 3)])},
    ),
    "hyper-mcp describe": module(
        imports=[b"\x0fextism:host/env\x0cinput_length\0" + number(5)], types=[b"\x60\0\1\x7e"],
        functions={"describe": (3, body(FOR_EVER + b"\x41\0")), "call": (3, body(b"\x41\0"))},
        extra={EXPORT: vector([export("memory", 2, 0), export("describe", 0, 3), export("call", 0, 4)])},
    ),
    "start, in a recursion that never ends": module(functions=one(body(b"\x03\x40\x10\2\x0c\0\x0b")), start="run"),
}  # fmt: skip
