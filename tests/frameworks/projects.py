"""The projects of this folder, built around the packed package."""

import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.sources import ROOT

HERE = ROOT / "tests/frameworks"
NEXT = HERE / "next"
EVERY = HERE / "every"
BIN = EVERY / "node_modules/.bin"
WHEELS = ROOT / "wheels"
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json", "staysail-snapshot.json")
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{BIN}:{os.environ['PATH']}",
    "NEXT_TELEMETRY_DISABLED": "1",
    "NUXT_TELEMETRY_DISABLED": "1",
    "NO_COLOR": "1",
}
MINUTES = 60


def run(*command: str | Path, cwd: Path) -> str:
    """Runs a build. Returns what it printed; raises with that where it failed."""
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=8 * MINUTES,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-5000:]
    return ran.stdout


def pack(folder: Path) -> Path:
    """Packs the npm package into a folder."""
    run("npm", "pack", "--loglevel=error", "--pack-destination", folder, cwd=ROOT / "web")
    [archive] = folder.glob("staysail-*.tgz")
    return archive


def install(archive: Path, project: Path) -> None:
    """Unpacks the package into a project's node_modules, as npm does."""
    target = project / "node_modules/staysail"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    run("tar", "xzf", archive, "-C", target, "--strip-components=1", cwd=project)


def put_runtime(folder: Path) -> None:
    """Puts Python's runtime into a site, as pyodide/."""
    shutil.rmtree(folder / "pyodide", ignore_errors=True)
    (folder / "pyodide").mkdir(parents=True)
    for file in (*(WHEELS / name for name in RUNTIME), *WHEELS.glob("staysail-*.snapshot")):
        for path in (file, file.with_name(f"{file.name}.gz")):
            if path.exists():
                shutil.copy(path, folder / "pyodide")


@dataclass(slots=True)
class Running:
    url: str
    lines: list[str] = field(default_factory=list)


@contextmanager
def serving(*command: str, cwd: Path, port: int) -> Iterator[Running]:
    """A framework's own server, until the block ends."""
    process = subprocess.Popen(
        command, cwd=cwd, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    running = Running(f"http://127.0.0.1:{port}")
    reader = threading.Thread(target=lambda: running.lines.extend(process.stdout or []), daemon=True)
    reader.start()
    try:
        _wait(running, process)
        yield running
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        reader.join(30)
        if process.stdout:
            process.stdout.close()


def _wait(running: Running, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 2 * MINUTES
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(running.url, timeout=MINUTES).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("".join(running.lines)[-5000:])
