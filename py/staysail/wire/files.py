"""Files that a provider stores: uploaded once, referenced in any number of messages.

    files = ProviderFiles("anthropic")
    report = await files.upload(data, name="report.pdf")
    await agent.prompt([report.part, "Summarise it."])
    await files.delete(report.id)

https://developers.openai.com/api/reference/resources/files · https://platform.claude.com/docs/en/build-with-claude/files ·
https://ai.google.dev/gemini-api/docs/files
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import time
from typing import Any
from urllib.parse import quote

from ..core.errors import ConfigError, ProviderError
from ..core.json_text import write_json
from ..core.messages import Audio, File, Image, Media
from ..core.ports import Clock, Transport
from ..core.value import Value
from ..core.waiting import SystemClock
from .endpoint import Endpoint, Key
from .faults import not_understood
from .multipart import render_form
from .service import find_provider, find_service
from .shapes import count, record, records, string

MOST_PAGES = 100
BETA = {"anthropic-beta": "files-api-2025-04-14"}
# Gemini processes a video before it accepts references to the video.
LONGEST_WORK_S = 300.0


class RemoteFile(Value):
    """A file that a provider stores.

    Args:
        id: The file's id for `ProviderFiles.delete` and `content`.
        reference: The name that messages use: the id, or Gemini's address of the file.
        created_at, expires_at: As 2026-01-31T12:00:00Z; "" where the provider gives none.
        raw: The provider's whole row.
    """

    id: str
    provider: str
    name: str = ""
    media_type: str = ""
    size_bytes: int | None = None
    created_at: str = ""
    expires_at: str = ""
    reference: str = ""
    raw: Any = None

    @property
    def part(self) -> Media:
        """A message part that references the file, for a model of the same provider."""
        kind = self.media_type.partition("/")[0]
        kinds: dict[str, type[Media]] = {"image": Image, "audio": Audio}
        made = kinds.get(kind, File)
        return made(file_id=self.reference or self.id, media_type=self.media_type or None, name=self.name or None)


class ProviderFiles:
    """The stored files of an account at one provider. Takes the options of `load_model`. Raises ConfigError for a provider without stored
    files."""

    def __init__(
        self,
        provider: str,
        *,
        api_key: Key = None,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        data = find_provider(provider)
        self._form = find_service(data, "files").form
        self._endpoint = Endpoint(data, api_key=api_key, base_url=base_url, headers=headers, transport=transport)
        self._headers = BETA if self._form == "anthropic" else {}
        self._known: dict[str, RemoteFile] = {}
        self._clock = clock or SystemClock()

    async def upload(
        self, file: Media | bytes, *, name: str | None = None, media_type: str | None = None, expires_after_s: int | None = None
    ) -> RemoteFile:
        """Uploads a file.

        Args:
            media_type: By default the part's own, else the type that the name implies.
            expires_after_s: Seconds until the provider deletes the file; OpenAI and xAI alone offer that.

        Raises ConfigError, ProviderError.
        """
        data = file if isinstance(file, bytes | bytearray) else file.data
        if data is None:
            raise ConfigError("an upload needs the file's bytes, not its address")
        given = file if isinstance(file, Media) else None
        name = name or (given.name if given else None) or "file"
        kind = media_type or (given.media_type if given else None) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        if self._form == "gemini":
            if expires_after_s is not None:
                raise ConfigError("gemini deletes each file after 48 hours; expires_after_s is not its to choose")
            return await self._upload_to_gemini(bytes(data), name, kind)
        fields = self._fields(expires_after_s)
        return self._read(await self._ask("files", render_form(fields, {"file": (name, kind, bytes(data))})), kind)

    def _fields(self, expires_after_s: int | None) -> dict[str, str]:
        match self._form, expires_after_s:
            case "anthropic", None:
                return {}
            case "anthropic", _:
                raise ConfigError("anthropic keeps files until they are deleted; leave expires_after_s out")
            case "xai", _:
                return {} if expires_after_s is None else {"expires_after": str(expires_after_s)}
        kept = {"expires_after[anchor]": "created_at", "expires_after[seconds]": str(expires_after_s)}
        return {"purpose": "user_data"} | ({} if expires_after_s is None else kept)

    async def keep(self, part: Media) -> Media:
        """Returns a part that references the stored file. The first call uploads the bytes, and so does the first after the file has
        expired at the provider. A part without bytes is returned unchanged."""
        if part.data is None:
            return part
        digest = hashlib.sha256(part.data).hexdigest()
        known = self._known.get(digest)
        if known is None or (known.expires_at and known.expires_at <= _time(time())):
            known = self._known[digest] = await self.upload(part)
        return known.part

    async def list(self) -> list[RemoteFile]:
        """Returns every file, in the provider's order. Raises ProviderError."""
        found: list[RemoteFile] = []
        path: str | None = "files"
        for _ in range(MOST_PAGES):
            if path is None:
                break
            body = await self._ask(path)
            rows = records(record(body).get("files" if self._form == "gemini" else "data"))
            found += [self._read(row) for row in rows]
            path = self._next(record(body), rows)
        return found

    async def get(self, id: str) -> RemoteFile:
        """Returns one file's description. Raises ProviderError."""
        return self._read(await self._ask(self._path(id)))

    async def content(self, id: str) -> bytes:
        """Returns the bytes of a file that the provider allows to read: OpenAI and Anthropic allow files that their tools made. Raises
        ProviderError."""
        path = f"/download/v1beta/{_gemini_name(id)}:download?alt=media" if self._form == "gemini" else f"{self._path(id)}/content"
        return (await self._endpoint.fetch(path, None, headers=self._headers))[0]

    async def delete(self, id: str) -> None:
        """Deletes a file. Raises ProviderError."""
        await self._endpoint.fetch(self._path(id), None, headers=self._headers, method="DELETE")
        self._known = {digest: file for digest, file in self._known.items() if file.id != id}

    def _path(self, id: str) -> str:
        if not id:
            raise ConfigError("a file's id cannot be empty")
        return _gemini_name(id) if self._form == "gemini" else f"files/{quote(id, safe='')}"

    async def _ask(self, path: str, body: Any = None) -> Any:
        return (await self._endpoint.fetch_json(path, body, headers=self._headers))[0]

    async def _upload_to_gemini(self, data: bytes, name: str, kind: str) -> RemoteFile:
        boundary = secrets.token_hex(24)
        about = write_json({"file": {"displayName": name}}, what="the file's name").encode()
        head = f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode() + about
        middle = f"\r\n--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode()
        body = (f"multipart/related; boundary={boundary}", head + middle + data + f"\r\n--{boundary}--\r\n".encode())
        answer, _ = await self._endpoint.fetch_json(
            "/upload/v1beta/files?uploadType=multipart", body, headers={"x-goog-upload-protocol": "multipart"}
        )
        file = record(record(answer).get("file"))
        async with asyncio.timeout(LONGEST_WORK_S):
            while file.get("state") == "PROCESSING":
                await self._clock.sleep(2.0)
                file = record(await self._ask(_gemini_name(string(file.get("name")))))
        if file.get("state") == "FAILED":
            raise ProviderError(f"gemini could not read {name}: {string(record(file.get('error')).get('message'))}", code="bad_file")
        return self._read(file, kind)

    def _read(self, row: Any, kind: str = "") -> RemoteFile:
        fields = record(row)
        id = string(fields.get("id")) or string(fields.get("name"))
        if not id:
            raise self._endpoint.cleaned(not_understood("a file without an id", str(row), self._endpoint.provider.name))
        size = fields.get("bytes", fields.get("size_bytes", fields.get("sizeBytes")))
        gemini = self._form == "gemini"
        name = fields.get("displayName") if gemini else fields.get("filename")
        return RemoteFile(
            id,
            self._endpoint.provider.name,
            string(name),
            string(fields.get("mime_type")) or string(fields.get("mimeType")) or kind or mimetypes.guess_type(string(name))[0] or "",
            count(int(size) if isinstance(size, str) and size.isdigit() else size) if size is not None else None,
            _time(fields.get("created_at") or fields.get("createTime")),
            _time(fields.get("expires_at") or fields.get("expirationTime")),
            string(fields.get("uri")) if gemini else id,
            row,
        )

    def _next(self, body: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str | None:
        """Returns the path of the next page, or None after the last."""
        if token := string(body.get("nextPageToken")):
            return f"files?pageToken={quote(token, safe='')}"
        last = string(body.get("last_id")) or (string(rows[-1].get("id")) if rows else "")
        if not body.get("has_more") or not last:
            return None
        return f"files?{'after_id' if self._form == 'anthropic' else 'after'}={quote(last, safe='')}"

    def __repr__(self) -> str:
        return f"ProviderFiles({self._endpoint.provider.name!r})"


def _gemini_name(id: str) -> str:
    """Returns "files/<name>", also from the file's address."""
    return f"files/{quote(id.rpartition('/')[2], safe='')}"


def _time(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return string(value)
