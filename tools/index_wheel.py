"""The wheels for a package index: from source for every Python, and as bytecode under the tag of the Pyodide that it was compiled by.

micropip then installs bytecode where it fits, which is imported without compiling, and source elsewhere. CPython of the same version
gets source, whose tracebacks have lines. `python -m tools.index_wheel` writes both into dist/."""

import csv
import io
import json
import shutil
import sys
import zipfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

from tools.assemble import RUNTIME, UPSTREAM_LOCK
from tools.sources import ROOT


def platform_tag(lock: Path) -> str:
    """Returns the platform tag (PEP 783) of a Pyodide, from its lock file."""
    return f"pyemscripten_{json.loads(lock.read_text('utf-8'))['info']['abi_version']}_wasm32"


def retag(bytecode: Path, platform: str, folder: Path) -> Path:
    """Writes a copy of a wheel whose only tag is cp314-none-PLATFORM into `folder`, always with the same bytes. Returns its path."""
    name, version, python, _, _ = bytecode.stem.split("-")
    tag = f"{python}-none-{platform}"
    target = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(bytecode) as source, zipfile.ZipFile(target, "w") as made:
        files = {info.filename: source.read(info) for info in source.infolist()}
        info_folder = f"{name}-{version}.dist-info"
        lines = files[f"{info_folder}/WHEEL"].decode().splitlines()
        kept = [line for line in lines if line and not line.startswith("Tag:")]
        files[f"{info_folder}/WHEEL"] = "\n".join([*kept, f"Tag: {tag}", ""]).encode()
        files[f"{info_folder}/RECORD"] = _record(files, f"{info_folder}/RECORD")
        for info in source.infolist():
            made.writestr(info, files[info.filename], compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)
    return target


def _record(files: dict[str, bytes], own_name: str) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    for name, data in files.items():
        if name != own_name and not name.endswith("/"):
            rows.writerow([name, f"sha256={urlsafe_b64encode(sha256(data).digest()).decode().rstrip('=')}", len(data)])
    rows.writerow([own_name, "", ""])
    return out.getvalue().encode()


def main(folder: Path = ROOT / "dist") -> None:
    folder.mkdir(exist_ok=True)
    for old in folder.glob("staysail-*.whl"):
        old.unlink()
    source = next(RUNTIME.glob("staysail-*-py3-none-any.whl"))
    bytecode = next(RUNTIME.glob("staysail-*-cp314-none-any.whl"))
    for path in (Path(shutil.copy2(source, folder)), retag(bytecode, platform_tag(UPSTREAM_LOCK), folder)):
        print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
