import contextlib
import json
import time
from contextlib import asynccontextmanager

import pytest

from staysail import ConfigError, NetworkError, StaysailError, ToolFS, ToolFSError
from staysail.fs.http_mount import HttpMount
from staysail.fs.session import Grant


class Web:
    """A transport whose servers are a dict of addresses: a body, a status, or an address to redirect to."""

    def __init__(self, pages: dict, status: int = 302) -> None:
        self.pages, self.requests, self._status = pages, [], status

    @asynccontextmanager
    async def send(self, request):
        self.requests.append(request)
        page = self.pages.get(request.url, 404)
        if isinstance(page, Exception):
            raise page
        yield Answer(page, self._status)


class Answer:
    def __init__(self, page, redirect: int) -> None:
        self.headers = {"location": page} if isinstance(page, str) else {}
        self.status = page if isinstance(page, int) else redirect if isinstance(page, str) else 200
        self._body = page if isinstance(page, bytes) else b""

    async def chunks(self):
        for start in range(0, len(self._body), 3):
            yield self._body[start : start + 3]


BASE = "https://files.example.org/pub/"


def mounted(pages: dict, **options) -> tuple[ToolFS, Web]:
    web = Web({url if "://" in url else BASE + url: page for url, page in pages.items()})
    toolfs = ToolFS(transport=web)
    toolfs.mount_http("/toolfs/web", BASE, **options)
    return toolfs, web


ALL = {"/toolfs": "*"}


async def test_files_of_a_web_server_are_read_by_their_path():
    toolfs, web = mounted({"a.txt": b"hello", "sub/%C3%A9%20%25%23.txt": b"odd"}, headers={"x-key": "k"})
    session = toolfs.session("a", ALL)
    assert await toolfs.read("/toolfs/web/a.txt", session) == b"hello"
    assert await toolfs.read("/toolfs/web/sub/é %#.txt", session) == b"odd"
    assert web.requests[0].headers == {"x-key": "k"}
    assert (await toolfs.stat("/toolfs/web/a.txt", session)).size_bytes is None
    for path in ("/toolfs/web/none", "/toolfs/web/%2e%2e/secret"):
        with pytest.raises(ToolFSError) as caught:
            await toolfs.read(path, session)
        assert (caught.value.code, caught.value.path) == ("not_found", path)
    assert web.requests[-1].url == BASE + "%252e%252e/secret"
    with pytest.raises(ToolFSError, match="cannot be listed; read a file by its path, or mount it with index="):
        await toolfs.list("/toolfs/web", session)


@pytest.mark.parametrize("name", ["write", "append"])
async def test_nothing_is_written_to_a_web_server(name: str):
    toolfs, web = mounted({"a": b"1"})
    with pytest.raises(ToolFSError) as caught:
        await getattr(toolfs, name)("/toolfs/web/a", "x", toolfs.session("a", ALL))
    assert caught.value.code == "read_only"
    assert web.requests == []


async def test_an_index_makes_it_listable_and_is_not_trusted():
    index = ["a.txt", {"path": "sub/b.txt", "size_bytes": 3}, "/sub/deep/c", "../../etc/passwd", "x/../../y", "", 3, {"path": None}, "a\\b"]
    toolfs, _ = mounted({"files.json": json.dumps(index).encode()}, index="files.json")
    session = toolfs.session("a", ALL)
    assert [entry.path async for entry in toolfs.walk("/toolfs/web", session)] == [
        "/toolfs/web/a.txt",
        "/toolfs/web/sub/b.txt",
        "/toolfs/web/sub/deep/c",
    ]
    assert (await toolfs.stat("/toolfs/web/sub/b.txt", session)).size_bytes == 3
    assert (await toolfs.stat("/toolfs/web/sub", session)).kind == "directory"
    for path, code in (("/toolfs/web/none", "not_found"), ("/toolfs/web/a.txt", "not_a_directory")):
        with pytest.raises(ToolFSError) as caught:
            await toolfs.list(path, session)
        assert caught.value.code == code


async def test_an_index_that_is_none_is_told():
    toolfs, _ = mounted({"files.json": b"<html>"}, index="files.json")
    with pytest.raises(ToolFSError, match="/toolfs/web: the index of this web server is not JSON"):
        await toolfs.list("/toolfs/web", toolfs.session("a", ALL))


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.net/pub/a",
        "//evil.net/pub/a",
        "http://files.example.org/pub/a",
        "https://files.example.org:8443/pub/a",
        "/private/a",
        "../private/a",
        "%2e%2e/private/a",
        "https://files.example.org@evil.net/pub/",
        "file:///etc/passwd",
    ],
)
async def test_a_redirect_that_leads_away_is_not_followed(target: str):
    toolfs, web = mounted({"a": target})
    with pytest.raises(ToolFSError) as caught:
        await toolfs.read("/toolfs/web/a", toolfs.session("a", ALL))
    assert caught.value.code == "refused"
    assert len(web.requests) == 1


async def test_redirects_within_are_followed_up_to_a_limit():
    toolfs, _ = mounted({"a": "b", "b": "/pub/c", "c": b"there", "loop": "loop"})
    session = toolfs.session("a", ALL)
    assert await toolfs.read("/toolfs/web/a", session) == b"there"
    with pytest.raises(ToolFSError, match="redirects more than 5 times"):
        await toolfs.read("/toolfs/web/loop", session)


@pytest.mark.parametrize(
    ("page", "told"),
    [(500, "answered 500"), (401, "answered 401"), (NetworkError("offline"), "no answer: offline"), (bytes(11), "more than 10 bytes")],
)
async def test_a_server_that_fails_or_floods_is_told(page, told: str):
    toolfs, _ = mounted({"a": page}, limit_bytes=10)
    with pytest.raises(ToolFSError, match=told):
        await toolfs.read("/toolfs/web/a", toolfs.session("a", ALL))


