"""Our own vector kernel (kernel/), run on the interpreter's memory. Only this module touches `pyodide._module`, which is not a public
name: where it or the kernel is missing, `load_kernel` raises an error and the caller uses another backend."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

import js
from pyodide.code import run_js
from pyodide.ffi import JsException, create_proxy, to_js

from ..core.errors import ConfigError
from ..indexes.ports import Block, Chunks, Query

SLAB_BYTES = 1 << 18
GATHERED = 256  # float16 rows that are widened together
ONE_CHUNK = 31  # the shift of rows that are all in one chunk
# Pyodide 0.29 keeps its memory to itself, and gives it to the libraries that it loads: so an empty one is loaded, and its imports are read.
# To be removed with the support of 0.29.
TAKE_MEMORY = """
(module) => {
  const name = [8, ...new TextEncoder().encode("dylink.0")];
  const library = [...name, 1, 4, 0, 0, 0, 0];
  const imports = [1, 3, ...new TextEncoder().encode("env"), 6, ...new TextEncoder().encode("memory"), 2, 0, 0];
  const code = [0, 97, 115, 109, 1, 0, 0, 0, 0, library.length, ...library, 2, imports.length, ...imports];
  const { Instance } = WebAssembly;
  let memory;
  WebAssembly.Instance = function (compiled, given) {
    memory = given?.env?.memory;
    return new Instance(compiled, given);
  };
  try {
    module.loadWebAssemblyModule(new Uint8Array(code), { loadAsync: false }, "staysail-memory");
  } catch {
    memory = undefined;
  } finally {
    WebAssembly.Instance = Instance;
  }
  return memory?.buffer === module.HEAPU8.buffer ? memory : undefined;
}
"""
RELAXED, PLAIN = "kernel-relaxed.wasm", "kernel-plain.wasm"


async def load_kernel(names: Sequence[str] = (RELAXED, PLAIN)) -> KernelBackend:
    """Returns the kernel with relaxed SIMD, else the plain one. Raises ConfigError with the reason why neither runs."""
    import pyodide_js  # an object that no snapshot of an interpreter may hold

    memory = _find_memory(getattr(pyodide_js, "_module", None))
    if memory is None:
        raise ConfigError(f"this Pyodide ({pyodide_js.version}) does not show its memory")
    imports = to_js({"env": {"memory": memory}}, dict_converter=js.Object.fromEntries)
    why = ""
    for name in names:
        try:
            # Read by the package's loader, because importing importlib.resources takes longer than loading the kernel.
            loader: Any = __spec__.loader
            code = loader.get_data(str(Path(__file__).with_name(name)))
        except OSError as error:
            raise ConfigError("this build of staysail has no kernel") from error
        try:
            # Compiled synchronously: it is small, and waiting for the browser's other threads takes longer than they save.
            made = js.WebAssembly.Instance.new(js.WebAssembly.Module.new(to_js(code)), imports)
        except JsException as error:
            why = str(error)
            continue
        backend = KernelBackend(made.exports, "relaxed SIMD" if name == RELAXED else "plain SIMD")
        backend.prove()
        return backend
    raise ConfigError(f"this browser does not run the kernel: {why}")


def _find_memory(module: Any) -> Any:
    """Returns the interpreter's WebAssembly.Memory, or None."""
    memory = getattr(module, "memory", None)
    if memory is None and hasattr(module, "loadWebAssemblyModule"):
        memory = run_js(TAKE_MEMORY)(module)
    return memory or None


class KernelBlock:
    """A part of a bytearray, which never moves while it is not resized, and its address."""

    __slots__ = ("address", "view")

    def __init__(self, view: memoryview, address: int) -> None:
        self.view, self.address = view, address  # the view keeps the bytearray alive and forbids resizing it


def _block(size_bytes: int) -> KernelBlock:
    data = bytearray(max(size_bytes, 16))
    proxy = create_proxy(data)
    shown = proxy.getBuffer("u8")
    address: int = shown.data.byteOffset
    shown.release()
    proxy.destroy()
    return KernelBlock(memoryview(data), address)


