"""`make release`: the wheel, the source archive and both npm archives in dist/release, built twice with the same bytes, with checksums and
a list of everything inside (CycloneDX). tests/release tries them.

The second build is made in a copy of the sources in another folder, from the same downloads."""

import hashlib
import json
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tools.command import run
from tools.sources import ROOT, load_sources
from tools.wheel import EPOCH

TARGET = ROOT / "dist" / "release"
SUMS = "SHA256SUMS"
BILL = "staysail.cdx.json"
# Fetched or installed, not made from the sources.
LENT = (".venv", "web/node_modules")
CACHED = (".cache/checked.json", ".cache/pyodide-lock.upstream.json")


class ReleaseError(Exception):
    """A step failed, or two builds differ; the message says which."""


def release(target: Path = TARGET) -> list[Path]:
    """Writes the archives, their checksums and the bill of materials into `target`. Raises ReleaseError."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="staysail-release-") as folder:
        copies = [_copy(Path(folder) / "first"), _copy(Path(folder) / "another" / "second")]
        with ThreadPoolExecutor() as pool:
            first, second = pool.map(_build, copies)
        for one, other in zip(first, second, strict=True):
            if one.name != other.name or _digest(one) != _digest(other):
                raise ReleaseError(f"{one.name} differs between two builds of the same sources")
        archives = [Path(shutil.copy2(path, target)) for path in first]
    bill = target / BILL
    bill.write_text(make_bill(), "utf-8")
    lines = [f"{_digest(path)}  {path.name}\n" for path in sorted([*archives, bill])]
    (target / SUMS).write_text("".join(lines), "utf-8")
    return archives


def _copy(folder: Path) -> Path:
    """The files that git knows, and beside them the downloads and the tools of this folder."""
    listed = _run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], ROOT)
    fetched = [source.path for source in load_sources()]
    for name in [*listed.split("\0"), *map(str, fetched), *CACHED]:
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for name in LENT:
        (folder / name).symlink_to(ROOT / name)
    return folder


def _build(folder: Path) -> list[Path]:
    """The four archives of the sources in `folder`."""
    out = folder / "dist"
    environment = {"PYTHONPATH": f"{folder / 'py'}:{folder}", "SOURCE_DATE_EPOCH": EPOCH}
    _run([sys.executable, "-m", "tools.assemble"], folder, environment)
    (folder / "web/wheel").mkdir(exist_ok=True)
    [bytecode] = (folder / "wheels").glob("staysail-*-cp314-none-any.whl")
    shutil.copy2(bytecode, folder / "web/wheel/staysail-cp314.whl")
    _run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(folder)], folder, environment)
    _run(["npm", "pack", "--loglevel=error", "--pack-destination", str(out)], folder / "web", environment)
    _run([sys.executable, "-m", "tools.runtime"], folder, environment)
    _run(["npm", "pack", "--loglevel=error", "--pack-destination", str(out)], out / "runtime", environment)
    return sorted(path for path in out.iterdir() if path.is_file())


def make_bill() -> str:
    """The bill of materials, in CycloneDX: the packages, and each third-party file that a page may load."""
    version = json.loads((ROOT / "web/package.json").read_text("utf-8"))["version"]
    bill = Bom()
    own = PackageURL("npm", None, "staysail", version)
    bill.metadata.component = Component(name="staysail", version=version, type=ComponentType.LIBRARY, purl=own, bom_ref=str(own))
    seen = set()
    for source in load_sources():
        if source.path.parts[0] == ".cache" or (source.name, source.version) in seen:
            continue
        seen.add((source.name, source.version))
        kind, group, name = _address(source.name, str(source.places[0].kind))
        purl = PackageURL(kind, group, name, source.version.replace(" ", "-"))
        component = Component(name=name, group=group, version=source.version, type=ComponentType.LIBRARY, purl=purl, bom_ref=str(purl))
        component.description = source.licence
        bill.components.add(component)
    bill.register_dependency(bill.metadata.component, bill.components)
    document = json.loads(JsonV1Dot6(bill).output_as_string())
    document.pop("serialNumber", None)  # another one and another time in each build
    document["metadata"].pop("timestamp", None)
    for component in document["components"]:
        component["licenses"] = [{"expression": component.pop("description")}]
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _address(name: str, place: str) -> tuple[str, str | None, str]:
    group, _, plain = name.rpartition("/")
    return {"npm": "npm", "pypi": "pypi"}.get(place, "generic"), group or None, plain


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run(arguments: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    result = run(arguments, environment, folder)
    if result.returncode:
        raise ReleaseError(f"{' '.join(arguments)} failed in {folder}:\n{result.stdout}{result.stderr}")
    return result.stdout


if __name__ == "__main__":
    try:
        for archive in release():
            print(f"{archive.relative_to(ROOT)}  {archive.stat().st_size / 1e6:.1f} MB")
    except ReleaseError as error:
        sys.exit(str(error))
