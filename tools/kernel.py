"""Compiles the vector kernel, kernel/kernel.c, into the Python package: `make kernel`, after editing it.

The binaries are committed, so that whoever does not edit the kernel needs no compiler; a test fails where they differ from the source."""

from collections.abc import Iterator
from pathlib import Path

from tools.plugins import FREESTANDING, build
from tools.sources import ROOT

SOURCE = ROOT / "kernel" / "kernel.c"
FOLDER = ROOT / "py" / "staysail" / "host"
# Each engine runs the first that it can; what they compute is the same.
FEATURES = {"kernel-relaxed.wasm": "simd128+bulk_memory+relaxed_simd", "kernel-plain.wasm": "simd128+bulk_memory"}
# The loops are written as they are to run: pointers that advance, sums kept apart, no fused products, no NaN or order of sums assumed away.
AS_WRITTEN = ("-fno-vectorize", "-fno-slp-vectorize", "-mllvm", "-disable-lsr", "-ffp-contract=off", "-fno-math-errno")
LINKING = ("-Wl,--import-memory", "-Wl,--strip-all")


def compiled() -> Iterator[tuple[Path, bytes]]:
    """Each binary, and what it has to hold. Raises PluginError with what the compiler said."""
    for name, features in FEATURES.items():
        yield FOLDER / name, build(SOURCE, (*FREESTANDING, f"-mcpu=generic+{features}", "-O2", *AS_WRITTEN, *LINKING))


if __name__ == "__main__":
    for path, content in compiled():
        path.write_bytes(content)
