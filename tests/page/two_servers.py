"""Two servers of other origins that note what was asked of them; /moved of each leads to the other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Noted(ThreadingHTTPServer):
    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.body, self.other = body, ""
        self.asked: list[str] = []


class Answering(BaseHTTPRequestHandler):
    server: Noted

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("access-control-allow-origin", "*")
        self.send_header("cross-origin-resource-policy", "cross-origin")
        self.send_header("content-type", "text/javascript")
        if self.path == "/moved":
            self.send_header("location", self.server.other)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def two_servers(body: bytes) -> Iterator[list[Noted]]:
    """Runs two servers whose every page is `body`."""
    servers = [Noted(body), Noted(body)]
    for server, other in zip(servers, reversed(servers), strict=True):
        server.other = f"http://127.0.0.1:{other.server_port}/"
        threading.Thread(target=server.serve_forever).start()
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()
