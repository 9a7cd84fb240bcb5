"""The development server over real sockets."""

import gzip
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tools.serve import Server, open_server
from tools.site import Site, UnsatisfiableRangeError, parse_range

ROOT = Path(__file__).resolve().parents[2]
MODULE = b"export const answer = 42;\n" * 50
BINARY = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    for name, content in {
        "index.html": b"<!doctype html><title>home</title>",
        "offline.js": b"// a service worker",
        "secret.txt": b"not for the web",
        ".env": b"KEY=1",
        "web/app.mjs": MODULE,
        "web/sub/index.html": b"<p>sub</p>",
        "web/.hidden.js": b"hidden",
        "web/node_modules/x/index.js": b"dependency",
        "web/a b.js": b"// a space in its name",
        "wheels/model.gguf": BINARY,
        "wheels/model.onnx": BINARY,
        "wheels/other-1.0-py3-none-any.whl": BINARY,
        "wheels/staysail-0123456789abcdef.snapshot": BINARY,
        "wheels/staysail-1.0-cp314-none-any.whl": BINARY,
        "wheels/core.wasm": BINARY,
        "wheels/core.wasm.gz": gzip.compress(BINARY),
        "wheels/empty.bin": b"",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (root / "web" / "leak.txt").symlink_to("/etc/hostname")
    return root


@pytest.fixture(scope="module")
def server(root):
    with open_server(Site(root), 0, quiet=True) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def ask(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)

    def ask(path: str, method: str = "GET", **headers: str):
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        return response, response.read()

    yield ask
    connection.close()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/offline.js", "text/javascript; charset=utf-8"),
        ("/web/app.mjs", "text/javascript; charset=utf-8"),
        ("/web/sub/", "text/html; charset=utf-8"),
        ("/web/a%20b.js", "text/javascript; charset=utf-8"),
        ("/wheels/core.wasm?v=1", "application/wasm"),
        ("/wheels/other-1.0-py3-none-any.whl", "application/zip"),
        ("/wheels/model.gguf", "application/octet-stream"),
        ("/wheels/model.onnx", "application/octet-stream"),
    ],
)
def test_files_come_with_their_type_and_isolated(ask, path, kind):
    response, _ = ask(path)
    assert response.status == 200
    assert response.headers["Content-Type"] == kind
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt",
        "/offline.js/x",
        "/.env",
        "/.git/config",
        "/web/.hidden.js",
        "/web/node_modules/x/index.js",
        "/web/leak.txt",
        "/web/../secret.txt",
        "/web/..%2fsecret.txt",
        "/web/%2e%2e/secret.txt",
        "/web/..\\secret.txt",
        "/web/%00",
        "//etc/hostname",
        "/web",
        "/web/nothing.js",
        "/tests/tools/test_serve.py",
        "/wheels/" + "x" * 300,
    ],
)
def test_nothing_else_is_served(ask, path):
    response, body = ask(path)
    assert (response.status, body) == (404, b"404 Not Found\n")
    assert response.headers["Cache-Control"] == "no-store"


def test_the_bundled_page_is_served_until_a_source_is_edited(tmp_path):
    names = ("index.html", "page/page.js", "page/chats/chats.css", "web/index.js", "web/node_modules/x.js", "web/dist/page.html")
    for age_s, name in enumerate(names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (age_s, age_s))
    site = Site(tmp_path)
    served = {"/": "web/dist/page.html", "/index.html": "web/dist/page.html", "/page/page.js": "page/page.js"}
    assert {target: str(site.find(target).relative_to(tmp_path)) for target in served} == served
    os.utime(tmp_path / "web/node_modules/x.js")
    assert site.find("/") == tmp_path / "web/dist/page.html"
    for name in names[:4]:
        os.utime(tmp_path / name)
        assert site.find("/") == tmp_path / "index.html", name
        os.utime(tmp_path / name, (0, 0))


def test_a_source_file_is_revalidated_and_not_sent_again_until_it_changes(ask, root):
    file = root / "web" / "changing.js"
    file.write_text("1")
    first, body = ask("/web/changing.js")
    assert (first.headers["Cache-Control"], body) == ("no-cache", b"1")
    again, body = ask("/web/changing.js", If_None_Match=first.headers["ETag"])
    assert (again.status, body) == (304, b"")
    assert again.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    file.write_text("2")
    os.utime(file, ns=(1, 1))
    changed, body = ask("/web/changing.js", If_None_Match=f'W/"other", {first.headers["ETag"]}')
    assert (changed.status, body) == (200, b"2")


def test_only_fetched_wheels_and_snapshots_are_cached_for_good(ask):
    assert "immutable" in ask("/wheels/staysail-0123456789abcdef.snapshot")[0].headers["Cache-Control"]
    assert "immutable" in ask("/wheels/other-1.0-py3-none-any.whl")[0].headers["Cache-Control"]
    assert ask("/wheels/staysail-1.0-cp314-none-any.whl")[0].headers["Cache-Control"] == "no-cache"
    assert ask("/wheels/core.wasm")[0].headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(("path", "content"), [("/web/app.mjs", MODULE), ("/wheels/core.wasm", BINARY)])
