"""Plugins for tests, in C, and where they are built."""

from pathlib import Path

from tools.plugins import FREESTANDING, SMALL, build

FOLDER = Path(__file__).parent
WEB = FOLDER.parent.parent / "web"
RAG = FOLDER.parent.parent / "examples" / "plugins" / "rag"


def plugin(name: str, *options: str) -> bytes:
    """The module of one of the sources here, small."""
    return build(FOLDER / f"{name}.c", (*FREESTANDING, *SMALL, *options))
