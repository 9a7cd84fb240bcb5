"""Runs a program without input, and captures its output."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


def run(command: list[str], environment: Mapping[str, str] | None = None, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, whatever its exit code.

    Args:
        command: The program and its arguments.
        environment: Variables beside those of this process.
        folder: The working directory; this process's, if left out.
    """
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
