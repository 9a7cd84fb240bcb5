import contextlib
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from staysail import ConfigError, ToolFS, ToolFSError
from staysail.core.front_matter import read_front_matter, split_front_matter

PLAIN = """\
name: pdf-tools
description: Reads PDF files. Use when: a user has one
license: 'It''s MIT'
version: 1.0
count: 3
draft: false
nothing: null
empty:
quoted: "a \\"b\\" \\u00e9 \\n c"  # a comment
# another
allowed-tools: Bash(git:*) Read
metadata:
  author: someone
  tags: [a, "b, c", 3]
  nested:
    deep: x
list:
- one
- two: 2
  three: 3
-   - inner
pairs: {"a": 1, "b": [2, 3]}
folded: >-
  one
  line

  two
literal: |
  keeps
    its indent
long: a plain text
  that goes on
address: https://example.org/a#b
"""


def test_what_skills_write_is_read():
    assert read_front_matter(PLAIN) == {
        "name": "pdf-tools",
        "description": "Reads PDF files. Use when: a user has one",
        "license": "It's MIT",
        "version": 1.0,
        "count": 3,
        "draft": False,
        "nothing": None,
        "empty": None,
        "quoted": 'a "b" é \n c',
        "allowed-tools": "Bash(git:*) Read",
        "metadata": {"author": "someone", "tags": ["a", "b, c", 3], "nested": {"deep": "x"}},
        "list": ["one", {"two": 2, "three": 3}, ["inner"]],
        "pairs": {"a": 1, "b": [2, 3]},
        "folded": "one line\ntwo",
        "literal": "keeps\n  its indent\n",
        "long": "a plain text that goes on",
        "address": "https://example.org/a#b",
    }


def test_yaml_agrees_where_it_is_installed():
    yaml = pytest.importorskip("ruamel.yaml")
    text = PLAIN.replace("Use when: a user", "Use when a user")
    assert yaml.YAML(typ="safe", pure=True).load(text) == read_front_matter(text)


scalars = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.integers(-(10**6), 10**6), st.booleans(), st.none())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z][a-z_-]{0,5}", fullmatch=True), inner, max_size=3),
    max_leaves=8,
)


def write_yaml(value: object, indent: int = 0) -> str:
    """Block style, with text in double quotes."""
    import json

    pad = " " * indent
    if isinstance(value, dict) and value:
        return "".join(f"\n{pad}{json.dumps(key)}:{write_yaml(item, indent + 2)}" for key, item in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{pad}-{write_yaml(item, indent + 2)}" for item in value)
    return f" {json.dumps(value)}"


@given(st.dictionaries(st.from_regex(r"[a-z][a-z_-]{0,5}", fullmatch=True), values, max_size=4))
def test_what_was_written_is_read_again(fields: dict):
    assert read_front_matter(write_yaml(fields).lstrip("\n") if fields else "") == fields


@given(st.text("ab:-#'\"[]{}|>&*!%@,? \n\t0", max_size=60))
@example("a: [" * 200)
@example("a: " + "[" * 5000)
@example("- " * 500)
def test_any_text_is_read_or_refused_by_line(text: str):
    told, found = "", None
    try:
        found = read_front_matter(text)
    except ConfigError as error:
        told = str(error)
    assert isinstance(found, dict) or "line" in told or "longer" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\na: 2", "a is there twice"),
        ("a: 'x", "line 2: a quote is not closed"),
        ("a: [1, 2", "line 2: a bracket is not closed"),
        ("a:\n\tb: 1", "a tab is no indent"),
        ("a:\n  b: 1\n c: 2", "indented"),
        ("just text", "expected `name: value`"),
        ("- a", "expected"),
        ("a: 'x' y", "text follows it"),
    ],
)
def test_what_is_not_read_is_refused_and_told_where(text: str, told: str):
    with pytest.raises(ConfigError) as caught:
        read_front_matter(text)
    assert told in str(caught.value)


