"""Builds plugins in C with the compiler of the package ziglang: `python -m tools.plugins SOURCE [TARGET]`.

What was built once is taken from .cache/plugins, by the hash of all that goes into it."""

import hashlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tools.command import run
from tools.fetch import CACHE

FREESTANDING = ("-target", "wasm32-freestanding", "-nostdlib", "-Wl,--no-entry")
SMALL = ("-Oz", "-Wl,--strip-all")


class PluginError(Exception):
    """The compiler refused; the message holds what it said."""


def build(source: Path, options: Sequence[str] = (*FREESTANDING, *SMALL)) -> bytes:
    """The module. Raises PluginError."""
    parts = [source, *sorted(source.parent.glob("*.h")), *sorted(source.parent.parent.glob("*.h"))]
    digest = hashlib.sha256("\n".join([version("ziglang"), *options]).encode())
    for part in parts:
        digest.update(part.read_bytes())
    target = CACHE / "plugins" / f"{digest.hexdigest()[:32]}.wasm"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        arguments = [sys.executable, "-m", "ziglang", "cc", *options, "-Wall", "-Werror", "-o", str(partial), str(source)]
        done = run(arguments)
        if done.returncode:
            raise PluginError(f"{source} could not be built:\n{done.stderr}")
        partial.replace(target)
    return target.read_bytes()


if __name__ == "__main__":
    path = Path(sys.argv[1])
    Path(sys.argv[2] if len(sys.argv) > 2 else path.with_suffix(".wasm")).write_bytes(build(path))