def test_an_address_that_is_none_is_refused_at_once():
    for url in ("files.example.org", "ftp://files.example.org/", "https://user:pw@files.example.org/", "https://files.example.org\\x"):
        with pytest.raises(ConfigError, match="base_url"):
            HttpMount(url, transport=Web({}))


async def test_a_session_reaches_the_hosts_it_was_granted_and_redirects_change_nothing():
    web = Web(
        {
            "https://api.example.org/ok": b"fine",
            "https://api.example.org/away": "https://evil.net/x",
            "https://api.example.org/on": "https://cdn.example.org/x",
            "https://cdn.example.org/x": b"there",
            "https://evil.net/x": b"never",
        }
    )
    toolfs = ToolFS(transport=web)
    session = toolfs.session("a", hosts={"api.example.org": "GET POST", "cdn.example.org": "GET"}, size_bytes=20)
    status, _, body = await toolfs.fetch("https://api.example.org/on", session, headers={"Authorization": "Bearer k", "accept": "x"})
    assert (status, body) == (200, b"there")
    assert web.requests[0].headers == {"authorization": "Bearer k", "accept": "x"}
    assert web.requests[1].headers == {"accept": "x"}  # the key was for the first host
    for url, method in (("https://api.example.org/away", "GET"), ("https://evil.net/x", "GET"), ("https://cdn.example.org/x", "POST")):
        with pytest.raises(ToolFSError) as caught:
            await toolfs.fetch(url, session, method=method)
        assert caught.value.code == "refused"
    assert "https://evil.net/x" not in [request.url for request in web.requests]
    assert (await toolfs.fetch("https://api.example.org/on", session, method="POST", body=b"12"))[2] == b"there"
    assert (web.requests[-1].method, web.requests[-1].body) == ("GET", b"")
    await toolfs.fetch("https://api.example.org/ok", session)
    with pytest.raises(ToolFSError, match="20 bytes"):
        await toolfs.fetch("https://api.example.org/on", session)


async def test_a_plugin_reaches_hosts_that_it_and_its_caller_were_granted():
    web = Web({"https://both.org/": b"1", "https://plugin.org/": b"2", "https://caller.org/": b"3"})

    class Plugin:
        name, version = "p", "1"

        async def execute(self, request, files):
            return {"success": True, "result": (await files.fetch(request["path"]))[2].decode()}

    toolfs = ToolFS(transport=web)
    await toolfs.add_plugin(Plugin(), grant=Grant.of(hosts={"both.org": "GET", "plugin.org": "GET"}))
    session = toolfs.session("a", {"/toolfs/plugins": "execute"}, hosts={"both.org": "GET", "caller.org": "GET"})
    answers = [
        await toolfs.execute("p", {"operation": "x", "path": f"https://{host}.org/"}, session) for host in ("both", "plugin", "caller")
    ]
    assert [answer.get("result") for answer in answers] == ["1", None, None]
    assert "session 'a' may not GET plugin.org" in answers[1]["error"] or "may not GET plugin.org" in answers[1]["error"]
    assert [request.url for request in web.requests] == ["https://both.org/"]


@pytest.mark.parametrize("header", ["x-goog-api-key", "private-token", "x-auth-token", "x-amz-signature", "x-session"])
async def test_no_header_that_may_hold_a_secret_follows_to_another_origin(header: str):
    web = Web({"https://a.org/": "https://b.org/", "https://a.org/plain": "http://a.org/", "https://b.org/": b"1", "http://a.org/": b"2"})
    toolfs = ToolFS(transport=web)
    session = toolfs.session("a", hosts={"a.org": "*", "b.org": "*"})
    for path in ("", "plain"):
        assert (await toolfs.fetch(f"https://a.org/{path}", session, headers={header: "sk-1234567890", "accept": "x"}))[0] == 200
        assert web.requests[-1].headers == {"accept": "x"}


async def test_a_body_does_not_follow_to_another_origin():
    web = Web({"https://a.org/": "https://b.org/", "https://b.org/": b"1"}, status=307)
    toolfs = ToolFS(transport=web)
    with pytest.raises(ToolFSError, match="a request's body does not follow to another origin"):
        await toolfs.fetch("https://a.org/", toolfs.session("a", hosts={"a.org": "*", "b.org": "*"}), method="POST", body=b"a prompt")
    assert [request.url for request in web.requests] == ["https://a.org/"]


@pytest.mark.parametrize(
    "target", ["http://[", "//[::1", "https://a.org:x/", "\\\\b.org", "http:///", "", " ", "javascript:x", "https://a@b.org/"]
)
async def test_a_redirect_to_what_is_no_address_is_an_error_of_ours(target: str):
    toolfs = ToolFS(transport=Web({"https://a.org/": target, "https://a.org": b"", "https://a.org/ ": b""}))
    with contextlib.suppress(StaysailError):
        await toolfs.fetch("https://a.org/", toolfs.session("a", hosts={"a.org": "*"}))


async def test_a_path_of_any_length_in_an_index_spoils_itself_alone():
    index = json.dumps(["a", "b/" * 200_000 + "c", "/", "d/e"]).encode()
    toolfs, _ = mounted({"index.json": index}, index="index.json")
    began = time.process_time()
    assert [entry.name for entry in await toolfs.list("/toolfs/web", toolfs.session("a", ALL))] == ["a", "d"]
    assert time.process_time() - began < 2