class KernelBackend:
    name = "kernel"
    quick_codes = True

    def __init__(self, exports: Any, reason: str) -> None:
        self.reason = reason
        # Looked up once: each look-up of a function on a JavaScript object makes a proxy.
        self._run = SimpleNamespace(**{name: getattr(exports, name) for name in js.Object.keys(exports)})
        self._tables: WeakKeyDictionary[Chunks, tuple[int, KernelBlock]] = WeakKeyDictionary()
        self._slab, self._used = _block(SLAB_BYTES), 0
        self._slots, self._values = self.allocate(4096), self.allocate(8192)
        self._wide, self._alone = self.allocate(16), self.allocate(16)  # float16 rows as float32, and a list that holds their address
        self._counting = self.allocate(4 * GATHERED)
        self._counting.view.cast("I")[:] = array("I", range(GATHERED))

    def prove(self) -> None:
        """Checks the kernel by a known result. Raises ConfigError where the kernel does not see the interpreter's memory."""
        block = self.allocate(64)
        block.view.cast("f")[3] = -2.5
        if self._run.max_abs(block.address, 64) != 2.5:
            raise ConfigError("the kernel does not see the interpreter's memory")

    def allocate(self, size_bytes: int) -> KernelBlock:
        """Returns a block. Small blocks are parts of a bigger one, because finding an address costs more than a whole query should."""
        if size_bytes > SLAB_BYTES // 8:
            return _block(size_bytes)
        if self._used + size_bytes > SLAB_BYTES:
            self._slab, self._used = _block(SLAB_BYTES), 0
        start = self._used
        self._used += -(-size_bytes // 16) * 16
        return KernelBlock(self._slab.view[start : start + size_bytes], self._slab.address + start)

    def allocate_many(self, size_bytes: int, count: int) -> list[Block]:
        whole = _block(size_bytes * count)
        return [KernelBlock(whole.view[at * size_bytes : (at + 1) * size_bytes], whole.address + at * size_bytes) for at in range(count)]

    def query(self, values: array[float], stride: int, unit: bool, mean: Block | None, signs_width: int) -> Query:
        exact, rows, codes, signs = (self.allocate(size) for size in (8 * stride, 4 * stride, stride + 16, signs_width))
        exact.view[: 8 * len(values)] = memoryview(values).cast("B")
        length = self._run.query_rows(exact.address, stride, int(unit), rows.address)
        scale = self._run.encode_query(rows.address, stride, codes.address)
        if mean:
            self._run.encode_signs(rows.address, 1, stride, _at(mean), signs.address, signs_width)
        return Query(exact, length, rows, codes, scale, signs)

    def scan_dot(self, rows: Chunks, first_chunk: int, count: int, query: Query, scores: Block) -> None:
        for table, part, at in self._spans(rows, first_chunk, count):
            self._run.scan_dot(table, rows.shift, part, _stride(rows), _at(query.rows), _at(scores) + 4 * at)

    def scan_l2(self, rows: Chunks, first_chunk: int, count: int, query: Query, scale: float, scores: Block) -> None:
        for table, part, at in self._spans(rows, first_chunk, count):
            self._run.scan_l2(table, rows.shift, part, _stride(rows), _at(query.rows), scale, _at(scores) + 4 * at)

    def scan_batch(self, rows: Chunks, count: int, queries: Sequence[Query], scores: Block) -> None:
        stride, whole = _stride(rows), len(queries) // 4 * 4
        together = self.allocate(4 * stride * max(whole, 1))
        for index, query in enumerate(queries[:whole]):
            together.view[4 * stride * index : 4 * stride * (index + 1)] = query.rows.view
        for table, part, at in self._spans(rows, 0, count):
            out = _at(scores) + 4 * at
            if whole:
                self._run.scan_batch(table, rows.shift, part, stride, together.address, whole, count, out)
            for index, query in enumerate(queries[whole:], whole):
                self._run.scan_dot(table, rows.shift, part, stride, _at(query.rows), out + 4 * index * count)

    def scan_codes(self, codes: Chunks, count: int, query: Query, times: float, squares: float, scores: Block) -> None:
        table = self._table(codes)
        self._run.scan_codes(table, codes.shift, count, codes.width - 16, _at(query.codes), times, squares, _at(scores))

    def scan_bounds(
        self, codes: Chunks, count: int, query: Query, times: float, squares: float, rest: float, length: float, scores: Block
    ) -> None:
        table = self._table(codes)
        self._run.scan_bounds(
            table, codes.shift, count, codes.width - 16, _at(query.codes), times, squares, rest, length, _at(scores)
        )  # fmt: skip

    def near_signs(self, signs: Chunks, count: int, query: Query, dim: int, k: int, most: int, keep: Block | None) -> array[int]:
        self._reserve(count + 4)
        counts = self.allocate(4 * (8 * signs.width + 1))
        found = self._run.near_signs(
            self._table(signs), signs.shift, count, signs.width, _at(query.signs), _at(keep) if keep else 0,
            k, most, dim, counts.address, self._slots.address, self._values.address,
        )  # fmt: skip
        return _read("I", self._slots, found)

    def mask(self, scores: Block, keep: Block, count: int, at: int = 0, first: int = 0) -> None:
        if count:
            self._run.mask(_at(scores) + 4 * at, _at(keep) + first, count)

    def top(self, scores: Block, count: int, k: int, at: int = 0) -> tuple[array[int], array[float]]:
        k = min(k, count)
        if not k:
            return array("I"), array("f")
        self._reserve(k)
        found = self._run.top(_at(scores) + 4 * at, count, k, self._slots.address, self._values.address)
        return _read("I", self._slots, found), _read("f", self._values, found)

    def above(self, scores: Block, count: int, bar: float, at: int = 0) -> array[int]:
        self._reserve(count)
        found = self._run.above(_at(scores) + 4 * at, count, bar, self._slots.address)
        return _read("I", self._slots, found)

    def pick_codes(self, codes: Chunks, slots: array[int], query: Query, times: float, squares: float, scores: Block) -> None:
        if slots:
            self._give(slots)
            self._run.pick_codes(
                self._table(codes), codes.shift, self._slots.address, len(slots),
                codes.width - 16, _at(query.codes), times, squares, _at(scores),
            )  # fmt: skip

    def dot_exact(self, rows: Chunks, slots: array[int], query: Query) -> array[float]:
        return self._pick(self._run.dot_exact, rows, slots, query)

    def l2_exact(self, rows: Chunks, slots: array[int], query: Query) -> array[float]:
        return self._pick(self._run.l2_exact, rows, slots, query)

    def narrow(self, rows: Block, offset: int, size_bytes: int, out: Block, out_offset: int) -> None:
        self._run.narrow(_at(rows) + offset, size_bytes, _at(out) + out_offset)

    def widen(self, rows: Block, offset: int, size_bytes: int, out: Block) -> None:
        self._run.widen(_at(rows) + offset, size_bytes, _at(out))

    def max_abs(self, rows: Block, offset: int, size_bytes: int) -> float:
        most: float = self._run.max_abs(_at(rows) + offset, size_bytes) if size_bytes else 0.0
        return most

    def normalise(self, rows: Block, offset: int, count: int, stride: int) -> bool:
        return not count or math.isfinite(self._run.normalise(_at(rows) + offset, count, stride))

    def add_rows(self, rows: Block, offset: int, count: int, stride: int, sums: Block) -> None:
        if count:
            self._run.add_rows(_at(rows) + offset, count, stride, _at(sums))

    def encode_codes(self, rows: Block, offset: int, count: int, stride: int, codes: Block, codes_offset: int) -> None:
        if count:
            self._run.encode_codes(_at(rows) + offset, count, stride, _at(codes) + codes_offset)

    def encode_signs(
        self, rows: Block, offset: int, count: int, stride: int, mean: Block, signs: Block, signs_offset: int, width: int
    ) -> None:
        if count:
            self._run.encode_signs(_at(rows) + offset, count, stride, _at(mean), _at(signs) + signs_offset, width)

    def checksum(self, block: Block, offset: int, size_bytes: int) -> int:
        return int(self._run.checksum(_at(block) + offset, size_bytes)) & 0xFFFFFFFF

    def checksums(self, block: Block, offset: int, count: int, width: int, out: Block, out_offset: int) -> None:
        if count:
            self._run.checksums(_at(block) + offset, count, width, _at(out) + out_offset)

    def _pick(self, run: Any, rows: Chunks, slots: array[int], query: Query) -> array[float]:
        count, stride = len(slots), _stride(rows)
        if not count:
            return array("d")
        self._give(slots)
        given, out = self._slots.address, self._values.address
        if not rows.half:
            run(self._table(rows), rows.shift, given, count, stride, _at(query.exact), out)
            return _read("d", self._values, count)
        self._widen_into(4 * stride * GATHERED)
        for at in range(0, count, GATHERED):
            part = min(GATHERED, count - at)
            self._run.gather(self._table(rows), rows.shift, given + 4 * at, part, rows.width, self._wide.address)
            run(self._alone.address, ONE_CHUNK, self._counting.address, part, stride, _at(query.exact), out + 8 * at)
        return _read("d", self._values, count)

    def _spans(self, rows: Chunks, first_chunk: int, count: int) -> Iterator[tuple[int, int, int]]:
        """Yields (table, rows, the first row's position) of rows that can be scanned at once: all rows, or for float16 a chunk after
        another, widened."""
        table = self._table(rows) + 4 * first_chunk
        if not rows.half:
            yield table, count, 0
            return
        size = 1 << rows.shift
        self._widen_into(2 * size * rows.width)
        for at, block in zip(range(0, count, size), rows.chunks[first_chunk:], strict=False):
            part = min(size, count - at)
            if block:
                self._run.widen(_at(block), part * rows.width, self._wide.address)
            yield self._alone.address if block else table + 4 * (at >> rows.shift), part, at

    def _widen_into(self, size_bytes: int) -> None:
        if len(self._wide.view) < size_bytes:
            self._wide = _block(size_bytes)
            self._alone.view.cast("I")[0] = self._wide.address

    def _reserve(self, count: int) -> None:
        if len(self._slots.view) < 4 * count:
            self._slots, self._values = _block(8 * count), _block(16 * count)

    def _give(self, slots: array[int]) -> None:
        self._reserve(len(slots))
        self._slots.view.cast("I")[: len(slots)] = slots

    def _table(self, rows: Chunks) -> int:
        """Returns the address of the list of the chunks' addresses."""
        version, table = self._tables.get(rows, (-1, self._slots))
        if version != rows.version:
            addresses = array("I", [_at(chunk) if chunk else 0 for chunk in rows.chunks])
            table = _block(4 * len(addresses))
            table.view.cast("I")[: len(addresses)] = addresses
            self._tables[rows] = rows.version, table
        return table.address


def _stride(rows: Chunks) -> int:
    return rows.width // (2 if rows.half else 4)


def _at(block: Block) -> int:
    assert isinstance(block, KernelBlock)
    return block.address


def _read(kind: str, block: KernelBlock, count: int) -> array[Any]:
    found: array[Any] = array(kind)
    found.frombytes(block.view[: count * found.itemsize])
    return found
