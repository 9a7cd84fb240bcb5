from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail.core.errors import ConfigError
from staysail.fs.wasm import PAGE_BYTES, cap_memory, inspect
from tests.plugins import plugin

MODULES = ["probe", "mcp", "command", "plain"]
HEAD = b"\0asm\1\0\0\0"


def section(id: int, *body: int) -> bytes:
    return bytes([id, len(body), *body])


@pytest.mark.parametrize(
    ("name", "options", "abi", "function"),
    [
        ("probe", ("-DFILES",), "extism", ("echo", "() -> (i32)")),
        ("mcp", (), "hyper-mcp-v1", ("call", "() -> (i32)")),
        ("mcp", ("-DSECOND",), "hyper-mcp-v2", ("call_tool", "() -> (i32)")),
        ("command", (), "wasi-command", ("_start", "() -> ()")),
        ("plain", (), "plain", ("execute", "(i32, i32) -> (i64)")),
    ],
)
def test_what_a_module_is_and_needs_is_read_from_its_bytes(name: str, options: tuple, abi: str, function: tuple[str, str]):
    data = plugin(name, *options)
    module = inspect(data)
    told = module.to_dict()
    assert (module.abi, module.problem, told["size_bytes"]) == (abi, None, len(data))
    assert module.functions[function[0]] == function[1]
    assert {"name": "memory", "kind": "memory", "type": "memory"} in told["exports"]
    assert told["memory"]["minimum_pages"] >= 1
    assert told["needs"]["network"] == (name == "probe")
    assert told["needs"]["files"] == (name in ("probe", "command"))
    if name == "command":
        assert {"module": "wasi_snapshot_preview1", "name": "fd_close", "kind": "function", "type": "(i32) -> (i32)"} in told["imports"]


@pytest.mark.parametrize("name", MODULES)
def test_capping_changes_the_maximum_and_nothing_else(name: str):
    data = plugin(name)
    module = inspect(data)
    assert module.memory
    limit = (module.memory.minimum + 3) * PAGE_BYTES
    capped = inspect(cap_memory(data, limit + 100))
    assert capped.memory
    assert (capped.memory.minimum, capped.memory.maximum) == (module.memory.minimum, module.memory.minimum + 3)
    assert {name: of for name, of in capped.exports.items() if not name.startswith("staysail:")} == module.exports
    assert (capped.imports, capped.abi, capped.functions) == (module.imports, module.abi, module.functions)
    again = inspect(cap_memory(cap_memory(data, limit), limit * 2)).memory
    assert again
    assert again.maximum == capped.memory.maximum  # never up
    with pytest.raises(ConfigError, match="of memory to start, and gets at most"):
        cap_memory(data, module.memory.minimum * PAGE_BYTES - 1)


@pytest.mark.parametrize(
    ("sections", "problem"),
    [
        (section(1, 1, 0x60, 0, 0) + section(2, 1, 1, *b"e", 1, *b"x", 0, 0), "it imports e.x, which ToolFS does not give"),
        (section(2, 1, 3, *b"env", 6, *b"memory", 2, 0, 1), "it imports env.memory"),
        (section(1, 1, 0x60, 0, 0) + section(2, 1, 15, *b"extism:host/env", 4, *b"exec", 0, 0), "it imports extism:host/env.exec"),
        (section(2, 1, 22, *b"wasi_snapshot_preview1", 4, *b"args", 3, 0x7F, 0), "it imports wasi_snapshot_preview1.args"),
        (section(5, 2, 0, 1, 0, 1), "several memories"),
        (section(5, 1, 3, 1, 2), "shared"),
        (section(5, 1, 4, 1), "64-bit"),
        (section(1, 1, 0x5F, 1, 0x7F, 0), "garbage-collected types"),
        (section(1, 1, 0x4E, 1, 0x5F, 0), "garbage-collected types"),
        (b"", "its kind is unknown"),
    ],
)
def test_what_cannot_run_here_is_named(sections: bytes, problem: str):
    assert problem in str(inspect(HEAD + sections).problem)


def test_tables_are_capped_too():
    capped = cap_memory(HEAD + section(4, 2, 0x70, 0, 5, 0x70, 1, 1, 2), 1 << 20)
    assert capped == HEAD + section(4, 2, 0x70, 1, 5, 0xA0, 0x8D, 0x06, 0x70, 1, 1, 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0asm",
        HEAD[:7],
        b"MZ" + HEAD,
        HEAD + b"\1",
        HEAD + b"\1\xff\xff\xff\xff\x0f",
        HEAD + b"\1\x80\x80\x80\x80\x80\x80",
        HEAD + section(1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F),
        HEAD + section(2, 1, 1, 0xFF, 0, 0, 0),
        HEAD + section(2, 1, 0, 0, 9, 0),
        HEAD + section(3, 1, 7),
        HEAD + section(7, 1, 1, 0x61, 0, 7),
        HEAD + section(5, 1, 9, 1),
        HEAD + section(4, 1, 0x40, 0, 0x70, 0, 1, 0x41),
    ],
)
def test_what_is_broken_is_told_and_never_crashes(data: bytes):
    with pytest.raises(ConfigError, match="WASM module"):
        inspect(data)
    with suppress(ConfigError):
        cap_memory(data, 1 << 20)


def test_a_table_of_an_unknown_type_is_refused():
    module = bytearray(plugin("plain"))
    module[42] = 0
    with pytest.raises(ConfigError):
        cap_memory(bytes(module[:46]), 16 << 20)


@given(st.sampled_from(MODULES), st.data())
def test_a_module_with_any_bytes_changed_is_read_or_refused(name: str, data: st.DataObject):
    module = bytearray(plugin(name)[: data.draw(st.integers(8, 2000))])
    for at in data.draw(st.lists(st.integers(0, len(module) - 1), max_size=5)):
        module[at] = data.draw(st.integers(0, 255))
    with suppress(ConfigError):
        inspect(bytes(module)).to_dict()
    with suppress(ConfigError):
        cap_memory(bytes(module), 16 << 20)