def test_front_matter_stands_between_dashes():
    def split(text):
        fields, begin = split_front_matter(text)
        return fields, text[begin:]

    assert split("---\na: 1\n---\n\n# Body\n---\n") == ({"a": 1}, "# Body\n---\n")
    assert split("# Body\n") == ({}, "# Body\n")
    assert split("\ufeff---\r\na: 1\r\n---\r\nBody") == ({"a": 1}, "Body")
    assert split("---\n---\nBody") == ({}, "Body")
    with pytest.raises(ConfigError, match="does not end with another"):
        split("---\na: 1\n")


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a: &x 1\nb: *x", {"a": "&x 1", "b": "*x"}),
        ("a: !!python/object/apply:os.system [ls]", {"a": "!!python/object/apply:os.system [ls]"}),
        ("a: [*x, {b: c}]", {"a": "[*x, {b: c}]"}),
        ("a: " + "9" * 5000, {"a": "9" * 5000}),
        ("a: 1e999999", {"a": "1e999999"}),
        ("a: .inf\nb: .nan", {"a": ".inf", "b": ".nan"}),
        ('a: {"b": {"c": [1, "x"]}}', {"a": {"b": {"c": [1, "x"]}}}),
        ("a: [\n  one,\n  'two, three'\n]", {"a": ["one", "two, three"]}),
        ("date: 2024-01-02\ntime: 12:30", {"date": "2024-01-02", "time": "12:30"}),
        ("a: " + "[" * 40 + "]" * 40, {"a": "[" * 40 + "]" * 40}),
        ("b: 1\n" + "\n".join(f"{'  ' * n}a{n}:" for n in range(40)), None),
        (
            "lol: &a [lol]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b]",
            {"lol": "&a [lol]", "b": "&b [*a, *a, *a, *a]", "c": ["*b", "*b", "*b"]},
        ),
        ("Größe: 3\n日本: 船\nkey with spaces: x", {"Größe": 3, "日本": "船", "key with spaces": "x"}),
        ("a: 'it''s'\nb: \"two\n  lines\"", {"a": "it's", "b": "two lines"}),
    ],
)
def test_all_else_of_yaml_is_the_text_that_it_is(text, fields):
    found = read_front_matter(text)
    assert found == fields or (fields is None and found["b"] == 1)


WORST = ["a: [", "- ", "a:\n ", "a: '", 'a: "x\n', "a: |\n", "[", "a: {", "a" * 50 + ":", "  - a: b\n", "#", "a:b: ", "- - - a: "]


@pytest.mark.parametrize("worst", WORST)
def test_64_kb_of_anything_are_read_or_refused_in_no_time(worst):
    text = (worst * (65_000 // len(worst)))[:65_000]
    began = time.process_time()
    with contextlib.suppress(ConfigError):
        read_front_matter(text)
    assert time.process_time() - began < 3


SKILL = """---
name: pdf-tools
description: >
  Reads PDF files.
  Use it when a user has one.
---

# How to read a PDF

Run scripts/read.py.
"""


async def test_a_skill_is_told_in_short_and_loaded_when_it_is_needed():
    toolfs = ToolFS()
    everything = toolfs.session("a", {"/toolfs": "*"})
    for path, content in (
        ("SKILL.md", SKILL),
        ("references/fields.md", "x"),
        ("scripts/read.py", "x"),
        ("assets/logo.svg", "x"),
    ):
        await toolfs.write(f"/toolfs/skills/pdf-tools/{path}", content, everything)
    session = toolfs.session("b", {"/toolfs/skills": "read list"})
    (told,) = await toolfs.skills(session)
    assert (told.name, told.description, told.body) == ("pdf-tools", "Reads PDF files. Use it when a user has one.", "")
    skill = await toolfs.load_skill("pdf-tools", session)
    assert skill.body.startswith("# How to read a PDF")
    assert skill.references == ("/toolfs/skills/pdf-tools/references/fields.md",)
    assert skill.scripts == ("/toolfs/skills/pdf-tools/scripts/read.py",)
    assert skill.others == ("/toolfs/skills/pdf-tools/assets/logo.svg",)
    assert "- /toolfs/skills/pdf-tools/scripts/read.py" in skill.to_text()


async def test_a_session_sees_the_skills_it_was_granted():
    toolfs = ToolFS()
    everything = toolfs.session("a", {"/toolfs": "*"})
    for name in ("one", "two"):
        await toolfs.write(f"/toolfs/skills/{name}/SKILL.md", f"---\nname: {name}\ndescription: d\n---\n", everything)
    session = toolfs.session("b", {"/toolfs/skills/one": "read"})
    assert [skill.name for skill in await toolfs.skills(session)] == ["one"]
    with pytest.raises(ToolFSError):
        await toolfs.load_skill("two", session)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no front matter", "name is lower-case letters"),
        ("---\nname: other\ndescription: d\n---\n", "its folder is called 'bad'"),
        ("---\nname: Bad\ndescription: d\n---\n", "name is lower-case letters"),
        ("---\nname: bad\n---\n", "description says"),
        (f"---\nname: bad\ndescription: {'d' * 1025}\n---\n", "description says"),
        ("---\nname: bad\ndescription: 3\n---\n", "description says"),
        ("---\nname: bad\ndescription: 'd\n---\n", "line 3: a quote is not closed"),
    ],
)
async def test_a_broken_skill_is_told_and_hides_no_other(text: str, told: str):
    toolfs = ToolFS()
    session = toolfs.session("a", {"/toolfs": "*"})
    await toolfs.write("/toolfs/skills/bad/SKILL.md", text, session)
    await toolfs.write("/toolfs/skills/good/SKILL.md", "---\nname: good\ndescription: d\n---\n", session)
    bad, good = await toolfs.skills(session)
    assert told in bad.problem
    assert good.problem == ""
    with pytest.raises(ToolFSError) as caught:
        await toolfs.load_skill("bad", session)
    assert told in str(caught.value)
