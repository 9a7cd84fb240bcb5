"""A store as one file: a zip of documents.jsonl, vectors.npy and store.json, which pandas and numpy read as they are."""

from __future__ import annotations

import io
import json
import zipfile
from array import array
from collections.abc import Sequence
from typing import Any

from ..core.errors import CorruptionError
from .layout import Entry

NPY_MAGIC = b"\x93NUMPY\x01\x00"


def write_archive(about: dict[str, Any], rows: Sequence[tuple[Entry, Sequence[float]]]) -> bytes:
    lines = (json.dumps({"id": e.id, "document": e.document, "metadata": dict(e.metadata)}, ensure_ascii=False) for e, _ in rows)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        # A ZipInfo of its own has no date: equal stores give equal files.
        archive.writestr(zipfile.ZipInfo("store.json"), json.dumps(about | {"count": len(rows)}), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("documents.jsonl"), "".join(f"{line}\n" for line in lines), zipfile.ZIP_DEFLATED)
        # Vectors hardly compress.
        with archive.open(zipfile.ZipInfo("vectors.npy"), "w", force_zip64=True) as file:
            file.write(_npy_header(len(rows), about["dim"]))
            for _, row in rows:
                file.write(array("f", row))
    return out.getvalue()


def read_archive(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]], list[memoryview[float]]]:
    """What the store was, documents, and their vectors. Raises CorruptionError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            about: dict[str, Any] = json.loads(archive.read("store.json"))
            documents = [json.loads(line) for line in archive.read("documents.jsonl").splitlines()]
            npy = archive.read("vectors.npy")
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise CorruptionError(f"this is not an export of a store, or it is damaged: {error}") from error
    dim, count = about["dim"], about["count"]
    header = _npy_header(count, dim)
    if not npy.startswith(header) or len(npy) != len(header) + 4 * count * dim or len(documents) != count:
        raise CorruptionError("the export's parts do not fit together")
    numbers = array("f")
    numbers.frombytes(npy[len(header) :])
    flat: memoryview[float] = memoryview(numbers)
    return about, documents, [flat[at * dim : (at + 1) * dim] for at in range(count)]


def _npy_header(count: int, dim: int) -> bytes:
    """The NPY format, version 1.0: magic, u16 length, a Python literal padded to 64 bytes."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count}, {dim}), }}"
    padding = -(len(NPY_MAGIC) + 2 + len(text) + 1) % 64
    body = text + " " * padding + "\n"
    return NPY_MAGIC + len(body).to_bytes(2, "little") + body.encode()
