"""Function bodies of a WASM module: the memory that compiling one takes, and where it grows the module's memory.

How it works: one regular expression runs over the instructions that neither branch nor grow memory, at the speed of C. Blocks, branches and
`memory.grow` are looked at one by one. An instruction outside of WebAssembly 2.0 (with tail calls, atomics and relaxed SIMD) is refused:
its memory cannot be counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...core.value import Value
from .limits import MOST_BRANCHES, STATE_BYTES
from .reader import END, VALUES, Reader

UNCOUNTED = "whose memory cannot be counted"

_NUMBER = rb"[\x80-\xff]{0,9}+[\x00-\x7f]"
_ADDRESS = rb"[\x00-\x3f]" + _NUMBER  # alignment, offset
_PLAIN = re.compile(
    rb"(?s:(?:"
    rb"[\x10\x12\x20-\x26\x3f\x41\x42\xd0\xd2]" + _NUMBER  # calls, locals, globals, tables, constants, references
    + rb"|[\x01\x1a\x1b\x45-\xc4\xd1]"  # arithmetic
    + rb"|[\x28-\x3e]" + _ADDRESS  # loads and stores
    + rb"|[\x11\x13]" + _NUMBER + _NUMBER  # indirect calls
    + rb"|\x43.{4}|\x44.{8}|\x1c\x01[\x6f-\x7f]"
    + rb"|\xfc(?:[\x00-\x07]|[\x08\x0a\x0c\x0e]" + _NUMBER + _NUMBER + rb"|[\x09\x0b\x0d\x0f-\x11]" + _NUMBER + rb")"
    + rb"|\xfd(?:[\x00-\x0b\x5c\x5d]" + _ADDRESS + rb"|[\x0c\x0d].{16}|[\x15-\x22].|[\x54-\x5b]" + _ADDRESS
    + rb".|[\x0e-\x14\x23-\x53\x5e-\x7f]|[\x80-\xff]\x01|[\x80-\x93]\x02)"
    + rb"|\xfe(?:\x03.|[\x00-\x02\x10-\x4e]" + _ADDRESS + rb"))*+)"
)  # fmt: skip
_ONE_NUMBER = re.compile(_NUMBER).match
_UNREACHABLE, _ELSE, _BRANCH_TABLE, _RETURN, _GROW = 0x00, 0x05, 0x0E, 0x0F, 0x40
_BLOCKS = frozenset((0x02, 0x03, 0x04))
_BRANCHES = frozenset((0x0C, 0x0D))
_EXCEPTIONS = frozenset((0x06, 0x07, 0x08, 0x09, 0x0A, 0x18, 0x19, 0x1F))
# Instructions of typed references, stack switching and garbage collection, and forms of known instructions that name a second memory.
_NEWER = frozenset((0x14, 0x15, 0x1C, *range(0x28, 0x3F), *range(0xD3, 0xD7), *range(0xE0, 0xE7), 0xFB, 0xFC, 0xFD, 0xFE))
# The least bytes of an instruction that pushes a value.
_PUSH_BYTES = 2


class Body(Value):
    """A function's body. start, end: its bytes, from the declaration of locals to its last `end`. variables: parameters and locals.
    branches: blocks and jumps.
    compile_bytes: an upper bound. grows: where its `memory.grow` stand. problem: an instruction that is refused, in words."""

    start: int
    end: int
    variables: int = 0
    branches: int = 0
    compile_bytes: int = 0
    grows: tuple[int, ...] = ()
    problem: str | None = None


def read_bodies(section: Reader, parameters: Sequence[int], pushes: int) -> Iterator[Body]:
    """The bodies of a code section. parameters: the number of each function's. pushes: most values that one instruction pushes."""
    for index in section.count():
        size = section.u32()
        start = section.at
        section.skip(size)
        if index >= len(parameters):
            raise section.wrong("holds more bodies than functions")
        yield _read_body(Reader(section.data, start, start + size), parameters[index], pushes)


def _read_body(reader: Reader, parameters: int, pushes: int) -> Body:
    start, end = reader.at, reader.end
    variables = parameters
    for _ in reader.count():
        variables += reader.u32()
        type = reader.byte()
        if type not in VALUES:
            return Body(start, end, problem=f"it has a local of type {type:#x}, {UNCOUNTED}")
    grows: list[int] = []
    # An optimising compiler keeps all variables at every branch; a baseline one all values at every block that is open.
    branches = height = held = most_held = 0
    open_blocks: list[int] = []  # the height at which each began
    data, at = reader.data, reader.at  # no method is called on the usual way: a module has millions of branches
    while at < end:
        begun, at = at, _end(_PLAIN.match(data, at, end), at)
        height += (at - begun) // _PUSH_BYTES * pushes
        if at >= end:
            break
        code = data[at]
        at += 1
        if code in _BLOCKS:
            at = _end(_ONE_NUMBER(data, at, end), end)
            open_blocks.append(height)
            held += height
            most_held = max(most_held, held)
            branches += 1
        elif code == END:
            if open_blocks:
                height = open_blocks.pop()
                held -= height
            height += pushes
        elif code in _BRANCHES:
            at = _end(_ONE_NUMBER(data, at, end), end)
            branches += 1
        elif code == _ELSE:
            branches += 1
        elif code == _BRANCH_TABLE:
            reader.at = at
            for _ in range(len(reader.count()) + 1):
                reader.unsigned()
                branches += 1
            at = reader.at
        elif code == _GROW:
            grows.append(at - 1)
            if data[at : at + 1] != b"\0":
                return Body(start, end, problem="it grows a second memory, of which only one can be capped")
            at += 1
        elif code not in (_UNREACHABLE, _RETURN):
            reader.at = at
            return Body(start, end, problem=_refusal(code, reader))
        if branches > MOST_BRANCHES:
            break
    return Body(start, end, variables, branches, (branches * variables + most_held) * STATE_BYTES, tuple(grows))


def _end(match: re.Match[bytes] | None, otherwise: int) -> int:
    return match.end() if match else otherwise


def _refusal(code: int, reader: Reader) -> str:
    """Raises ConfigError for an instruction that no version of WebAssembly has."""
    if code in _EXCEPTIONS:
        return f"it uses exceptions, {UNCOUNTED}: build it without them"
    if code in _NEWER:
        return f"it uses the instruction {code:#x}, {UNCOUNTED}: build it for WebAssembly 2.0"
    raise reader.wrong(f"holds the unknown instruction {code:#x}")
