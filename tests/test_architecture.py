"""The layers, held by reading the imports of every module."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "py" / "staysail"
# Each layer imports itself and those before it; folders of one layer are siblings and do not import one another.
LAYERS = (
    ("core",),
    ("indexes",),
    ("agent",),
    ("wire",),
    ("providers", "tools", "stores", "rag", "fs"),
    ("host", "testing"),
    ("bridge",),
)
LEVEL = {folder: level for level, folders in enumerate(LAYERS) for folder in folders}
# Where parts that do not know one another come together: these import every layer but the bridge, which alone imports them.
ROOTS = ("__init__.py", "wiring.py")
BROWSER = ("js", "pyodide", "pyodide_js", "pyodide_http")
BROWSER_FOLDERS = ("host", "bridge")
MODULES = sorted(PACKAGE.rglob("*.py"))
# Where JSON is parsed without limits: the reader itself, and records that nobody but this package writes.
PARSERS = (
    "core/json_text.py",
    "fs/audit.py",
    "fs/snapshots.py",
    "fs/tree.py",
    "host/opfs.py",
    "indexes/keywords.py",
    "stores/layout.py",
    "stores/segments.py",
)


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def layer_of(path: Path) -> str:
    """The folder a module stands in; bridge for the one that is a file, '' for the composition root."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py") if parts[0] != "__init__.py" else ""


@cache
def imports(path: Path) -> tuple[str, ...]:
    """What a module imports, as absolute names; also what it imports inside functions."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    here = ("staysail", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module, names, level):
                base = ".".join(here[: len(here) + 1 - level]) if level else ""
                module = ".".join(filter(None, (base, module or "")))
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Call(ast.Name("import_module") | ast.Attribute(attr="import_module"), [ast.Constant(str(name))]) if name.startswith(
                "staysail"
            ):
                yield name


def dotted(path: Path) -> str:
    return ".".join(("staysail", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def modules_imported(path: Path) -> set[str]:
    """The package's own modules that a module imports: `from a import b` is a.b where that is a module, else a."""
    known = {dotted(module) for module in MODULES}
    found = {name if name in known else name.rpartition(".")[0] for name in imports(path)}
    return (found & known) - {dotted(path)}


def test_no_import_goes_in_a_circle_also_not_for_types():
    left = {dotted(path): modules_imported(path) for path in MODULES}
    while free := [name for name, needed in left.items() if not needed & left.keys()]:
        for name in free:
            del left[name]
    while ends := [name for name in left if not any(name in needed for needed in left.values())]:
        for name in ends:
            del left[name]
    assert sorted(left) == [], "these modules import one another"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_its_own_folder_and_layers_further_in(path: Path):
    layer = layer_of(path)
    if name_of(path) in ROOTS:
        assert not [name for name in imports(path) if name.startswith("staysail.bridge")]
        return
    assert layer in LEVEL, f"the folder {layer} is of no layer yet: name it in LAYERS"
    for imported in imports(path):
        if imported.split(".")[0] != "staysail":
            continue
        steps = imported.split(".")
        inner = steps[1] if len(steps) > 1 else ""
        if layer == "bridge" and inner not in LEVEL:
            continue  # the bridge is a user of the package as any other
        assert inner in LEVEL, f"{name_of(path)} imports {imported} through the root, which imports everything"
        assert inner == layer or LEVEL[inner] < LEVEL[layer], f"{name_of(path)} is of {layer} and imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_browser_is_imported_in_host_and_bridge_alone(path: Path):
    if layer_of(path) in BROWSER_FOLDERS:
        return
    assert [name for name in imports(path) if name.split(".")[0] in BROWSER] == []


@pytest.mark.parametrize("path", [path for path in MODULES if name_of(path) not in PARSERS], ids=name_of)
def test_json_from_outside_is_read_by_core_json_text_alone(path: Path):
    used = {
        node.attr if isinstance(node, ast.Attribute) else name.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("json"))
        for name in (node.names if isinstance(node, ast.ImportFrom) else (node,))
        if isinstance(node, ast.ImportFrom) or (isinstance(node.value, ast.Name) and node.value.id == "json")
    }
    assert not used & {"load", "loads", "JSONDecoder", "decoder", "scanner"}, "read it with read_json of core/json_text.py"


@pytest.mark.parametrize("path", [path for path in MODULES if layer_of(path) in ("", "core", "agent", "wire", "providers")], ids=name_of)
def test_the_core_path_imports_the_standard_library_alone(path: Path):
    foreign = {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names - {"staysail"}
    for_checkers = {"typing_extensions"} if name_of(path) == "core/generics.py" else set()  # under TYPE_CHECKING alone: see the next test
    assert foreign <= for_checkers


def test_importing_staysail_and_making_an_agent_loads_nothing_compiled_and_no_other_package():
    program = """
import sys
before = set(sys.modules)
from staysail import Agent, tool
Agent("openai:m", api_key="test", tools=[tool(lambda x: x)])
for name in sorted(set(sys.modules) - before):
    module = sys.modules[name]
    print(name.split(".")[0], getattr(module, "__file__", None) or "")
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.split(" ", 1)[0] for line in done.stdout.splitlines()}
    assert loaded - sys.stdlib_module_names == {"staysail"}
    assert not loaded & {"hashlib", "hmac", "secrets"}, "they add 7 ms to the import in Pyodide"
    assert not [line for line in done.stdout.splitlines() if "staysail" in line and not line.endswith(".py")]
