"""What is published: versions in step, and a licence for each file of others."""

import json
import re

import staysail
from tools.notice import NOTICE, make_notice
from tools.sources import ROOT


def test_the_packages_have_one_version():
    package = json.loads((ROOT / "web/package.json").read_text("utf-8"))
    locations = (ROOT / "web/runtime/locations.js").read_text("utf-8")
    assert package["version"] == staysail.__version__
    assert re.search(r'VERSION = "(.+?)"', locations)[1] == package["version"]


def test_pages_and_node_start_the_pyodide_that_the_build_fetches():
    package = json.loads((ROOT / "web/package.json").read_text("utf-8"))
    sources = json.loads((ROOT / "wheels/sources.json").read_text("utf-8"))["files"]
    [version] = {source["version"] for source in sources if source["name"] == "pyodide"}
    locations = (ROOT / "web/runtime/locations.js").read_text("utf-8")
    assert re.search(r'PYODIDE_VERSION = "(.+?)"', locations)[1] == version == package["optionalDependencies"]["pyodide"]
    sizes = dict(re.findall(r'"([\w.]+)": ([\d_]+),', locations.partition("RUNTIME_FILES")[2].partition("}")[0]))
    fetched = {source["path"].removeprefix("wheels/"): source["size"] for source in sources}
    assert {name: int(size) for name, size in sizes.items()} == {name: fetched[name] for name in sizes}


def test_documents_name_the_version_that_is_published():
    package = json.loads((ROOT / "web/package.json").read_text("utf-8"))
    named = {
        (path.name, version)
        for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
        for version in re.findall(r"npm/staysail(?:-runtime)?@(\d[\w.-]+)/", path.read_text("utf-8"))
    }
    assert named
    assert {version for _, version in named} == {package["version"]}


def test_the_notice_lists_every_file_of_others_that_a_page_may_load_with_its_licence():
    """`python -m tools.notice` writes it."""
    assert NOTICE.read_text("utf-8") == make_notice()
    listed = {line.strip() for line in NOTICE.read_text("utf-8").splitlines()}
    kinds = {".js", ".mjs", ".wasm", ".whl", ".zip", ".gguf", ".onnx", ".txt"}
    there = {
        path.relative_to(ROOT).as_posix()
        for folder in ("web/vendor", "wheels")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in kinds
    }
    assert {path for path in there if not path.startswith("wheels/staysail-")} <= listed
