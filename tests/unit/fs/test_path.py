import posixpath
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from staysail import ToolFSError
from staysail.fs.path import ROOT, check_name, is_under, resolve, resolve_path, to_text

# Text that is likely to go wrong.
pieces = st.sampled_from(
    [
        "..",
        ".",
        "",
        "/",
        "a",
        "data",
        "database",
        "toolfs",
        "%2e%2e",
        "%2F",
        "．．",
        "\\",
        "\0",
        "\n",
        "é",
        "e\u0301",
        "?",
        " ",
        "…",
        "\u202e",
        "~",
        "C:",
    ]
)
nasty = st.lists(st.one_of(pieces, st.text(max_size=4)), max_size=8).flatmap(
    lambda parts: st.sampled_from([sep.join(parts) for sep in ("/", "", "//", "/./")])
)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/toolfs/data/a.txt", "/toolfs/data/a.txt"),
        ("/data/a.txt", "/toolfs/data/a.txt"),
        ("data/a.txt", "/toolfs/data/a.txt"),
        ("/toolfs//data/./a.txt/", "/toolfs/data/a.txt"),
        ("/toolfs/data/../memory/x", "/toolfs/memory/x"),
        ("/toolfs/data/x/..", "/toolfs/data"),
        ("/", "/"),
        ("/toolfs", "/toolfs"),
        (".", "/toolfs"),
        ("/data/%2e%2e/x", "/toolfs/data/%2e%2e/x"),
        ("/data/．．/x", "/toolfs/data/．．/x"),
        ("/data/e\u0301", "/toolfs/data/é"),
        ("/data/...", "/toolfs/data/..."),
    ],
)
def test_one_place_has_one_path(text: str, path: str):
    assert to_text(resolve_path(text)) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "..",
        "/..",
        "/toolfs/..",
        "/toolfs/data/../../x",
        "/../toolfs/data",
        "/toolfs/../toolfs/data",
        "data/a\0.txt",
        "data/a\nb",
        "data\\..\\..\\x",
        "data/\x7f",
        "data/\u202etxt.exe",
        "data/\ud800",
        "data/ /x",
        "/data/" + "a" * 256,
        "/data/" + "é" * 128,
        "/x" * 65,
    ],
)
def test_what_is_no_path_is_refused_and_told_why(text: str):
    with pytest.raises(ToolFSError) as caught:
        resolve_path(text)
    assert caught.value.code == "bad_path"
    assert caught.value.path == text
    assert ": " in str(caught.value)


def test_a_question_mark_begins_a_query_and_names_hold_none():
    place = resolve("/toolfs/rag/query?text=a/../b&top_k=2")
    assert (to_text(place.path), place.query) == ("/toolfs/rag/query", "text=a/../b&top_k=2")
    assert resolve("/toolfs/data").query is None
    with pytest.raises(ToolFSError, match="cannot hold '\\?'"):
        resolve_path("/toolfs/data/what?.txt")


@given(nasty)
@example("/toolfs/a/../..")
@example("a/../../toolfs")
def test_no_text_leads_out_of_toolfs(text: str):
    try:
        path = resolve(text).path
    except ToolFSError as error:
        refusal = error.code
    else:
        refusal = ""
    if refusal:
        assert refusal == "bad_path"
        return
    assert path == () or is_under(path, ROOT)
    for name in path:
        assert name not in ("", ".", "..")
        assert not set(name) & set("/\\?\0")
        assert unicodedata.is_normalized("NFC", name)
    # Reading what was written gives the same place again.
    assert resolve_path(to_text(path)) == path


@given(st.lists(st.sampled_from(["a", "b", "c", ".", "..", ""]), min_size=1, max_size=12))
def test_dots_are_resolved_as_posix_resolves_them(steps: list[str]):
    text = "/toolfs/" + "/".join(steps)
    depth = lowest = 0
    for step in steps:
        depth += {"..": -1, ".": 0, "": 0}.get(step, 1)
        lowest = min(lowest, depth)
    if lowest < 0:
        with pytest.raises(ToolFSError):
            resolve_path(text)
    else:
        assert to_text(resolve_path(text)) == posixpath.normpath(text)


names = st.lists(st.sampled_from(["data", "database", "dat", "data2", "a"]), max_size=4).map(tuple)


@given(names, names)
def test_a_folder_covers_whole_segments_only(path: tuple[str, ...], folder: tuple[str, ...]):
    expected = f"{'/'.join(path)}/".startswith(f"{'/'.join(folder)}/") if folder else True
    assert is_under(path, folder) == expected


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a?b", "a\0", " ", None, 3, "\ud800", "x" * 256])
def test_names_from_elsewhere_are_checked(name):
    with pytest.raises(ToolFSError):
        check_name(name)


def test_a_path_is_text():
    with pytest.raises(ToolFSError, match="not bytes"):
        resolve(b"/toolfs")  # type: ignore[arg-type]
