"""The vector kernel: kernel/ assembled into the Python package, whose wheel carries it.

Assembled again only when its source changes."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from tools.sources import ROOT

SOURCE = ROOT / "kernel"
FOLDER = ROOT / "py" / "staysail" / "host"
NAMES = ("kernel-relaxed.wasm", "kernel-plain.wasm")


class KernelError(Exception):
    """Assembling failed; the message holds what the assembler said."""


def assemble_kernel(cache: Path) -> None:
    """Brings the kernel's binaries up to date. Raises KernelError."""
    wabt, stamp = cache / "libwabt.cjs", cache / "kernel.sha256"
    digest = hashlib.sha256()
    for path in (*sorted(SOURCE.glob("*.mjs")), wabt):
        digest.update(path.read_bytes())
    if all((FOLDER / name).is_file() for name in NAMES) and stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    node = shutil.which("node")
    if node is None:
        raise KernelError("Node.js 20 or newer is needed and was not found (Debian: apt-get install nodejs npm)")
    print("Assembling the vector kernel", flush=True)
    command = [node, str(SOURCE / "assemble.mjs"), str(wabt), str(FOLDER)]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode:
        raise KernelError(f"assembling the vector kernel failed:\n{result.stdout}{result.stderr}")
    stamp.write_text(digest.hexdigest())
