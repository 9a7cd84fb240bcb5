"""Models that run in the page itself, behind a port: JavaScript runs them, and code that reaches JavaScript plugs it in here."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from ..core.completion import Completion, CompletionRequest
from ..core.errors import BadRequestError, ConfigError, NetworkError, ProviderError, ServerError, StaysailError
from ..core.events import Event, RequestAdjusted
from ..core.messages import Audio, Image, Media, Message, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits, ReasoningTraits
from .answer import earlier_ids
from .fitting import fit_request
from .history import HistoryRules, fit_history
from .pieces import PieceReader


class Engine(Protocol):
    """The port to the page's engine. Requests and events are plain JSON, as in web/local/types.d.ts. Raises EngineFault."""

    def complete(self, request: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]: ...
    async def embed(self, texts: Sequence[str], embedder: str = "") -> list[list[float]]: ...


class EngineFault(Exception):
    """An error of the engine. `code` is one of web/local/errors.js."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


ENGINES: dict[str, Callable[[], Engine]] = {}
"""Engines by the provider's name. The bridge fills the mapping in a page that has web/, else `staysail.host.local_engine` does."""


def find_engine(provider: str) -> Engine:
    """Returns the engine. Raises ConfigError where there is no page."""
    if provider not in ENGINES:
        in_pyodide = "" if provider != "local" else ", or in Pyodide after staysail.use_web_files(address of the npm package's files)"
        raise ConfigError(
            f"{provider} models run in a web page: use them from JavaScript{in_pyodide}; on CPython use a server (llamacpp, ollama)"
        )
    return ENGINES[provider]()


class EngineModel:
    """A Model that the page runs.

    Args:
        model: The model's name; "" for the engine's default model.
    """

    def __init__(self, provider: str, model: str) -> None:
        self.name = f"{provider}:{model}" if model else provider
        self.traits = ModelTraits(native_output=True, reasoning=ReasoningTraits())
        self._provider, self._model = provider, model

    async def complete(self, request: CompletionRequest) -> Completion:
        async with aclosing(self.stream(request)) as events:
            async for event in events:
                if isinstance(event, Completion):
                    return event
        raise AssertionError("a stream ends in its Completion")

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[Event | Completion]:
        answer = PieceReader(self.name, earlier_ids(request))
        fitted, warnings = fit_request(request, self.traits, self.name)
        for warning in warnings:
            yield RequestAdjusted(warning)
        try:
            async with aclosing(find_engine(self._provider).complete(render(fitted, self._model))) as events:
                async for item in events:
                    for event in answer.feed(item):
                        yield event
        except EngineFault as fault:
            raise translate(fault, self._provider) from fault
        for event in answer.close():
            yield event
        completion = answer.finish()
        yield completion.replace(warnings=warnings) if warnings else completion

    def __repr__(self) -> str:
        return f"EngineModel({self.name!r})"


async def embed(provider: str, texts: Sequence[str], embedder: str = "") -> list[list[float]]:
    """Returns vectors of length 1, in order. embedder: its name, "" for the engine's own. Raises ConfigError outside of a page."""
    try:
        return await find_engine(provider).embed(texts, embedder)
    except EngineFault as fault:
        raise translate(fault, provider) from fault


MEDIA: dict[str, type[Media]] = {"image": Image, "audio": Audio}
"""Kinds of media that an engine takes. Whether its model reads them is known to the page alone, which refuses them where it does not."""
RULES = HistoryRules("local", user_media=tuple(MEDIA.values()))
DEFAULT_TYPES = {"image": "image/png", "audio": "audio/wav"}


def render(request: CompletionRequest, model: str) -> dict[str, Any]:
    """Returns the request in the engine's form. Raises BadRequestError for media that no engine reads."""
    request = fit_history(request, RULES)
    system = [Message.system(request.preamble)] if request.preamble else []
    out: dict[str, Any] = {"messages": [_render_message(message) for message in (*system, *request.with_documents())]}
    if request.tools:
        out["tools"] = [tool.to_dict() for tool in request.tools]
    if request.tool_choice:
        out["tool_choice"] = {"name": request.forced_tool} if request.forced_tool else request.tool_choice
    if request.output:
        out["output_schema"] = dict(request.output.schema)
    for field in ("temperature", "max_tokens"):
        if getattr(request, field) is not None:
            out[field] = getattr(request, field)
    return out | ({"model": model} if model else {})


def _render_message(message: Message) -> dict[str, Any]:
    content = []
    for part in message.content:
        if isinstance(part, ToolOutput):
            content.append(part.to_dict() | {"content": [{"type": "text", "text": part.text}]})
        elif isinstance(part, Text | ToolCall):
            content.append({key: value for key, value in part.to_dict().items() if key not in ("extra", "citations")})
        elif isinstance(part, Media) and part.type in MEDIA and part.data:
            content.append({"type": part.type, "data": part.base64, "media_type": part.media_type or DEFAULT_TYPES[part.type]})
        elif isinstance(part, Media):
            raise BadRequestError(
                f"a model in the page reads text, and pictures and sound as bytes; the request contains a part of type {part.type}"
            )
    return {"role": message.role, "content": content}


def translate(fault: EngineFault, provider: str) -> StaysailError:
    """Returns the error of a fault, of the class that says whose move is next."""
    if fault.code in ("bad_request", "bad_schema", "context_overflow"):
        return BadRequestError(str(fault), code=fault.code, provider=provider)
    if fault.code == "network":
        return NetworkError(str(fault), code=fault.code, retryable=True, provider=provider)
    if fault.code in ("crashed", "stalled"):
        return ServerError(str(fault), code=fault.code, retryable=True, provider=provider)
    if fault.code in ("out_of_memory", "no_room"):
        return ServerError(str(fault), code=fault.code, provider=provider)
    if fault.code in ("not_gguf", "not_found", "too_large", "runtime_missing", "integrity", "unavailable", "disposed"):
        return ConfigError(str(fault), code=fault.code)
    return ProviderError(str(fault), code=fault.code, provider=provider)
