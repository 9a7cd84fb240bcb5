"""The models in the page: a small one that comes with staysail, one of the catalogue by its name ("local:qwen3-0.6b"), or any GGUF by its
place on the hub ("local:hf:owner/repo/file.gguf") or its address ("local:https://.../model.gguf")."""

from __future__ import annotations

from ..core.ports import Model
from ..wire.engine_model import EngineModel, find_engine


def load(id: str = "") -> Model:
    """Returns the model that runs in the page. Raises ConfigError outside a page. A name that names nothing fails at the first call
    (BadRequestError), since the page has the catalogue."""
    find_engine("local")
    return EngineModel("local", id)
