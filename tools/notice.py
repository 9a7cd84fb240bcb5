"""NOTICE: every file of others that a page may load, with its licence. Made from wheels/sources.json; a test holds both together.

python -m tools.notice"""

from tools.sources import ROOT, load_sources

NOTICE = ROOT / "NOTICE"
HEAD = """staysail
Copyright (c) 2026 staysail contributors, MIT licence (see LICENSE).

Pages may load these files of others. Their texts are in the archives that carry the files: beside them, in a wheel's .dist-info, or in
licenses/ of the npm package staysail-runtime. Files below web/vendor/ are in the npm package staysail, and inside its dist/.
"""


def make_notice() -> str:
    """Returns the text of NOTICE, a paragraph for each package."""
    packages: dict[tuple[str, str, str], list[str]] = {}
    for source in load_sources():
        if source.path.parts[0] in {"wheels", "web"} and not source.path.name.endswith((".d.ts", ".d.mts", "LICENSE")):
            packages.setdefault((source.name, source.version, source.licence), []).append(source.path.as_posix())
    paragraphs = [
        f"{name} {version}\nLicence: {licence}\n" + "".join(f"  {path}\n" for path in paths)
        for (name, version, licence), paths in packages.items()
    ]
    return "\n".join([HEAD, *paragraphs])


if __name__ == "__main__":
    NOTICE.write_text(make_notice(), "utf-8")
