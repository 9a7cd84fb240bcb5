"""What the development server serves, and in which form: which file answers a request, as which type, from
memory or from the disk, compressed or in part, and for how long a browser may keep it."""

import gzip
import mimetypes
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools.sources import ROOT

INDEX = "index.html"
BUNDLED_INDEX = "web/dist/page.html"  # tools/bundle.mjs makes it
WORKER = "offline.js"  # a service worker answers for the folder it lies in
FOLDERS = ("examples", "page", "web", "wheels")
HIDDEN = {"node_modules", "__pycache__"}

TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".whl": "application/zip",
    ".zip": "application/zip",
    ".snapshot": "application/octet-stream",
    ".gguf": "application/octet-stream",
    ".onnx": "application/octet-stream",
    ".md": "text/markdown",
}
# Pages are isolated, and nothing is for pages of other origins.
ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# As public CDNs of npm packages send them.
SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}
TEXT = re.compile(r"text/|application/json|image/svg")
# Compressing a bigger file takes longer than the loopback takes to carry it; `make build` does those ahead.
LARGEST_COMPRESSED_HERE = 1 << 20


@dataclass(frozen=True, slots=True)
class Site:
    """What is served: the index page, its service worker and some folders of `root`. keep_s: seconds that a browser may use what it was
    given without asking again, for sites that do not change meanwhile. headers: sent with every answer."""

    root: Path = ROOT
    folders: tuple[str, ...] = FOLDERS
    keep_s: int = 0
    headers: Mapping[str, str] = field(default_factory=lambda: ISOLATED)

    def find(self, target: str) -> Path | None:
        """The file behind a request target; None for what is not served, whether it exists or not."""
        path = unquote(urlsplit(target).path, errors="replace")
        segments = [segment for segment in path.split("/") if segment] or [INDEX]
        if path.endswith("/") and segments != [INDEX]:
            segments.append(INDEX)
        if any(_is_hidden(segment) for segment in segments):
            return None
        if segments not in ([INDEX], [WORKER]) and segments[0] not in self.folders:
            return None
        file = self._bundled_index() if segments == [INDEX] else None
        file = file or self.root.joinpath(*segments)
        try:
            # A symbolic link must not lead out of the site.
            inside = file.is_file() and file.resolve().is_relative_to(self.root.resolve())
        except OSError:  # a name too long for the file system
            return None
        return file if inside else None

    def _bundled_index(self) -> Path | None:
        """The index page with its modules as one file; None where a source was edited since, so that the edited one is served."""
        built = self.root / BUNDLED_INDEX
        if not built.is_file():
            return None
        sources = [self.root / INDEX, *_scripts(self.root / "page"), *_scripts(self.root / "web")]
        return built if all(file.stat().st_mtime_ns <= built.stat().st_mtime_ns for file in sources) else None

    def cache_control(self, file: Path) -> str:
        """What has its version or its hash in its name, a fetched wheel or a snapshot, is kept for good."""
        if file.suffix == ".snapshot" or (file.suffix == ".whl" and not file.name.startswith("staysail-")):
            return "public, max-age=31536000, immutable"
        return f"max-age={self.keep_s}" if self.keep_s else "no-cache"


def _scripts(folder: Path) -> Iterator[Path]:
    """The sources of a bundle below a folder."""
    for here, inside, names in os.walk(folder):
        inside[:] = [name for name in inside if name not in HIDDEN | {"dist", "types"}]
        yield from (Path(here, name) for name in names if name.endswith((".js", ".mjs", ".css", ".html")))


def _is_hidden(segment: str) -> bool:
    return segment.startswith(".") or segment in HIDDEN or "\\" in segment or "\0" in segment


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes to answer with: from memory, or from a file that may be sent in part."""

    etag: str
    size_bytes: int
    file: Path | None = None
    data: bytes = b""
    encoding: str = ""


def choose_body(file: Path, *, accepts_gzip: bool) -> Body:
    """The file itself, its .gz beside it when that is not older, or text compressed here."""
    status = file.stat()
    etag = f"{status.st_mtime_ns:x}-{status.st_size:x}"
    if accepts_gzip:
        ahead = file.with_name(file.name + ".gz")
        if ahead.is_file() and ahead.stat().st_mtime_ns >= status.st_mtime_ns:
            return Body(f'"{etag}-gz"', ahead.stat().st_size, file=ahead, encoding="gzip")
        if TEXT.match(type_of(file)) and status.st_size <= LARGEST_COMPRESSED_HERE:
            data = _compress(file, etag)
            return Body(f'"{etag}-gz"', len(data), data=data, encoding="gzip")
    return Body(f'"{etag}"', status.st_size, file=file)


@lru_cache(maxsize=256)
def _compress(file: Path, etag: str) -> bytes:
    """The etag is part of the cache's key: an edited file is compressed again."""
    del etag
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)


def type_of(file: Path) -> str:
    """The media type, with the charset for text."""
    kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if TEXT.match(kind) else kind


class UnsatisfiableRangeError(Exception):
    """The Range header asks for bytes past the end."""


def parse_range(header: str, size_bytes: int) -> range | None:
    """The bytes that one `bytes=` range asks for; None where the header is to be ignored (RFC 9110, 14.2)."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if not match or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size_bytes - int(last)), size_bytes
    else:
        start, stop = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < start:
            return None
    if start >= stop:
        raise UnsatisfiableRangeError
    return range(start, stop)
