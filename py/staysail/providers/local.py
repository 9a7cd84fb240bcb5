"""The models in the page: a small one that comes with staysail, or any GGUF by its address ("local:https://.../model.gguf")."""

from __future__ import annotations

from ..core.ports import Model
from ..wire.engine_model import EngineModel, find_engine


def load(id: str = "") -> Model:
    """Returns the model that runs in the page. Raises ConfigError outside a page."""
    find_engine("local")
    return EngineModel("local", id)
