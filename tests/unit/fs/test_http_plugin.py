"""Plugins behind an address, on a real server."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from staysail import ConfigError, ToolFS
from staysail.fs.entry import hash_of
from staysail.fs.ports import PluginSource

ABOUT = {"version": "4", "skill_document": "Adds.", "operations": {"add": {"description": "Adds.", "parameters": {"type": "object"}}}}


class Plugin(BaseHTTPRequestHandler):
    """Adds numbers, and does what its path says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(200, ABOUT if self.path == "/plugin" else [])

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, self.headers.get("x-key"), body))  # type: ignore[attr-defined]
        if self.path == "/plugin/init":
            return self.answer(200 if body != {"bad": True} else 400, "")
        match body["operation"]:
            case "add":
                return self.answer(200, {"success": True, "result": sum(body["data"])})
            case "here":
                return self.answer(307, "", location="/plugin/execute?moved")
            case "away":
                return self.answer(307, "", location=f"http://localhost:{self.server.server_port}/plugin/execute")  # type: ignore[attr-defined]
            case "flood":
                return self.answer(200, "x" * 3000)
        return self.answer(500, "broken")

    def answer(self, status: int, value: object, **headers: str) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Plugin)
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever).start()
    yield server
    server.shutdown()
    server.server_close()


async def test_an_address_is_a_plugin_and_leads_nowhere_else(server):
    base = f"http://127.0.0.1:{server.server_port}"
    toolfs = ToolFS()
    session = toolfs.session("a", {"/toolfs": "*"})
    source = PluginSource("http", "sums", url=f"{base}/plugin/", headers={"x-key": "k"}, output_bytes=1000)
    installed = await toolfs.add_plugin(source, config={"digits": 3})
    assert (installed.plugin.version, installed.plugin.skill_document, list(installed.operations)) == ("4", "Adds.", ["add"])
    assert server.asked == [("/plugin/init", "k", {"digits": 3})]
    assert await toolfs.execute("sums", {"operation": "add", "data": [1, 2]}, session) == {"success": True, "result": 3}
    for operation, told in (
        ("here", "redirects more than"),
        ("away", "it redirects to another host, which is refused"),
        ("flood", "gives more than 1000 bytes"),
        ("absent", 'it answered 500: "broken"'),
    ):
        answer = await toolfs.execute("sums", {"operation": operation}, session)
        assert answer["success"] is False
        assert told in answer["error"]
    assert all(key == "k" for _, key, _ in server.asked)


async def test_what_is_no_plugin_is_not_installed(server):
    base = f"http://127.0.0.1:{server.server_port}"
    for source, config, told in (
        (PluginSource("http", "p"), {}, "has a url"),
        (PluginSource("http", "p", url="ftp://x"), {}, "url 'ftp://x'"),
        (PluginSource("http", "p", url=f"{base}/other"), {}, "an object with version and operations"),
        (PluginSource("http", "p", url="http://127.0.0.1:1/"), {}, "did not load: 127.0.0.1:1 cannot be reached"),
        (PluginSource("http", "p", url=f"{base}/plugin"), {"bad": True}, "did not start: it answered 400"),
    ):
        with pytest.raises(ConfigError) as caught:
            await ToolFS().add_plugin(source, config=config)
        assert told in str(caught.value)


async def test_a_plugin_is_fetched_from_its_address_and_its_hash_is_checked(server):
    toolfs, data = ToolFS(), json.dumps([]).encode()
    source = PluginSource("javascript", "p", url=f"http://127.0.0.1:{server.server_port}/p.js", hash=hash_of(data))
    known = await toolfs.inspect_plugin(source)
    assert (known["sha256"], known["size_bytes"]) == (hash_of(data), len(data))
    with pytest.raises(ConfigError, match="it is not the file you meant"):
        await toolfs.inspect_plugin(source.replace(hash="0" * 64))
    with pytest.raises(ConfigError, match=r"could not be fetched from http://127\.0\.0\.1:1/: 127"):
        await toolfs.inspect_plugin(source.replace(url="http://127.0.0.1:1/"))
