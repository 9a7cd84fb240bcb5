"""Servers for built sites: a folder as a host would serve it, and a relay that counts what passes."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tools.serve import open_server
from tools.site import Site


class Folder(Site):
    """A folder, all of it."""

    def find(self, target: str) -> Path | None:
        path = self.root / urlsplit(target).path.lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        return path if path.is_file() else None


class Application(Folder):
    """The same, with the page in place of what is missing, as hosts of single-page applications do."""

    def find(self, target: str) -> Path | None:
        return Folder.find(self, target) or self.root / "index.html"


@contextmanager
def served(folder: Path, *, fallback: bool = False) -> Iterator[str]:
    """Serves a folder. The address has no slash at its end."""
    with open_server((Application if fallback else Folder)(root=folder), 0, quiet=True) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.url.rstrip("/")
        server.shutdown()


@dataclass(slots=True)
class Traffic:
    """Responses by path, in bytes as they were sent."""

    url: str
    sizes: list[tuple[str, int]] = field(default_factory=list)


@contextmanager
def relayed(url: str, headers: dict[str, str] | None = None) -> Iterator[Traffic]:
    """A server that passes every GET on to another and counts the responses. headers: of its own, in place of the other's."""
    upstream = urlsplit(url).netloc

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            connection = http.client.HTTPConnection(upstream, timeout=120)
            passed = {name: value for name, value in self.headers.items() if name.lower() not in {"host", "connection"}}
            connection.request("GET", self.path, headers={**passed, "Host": upstream})
            response = connection.getresponse()
            body = response.read()
            connection.close()
            traffic.sizes.append((urlsplit(self.path).path, len(body)))
            self.send_response(response.status)
            own = {name.lower() for name in headers or {}} | {"transfer-encoding", "content-length", "connection", "keep-alive"}
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in own]
            for name, value in [*kept, *(headers or {}).items()]:
                self.send_header(name, value)
            if response.status != http.client.NOT_MODIFIED:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Relay) as server:
        traffic = Traffic(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever).start()
        yield traffic
        server.shutdown()
