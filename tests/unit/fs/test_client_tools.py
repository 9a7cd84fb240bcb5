"""Claude's text editor and memory, and GPT's patches, on a ToolFS."""

from typing import Any

import pytest

from staysail import ToolError, ToolFS, ToolFSError
from staysail.fs.patch import apply_diff, new_file

ALL = {"/toolfs/data": "read list write delete"}


@pytest.fixture
async def tree():
    toolfs = ToolFS(":memory:")
    toolfs.mount("/toolfs/data")
    yield toolfs
    await toolfs.close()


async def test_the_memory_keeps_lists_edits_moves_and_deletes(tree: ToolFS):
    memory = tree.memory_tool(tree.session("a", ALL), "/toolfs/data/memories")
    call = memory.call
    assert await call({"command": "view", "path": "/memories"}) == "/memories is empty."
    assert (
        await call({"command": "create", "path": "/memories/a.md", "file_text": "one\ntwo\n"})
        == "File created successfully at: /memories/a.md"
    )
    assert "     2\ttwo" in await call({"command": "view", "path": "/memories/a.md"})
    assert (await call({"command": "view", "path": "/memories/a.md", "view_range": [2, 2]})).endswith("     2\ttwo")
    await call({"command": "str_replace", "path": "/memories/a.md", "old_str": "two", "new_str": "2"})
    await call({"command": "insert", "path": "/memories/a.md", "insert_line": 0, "insert_text": "zero\n"})
    await call({"command": "rename", "old_path": "/memories/a.md", "new_path": "/memories/b/c.md"})
    listed = await call({"command": "view", "path": "/memories"})
    assert listed.splitlines()[1:] == ["/memories/b/", "/memories/b/c.md"]
    assert (await call({"command": "view", "path": "/memories/b/c.md"})).endswith("     1\tzero\n     2\tone\n     3\t2\n     4\t")
    assert await call({"command": "delete", "path": "/memories/b"}) == "Successfully deleted /memories/b"


@pytest.mark.parametrize(
    "path",
    [
        "/memories/../secret.txt",
        "/memories/../../data/secret.txt",
        "/toolfs/data/secret.txt",
        "/memoriesx/a",
        "/etc/passwd",
        "/memories/%2e%2e",
    ],
)
async def test_nothing_outside_the_memory_is_reached(tree: ToolFS, path: str):
    session = tree.session("a", ALL)
    await tree.write("/toolfs/data/secret.txt", "secret", session)
    memory = tree.memory_tool(session, "/toolfs/data/memories")
    for command in ("view", "create", "str_replace", "insert", "delete"):
        if command == "create" and "%" in path:
            continue
        with pytest.raises((ToolError, ToolFSError)):
            await memory.call({"command": command, "path": path, "old_str": "secret", "new_str": "x", "file_text": "x"})
    with pytest.raises((ToolError, ToolFSError)):
        await memory.call({"command": "rename", "old_path": path, "new_path": "/memories/b"})
    assert await tree.read_text("/toolfs/data/secret.txt", session) == "secret"


async def test_the_session_holds_for_the_editor(tree: ToolFS):
    await tree.write("/toolfs/data/a.txt", "a b\na c\n", tree.session("me", ALL))
    editor = tree.text_editor(tree.session("agent", {"/toolfs/data": "read list"}))
    assert "     1\ta b" in await editor.call({"command": "view", "path": "/toolfs/data/a.txt"})
    with pytest.raises(ToolFSError):
        await editor.call({"command": "create", "path": "/toolfs/data/b.txt", "file_text": "x"})
    with pytest.raises(ToolError, match=r"lines: \[1, 2\]"):
        await editor.call({"command": "str_replace", "path": "/toolfs/data/a.txt", "old_str": "a", "new_str": "x"})
    with pytest.raises(ToolError, match="did not appear verbatim"):
        await editor.call({"command": "str_replace", "path": "/toolfs/data/a.txt", "old_str": "zzz", "new_str": "x"})
    with pytest.raises(ToolError, match="does not exist"):
        await editor.call({"command": "view", "path": "/toolfs/data/none.txt"})
    with pytest.raises(ToolError, match="view_range"):
        await editor.call({"command": "view", "path": "/toolfs/data/a.txt", "view_range": [5, 9]})


TEXT = "import os\n\ndef greet():\n    print('hi')\n\ndef leave():\n    print('hi')\n"
PATCHES: dict[str, tuple[str, str]] = {
    "one section": ("@@\n def greet():\n-    print('hi')\n+    print('hello')", TEXT.replace("'hi'", "'hello'", 1)),
    "an anchor": ("@@ def leave():\n-    print('hi')\n+    print('bye')", TEXT[: TEXT.rindex("'hi'")] + "'bye')\n"),
    "two sections": (
        "@@\n-import os\n+import sys\n@@ def leave():\n-    print('hi')\n+    pass",
        TEXT.replace("import os", "import sys")[: -len("    print('hi')\n") + 1].rstrip() + "\n    pass\n",
    ),
    "other white space": ("@@\n def greet():  \n-  print('hi')\n+    return 1", TEXT.replace("    print('hi')", "    return 1", 1)),
    "at the end": ("@@\n-    print('hi')\n+    print('last')\n*** End of File", TEXT[: TEXT.rindex("'hi'")] + "'last')\n"),
    "put in alone": ("@@ import os\n import os\n+import re", TEXT.replace("import os\n", "import os\nimport re\n")),
    "no marks above": (" def greet():\n-    print('hi')\n+    pass", TEXT.replace("    print('hi')", "    pass", 1)),
}


@pytest.mark.parametrize("kind", PATCHES)
def test_a_patch_is_applied(kind: str):
    diff, wanted = PATCHES[kind]
    assert apply_diff(TEXT, diff, "a.py") == wanted
    assert apply_diff(TEXT.replace("\n", "\r\n"), diff, "a.py") == wanted.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("diff", "words"),
    [
        ("@@\n-nowhere\n+x", "not in a.py"),
        ("@@\n-def leave():\n+x\n@@\n-import os\n+y", "not in this order"),
        ("what is this", "begins with a space"),
    ],
)
def test_a_patch_that_does_not_fit_says_why(diff: str, words: str):
    with pytest.raises(ToolError, match=words):
        apply_diff(TEXT, diff, "a.py")


def test_a_new_file_has_added_lines_alone():
    assert new_file("+a\n+\n+b") == "a\n\nb\n"
    assert new_file("") == ""
    with pytest.raises(ToolError):
        new_file("a")


async def test_a_patch_changes_and_deletes_files(tree: ToolFS):
    session: Any = tree.session("a", ALL)
    patch = tree.apply_patch(session).call
    assert await patch({"type": "create_file", "path": "/toolfs/data/a.py", "diff": "+a"}) == "created /toolfs/data/a.py"
    with pytest.raises(ToolFSError):
        await patch({"type": "create_file", "path": "/toolfs/data/a.py", "diff": "+b"})
    assert await patch({"type": "update_file", "path": "/toolfs/data/a.py", "diff": "@@\n-a\n+b"}) == "updated /toolfs/data/a.py"
    assert await tree.read_text("/toolfs/data/a.py", session) == "b\n"
    assert await patch({"type": "delete_file", "path": "/toolfs/data/a.py"}) == "deleted /toolfs/data/a.py"
