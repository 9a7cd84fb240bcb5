"""Output of Jupyter's protocol: JupyterLab, Notebook, VS Code, Colab, JupyterLite, nbclient. One display, which is updated."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any
from uuid import uuid4

from ...core.shown import ShownPart, mime_bundle


def find() -> JupyterOutput | None:
    """Returns an output where an IPython shell sends displays to a notebook."""
    if "IPython" not in sys.modules:
        return None
    shell: Any = import_module("IPython").get_ipython()
    # A shell in a terminal has no kernel; JupyterLite's and marimo's have a publisher of their own.
    publisher = getattr(shell, "display_pub", None)
    if publisher is None or type(publisher).__module__.startswith("IPython.core"):
        return None
    return JupyterOutput(import_module("IPython.display").publish_display_data)


class JupyterOutput:
    def __init__(self, publish: Any) -> None:
        self._publish, self._id, self._is_shown = publish, f"staysail-{uuid4().hex}", False

    def draw(self, parts: Sequence[ShownPart], *, is_last: bool) -> None:
        self._publish(mime_bundle(parts), {}, transient={"display_id": self._id}, update=self._is_shown)
        self._is_shown = True
