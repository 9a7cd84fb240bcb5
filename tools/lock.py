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

        path = self.runtime / "pyodide-lock.json"
        lock.to_json(path, indent=1)
        return path
