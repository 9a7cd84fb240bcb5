"""Downloads through the ordinary clients: pip, npm and plain HTTPS, each bounded in time.

pip and npm are run as the user set them up, so a mirror, a proxy or a certificate of theirs is honoured.
Nothing downloaded is executed, and nothing is installed."""

import queue
import shutil
import sys
import threading
import urllib.request
from collections.abc import Iterable
from http.client import HTTPResponse
from pathlib import Path
from urllib.error import HTTPError

from tools.command import run
from tools.sources import Place

# What Pyodide 314 is, in pip's words; pure-Python wheels match it too.
PLATFORM = [
    *("--platform", "pyemscripten_2026_0_wasm32"),
    *("--implementation", "cp"),
    *("--python-version", "3.14"),
    *("--abi", "cp314"),
]
ANSWER_TIMEOUT_S = 5.0
STALL_TIMEOUT_S = 30.0


class DownloadError(Exception):
    """A place did not give its archive; the message says how."""


def download(place: Place, folder: Path) -> Path:
    """Downloads `place`'s archive into the empty `folder` and returns its path. Raises DownloadError."""
    folder.mkdir(parents=True)
    match place.kind:
        case "url":
            return _download_url(place.archive, folder)
        case "npm":
            return _download_npm(place.archive, folder)
        case _:
            return _download_pypi(place.archive, folder, place.platform)


def _download_pypi(requirement: str, folder: Path, platform: str = "") -> Path:
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-input", "--no-cache-dir", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
        *PLATFORM,
        *(("--platform", platform, "--abi", "abi3") if platform else ()),
        *("--dest", str(folder), requirement),
    ]
    # pip downloads to its temporary folder first: keep it here, where progress is read from.
    temporary = folder / "tmp"
    temporary.mkdir()
    _run(command, {"TMPDIR": str(temporary)})
    return _only(folder.glob("*.whl"), requirement)


def _download_npm(package: str, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise DownloadError("npm is not installed (Debian and Ubuntu: sudo apt-get install npm)")
    command = [
        *(npm, "pack", "--silent", "--ignore-scripts", "--cache", str(folder / "npm")),
        *("--pack-destination", str(folder), package),
    ]
    _run(command, {})
    return _only(folder.glob("*.tgz"), package)


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    result = run(arguments, environment)
    if result.returncode:
        said = (result.stderr.strip() or result.stdout.strip()).splitlines()
        errors = [line for line in said if "error" in line.lower()] or said
        raise DownloadError("; ".join(errors[:2]) or f"exit code {result.returncode}")


def _only(found: Iterable[Path], what: str) -> Path:
    paths = list(found)
    if len(paths) != 1:
        raise DownloadError(f"{what} gave {len(paths)} files instead of one")
    return paths[0]


_silent_hosts: set[str] = set()


def _download_url(url: str, folder: Path) -> Path:
    """A host that did not answer is not asked again in this run, so a closed network costs seconds once."""
    host = url.split("/")[2]
    if host in _silent_hosts:
        raise DownloadError(f"{host} did not answer before")
    target = folder / url.rsplit("/", 1)[1]
    try:
        with _open_url(url) as response, target.open("wb") as file:
            shutil.copyfileobj(response, file, 1 << 20)
    except HTTPError as error:
        error.close()
        raise DownloadError(f"HTTP {error.code} {error.reason}") from error
    except OSError as error:
        _silent_hosts.add(host)
        raise DownloadError(str(getattr(error, "reason", error))) from error
    return target


def _open_url(url: str) -> HTTPResponse:
    """Like urlopen, with the wait for the answer bounded as a whole: a resolver can hang past any timeout."""
    answer: queue.Queue[HTTPResponse | OSError] = queue.Queue()

    def ask() -> None:
        try:
            answer.put(urllib.request.urlopen(url, timeout=STALL_TIMEOUT_S))
        except OSError as error:
            answer.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        response = answer.get(timeout=ANSWER_TIMEOUT_S)
    except queue.Empty:
        raise TimeoutError(f"no answer within {ANSWER_TIMEOUT_S:.0f} s") from None
    if isinstance(response, OSError):
        raise response
    return response
