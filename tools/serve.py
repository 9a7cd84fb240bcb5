"""The development server: the page, web/, examples/ and wheels/ on 127.0.0.1, and nothing else of the repository.

Every answer is cross-origin isolated (COOP, COEP), so WebAssembly threads and shared memory work. What may
change is revalidated by ETag on each load; a fetched wheel or a snapshot, whose name holds its version or hash, is
kept for good."""

import argparse
import errno
import os
import re
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tools.site import FOLDERS, Body, Site, UnsatisfiableRangeError, choose_body, parse_range, type_of

HOST = "127.0.0.1"
PORT = 8000

# The frames of web/sandbox/ and web/mcp-apps/ have no origin; Firefox takes them for another origin's.
FRAMES = ("frame.html", "app-frame.html")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "staysail"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 120

    def __init__(self, site: Site, quiet: bool, *args: object) -> None:
        self.site, self.quiet = site, quiet
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        file = self.site.find(self.path)
        if file is None:
            self._refuse(HTTPStatus.NOT_FOUND, with_body=with_body)
            return
        wants_range = self.headers.get("Range")
        body = choose_body(file, accepts_gzip=not wants_range and self._accepts_gzip())
        if body.etag in _etags(self.headers.get("If-None-Match", "")):
            self._send_head(HTTPStatus.NOT_MODIFIED, file, body)
            return
        span = None
        if wants_range and self.headers.get("If-Range", body.etag) == body.etag:
            try:
                span = parse_range(wants_range, body.size_bytes)
            except UnsatisfiableRangeError:
                extra = {"Content-Range": f"bytes */{body.size_bytes}"}
                self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, extra, with_body=with_body)
                return
        self._send_head(HTTPStatus.PARTIAL_CONTENT if span else HTTPStatus.OK, file, body, span)
        if with_body:
            self._send_body(body, span or range(body.size_bytes))

    def _accepts_gzip(self) -> bool:
        offered = self.headers.get("Accept-Encoding", "")
        return any(re.fullmatch(r"(gzip|\*)(;q=(?!0(\.0*)?$).*)?", part.strip().replace(" ", "")) for part in offered.split(","))

    def _send_head(self, status: HTTPStatus, file: Path, body: Body, span: range | None = None) -> None:
        self.send_response(status)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", type_of(file))
            self.send_header("Content-Length", str(len(span) if span else body.size_bytes))
            self.send_header("Last-Modified", formatdate(file.stat().st_mtime, usegmt=True))
        if span:
            self.send_header("Content-Range", f"bytes {span.start}-{span.stop - 1}/{body.size_bytes}")
        if body.encoding:
            self.send_header("Content-Encoding", body.encoding)
        self.send_header("ETag", body.etag)
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", self.site.cache_control(file))
        self._end_head(opaque=file.name in FRAMES)

    def _send_body(self, body: Body, span: range) -> None:
        try:
            if body.file is None:
                self.wfile.write(body.data[span.start : span.stop])
                return
            with body.file.open("rb") as stream:
                self.connection.sendfile(stream, span.start, len(span))
        except (ConnectionError, TimeoutError):
            self.close_connection = True  # the browser left; nobody is there to be told

    def _refuse(self, status: HTTPStatus, extra: dict[str, str] | None = None, *, with_body: bool = True) -> None:
        data = f"{status.value} {status.phrase}\n".encode()
        self.send_response(status)
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self._end_head()
        if with_body:
            self.wfile.write(data)

    def _end_head(self, *, opaque: bool = False) -> None:
        for name, value in self.site.headers.items():
            self.send_header(name, "cross-origin" if opaque and name == "Cross-Origin-Resource-Policy" else value)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        failed = isinstance(code, int) and code >= HTTPStatus.BAD_REQUEST
        if failed and not self.quiet:
            print(f"{int(code)}  {self.command} {self.path}", file=sys.stderr, flush=True)

    def log_message(self, format: str, *args: object) -> None:
        """A connection that ended early or idled out is everyday life for a browser."""


def _etags(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",")}


class Server(ThreadingHTTPServer):
    """Serves one site. Use it as a context manager, or close it with `server_close`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, site: Site, port: int, *, quiet: bool = False) -> None:
        super().__init__((HOST, port), partial(Handler, site, quiet))

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}/"

    def server_bind(self) -> None:
        # The base class looks the host's name up, which can take seconds where no resolver answers.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def open_server(site: Site, port: int, *, quiet: bool = False) -> Server:
    """A server on `port`, or on a free one where that is taken."""
    try:
        return Server(site, port, quiet=quiet)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        server = Server(site, 0, quiet=quiet)
        print(f"Port {port} is taken; using {server.server_port}", file=sys.stderr)
        return server


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """Serves a site on a free port, in a thread of its own, until the block ends. Yields its address, which ends in a slash."""
    with open_server(site, 0, quiet=True) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Serve the page on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or PORT))
    parser.add_argument("--also", action="append", default=[], help="one more folder to serve")
    options = parser.parse_args(arguments)
    with open_server(Site(folders=(*FOLDERS, *options.also)), options.port) as server:
        print(f"staysail is at {server.url}  (Ctrl+C stops it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
