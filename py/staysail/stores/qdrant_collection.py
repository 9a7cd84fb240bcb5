"""A collection on a Qdrant server: created if it is missing, else checked, with its payload indexes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..core.errors import ConfigError, DimensionError, StoreError
from ..core.locks import Lock
from ..indexes.ports import Metric
from .layout import EmbedderFingerprint
from .qdrant_service import QdrantService

DISTANCES: dict[str, Metric] = {"Cosine": "cosine", "Dot": "dot", "Euclid": "euclidean"}


OURS = "staysail"  # our key in the collection's metadata


class QdrantCollection:
    """A collection, its dimensions and indexes.

    Attributes:
        dim: Dimensions of the vectors; 0 until they are known.
        fingerprint: The fingerprint of the embedder; see `stores.provenance`.
    """

    def __init__(
        self, service: QdrantService, metric: Metric, wanted_dim: int, indexes: Mapping[str, str], text_index: Mapping[str, Any]
    ) -> None:
        self.service, self.metric, self.dim = service, metric, 0
        self._wanted_dim, self._indexes, self._text_index = wanted_dim, indexes, text_index
        self.fingerprint: EmbedderFingerprint | None = None
        self._opening = Lock()
        self._ranks_words = False

    async def open(self, dim: int = 0) -> bool:
        """Creates the collection where its dimensions are known, and checks an existing one. Returns whether it exists. Raises
        DimensionError, ConfigError."""
        async with self._opening:
            if self.dim:
                return True
            about = await self._read()
            if about is None and (size := self._wanted_dim or dim):
                distance = next(name for name, metric in DISTANCES.items() if metric == self.metric)
                try:
                    await self.service.ask("PUT", "", {"vectors": {"size": size, "distance": distance}})
                    about = {"config": {"params": {"vectors": {"size": size, "distance": distance}}}}
                except StoreError as error:
                    # Another client created it first; older servers answer 400 then.
                    if error.code not in ("conflict", "bad_request") or (about := await self._read()) is None:
                        raise
            if about is None:
                return False
            with self.service.reading():
                self._check(about)
                missing = self._indexes.keys() - (about.get("payload_schema") or {}).keys()
                fingerprint, size = _read_fingerprint(about["config"].get("metadata")), int(about["config"]["params"]["vectors"]["size"])
            for name in missing:
                await self._index(name, self._indexes[name])
            self.fingerprint, self.dim = fingerprint, size
            return True

    async def keep(self, fingerprint: EmbedderFingerprint) -> None:
        """Writes the fingerprint to the collection's metadata, which servers have from 1.16 on. An older server, or a key without the
        permission, keeps no fingerprint, which harms no document."""
        self.fingerprint = fingerprint
        fields = {name: getattr(fingerprint, name) for name in EmbedderFingerprint._fields if name != "slot"}
        with suppress(StoreError):
            await self.service.ask("PATCH", "", {"metadata": {OURS: {"witness": fields}}})

    async def rank_words(self, field: str) -> None:
        """Creates the full-text index where it is missing or does not rank. An existing index keeps its parameters."""
        if self._ranks_words:
            return
        about = await self.service.ask("GET")
        with self.service.reading():
            schema = (about.get("payload_schema") or {}).get(field) or {}
            params = {"type": "text", **(schema.get("params") or {}), **self._text_index}
        if not params.get("scoring"):
            await self._index(field, params | {"scoring": True})
        self._ranks_words = True

    async def destroy(self) -> None:
        await self.service.ask("DELETE")
        self.dim, self.fingerprint, self._ranks_words = 0, None, False

    async def _index(self, name: str, schema: Any) -> None:
        await self.service.ask("PUT", "/index?wait=true", {"field_name": name, "field_schema": schema})

    async def _read(self) -> dict[str, Any] | None:
        try:
            about: dict[str, Any] = await self.service.ask("GET")
        except StoreError as error:
            if error.code == "not_found":
                return None
            raise
        return about

    def _check(self, about: Mapping[str, Any]) -> None:
        params = about["config"]["params"].get("vectors") or {}
        if "size" not in params:
            raise ConfigError(f"{self.service!r} has named vectors ({', '.join(params) or 'none'}); QdrantStore takes one without a name")
        if self._wanted_dim and self._wanted_dim != params["size"]:
            raise DimensionError(f"{self.service!r} holds vectors of {params['size']} dimensions, not {self._wanted_dim}")
        if DISTANCES.get(params["distance"]) != self.metric:
            raise ConfigError(f"{self.service!r} was made for {params['distance']}, not {self.metric}")


def _read_fingerprint(metadata: Any) -> EmbedderFingerprint | None:
    """Returns the fingerprint in the collection's metadata; None for metadata of another program or version."""
    try:
        fields = metadata[OURS]["witness"]
        return EmbedderFingerprint(fields["embedder"], fields["id"], 0, fields["checksum"], tuple(fields["vector"]))
    except (KeyError, TypeError):
        return None
