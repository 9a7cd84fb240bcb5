"""Output of a PyScript page: an element of its own, in the main thread and in workers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any
from uuid import uuid4

from ...core.shown import Drawing, ShownPart


def find() -> PyScriptOutput | None:
    """Returns an element at the place where PyScript shows what this script displays."""
    if "pyscript" not in sys.modules:
        return None
    pyscript: Any = import_module("pyscript")
    return PyScriptOutput(pyscript) if hasattr(pyscript, "display") and hasattr(pyscript, "HTML") else None


class PyScriptOutput:
    def __init__(self, pyscript: Any) -> None:
        self._pyscript, self._id = pyscript, f"staysail-{uuid4().hex}"
        pyscript.display(pyscript.HTML(f'<div id="{self._id}"></div>'))

    def draw(self, parts: Sequence[ShownPart], *, is_last: bool) -> None:
        self._pyscript.display(self._pyscript.HTML(Drawing.html(parts)), target=self._id, append=False)
