import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail import ConfigError, ToolFSError
from staysail.fs.path import resolve_path, to_text
from staysail.fs.session import OPERATIONS, Grant, Session, read_host

names = st.sampled_from(["data", "database", "a", "toolfs"])
folders = st.lists(names, max_size=3).map(lambda parts: "/".join(["/toolfs", *[part for part in parts if part != "toolfs"]]))
grants = st.dictionaries(folders, st.sets(st.sampled_from(OPERATIONS), min_size=1).map(sorted), max_size=3)


def may_by_text(grant: dict[str, list[str]], operation: str, path: str) -> bool:
    """What a grant allows, told by strings instead of segments."""
    return any(operation in words and f"{path}/".startswith(f"{folder}/") for folder, words in grant.items())


@given(grants, grants, st.sampled_from(OPERATIONS), folders)
def test_a_session_may_what_was_granted_and_a_cut_one_what_both_were(outer: dict, inner: dict, operation: str, path: str):
    session = Session("a", Grant.of(outer))
    cut = session.cut("plugin", Grant.of(inner))
    at = resolve_path(path)
    if operation != "list":
        assert session.may(operation, at) == may_by_text(outer, operation, path)
        assert cut.may(operation, at) == (may_by_text(outer, operation, path) and may_by_text(inner, operation, path))
    # A cut never adds.
    assert not cut.may(operation, at) or session.may(operation, at)
    if cut.may(operation, at):
        cut.check(operation, at)
    else:
        with pytest.raises(ToolFSError) as caught:
            cut.check(operation, at)
        assert caught.value.code == "refused"


@given(grants, folders)
def test_only_directories_that_lead_to_something_granted_can_be_listed_without_being_granted(grant: dict, path: str):
    session = Session("a", Grant.of(grant))
    covered = any(f"{path}/".startswith(f"{folder}/") for folder in grant)
    leads = any(f"{folder}/".startswith(f"{path}/") for folder in grant)
    assert session.may("list", resolve_path(path)) == (may_by_text(grant, "list", path) or (leads and not covered))


def test_nothing_is_granted_by_default():
    session = Session("a", Grant())
    for operation in OPERATIONS:
        assert not session.may(operation, ("toolfs", "data"))
    with pytest.raises(ToolFSError, match="it may: nothing"):
        session.check("read", ("toolfs", "data"))
    with pytest.raises(ToolFSError):
        session.check_host("GET", "https://example.org")


def test_a_refusal_says_what_is_granted():
    session = Session("writer", Grant.of({"/toolfs/data": "read list", "/memory": "*"}))
    with pytest.raises(ToolFSError) as caught:
        session.check("write", ("toolfs", "data", "x"))
    assert str(caught.value) == (
        "session 'writer' may not write /toolfs/data/x; it may: list read /toolfs/data; delete execute list read write /toolfs/memory"
    )


@pytest.mark.parametrize(
    ("paths", "options"),
    [
        ({"/toolfs/../etc": "read"}, {}),
        ({"": "read"}, {}),
        ({"/toolfs/data": "raed"}, {}),
        ({"/toolfs/data": ["read", "chmod"]}, {}),
        ({}, {"calls": -1}),
        ({}, {"seconds": "3"}),
        ({}, {"hosts": {"https://example.org": "GET"}}),
        ({}, {"hosts": {"example.org/path": "GET"}}),
        ({}, {"hosts": {"": "GET"}}),
        ({}, {"hosts": {"a b": "GET"}}),
        ({}, {"hosts": {"*": "GET"}}),
        ({}, {"hosts": {"user@example.org": "GET"}}),
    ],
)
def test_a_grant_that_means_nothing_is_refused_at_once(paths: dict, options: dict):
    with pytest.raises(ConfigError):
        Grant.of(paths, **options)


