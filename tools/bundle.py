"""web/dist/, made by tools/bundle.mjs. esbuild comes with the JavaScript tools; where those are not installed, it is installed alone."""

import subprocess

from tools.sources import ROOT

BUNDLER = ROOT / "tools" / "bundler"
DIST = ROOT / "web" / "dist"


class BundleError(Exception):
    """Installing esbuild or bundling failed; the message holds what the tool said."""


def bundle() -> None:
    """Brings web/dist/ up to date. Raises BundleError."""
    if not any((folder / "node_modules" / "esbuild").is_dir() for folder in (ROOT / "web", BUNDLER)):
        print("Installing esbuild into tools/bundler", flush=True)
        _run(["npm", "ci", "--loglevel=error", f"--prefix={BUNDLER}"])
    _run(["node", str(ROOT / "tools" / "bundle.mjs")])


def _run(command: list[str]) -> None:
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if ran.returncode:
        raise BundleError(f"{' '.join(command)} failed:\n{ran.stdout}")
    print(ran.stdout, end="", flush=True)
