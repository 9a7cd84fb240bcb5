"""The browser's own model (Chrome's LanguageModel), where it has one."""

from __future__ import annotations

from ..core.ports import Model
from ..wire.engine_model import EngineModel, find_engine


def load(id: str = "") -> Model:
    """Returns the browser's model. id: ignored, as the browser has one model. Raises ConfigError outside a page."""
    del id
    find_engine("prompt-api")
    return EngineModel("prompt-api", "")
