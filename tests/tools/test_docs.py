"""The documentation site: whole, without dead links, and with every public name."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

import staysail
import staysail.testing
from tools.sources import ROOT


class Page(HTMLParser):
    """The ids and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {value for name in ("id", "name") if (value := given.get(name))}
        self.links += [value for name in ("href", "src") if (value := given.get(name)) and tag != "base"]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> dict[str, Page]:
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, "-m", "tools.docs", "--out", str(out)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {str(path.relative_to(out)): Page(path.read_text("utf-8")) for path in out.rglob("*.html")}
    return pages | {str(path.relative_to(out)): Page("") for path in out.rglob("*") if path.suffix != ".html" and path.is_file()}


def test_every_public_name_of_python_stands_in_the_reference(site):
    ids = set().union(*(page.ids for name, page in site.items() if name.startswith("reference/python/")))
    wanted = {f"staysail.{name}" for name in staysail.__all__ if name != "__version__"}
    assert wanted | {f"staysail.testing.{name}" for name in staysail.testing.__all__} <= ids


def test_methods_of_inner_bases_stand_in_the_reference_with_their_class(site):
    ids = set().union(*(page.ids for name, page in site.items() if name.startswith("reference/python/")))
    assert {"staysail.Agent.prompt", "staysail.VectorStore.search", "staysail.ToolFS.read", "staysail.Run.decide"} <= ids
    assert "staysail.TextDelta.to_dict" not in ids


def test_every_export_of_the_npm_package_stands_in_the_reference(site):
    ids = set().union(*(page.ids for name, page in site.items() if name.startswith("reference/javascript/")))
    program = """
import { readFileSync } from "node:fs";
const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const names = new Set();
const elsewhere = ["./element", "./react", "./vue", "./svelte"]; // need a page, or a package that is not installed here
for (const [path, { default: file }] of Object.entries(exports))
  if (file && !path.includes("*") && !elsewhere.includes(path)) for (const name of Object.keys(await import(`./${file}`))) names.add(name);
console.log(JSON.stringify([...names]));
process.exit();
"""
    command = ["node", "--input-type=module", "-e", program]
    names = json.loads(subprocess.run(command, cwd=ROOT / "web", capture_output=True, text=True, check=True).stdout)
    known = {re.sub(r"\W", "", id).lower() for id in ids}
    assert [name for name in names if name.lower() not in known] == []


def test_no_link_is_dead(site):
    dead = []
    for name, page in site.items():
        if name == "404.html":  # whose links begin at the site's root
            continue
        for link in page.links:
            parts = urlsplit(urljoin(f"http://site/{name}", link))
            if parts.netloc != "site":
                continue
            target = unquote(parts.path).lstrip("/")
            target += "index.html" if target == "" or target.endswith("/") else ""
            if target not in site or (parts.fragment and site[target].ids and unquote(parts.fragment) not in site[target].ids):
                dead.append(f"{name}: {link}")
    assert dead == []


def test_every_page_is_in_the_menu():
    menu = {line.strip() for line in (ROOT / "docs" / "menu.txt").read_text("utf-8").splitlines() if line.strip().endswith(".md")}
    assert menu == {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}


def test_the_site_asks_nothing_of_other_hosts(site):
    fetched = {
        link
        for page in site.values()
        for link in page.links
        if urlsplit(link).netloc and Path(urlsplit(link).path).suffix in (".js", ".css", ".woff2", ".png", ".svg")
    }
    assert fetched == set()


def test_every_file_that_the_documentation_names_exists():
    for page in (ROOT / "docs").glob("*.md"):
        for named in re.findall(r"`((?:tests|tools|py|web|page|examples|bench)/[\w./*-]+)`", page.read_text("utf-8")):
            assert any(ROOT.glob(named)), f"{page.name} names {named}"


def test_every_promise_of_safety_links_a_test_that_there_is():
    text = (ROOT / "docs" / "security.md").read_text("utf-8").partition("## Attacks")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| promise", "| ---"))]
    assert len(rows) > 10
    for row in rows:
        links = re.findall(r"\[`([^`]+)`\]\(\.\./([^)]+)\)", row)
        assert links, row
        assert all(name == path and (ROOT / path).is_file() for name, path in links), row
