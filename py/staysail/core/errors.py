"""Every error staysail raises, split by whose move is next.

    StaysailError                      .code, .history, .usage
    ├── ConfigError                    the caller: a wrong option, an unknown name, something this environment lacks
    ├── ProviderError                  the provider said no; nobody but time helps where .retryable
    │   ├── AuthError                  401, 403: the key
    │   ├── RateLimitError             429: .retry_after_s
    │   ├── NetworkError               no answer: offline, refused, reset, blocked by CORS, timed out
    │   ├── BadRequestError            other 4xx: the request
    │   ├── ServerError                5xx
    │   └── StreamError                an answer that began well and broke
    ├── MaxTurnsError                  the run used up its turns
    ├── RunStopped                     a hook stopped the run
    │   └── UsageLimitError            a limit of UsageLimits: .limit, .most, .used
    ├── ToolError                      the model: the text goes back to it as the tool's result
    │   └── ToolFSError                a path, a grant, a limit: .code says which, .path where
    ├── OutputError                    the model's answer does not fit the output type, after every retry
    ├── LoaderError                    a file that cannot be read: .file, and .code says why
    ├── JsonError                      a text that is not JSON, or a value that JSON cannot hold; also a ValueError
    └── StoreError                     the browser's storage
        ├── QuotaError
        ├── DimensionError
        └── CorruptionError

    RunCancelled                       a CancelledError, and so no Exception: the run was cancelled

An error that ends a run carries that run's `history` and `usage`, so nothing already paid for is lost; so does the CancelledError of a task
that was cancelled, which is raised again as it came: asyncio's timeouts know their own.
"""

from __future__ import annotations

import asyncio
from typing import Any

from .secrets import redact as redact
from .shown import Note, Showable, ShownPart
from .usage import Usage


class StaysailError(Exception, Showable):
    """Base of every error here. Its text says what happened and what to do; this process's secrets are removed from text and data."""

    code: str = "error"
    history: tuple[Any, ...] = ()  # of Message, which itself raises these errors
    usage: Usage | None = None

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(redact(message))
        self.code = redact(code) or type(self).code

    @property
    def message(self) -> str:
        return str(self)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data for JavaScript. lineage: the names of its class and of that class's bases, nearest first."""
        return _as_dict(self, [base.__name__ for base in type(self).__mro__ if issubclass(base, StaysailError)])

    def shown_parts(self) -> tuple[ShownPart, ...]:
        return (Note(f"{type(self).__name__}: {self}", "error"),)


def _as_dict(error: StaysailError | RunCancelled, lineage: list[str]) -> dict[str, Any]:
    return {
        "name": lineage[0],
        "lineage": lineage,
        "message": str(error),
        "code": error.code,
        "history": [message.to_dict() for message in error.history],
        "usage": error.usage.to_dict() if error.usage else None,
    }


class ConfigError(StaysailError, ValueError):
    """An option, a name or a value of the caller cannot work, or this runtime lacks a part. The text says which, and what to do."""

    code = "config"


class ProviderError(StaysailError):
    """The provider refused or failed, or could not be reached.

    Attributes:
        status: HTTP status; None where no response came.
        request_id: The provider's id of the request.
        body: The response's body, parsed where it is JSON.
        retry_after_s: Seconds after which the provider wants the next request.
        retryable: Whether the same request may succeed later.
        provider: Its name.
        partial: The Message of an answer that began and did not reach its end; None where nothing arrived.
    """

    code = "provider"
    partial: Any = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        body: Any = None,
        retry_after_s: float | None = None,
        retryable: bool = False,
        provider: str = "",
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.request_id = redact(request_id)
        self.body = redact(body)
        self.retry_after_s = retry_after_s
        self.retryable = retryable
        self.provider = provider

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {
            "status": self.status,
            "request_id": self.request_id,
            "body": self.body,
            "retry_after_s": self.retry_after_s,
            "retryable": self.retryable,
            "provider": self.provider,
            "partial": self.partial.to_dict() if self.partial else None,
        }


class AuthError(ProviderError):
    """The provider refused the key (401 or 403), or there is none."""

    code = "auth"


class RateLimitError(ProviderError):
    """The provider refused a request because there were too many (429). `retry_after_s` says how long to wait, where it is known."""

    code = "rate_limit"


class NetworkError(ProviderError):
    """No response came: the network is down, the connection was refused or reset, a time limit passed, or a page may not read it (CORS)."""

    code = "network"


class BadRequestError(ProviderError):
    """The provider refused the request itself (another status from 400 to 499); the same request will be refused again."""

    code = "bad_request"


