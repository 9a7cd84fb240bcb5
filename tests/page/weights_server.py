"""A server of weights that misbehaves as it is told to: it breaks off, knows no ranges, changes its files under way, sends wrong bytes."""

import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Weights:
    """A file, and how the server sends it.

    Args:
        breaks: For the first requests, one after another, the bytes after which the connection is dropped.
        etags: An ETag for each request, the last one for all later ones.
        bytes_s: Speed of each connection.
        status: Sent in place of the file.
        exposed: Headers that a page of another origin may read.
    """

    data: bytes
    knows_ranges: bool = True
    breaks: list[int] = field(default_factory=list)
    etags: list[str] = field(default_factory=lambda: ['"1"'])
    bytes_s: float = 0
    status: int = 0
    exposed: str = "Content-Range, ETag"
    ranges: list[str | None] = field(default_factory=list)
    """The Range header of each request."""
    sent: int = 0
    """Bytes of all bodies so far."""


class WeightsServer(ThreadingHTTPServer):
    """Serves `files` by their paths, to pages of every origin."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, Weights] = {}
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)

    def __enter__(self) -> "WeightsServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Says nothing of browsers that left."""


class _Handler(BaseHTTPRequestHandler):
    server: WeightsServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        file = self.server.files.get(self.path.split("?")[0])
        if file is None or file.status:
            self._refuse(file.status if file else HTTPStatus.NOT_FOUND)
            return
        asked = self.headers.get("Range") if file.knows_ranges else None
        with self.server.lock:
            if with_body:
                file.ranges.append(self.headers.get("Range"))
            etag = file.etags[0] if len(file.etags) == 1 else file.etags.pop(0)
            limit = file.breaks.pop(0) if file.breaks and with_body else len(file.data)
        start, stop = 0, len(file.data)
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, stop = int(first), min(int(last or stop - 1) + 1, stop)
            if start >= stop:
                self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                return
        self.send_response(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(file.data)}")
        self.send_header("Content-Length", str(stop - start))
        self.send_header("Access-Control-Allow-Origin", "*")
        if file.exposed:
            self.send_header("Access-Control-Expose-Headers", file.exposed)
        self.send_header("ETag", etag)
        self.end_headers()
        if with_body:
            self._send(file, start, stop, limit)

    def _send(self, file: Weights, start: int, stop: int, limit: int) -> None:
        step = 1 << 16 if file.bytes_s else 1 << 20
        end = min(stop, start + limit)
        try:
            for at in range(start, end, step):
                piece = file.data[at : min(at + step, end)]
                self.wfile.write(piece)
                with self.server.lock:
                    file.sent += len(piece)
                if file.bytes_s:
                    time.sleep(len(piece) / file.bytes_s)
        except OSError:
            self.close_connection = True
            return
        if end < stop:
            self.close_connection = True  # less than was announced: the browser sees a broken connection

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""
