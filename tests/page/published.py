"""The packages as they are published: both archives unpacked, served by the public CDN's name to a browser that reaches nothing else."""

import base64
import hashlib
import json
import os
import ssl
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tools.runtime import make_runtime
from tools.serve import Handler, Server
from tools.site import SHARED, Site
from tools.sources import ROOT, load_sources

HOST = "cdn.jsdelivr.net"
VERSION = json.loads((ROOT / "web/package.json").read_text("utf-8"))["version"]
PYODIDE_VERSION = next(source.version for source in load_sources() if source.name == "pyodide")
PACKAGE = f"npm/staysail@{VERSION}"
RUNTIME = f"npm/staysail-runtime@{VERSION}"
PYODIDE = f"pyodide/v{PYODIDE_VERSION}/full"
YEAR_S = 31_536_000


def unpack_packages(folder: Path) -> None:
    """Packs both packages and unpacks them into `folder`, as a CDN shows them."""
    runtime = make_runtime(folder / "runtime")
    for source, target in ((ROOT / "web", PACKAGE), (runtime, RUNTIME)):
        packed = subprocess.run(
            ["npm", "pack", "--json", "--loglevel=error", "--pack-destination", folder],
            cwd=source,
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(packed.stdout)
        [entry] = answer if isinstance(answer, list) else answer.values()
        with tarfile.open(folder / entry["filename"]) as archive:
            archive.extractall(folder / "unpacked", filter="data")
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        (folder / "unpacked/package").rename(folder / target)
    # A CDN compresses what it knows; here the build did it.
    for name in ("pyodide.asm.wasm", "pyodide.asm.mjs"):
        os.link(ROOT / f"wheels/{name}.gz", folder / RUNTIME / f"{name}.gz")
        os.utime(folder / RUNTIME / f"{name}.gz")


def unpack_pyodide(folder: Path) -> None:
    """Pyodide's own folder on its CDN, which has no snapshot."""
    (folder / PYODIDE).mkdir(parents=True)
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"):
        os.link(ROOT / "wheels" / name, folder / PYODIDE / name)


class CountingHandler(Handler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        self.server.seen.append((self.path, int(code)))


class CdnHandler(CountingHandler):
    """Sends HTML as plain text, as jsDelivr does with what others uploaded."""

    def send_header(self, keyword: str, value: str) -> None:
        super().send_header(keyword, "text/plain; charset=utf-8" if value.startswith("text/html") else value)


class CountingServer(Server):
    """Keeps the path and the status of each answer."""

    handler: type[CountingHandler] = CountingHandler

    def __init__(self, site: Site, port: int = 0) -> None:
        super().__init__(site, port, quiet=True)
        self.site = site
        self.seen: list[tuple[str, int]] = []

    def finish_request(self, request, client_address) -> None:
        self.handler(self.site, True, request, client_address, self)


@dataclass
class Cdn:
    server: CountingServer
    key: str  # hash of the certificate's public key
    folder: Path
    flags: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.flags = [
            f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{self.server.server_port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--ignore-certificate-errors-spki-list={self.key}",
        ]

    @property
    def seen(self) -> list[tuple[str, int]]:
        return self.server.seen


@contextmanager
def serve_counting(site: Site) -> Iterator[CountingServer]:
    with CountingServer(site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def serve_cdn(folder: Path) -> Iterator[Cdn]:
    """Serves `folder` over TLS as the CDN serves it. Give a browser its flags."""
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    key = x509.load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes()).public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    site = Site(folder, ("npm", "pyodide"), keep_s=YEAR_S, headers=SHARED)
    with CountingServer(site) as server:
        server.handler = CdnHandler
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Cdn(server, base64.b64encode(digest).decode(), folder)
        server.shutdown()
        thread.join()
