"""The models that a provider serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigError
from ..core.ports import Transport
from ..core.value import Value
from .faults import not_understood
from .http_model import Endpoint, Key
from .service import find_provider, find_service

PATHS = {"gemini": "models?pageSize=1000", "cohere": "models?page_size=1000"}
MOST_PAGES = 50
CONTEXT_LENGTHS = ("context_length", "max_context_length", "context_window", "inputTokenLimit", "max_input_tokens")


class ModelInfo(Value):
    """id: what `load_model` takes after the provider's name. context_length: tokens, where it is told. raw: all that the provider says."""

    id: str
    name: str = ""
    description: str = ""
    context_length: int | None = None
    raw: Any = None


async def list_models(
    provider: str,
    *,
    api_key: Key = None,
    base_url: str | None = None,
    headers: Mapping[str, str] | None = None,
    transport: Transport | None = None,
) -> list[ModelInfo]:
    """Every model of the provider that the key may use, in the provider's order. Raises ConfigError, ProviderError."""
    data = find_provider(provider)
    service = find_service(data, "models")
    endpoint = Endpoint(data, api_key=api_key, base_url=base_url, headers=headers, transport=transport)
    path = service.path or PATHS.get(service.form, "models")
    found: list[ModelInfo] = []
    page: str | None = path
    for _ in range(MOST_PAGES):
        if page is None:
            break
        body, _id = await endpoint.fetch_json(page, None)
        try:
            found += [_parse(row) for row in _rows(body)]
            page = _next(path, body)
        except (TypeError, LookupError, AttributeError, ValueError) as error:
            if isinstance(error, ConfigError):
                raise
            raise not_understood("a list of models of an unknown shape", str(body), data.name) from error
    return found


def _rows(body: Any) -> list[Any]:
    if isinstance(body, list):
        return body
    rows = body["data"] if "data" in body else body["models"]
    return list(rows)


def _next(path: str, body: Any) -> str | None:
    """The path of the next page; None after the last."""
    if not isinstance(body, Mapping):
        return None
    joint = "&" if "?" in path else "?"
    if body.get("has_more") and body.get("last_id"):
        return f"{path}{joint}after_id={body['last_id']}"
    if body.get("nextPageToken"):
        return f"{path}{joint}pageToken={body['nextPageToken']}"
    return f"{path}{joint}page_token={body['next_page_token']}" if body.get("next_page_token") else None


def _parse(row: Mapping[str, Any]) -> ModelInfo:
    id = str(row.get("id") or row["name"]).removeprefix("models/")
    length = next((row[field] for field in CONTEXT_LENGTHS if row.get(field)), None)
    name = row.get("display_name") or row.get("displayName") or row.get("name") or id
    return ModelInfo(id, str(name).removeprefix("models/"), row.get("description") or "", int(length) if length else None, row)
