"""Errors from the error bodies of every provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from ..core.errors import JsonError, ProviderError, StreamError, error_for_status
from ..core.json_text import read_json, write_json
from ..core.secrets import excerpt
from .shapes import number

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "mistral-correlation-id", "x-amzn-requestid", "apim-request-id", "x-trace-id", "cf-ray")
TRANSIENT = re.compile(
    r"overload|rate.?limit|too.?many|server.?error|internal|unavailable|timeout|timed.?out|exhausted|try again",
    re.IGNORECASE,
)
HOPELESS = ("insufficient_quota", "billing_hard_limit_reached", "credit_balance_too_low")


def request_id(headers: Mapping[str, str]) -> str | None:
    return next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), None)


def error_of_response(status: int, headers: Mapping[str, str], body: bytes, provider: str) -> ProviderError:
    """Returns the error of an HTTP response whose status is 300 or above."""
    data = parse_body(body)
    message, code = describe(data)
    error = error_for_status(
        status,
        f"{provider} answered {status}: {_plain_excerpt(body) if isinstance(data, str) or not message else message}",
        code=code,
        request_id=request_id(headers) or _field(data, "request_id"),
        body=data,
        retry_after_s=_retry_after_s(headers, data),
        provider=provider,
    )
    if code in HOPELESS:
        error.retryable = False
    return error


def error_in_stream(data: Any, provider: str = "") -> StreamError:
    """Returns the error that a provider reports within a response whose status is 200."""
    message, code = describe(data)
    inner = data.get("error") if isinstance(data, Mapping) else None
    number = inner.get("code") if isinstance(inner, Mapping) else None
    status = number if isinstance(number, int) and 400 <= number < 600 else None
    retryable = status in (408, 409, 429) or (status or 0) >= 500 or bool(TRANSIENT.search(f"{code} {message}"))
    return StreamError(
        f"{provider or 'the provider'} broke off: {message or 'no reason given'}",
        code=code,
        status=status,
        body=data,
        request_id=_field(data, "request_id"),
        retry_after_s=_retry_after_s({}, data),
        retryable=retryable and code not in HOPELESS,
        provider=provider,
    )


def cut_off(provider: str = "") -> StreamError:
    return StreamError(
        f"the stream of {provider or 'the provider'} ended in the middle of the answer",
        code="incomplete_stream",
        retryable=True,
        provider=provider,
    )


def not_understood(what: str, text: str, provider: str = "") -> StreamError:
    return StreamError(
        f"{provider or 'the server'} sent {what}: {excerpt(text, 200)!r}. "
        "Is the base URL right, and does it speak this provider's protocol?",
        code="bad_answer",
        body=excerpt(text, 2000),
        provider=provider,
    )


def describe(data: Any) -> tuple[str, str | None]:
    """Returns message and code of an error body: OpenAI's, Anthropic's, Gemini's (also in a list), xAI's, Mistral's, Cohere's, Ollama's,
    FastAPI's `detail`."""
    if isinstance(data, list) and data:
        data = data[0]
    if not isinstance(data, Mapping):
        return (data if isinstance(data, str) else ""), None
    response = data.get("response")
    if isinstance(response, Mapping) and response.get("error"):
        data = response
    error = data.get("error", data)
    if isinstance(error, str):
        return error, _text(data.get("code"))
    if not isinstance(error, Mapping):
        error = data
    message = error.get("message") or error.get("detail") or data.get("message") or data.get("detail") or ""
    if isinstance(message, list):  # FastAPI's validation errors
        message = "; ".join(str(item.get("msg", item)) if isinstance(item, Mapping) else str(item) for item in message)
    elif isinstance(message, Mapping):
        message = message.get("message") or write_json(message, compact=False)
    upstream = error.get("metadata")
    if isinstance(upstream, Mapping) and isinstance(upstream.get("raw"), str):
        message = f"{message} ({excerpt(upstream['raw'], 500)})"
    code = _text(error.get("code"))
    if code is None or code.isdigit():
        code = _text(error.get("status")) or _text(error.get("type")) or code
    return str(message), code


def parse_body(body: bytes) -> Any:
    try:
        return read_json(body, nonfinite="null", max_bytes=len(body))
    except JsonError:
        return body.decode("utf-8", "replace")


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _field(data: Any, name: str) -> str | None:
    return _text(data.get(name)) if isinstance(data, Mapping) else None


def _plain_excerpt(body: bytes) -> str:
    text = re.sub(r"<[^>]*>|\s+", " ", body.decode("utf-8", "replace"))
    return excerpt(re.sub(r" +", " ", text).strip(), 200) or "no body"


UNITS_S = {"ms": 0.001, "mi": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
UNIT = "ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?"
AMOUNT = rf"(\d+(?:\.\d+)?) ?({UNIT})?(?![a-z])"


def _retry_after_s(headers: Mapping[str, str], data: Any) -> float | None:
    """Returns the delay that the provider wants: from a header, else from the body's RetryInfo or its words ("try again in 1m30.5s")."""
    seconds = _number(headers.get("retry-after-ms"))
    if seconds is not None:
        return seconds / 1000
    seconds = _number(headers.get("retry-after"))
    if seconds is None:
        seconds = _until(headers.get("retry-after", ""))
    if seconds is not None:
        return seconds
    text = data if isinstance(data, str) else write_json(data) if data else ""
    found = re.search(r'"retryDelay": ?"([\d.]+)s"', text)
    if found:
        return _number(found[1])
    found = re.search(rf"(?:try again|retry|wait) (?:in |after |for )?(?:about )?((?:{AMOUNT}[ ,]*)+)", text, re.IGNORECASE)
    if not found:
        return None
    seconds = sum(float(amount) * _unit_s(unit.lower()) for amount, unit in re.findall(AMOUNT, found[1], re.IGNORECASE))
    return seconds if isfinite(seconds) else None


def _unit_s(unit: str) -> float:
    if unit.startswith("millis"):
        return 0.001
    return UNITS_S.get(unit[:2]) or UNITS_S.get(unit[:1]) or 1.0


def _number(text: str | None) -> float | None:
    """Returns a finite number from 0 on; None for any other text."""
    value = number(text)
    return value if value is not None and value >= 0 else None


def _until(date: str) -> float | None:
    """Returns the seconds until an HTTP date; 0 for a past one, None for another text."""
    try:
        then = datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None
    return max(0.0, (then - datetime.now(UTC)).total_seconds())
