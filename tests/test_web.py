"""The house rules of the JavaScript side that no tool of `make check` holds."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tools.sources import ROOT

WEB = ROOT / "web"
FOLDERS = ("bench", "page", "tests", "tools", "web")
GENERATED = {".next", ".nuxt", ".output", ".svelte-kit", "build", "built", "dist", "node_modules", "public", "seeds", "types", "vendor"}
COMMENT = re.compile(r"/\*\*.*?\*/", re.DOTALL)
IMPORT_OF_A_VALUE = re.compile(
    r"""^\s*(?![*/\s]).*(?<!["'`.#\w])import\((?!/\*\* @type \{string\} \*/ \("|["')]).*(?<!\{)$""", re.MULTILINE
)
TAG = re.compile(r"(?:^|[\s*])@(?:param|property|returns|template|throws|type|typedef)\b")


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".js", ".mjs", ".ts"} and not GENERATED & {*path.relative_to(ROOT / folder).parts}:
                yield path


def test_a_module_in_the_root_of_web_is_a_public_subpath():
    exports = json.loads((WEB / "package.json").read_text("utf-8"))["exports"]
    public = {entry["default"] for entry in exports.values() if isinstance(entry, dict)}
    modules = [f"./{path.name}" for path in WEB.glob("*.js")]
    assert {*modules} - public == set()
    assert len(modules) <= 20


def test_a_line_of_a_comment_has_one_tag():
    crowded = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sources()
        for comment in COMMENT.findall(path.read_text("utf-8"))
        for line in comment.splitlines()
        if len(TAG.findall(re.sub(r"`[^`]*`|\{[^{}]*\}", "", line))) > 1
    ]
    assert crowded == []


def test_bundlers_leave_an_import_of_a_value_alone():
    """Without these comments webpack and Vite warn each user of the package, and webpack replaces the import by one that always fails."""
    unmarked = [
        f"{path.relative_to(ROOT)}: {found[0].strip()}"
        for path in sources()
        if path.is_relative_to(WEB)
        for found in IMPORT_OF_A_VALUE.finditer(path.read_text("utf-8"))
        if "import(/* webpackIgnore: true */ /* @vite-ignore */ " not in found[0]
    ]
    assert unmarked == []


def test_no_name_is_told_or_asked():
    """They name no thing: question, request, text, options and facts do. The option objects of some RPC methods have a field `asked`."""
    named = re.compile(r"(?:(?:const|let|var|function\*?)\s+[\[{(]?\s*|#|\(|: )(told|asked)\b(?=\s*[=({,\])])")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in sources()
        if path.is_relative_to(WEB) or path.is_relative_to(ROOT / "page")
        for match in named.finditer(COMMENT.sub("", path.read_text("utf-8")))
    ]
    assert found == []
