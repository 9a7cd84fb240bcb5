// Compiles a wheel to bytecode with pyodide-build's own py-compile, run by the interpreter that will load it:
// Pyodide under Node. Usage: node compile.mjs RUNTIME_DIR LOCK SITE_PACKAGES WHEEL
// Prints the name of the wheel it writes beside WHEEL.

import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [runtime, lock, sitePackages, wheel] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`).href);

const pyodide = await loadPyodide({
  indexURL: `${runtime}/`,
  lockFileURL: lock,
  // With a fixed epoch the .pyc files and the zip's dates are the same on every machine.
  env: { SOURCE_DATE_EPOCH: "1577836800", PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/pyodide" },
  stdout: () => {},
});
pyodide.mountNodeFS("/site-packages", sitePackages);
pyodide.mountNodeFS("/build", dirname(wheel));
pyodide.globals.set("wheel", `/build/${basename(wheel)}`);
const compiled = await pyodide.runPythonAsync(`
import sys
sys.path.append("/site-packages")
from pathlib import Path
from pyodide_build._py_compile import _py_compile_archive
_py_compile_archive(Path(wheel), keep=True, verbose=False, compression_level=6).name
`);
console.log(compiled);