class ServerError(ProviderError):
    """The provider failed (a status from 500 on)."""

    code = "server"


class StreamError(ProviderError):
    """An answer began and broke off, or is empty. `partial` holds the part that arrived."""

    code = "stream"


class MaxTurnsError(StaysailError):
    """A run used its `max_turns` model calls without a final answer. `history` continues it."""

    code = "max_turns"


class RunStopped(StaysailError):
    """A hook stopped the run; the text is the reason it gave."""

    code = "stopped"


class UsageLimitError(RunStopped):
    """A run reached one of its UsageLimits.

    Attributes:
        limit: Name of the field of UsageLimits.
        most: The value that the field allows.
        used: The value that the run reached or was about to reach; None for seconds.
    """

    code = "usage_limit"

    def __init__(self, message: str, *, limit: str, most: float | None = None, used: float | None = None) -> None:
        super().__init__(message)
        self.limit = limit
        self.most = most
        self.used = used

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"limit": self.limit, "most": self.most, "used": self.used}


class RunCancelled(asyncio.CancelledError):
    """The end of a run that was cancelled, for hooks, traces and JavaScript. In Python the task's own CancelledError is raised."""

    code = "cancelled"
    history: tuple[Any, ...] = ()
    usage: Usage | None = None

    def __init__(self, message: str = "the run was cancelled") -> None:
        super().__init__(message)

    @property
    def message(self) -> str:
        return str(self)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data for JavaScript."""
        return _as_dict(self, ["RunCancelled", "StaysailError"])


class ToolError(StaysailError):
    """Raise it in a tool or in an `output_check`: its text goes back to the model, which tries again. Of any other exception of a tool the
    model gets the type and the text."""

    code = "tool"


class ToolFSError(ToolError):
    """A virtual file system refused a call, or could not carry it out. code: "bad_path", "not_found", "exists", "is_directory",
    "not_a_directory",
    "not_empty", "read_only", "changed", "refused", "limit", "bad_request", "no_permission" (the user's, for a directory) or
    "unavailable". path: as the caller wrote it."""

    code = "toolfs"

    def __init__(self, message: str, *, code: str | None = None, path: str | None = None) -> None:
        super().__init__(message, code=code)
        self.path = path

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"path": self.path}


class OutputError(StaysailError):
    """The model's answer does not fit the output type. raw: the last answer."""

    code = "output"

    def __init__(self, message: str, *, raw: Any = None) -> None:
        super().__init__(message)
        self.raw = redact(raw)

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"raw": self.raw}


class LoaderError(StaysailError):
    """A file cannot be read. file: its name. code: "broken", "encrypted", "too_big", "unknown_kind", "no_text" or "not_found"."""

    code = "broken"

    def __init__(self, message: str, *, code: str | None = None, file: str = "") -> None:
        super().__init__(message, code=code)
        self.file = file

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"file": self.file}


class JsonError(StaysailError, ValueError):
    """A text is not JSON, or a value cannot be written as JSON. code: "bad_json", "too_deep" or "too_large"."""

    code = "bad_json"


class StoreError(StaysailError):
    """A store could not read or write its records."""

    code = "store"


class QuotaError(StoreError):
    """The browser has no room left. needed_bytes, free_bytes: None where the browser does not say."""

    code = "quota"

    def __init__(self, message: str, *, needed_bytes: int | None = None, free_bytes: int | None = None) -> None:
        super().__init__(message)
        self.needed_bytes = needed_bytes
        self.free_bytes = free_bytes

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"needed_bytes": self.needed_bytes, "free_bytes": self.free_bytes}


class DimensionError(StoreError):
    """A vector has another length than the vectors of its store."""

    code = "dimension"


class CorruptionError(StoreError):
    """Stored records are damaged or of an unknown version."""

    code = "corruption"


RETRYABLE_STATUS = frozenset({408, 409, 425, 429})


def error_for_status(status: int, message: str, **data: Any) -> ProviderError:
    """Returns the error of an HTTP status. `retryable` follows from the status unless it is given."""
    kind: type[ProviderError]
    if status in (401, 403):
        kind = AuthError
    elif status == 429:
        kind = RateLimitError
    elif status >= 500:
        kind = ServerError
    elif status >= 400:
        kind = BadRequestError
    else:
        kind = ProviderError
    retryable = status in RETRYABLE_STATUS or (status >= 500 and status not in (501, 505))
    return kind(message, **{"status": status, "retryable": retryable} | data)
