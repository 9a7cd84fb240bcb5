"""Lists the models of a provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigError
from ..core.ports import Transport
from ..core.value import Value
from .endpoint import Endpoint, Key
from .faults import not_understood
from .format import Registry
from .model_rows import read_row
from .service import find_provider, find_service
from .traits import LISTED

PATHS = {"gemini": "models?pageSize=1000", "cohere": "models?page_size=1000"}
MOST_PAGES = 50
# Fields of ModelInfo that the catalog fills in, and their names there.
FROM_CATALOG = {
    "context_length": "context_tokens",
    "max_output_tokens": "max_output_tokens",
    "inputs": "inputs",
    "abilities": "abilities",
    "input_usd": "input_usd",
    "output_usd": "output_usd",
    "retires": "retires",
}


class ModelInfo(Value):
    """One model of a provider. What the provider does not say is filled in from the catalog, where that knows the model.

    Args:
        id: The name that follows the provider's in `load_model`.
        context_length, max_output_tokens: Limits in tokens; None where unknown.
        raw: All that the provider says.
        inputs: Any of "text", "image", "file", "audio", "video"; () where unknown.
        abilities: Any of "tools", "structured_output", "reasoning", "web_search"; () where unknown.
        input_usd, output_usd: US dollars for a million tokens; None where unknown.
        retires: Date on which the provider ends it (YYYY-MM-DD); "" where none is announced.
    """

    id: str
    name: str = ""
    description: str = ""
    context_length: int | None = None
    raw: Any = None
    max_output_tokens: int | None = None
    inputs: tuple[str, ...] = ()
    abilities: tuple[str, ...] = ()
    input_usd: float | None = None
    output_usd: float | None = None
    retires: str = ""


async def list_models(
    provider: str,
    *,
    api_key: Key = None,
    base_url: str | None = None,
    headers: Mapping[str, str] | None = None,
    transport: Transport | None = None,
) -> list[ModelInfo]:
    """Returns every model of the provider that the key may use, in the provider's order. Raises ConfigError, ProviderError.

    Args:
        provider: The provider's name.
        api_key: The key, or a function that returns it; by default that of the environment.
        base_url: The server's address, where it is not the provider's own.
        headers: Headers of each request.
        transport: Sends the requests; by default fetch in a page, httpx on CPython.
    """
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
            found += [_describe(data.name, row) for row in _rows(body)]
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
    """Returns the path of the next page; None after the last."""
    if not isinstance(body, Mapping):
        return None
    joint = "&" if "?" in path else "?"
    if body.get("has_more") and body.get("last_id"):
        return f"{path}{joint}after_id={body['last_id']}"
    if body.get("nextPageToken"):
        return f"{path}{joint}pageToken={body['nextPageToken']}"
    return f"{path}{joint}page_token={body['next_page_token']}" if body.get("next_page_token") else None


def _describe(provider: str, row: Mapping[str, Any]) -> ModelInfo:
    """Returns the model of a row, and remembers its limits for requests to it."""
    id = str(row.get("id") or row["name"]).removeprefix("models/")
    name = row.get("display_name") or row.get("displayName") or row.get("name") or id
    fields = read_row(row)
    known = Registry.known(provider, id) if Registry.known else None
    for field, source in FROM_CATALOG.items():
        if not fields.get(field) and known is not None:
            fields[field] = getattr(known, source)
    limits = {"context_tokens": "context_length", "max_output_tokens": "max_output_tokens", "inputs": "inputs"}
    LISTED[provider, id] = {field: fields[source] for field, source in limits.items() if fields.get(source)}
    return ModelInfo(id, str(name).removeprefix("models/"), row.get("description") or "", raw=row, **fields)