def test_a_grant_can_be_shown_and_read_again():
    grant = Grant.of({"/toolfs/data": "read list"}, {"*.example.org": "get post"}, calls=3, size_bytes=10, seconds=1.5)
    shown = grant.to_dict()
    assert shown["paths"] == {"/toolfs/data": ["list", "read"]}
    assert shown["hosts"] == {"*.example.org": ["GET", "POST"]}
    assert Grant.of(**shown) == grant


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("GET", "https://api.example.org/v1?x=1", True),
        ("get", "https://API.EXAMPLE.ORG./v1", True),
        ("GET", "https://api.example.org:443/", True),
        ("GET", "http://api.example.org:80/", True),
        ("POST", "https://api.example.org/", False),
        ("GET", "https://api.example.org:8443/", False),
        ("GET", "https://example.org/", False),
        ("GET", "https://api.example.org.evil.net/", False),
        ("GET", "https://evilapi.example.org/", False),
        ("GET", "https://evil.net/api.example.org", False),
        ("GET", "https://evil.net#api.example.org", False),
        ("GET", "https://api.example.org@evil.net/", False),
        ("GET", "https://evil.net\\@api.example.org/", False),
        ("GET", "https://api.example.org\\.evil.net/", False),
        ("GET", "https://api.example.org\t.evil.net/", False),
        ("GET", " https://api.example.org/", False),
        ("GET", "https://api.example.org\n/", False),
        ("GET", "https://аpi.example.org/", False),  # a Cyrillic letter
        ("GET", "ftp://api.example.org/", False),
        ("GET", "//api.example.org/", False),
        ("GET", "file:///etc/passwd", False),
        ("GET", "https://[::1", False),
        ("GET", "https://api.example.org:x/", False),
        ("PUT", "https://a.files.example.net/", True),
        ("PUT", "https://a.b.files.example.net/", True),
        ("PUT", "https://files.example.net/", False),
        ("PUT", "https://.files.example.net/", False),
        ("PUT", "https://badfiles.example.net/", False),
        ("DELETE", "http://localhost:8080/x", True),
        ("DELETE", "http://localhost/x", False),
    ],
)
def test_hosts_are_compared_whole(method: str, url: str, allowed: bool):
    session = Session("a", Grant.of(hosts={"api.example.org": "GET", "*.files.example.net": "put", "localhost:8080": "*"}))
    if allowed:
        session.check_host(method, url)
    else:
        with pytest.raises(ToolFSError) as caught:
            session.check_host(method, url)
        assert caught.value.code == "refused"


def test_a_host_is_read_without_what_does_not_matter():
    assert read_host("HTTPS://Example.ORG.:443/a") == "example.org"
    assert read_host("http://example.org:8080") == "example.org:8080"


def test_limits_count_for_the_whole_chain():
    outer = Session("a", Grant.of(calls=3, size_bytes=10))
    inner = outer.cut("plugin", Grant.of(calls=2, size_bytes=100))
    inner.begin()
    inner.begin()
    with pytest.raises(ToolFSError, match="2 calls"):
        inner.begin()
    outer.begin()
    with pytest.raises(ToolFSError, match="'a' has reached its limit: 3 calls"):
        outer.begin()
    inner.take_bytes(6)
    with pytest.raises(ToolFSError, match="10 bytes, 6 of them used, and this is 5"):
        inner.take_bytes(5)
    inner.take_bytes(4)
    assert (outer.calls, outer.used_bytes, inner.calls, inner.used_bytes) == (3, 10, 2, 10)


def test_time_is_what_is_left_of_the_shortest():
    outer = Session("a", Grant.of(seconds=5))
    inner = outer.cut("plugin", Grant.of(seconds=2))
    assert (outer.seconds_left, inner.seconds_left) == (5, 2)
    for session in inner.chain():
        session.clock.add(4)
    assert (outer.seconds_left, inner.seconds_left) == (1, 0)
    with pytest.raises(ToolFSError, match="2 s of work"):
        inner.begin()
    assert Session("b", Grant()).seconds_left is None
    within = outer.cut("other", Grant.of(seconds=2), inside_call=True)
    assert within._clocks() == [within.clock]  # the call around it counts its time


def test_memory_is_a_sessions_own_unless_it_is_named():
    assert Session("a", Grant()).memory == "a"
    assert Session("a", Grant(), memory="team").cut("p", Grant()).memory == "team"


@given(folders)
def test_a_tool_is_offered_where_something_can_be_done_with_it(path: str):
    session = Session("a", Grant.of({path: "read"}))
    assert session.may_somewhere("read", ("toolfs",))
    assert not session.may_somewhere("write", ("toolfs",))
    assert session.may_somewhere("read", resolve_path(path))
    assert to_text(resolve_path(path)) in repr(session)
