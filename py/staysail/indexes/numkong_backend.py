"""numkong's SIMD scans where our kernel does not run; everything that decides the order stays with numpy."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..core.errors import ConfigError
from .numpy_backend import NumpyBackend
from .ports import Block, Chunks, Query


class NumkongBackend(NumpyBackend):
    name = "numkong"

    def __init__(self, reason: str = "chosen") -> None:
        super().__init__(reason)
        try:
            self._numkong: Any = import_module("numkong")
        except ImportError as error:
            raise ConfigError("numkong is not installed, or does not run here") from error

    def scan_dot(self, rows: Chunks, first_chunk: int, count: int, query: Query, scores: Block) -> None:
        wanted = self._as(query.rows, "float32")[None]
        for at, part in self._singles(rows, first_chunk, count, scores):
            if part is None:
                at[:] = -self._np.inf
            else:
                self._numkong.cdist(wanted, part, metric="dot", out=at[None], out_dtype="float32")
