"""Batches in the vocabulary of each provider.

https://developers.openai.com/api/docs/guides/batch · https://platform.claude.com/docs/en/build-with-claude/batch-processing ·
https://ai.google.dev/gemini-api/docs/batch-api · https://docs.mistral.ai/capabilities/batch

How it works. The requests are rendered as for single calls. OpenAI, Groq and Mistral take a file of lines, Anthropic and Gemini a list. The
position of a request is its key, by which its answer is found, because answers arrive in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from ..core.batches import BatchPhase, BatchState
from ..core.completion import Completion, CompletionRequest
from ..core.errors import JsonError, StaysailError
from ..core.json_text import read_json, write_json
from .answer import parse_whole
from .attempt import Attempt
from .faults import error_of_response, not_understood
from .format import ChatWire, Provider
from .multipart import render_form
from .shapes import count, record, records, string

# Parts of the providers' words for batches that have ended; any other word means a running batch.
PHASES: tuple[tuple[str, BatchPhase], ...] = (
    ("expired", "expired"),
    ("timeout_exceeded", "expired"),
    ("cancelled", "cancelled"),
    ("canceled", "cancelled"),
    ("fail", "failed"),
    ("complete", "done"),
    ("ended", "done"),
    ("succe", "done"),
)
ENDPOINTS = {"responses": "/v1/responses", "chat": "/v1/chat/completions"}
STATUS_OF = {"invalid_request_error": 400, "authentication_error": 401, "not_found_error": 404, "rate_limit_error": 429}


class Reached(Protocol):
    """The methods of Endpoint that batches use."""

    provider: Provider

    async def fetch(self, path: str, body: Any, **options: Any) -> tuple[bytes, Any]: ...
    def cleaned[E: StaysailError](self, error: E) -> E: ...


class Batched(Protocol):
    """The members of HttpModel that batches use."""

    @property
    def endpoint(self) -> Reached: ...

    wire: ChatWire
    model: str

    def attempt(self, request: CompletionRequest, *, streamed: bool) -> Attempt: ...


class Batches:
    """The batches of one model."""

    def __init__(self, model: Batched, form: str) -> None:
        self._model, self._form, self._endpoint = model, form, model.endpoint

    async def submit(self, requests: Sequence[CompletionRequest]) -> tuple[str, tuple[str, ...]]:
        """Submits a batch. Returns its id, and warnings for options that its requests do not contain. Raises ConfigError, ProviderError."""
        attempts = [self._model.attempt(request, streamed=False) for request in requests]
        bodies = [attempt.body for attempt in attempts]
        headers = {name: value for attempt in attempts for name, value in attempt.request.headers.items()}
        warnings = tuple(dict.fromkeys(warning for attempt in attempts for warning in attempt.warnings))
        answer = await getattr(self, f"_submit_{self._form}")(bodies, headers)
        id = string(record(answer).get("id")) or string(record(answer).get("name"))
        if not id:
            raise self._endpoint.cleaned(not_understood("a batch without an id", str(answer), self._endpoint.provider.name))
        return id, warnings

    async def state(self, id: str) -> BatchState:
        """Returns the batch's progress. Raises ProviderError."""
        return self._read_state(await self._ask(self._path(id)))

    async def answers(self, id: str, like: CompletionRequest) -> dict[int, Completion | StaysailError]:
        """Returns the answers so far, by the positions of their requests. like: a request like those of the batch. Raises ProviderError."""
        attempt = self._model.attempt(like, streamed=False)
        found: dict[int, Completion | StaysailError] = {}
        for key, status, body in await self._rows(id):
            if key.isdecimal() and len(key) < 10:
                found[int(key)] = self._read_answer(status, body, attempt)
        return found

    async def cancel(self, id: str) -> None:
        """Cancels the batch. Raises ProviderError."""
        path = f"{self._path(id)}:cancel" if self._form == "gemini" else f"{self._path(id)}/cancel"
        await self._ask(path, {})

    async def _ask(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        # An error inside the body is the state of a batch, not a failed request.
        data, _ = await self._endpoint.fetch(path, body, headers=headers or {})
        try:
            return read_json(data)
        except JsonError as error:
            raise self._endpoint.cleaned(not_understood("no JSON", str(data), self._endpoint.provider.name)) from error

    async def _submit_openai(self, bodies: list[dict[str, Any]], headers: Mapping[str, str]) -> Any:
        endpoint = ENDPOINTS.get(self._model.wire.name, "/v1/chat/completions")
        lines = [{"custom_id": str(at), "method": "POST", "url": endpoint, "body": body} for at, body in enumerate(bodies)]
        file = await self._upload(lines)
        return await self._ask("batches", {"input_file_id": file, "endpoint": endpoint, "completion_window": "24h"}, headers)

    async def _submit_mistral(self, bodies: list[dict[str, Any]], headers: Mapping[str, str]) -> Any:
        lines = [
            {"custom_id": str(at), "body": {name: value for name, value in body.items() if name != "model"}}
            for at, body in enumerate(bodies)
        ]
        job = {"input_files": [await self._upload(lines)], "endpoint": "/v1/chat/completions", "model": self._model.model}
        return await self._ask("batch/jobs", job, headers)

    async def _submit_anthropic(self, bodies: list[dict[str, Any]], headers: Mapping[str, str]) -> Any:
        requests = [{"custom_id": str(at), "params": body} for at, body in enumerate(bodies)]
        return await self._ask("messages/batches", {"requests": requests}, headers)

    async def _submit_gemini(self, bodies: list[dict[str, Any]], headers: Mapping[str, str]) -> Any:
        requests = [{"request": body, "metadata": {"key": str(at)}} for at, body in enumerate(bodies)]
        batch = {"display_name": "staysail", "input_config": {"requests": {"requests": requests}}}
        return await self._ask(f"models/{self._model.model}:batchGenerateContent", {"batch": batch}, headers)

    async def _upload(self, lines: Iterable[Mapping[str, Any]]) -> str:
        text = "".join(f"{write_json(line, what='a request of the batch')}\n" for line in lines)
        form = render_form({"purpose": "batch"}, {"file": ("batch.jsonl", "application/jsonl", text.encode())})
        return string(record(await self._ask("files", form)).get("id"))

    def _path(self, id: str) -> str:
        name = quote(id.rpartition("/")[2], safe="")
        return {"anthropic": f"messages/batches/{name}", "mistral": f"batch/jobs/{name}"}.get(self._form, f"batches/{name}")

    def _read_state(self, body: Any) -> BatchState:
        fields = record(body)
        about = record(fields.get("metadata")) if self._form == "gemini" else fields
        word = string(about.get("processing_status") or about.get("status") or about.get("state")).lower()
        word = "succeeded" if fields.get("done") and not word else word
        counts = record(about.get("request_counts") or about.get("batchStats"))
        failed = _sum(counts, "failed", "errored", "expired", "canceled", "failedRequestCount") or count(fields.get("failed_requests"))
        answered = _sum(counts, "completed", "succeeded", "successfulRequestCount") or count(fields.get("succeeded_requests"))
        waiting = _sum(counts, "processing", "pendingRequestCount")
        total = _sum(counts, "total", "requestCount") or count(fields.get("total_requests")) or answered + failed + waiting
        phase: BatchPhase = next((phase for part, phase in PHASES if part in word), "running")
        if "cancelling" in word or "canceling" in word or "finalizing" in word:
            phase = "running"
        problem = record(fields.get("error")) or next(
            iter(records(record(fields.get("errors")).get("data")) or records(fields.get("errors"))), {}
        )
        return BatchState(phase, total, answered, failed, string(problem.get("message")), body)

    async def _rows(self, id: str) -> list[tuple[str, int, Any]]:
        """Returns (key, status, body) of each answer."""
        fields = record(await self._ask(self._path(id)))
        if self._form == "gemini":
            inlined = record(record(fields.get("response")).get("inlinedResponses")) or record(
                record(record(fields.get("metadata")).get("output")).get("inlinedResponses")
            )
            rows = records(inlined.get("inlinedResponses"))
            return [(string(record(row.get("metadata")).get("key")), *_gemini_answer(row)) for row in rows]
        if self._form == "anthropic":
            lines = await self._lines(f"{self._path(id)}/results")
            return [(string(line.get("custom_id")), *_claude_answer(record(line.get("result")))) for line in lines]
        names = ("output_file_id", "error_file_id", "output_file", "error_file")
        files = [string(fields.get(name)) for name in names if fields.get(name)]
        lines = [line for file in files for line in await self._lines(f"files/{quote(file, safe='')}/content")]
        return [(string(line.get("custom_id")), *_line_answer(line)) for line in lines]

    async def _lines(self, path: str) -> list[dict[str, Any]]:
        data, _ = await self._endpoint.fetch(path, None)
        try:
            return records([read_json(line) for line in data.splitlines() if line.strip()])
        except JsonError as error:
            raise self._endpoint.cleaned(not_understood("lines that are not JSON", str(data), self._endpoint.provider.name)) from error

    def _read_answer(self, status: int, body: Any, attempt: Attempt) -> Completion | StaysailError:
        provider = self._endpoint.provider
        try:
            if not 200 <= status < 300:
                said = write_json(body, what="an error").encode() if body is not None else b""
                return self._endpoint.cleaned(error_of_response(status, {}, said, provider.name))
            return attempt.attach(parse_whole(self._model.wire, body, provider.dialect, attempt.request))
        except StaysailError as error:
            return self._endpoint.cleaned(error)
        except (ValueError, TypeError, LookupError, AttributeError):
            return self._endpoint.cleaned(not_understood("an answer of an unknown shape", repr(body), provider.name))


def _sum(counts: Mapping[str, Any], *names: str) -> int:
    found = (counts.get(name) for name in names)
    return sum(count(int(value) if isinstance(value, str) and value.isdigit() else value) for value in found)


def _line_answer(line: Mapping[str, Any]) -> tuple[int, Any]:
    response = record(line.get("response"))
    if line.get("error") and not response:
        return 400, {"error": line["error"]}
    return count(response.get("status_code")) or 200, response.get("body")


def _claude_answer(result: Mapping[str, Any]) -> tuple[int, Any]:
    match result.get("type"):
        case "succeeded":
            return 200, result.get("message")
        case "errored":
            error = record(result.get("error"))
            inner = record(error.get("error")) or error
            return STATUS_OF.get(string(inner.get("type")), 500), {"type": "error", "error": dict(inner)}
    return 408, {"error": {"message": f"the request is {string(result.get('type')) or 'without an answer'}"}}


def _gemini_answer(row: Mapping[str, Any]) -> tuple[int, Any]:
    error = record(row.get("error"))
    if error:
        code = count(error.get("code"))
        return code if 400 <= code < 600 else {3: 400, 5: 404, 7: 403, 8: 429, 16: 401}.get(code, 500), {"error": dict(error)}
    return 200, row.get("response")
