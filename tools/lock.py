"""pyodide-lock.json: exactly the wheels that are served, made by the pyodide-lock package."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from attrs import evolve
from pyodide_lock import PyodideLockSpec
from pyodide_lock.utils import add_wheels_to_spec, update_package_sha256

from tools.wheel import Wheels


@dataclass(frozen=True, slots=True)
class LockMaker:
    """Writes the lock of the folder `runtime`.

    `upstream` is the lock that came with the interpreter: it says which Python and ABI the wheels must fit."""

    runtime: Path
    upstream: Path

    def write(self, fetched: Sequence[Path], ours: Wheels) -> Path:
        """Lists the fetched wheels and our bytecode one in runtime/pyodide-lock.json."""
        info = PyodideLockSpec.from_json(self.upstream).info
        compiled = [wheel for wheel in fetched if "pyemscripten" in wheel.name]
        pure = [wheel for wheel in fetched if wheel not in compiled]

        # pyodide-lock 0.2 compares wheel tags with the platform's name, which is not the tag of PEP 783:
        # compiled wheels are added under the tag's name until it knows those.
        tagged = evolve(info, platform=f"pyemscripten_{info.abi_version}")
        lock = add_wheels_to_spec(PyodideLockSpec(info=tagged, packages={}), compiled, self.runtime)
        lock.info = info
        lock = add_wheels_to_spec(lock, [*pure, ours.source], self.runtime)

        # The tag of a bytecode wheel is not an installable one, so its metadata came from the source wheel.
        package = lock.packages["staysail"]
        package.file_name = ours.bytecode.name
        update_package_sha256(package, ours.bytecode)

        # An unchanged lock keeps its time of change, by which browsers know it.
        path = self.runtime / "pyodide-lock.json"
        partial = path.with_name(path.name + ".partial")
        lock.to_json(partial, indent=1)
        if path.is_file() and path.read_bytes() == partial.read_bytes():
            partial.unlink()
        else:
            partial.replace(path)
        return path
