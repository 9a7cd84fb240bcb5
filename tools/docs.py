"""Builds the documentation site: the pages of docs/, and a reference made from docstrings and types. `make docs` runs it.

    python -m tools.docs [--out DIR]
    python -m tools.docs --fill    copies the programs of examples/ into the pages that show them

The Python reference lists every name of `staysail.__all__` (griffe reads the sources, mkdocstrings lays them out); the JavaScript
reference every export of the npm package's subpaths (TypeDoc reads web/types/). MkDocs is strict: a dead link or a page that no menu
names ends the build.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import staysail
import staysail.testing

from .sources import ROOT

DOCS, WORK = ROOT / "docs", ROOT / ".cache" / "docs"
REFERENCE = "reference"
PROGRAM = re.compile(r"^( *)```(\w+) title=\"(examples/[^\"]+)\"\n(?:.*\n)*?\1```$", re.MULTILINE)
# The folders of the package, and the heading that their names stand under.
SUBJECTS = {
    "agent": "Agents, runs and hooks",
    "core": "Values, events, errors and ports",
    "wire": "Models and providers",
    "providers": "Models and providers",
    "tools": "Tools",
    "indexes": "Vectors and words",
    "stores": "Stores",
    "rag": "Documents",
    "fs": "ToolFS",
    "host": "Notebooks and pages",
    "wiring": "Notebooks and pages",
    "testing": "Testing",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Builds the documentation site.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "docs")
    parser.add_argument("--fill", action="store_true", help="copy the programs of examples/ into the pages, and build nothing")
    options = parser.parse_args()
    if options.fill:
        fill()
        return
    out = options.out.resolve()
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(DOCS, WORK)
    for page in WORK.glob("*.md"):  # the site has the documentation alone, and so names files without links to them
        page.write_text(re.sub(r"\[(`[^`]+`)\]\(\.\./[^)]+\)", r"\1", page.read_text("utf-8")), encoding="utf-8")
    write_python_reference(WORK / REFERENCE / "python")
    write_javascript_reference(WORK / REFERENCE / "javascript")
    settings = WORK.parent / "mkdocs.yml"
    settings.write_text(f"INHERIT: {ROOT / 'mkdocs.yml'}\ndocs_dir: {WORK}\n{menu()}", encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "--quiet", "build", "--strict", "--config-file", str(settings), "--site-dir", str(out)]
    # Without its advertisement of a successor.
    if subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}).returncode:
        sys.exit(1)
    print(f"The documentation is in {out}; serve that folder, or open its index.html")


def fill() -> None:
    """Copies each program of examples/ into the blocks that carry its name; a test holds that they are the same."""

    def program(match: re.Match[str]) -> str:
        indent, language, path = match[1], match[2], match[3]
        lines = (ROOT / path).read_text("utf-8").strip().splitlines()
        text = "\n".join(f"{indent}{line}".rstrip() for line in lines)
        return f'{indent}```{language} title="{path}"\n{text}\n{indent}```'

    for page in (ROOT / "README.md", ROOT / "web" / "README.md", *DOCS.rglob("*.md")):
        before = page.read_text("utf-8")
        after = PROGRAM.sub(program, before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(f"Filled {page.relative_to(ROOT)}")


def by_subject() -> dict[str, list[str]]:
    """The names of `staysail.__all__` by the heading that they stand under."""
    found: dict[str, list[str]] = {subject: [] for subject in SUBJECTS.values()}
    for name in staysail.__all__:
        if name != "__version__":
            found[SUBJECTS[_folder(name)]].append(name)
    return found


def _folder(name: str) -> str:
    module = staysail.LAZY.get(name) or getattr(getattr(staysail, name), "__module__", "staysail.core").removeprefix("staysail.")
    return module.partition(".")[0]


def write_python_reference(folder: Path) -> None:
    folder.mkdir(parents=True)
    for subject, names in by_subject().items():
        if names:
            page = [f"# {subject}\n", *(f"::: staysail.{name}\n{_inherited(name)}" for name in names)]
            (folder / f"{_slug(subject)}.md").write_text("\n".join(page), encoding="utf-8")
    testing = [f"::: staysail.testing.{name}\n" for name in sorted(staysail.testing.__all__)]
    (folder / "testing.md").write_text("\n".join(["# Testing\n", *testing]), encoding="utf-8")


def _inherited(name: str) -> str:
    """Options for the methods that a class has from bases without an entry of their own: Agent.prompt is in agent/prompts.py."""
    value = getattr(staysail, name)
    shared = ("Value", "Event", "Part", "Media", *staysail.__all__)
    bases = [base for base in value.__mro__[1:] if base.__name__ not in shared] if isinstance(value, type) else []
    found = {member for base in bases if base.__module__.startswith("staysail.") for member in vars(base) if not member.startswith("_")}
    return f"    options:\n      inherited_members: [{', '.join(sorted(found))}]\n" if found else ""


def write_javascript_reference(folder: Path) -> None:
    web = ROOT / "web"
    package = json.loads((web / "package.json").read_text("utf-8"))
    entries = [entry["default"] for path, entry in package["exports"].items() if isinstance(entry, dict) and "*" not in path]
    options = [
        *("--plugin", "typedoc-plugin-markdown", "--router", "module", "--out", str(folder), "--readme", "none", "--hideBreadcrumbs"),
        *("--hidePageHeader", "--disableSources", "--excludeInternal", "--logLevel", "Error", "--entryFileName", "index.md"),
        *("--tsconfig", str(web / "tsconfig.json"), "--skipErrorChecking", "--outputFileStrategy", "modules", "--useHTMLAnchors"),
    ]
    subprocess.run(["npx", "--no-install", "typedoc", *options, *entries], cwd=web, check=True)


def menu() -> str:
    """The site's menu, as MkDocs wants it: the pages as docs/menu.txt orders them, then the reference."""
    lines = ["nav:"]
    for line in (DOCS / "menu.txt").read_text("utf-8").splitlines():
        if line.startswith("  "):
            lines.append(f"      - {line.strip()}")
        elif line.endswith(".md"):
            lines.append(f"  - {line}")
        elif line:
            lines.append(f"  - {json.dumps(line)}:")
    for language, name in (("Python", "python"), ("JavaScript", "javascript")):
        lines.append(f"  - {language} reference:")
        lines += [f"      - {page}" for page in sorted(_pages(WORK / REFERENCE / name))]
    return "\n".join(lines) + "\n"


def _pages(folder: Path) -> Iterator[str]:
    yield from (str(page.relative_to(WORK)) for page in folder.rglob("*.md"))


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-")


if __name__ == "__main__":
    main()