def test_gzip_is_sent_to_whoever_accepts_it_and_to_nobody_else(ask, path, content):
    packed, body = ask(path, Accept_Encoding="br, gzip;q=0.8")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(body) == content
    for refusal in ("identity", "gzip;q=0", "gzip; q=0.0", "br"):
        plain, body = ask(path, Accept_Encoding=refusal)
        assert plain.headers["Content-Encoding"] is None
        assert body == content
        assert plain.headers["ETag"] != packed.headers["ETag"]


def test_a_compressed_file_older_than_its_source_is_not_used(ask, root):
    source, packed = root / "wheels" / "stale.wasm", root / "wheels" / "stale.wasm.gz"
    packed.write_bytes(gzip.compress(b"old"))
    source.write_bytes(b"new")
    os.utime(packed, ns=(1, 1))
    response, body = ask("/wheels/stale.wasm", Accept_Encoding="gzip")
    assert (response.headers["Content-Encoding"], body) == (None, b"new")


def test_an_edited_text_is_compressed_again(ask, root):
    file = root / "web" / "edited.js"
    for content in (b"first", b"second"):
        file.write_bytes(content)
        _, body = ask("/web/edited.js", Accept_Encoding="gzip")
        assert gzip.decompress(body) == content


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", range(10)),
        ("bytes=100-", range(100, len(BINARY))),
        ("bytes=-5", range(len(BINARY) - 5, len(BINARY))),
        ("bytes=10-99999999", range(10, len(BINARY))),
        ("bytes=-99999999", range(len(BINARY))),
    ],
)
def test_a_range_gives_exactly_those_bytes(ask, header, expected):
    response, body = ask("/wheels/core.wasm", Range=header, Accept_Encoding="gzip")
    assert response.status == 206
    assert response.headers["Content-Encoding"] is None
    assert response.headers["Content-Range"] == f"bytes {expected.start}-{expected.stop - 1}/{len(BINARY)}"
    assert body == BINARY[expected.start : expected.stop]


@pytest.mark.parametrize("header", ["bytes=5-2", "bytes=0-1,4-5", "bytes=-", "lines=1-2", "nonsense"])
def test_a_range_that_makes_no_sense_is_ignored(ask, header):
    response, body = ask("/wheels/core.wasm", Range=header)
    assert (response.status, body) == (200, BINARY)


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/wheels/core.wasm", f"bytes={len(BINARY)}-"),
        ("/wheels/core.wasm", "bytes=-0"),
        ("/wheels/empty.bin", "bytes=0-"),
    ],
)
def test_a_range_past_the_end_is_refused_with_the_size(ask, path, header):
    response, _ = ask(path, Range=header)
    assert response.status == 416
    assert response.headers["Content-Range"].startswith("bytes */")


def test_a_range_of_a_changed_file_gives_the_whole_file(ask):
    etag = ask("/wheels/core.wasm")[0].headers["ETag"]
    assert ask("/wheels/core.wasm", Range="bytes=0-3", If_Range=etag)[0].status == 206
    assert ask("/wheels/core.wasm", Range="bytes=0-3", If_Range='"older"')[0].status == 200


def test_head_says_what_get_would_without_a_body_and_keeps_the_connection(ask):
    head, nothing = ask("/wheels/core.wasm", "HEAD")
    get, body = ask("/wheels/core.wasm")
    assert (head.status, nothing) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == str(len(body))
    assert ask("/missing", "HEAD")[1] == b""
    assert ask("/", "GET")[0].status == 200


def test_other_methods_are_refused(ask):
    assert ask("/", "POST")[0].status == 501


def test_a_client_that_leaves_early_does_not_disturb_the_others(server, ask):
    for _ in range(3):
        leaver = socket.create_connection(("127.0.0.1", server.server_port))
        leaver.sendall(b"GET /wheels/model.gguf HTTP/1.1\r\nHost: x\r\n\r\n")
        leaver.close()
    assert ask("/")[0].status == 200


def test_only_this_machine_is_listened_to(server):
    assert server.server_address[0] == "127.0.0.1"


def test_a_taken_port_falls_to_a_free_one(root, capsys):
    with Server(Site(root), 0) as first, open_server(Site(root), first.server_port) as second:
        assert second.server_port != first.server_port
        assert f"Port {first.server_port} is taken" in capsys.readouterr().err


def test_the_command_prints_its_address_once_it_answers():
    command = [sys.executable, "-m", "tools.serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            port = int(line.split("127.0.0.1:")[1].split("/")[0])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/wheels/README.md")
            assert connection.getresponse().status == 200
            connection.close()
        finally:
            process.terminate()


def test_parse_range_of_an_empty_file_is_unsatisfiable():
    with pytest.raises(UnsatisfiableRangeError):
        parse_range("bytes=0-0", 0)


def test_two_slow_clients_are_served_at_the_same_time(server):
    started = time.monotonic()
    clients = [socket.create_connection(("127.0.0.1", server.server_port)) for _ in range(20)]
    for client in clients:  # every connection is open and half a request sent before any is finished
        client.sendall(b"GET / HTTP/1.1\r\n")
    for client in reversed(clients):
        client.sendall(b"Host: x\r\nConnection: close\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
        client.close()
    assert time.monotonic() - started < 5
