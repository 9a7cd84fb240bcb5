"""Tracing: a run as spans by OpenTelemetry's conventions for generative AI.

https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md, read in November 2026; attributes
without a name there begin with `staysail.`

How it works. A run is a span `invoke_agent` around one `chat` span for each model call (with its retries as span events) and one
`execute_tool` span for each tool call. Where a tool starts a run, that run's span lies within the tool's span. The open spans are
kept in the RunContext, so concurrent runs stay apart.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, RetryScheduled, StepDone, TextDelta, ToolCallDelta, ToolResult
from ..core.messages import ToolCall
from ..core.ports import Exchange
from ..core.secrets import redact
from ..core.spans import Span, SpanEvent, SpanExporter
from ..core.usage import Usage
from ..core.waiting import blocking
from .context import RunContext, current_call
from .events import HandedOver, RunDone
from .hooks import Hooks
from .span_content import render_messages

# Names of providers in the conventions, where they differ from ours.
PROVIDERS = {
    "azure": "azure.ai.openai",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "openai-chat": "openai",
    "xai": "x_ai",
}
log = logging.getLogger("staysail.trace")


class Tracer(Hooks):
    """A hook that records runs as spans.

    Runs of agents that serve as tools are traced within the run that calls them. An exporter's failure is logged and breaks no run.

    Args:
        exporter: Takes spans as they end: ConsoleExporter(), MemoryExporter(), OTLPExporter(url), TraceStore(name), or a function of
            a Span.
        content: Adds messages, tool arguments and tool results to the spans.
        raw: Adds the HTTP request and response of each model call, without keys.
        wait: A run ends only after its spans are exported. Otherwise exporting continues beside it, and `flush` waits for it.
        now: Returns the time in nanoseconds since 1970.
    """

    inherited = True

    def __init__(
        self,
        exporter: SpanExporter | Callable[[Span], Awaitable[None] | None],
        *,
        content: bool = False,
        raw: bool = False,
        wait: bool = False,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        if not hasattr(exporter, "export") and not callable(exporter):
            raise ConfigError("an exporter has export(spans), or is a function of a span")
        self._exporter, self._content, self._raw, self._wait, self._now = exporter, content, raw, wait, now
        self._waiting: set[asyncio.Future[None]] = set()
        self._blocked: list[Awaitable[None]] = []

    async def flush(self) -> None:
        """Returns when every span that ended so far is exported, or failed to be."""
        blocked, self._blocked = self._blocked, []
        for work in blocked:
            await self._finish(work)
        if self._waiting:
            await asyncio.gather(*self._waiting)

    async def on_start(self, context: RunContext) -> None:
        self._traced(context)

    async def before_model(self, context: RunContext, request: CompletionRequest) -> CompletionRequest | None:
        traced = self._traced(context)
        provider, model = _model(context)
        traced.chat = chat = self._open(f"chat {model}", traced.run, "client")
        chat.note("gen_ai.operation.name", "chat")
        chat.note("gen_ai.provider.name", provider)
        chat.note("gen_ai.request.model", model)
        chat.note("gen_ai.request.temperature", request.temperature)
        chat.note("gen_ai.request.max_tokens", request.max_tokens)
        chat.note("gen_ai.output.type", "json" if request.output else None)
        chat.note("staysail.step", context.step)
        if self._content:
            chat.note("gen_ai.input.messages", render_messages(request.messages))
            if request.preamble:
                chat.note("gen_ai.system_instructions", json.dumps([{"type": "text", "content": request.preamble}], ensure_ascii=False))
            if request.tools:
                tools = [{"type": "function"} | tool.to_dict() for tool in request.tools]
                chat.note("gen_ai.tool.definitions", json.dumps(tools, ensure_ascii=False))
        return request.replace(watch=lambda exchange: self._take_exchange(chat, exchange)) if self._raw else None

    async def after_model(self, context: RunContext, completion: Completion) -> None:
        self._end_chat(context, completion)

    async def before_tool(self, context: RunContext, call: ToolCall) -> None:
        traced = self._traced(context)
        traced.tools[call.id] = span = self._open(f"execute_tool {call.name}", traced.run)
        span.note("gen_ai.operation.name", "execute_tool")
        span.note("gen_ai.tool.name", call.name)
        span.note("gen_ai.tool.type", "function")
        span.note("gen_ai.tool.call.id", call.id)
        if self._content:
            span.note("gen_ai.tool.call.arguments", json.dumps(call.arguments, ensure_ascii=False, default=str))

    async def after_tool(self, context: RunContext, call: ToolCall, result: ToolResult) -> None:
        self._end_tool(context, result)

    async def on_error(self, context: RunContext, error: BaseException) -> None:
        traced: _Traced | None = context.state.get(self)
        if traced and traced.chat:
            self._fail(traced.chat, error)
            traced.chat = None

    async def on_end(self, context: RunContext, error: BaseException | None) -> None:
        traced: _Traced | None = context.state.pop(self, None)
        if traced is None:
            return
        for span in (*traced.tools.values(), *((traced.chat,) if traced.chat else ())):
            self._fail(span, error)
        run = traced.run
        provider, model = _model(context)
        run.note("gen_ai.provider.name", provider)
        run.note("gen_ai.request.model", model)
        _note_usage(run, context.usage)
        run.note("staysail.requests", context.requests)
        run.note("staysail.tool_calls", context.tool_calls)
        run.note("staysail.retries", traced.retries or None)
        costs = [_cost(name, completion) for name, completion in context.completions()]
        run.note("staysail.cost_usd", sum(known for known in costs if known is not None) if any(c is not None for c in costs) else None)
        if error:
            self._fail(run, error)
        else:
            self._export(run.end(self._now()))
        if self._wait or blocking.get():
            await self.flush()

    def on_event(self, context: RunContext, event: Event) -> None:
        traced: _Traced | None = context.state.get(self)
        if traced is None:
            return
        chat = traced.chat
        match event:
            case TextDelta() | ReasoningDelta() | ToolCallDelta() if chat and not chat.answering:
                chat.answering = True
                chat.note("gen_ai.response.time_to_first_chunk", (self._now() - chat.start_ns) / 1e9)
                chat.note("gen_ai.request.stream", value=True)
            case RetryScheduled(attempt, delay_s, error, code, status) if chat:
                traced.retries += 1
                retry = {"staysail.attempt": attempt, "staysail.delay_s": delay_s, "error.type": code, "exception.message": error}
                chat.happen("staysail.retry", self._now(), retry | ({"http.response.status_code": status} if status else {}))
                chat.note("staysail.retries", attempt - 1)
            # Reached where a later hook ended the call, so that `after_model` was not called here.
            case StepDone(completion=Completion() as completion) if chat:
                self._end_chat(context, completion)
            case ToolResult() if event.id in traced.tools:
                self._end_tool(context, event)
            case HandedOver(agent):
                traced.run.happen("staysail.handed_over", self._now(), {"gen_ai.agent.name": agent})
            case RunDone(reply):
                traced.run.note("gen_ai.response.finish_reasons", [reply.finish_reason])
                if self._content and reply.messages:
                    traced.run.note("gen_ai.output.messages", render_messages(reply.messages[-1:]))

    def _traced(self, context: RunContext) -> _Traced:
        """Returns the run's open spans. Opens the run's span when the run is first seen, also by the agent that it was handed over to."""
        if self in context.state:
            known: _Traced = context.state[self]
            return known
        around: _Traced | None = context.parent.state.get(self) if context.parent else None
        call = current_call()
        outer = ((around.tools.get(call.id) if call else None) or around.run) if around else None
        run = self._open(f"invoke_agent {context.agent}" if context.agent else "invoke_agent", outer)
        run.note("gen_ai.operation.name", "invoke_agent")
        run.note("gen_ai.agent.name", context.agent)
        run.note("staysail.run.id", context.id)
        if self._content:
            run.note("gen_ai.input.messages", render_messages(context.run.messages))
        context.state[self] = traced = _Traced(run)
        return traced

    def _end_chat(self, context: RunContext, completion: Completion) -> None:
        traced = self._traced(context)
        chat, traced.chat = traced.chat, None
        if chat is None:
            return
        chat.note("gen_ai.response.finish_reasons", [completion.finish_reason])
        chat.note("gen_ai.response.model", completion.model)
        chat.note("gen_ai.response.id", completion.request_id)
        _note_usage(chat, completion.usage)
        chat.note("staysail.cost_usd", _cost(context.model, completion))
        if self._content:
            chat.note("gen_ai.output.messages", render_messages([completion.message], completion.finish_reason))
        self._export(chat.end(self._now()))

    def _end_tool(self, context: RunContext, result: ToolResult) -> None:
        span = self._traced(context).tools.pop(result.id, None)
        if span is None:
            return
        if self._content:
            span.note("gen_ai.tool.call.result", result.text)
        if result.is_error:
            span.note("error.type", "tool_error")
        # A tool's error message is content too: without `content`, the span says only that the tool failed.
        message = result.text if self._content else "the tool failed"
        self._export(span.end(self._now(), message if result.is_error else None))

    def _fail(self, span: _Open, error: BaseException | None) -> None:
        """Ends a span with an error. error: None for a span left open by a run that succeeded."""
        kind = getattr(error, "code", type(error).__name__) if error else "left"
        span.note("error.type", kind)
        if error:
            span.happen("exception", self._now(), {"exception.type": type(error).__name__, "exception.message": str(error)})
        self._export(span.end(self._now(), str(error) if error else "left"))

    def _take_exchange(self, chat: _Open, exchange: Exchange) -> None:
        attributes: dict[str, Any] = {
            "http.request.method": exchange.method,
            "url.full": exchange.url,
            "staysail.request.headers": json.dumps(dict(exchange.request_headers)),
            "staysail.request.body": exchange.request_body,
            "staysail.response.headers": json.dumps(dict(exchange.response_headers)),
            "staysail.response.body": exchange.response_body,
        }
        if exchange.status is not None:
            attributes["http.response.status_code"] = exchange.status
        if exchange.error:
            attributes["exception.message"] = exchange.error
        chat.happen("staysail.exchange", self._now(), attributes)

    def _open(self, name: str, outer: _Open | None = None, kind: Any = "internal") -> _Open:
        return _Open(outer.trace_id if outer else os.urandom(16).hex(), outer.span_id if outer else None, name, kind, self._now())

    def _export(self, span: Span) -> None:
        events = tuple(event.replace(attributes=redact(event.attributes)) for event in span.events)
        span = span.replace(attributes=redact(span.attributes), events=events, message=redact(span.message))
        try:
            exporter = self._exporter
            work = exporter.export((span,)) if hasattr(exporter, "export") else exporter(span)
        except Exception as error:  # noqa: BLE001  an exporter may raise anything
            self._complain(error)
            return
        if work is None:
            return
        if blocking.get():
            self._blocked.append(work)
            return
        task = asyncio.ensure_future(self._finish(work))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _finish(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        log.warning("a span was not exported: %s: %s", type(error).__name__, error)


class _Open:
    """A span that has not ended."""

    def __init__(self, trace_id: str, parent_id: str | None, name: str, kind: Any, start_ns: int) -> None:
        self.trace_id, self.span_id, self.start_ns = trace_id, os.urandom(8).hex(), start_ns
        self.answering = False
        self._parent_id, self._name, self._kind = parent_id, name, kind
        self._attributes: dict[str, Any] = {}
        self._events: list[SpanEvent] = []

    def note(self, name: str, value: Any) -> None:
        if value is not None:
            self._attributes[name] = value

    def happen(self, name: str, time_ns: int, attributes: Mapping[str, Any]) -> None:
        self._events.append(SpanEvent(name, time_ns, attributes))

    def end(self, end_ns: int, failed: str | None = None) -> Span:
        names = (self.trace_id, self.span_id, self._parent_id, self._name, self._kind)
        status: Any = "unset" if failed is None else "error"
        return Span(*names, self.start_ns, end_ns, self._attributes, tuple(self._events), status, failed or "")


class _Traced:
    """The open spans of a run. tools: by the tool call's id."""

    def __init__(self, run: _Open) -> None:
        self.run = run
        self.chat: _Open | None = None
        self.tools: dict[str, _Open] = {}
        self.retries = 0


def _model(context: RunContext) -> tuple[str, str]:
    """Returns the provider's name in the conventions, and the model's name."""
    provider, _, model = context.model.partition(":")
    return PROVIDERS.get(provider, provider), model or provider


def _note_usage(span: _Open, usage: Usage) -> None:
    """Records the usage. The conventions count cached tokens as input, unlike some providers."""
    span.note("gen_ai.usage.input_tokens", max(usage.input_tokens, usage.total_tokens - usage.output_tokens))
    span.note("gen_ai.usage.output_tokens", usage.output_tokens)
    span.note("gen_ai.usage.cache_read.input_tokens", usage.cached_input_tokens or None)
    span.note("gen_ai.usage.cache_creation.input_tokens", usage.cache_creation_input_tokens or None)
    span.note("gen_ai.usage.reasoning.output_tokens", usage.reasoning_tokens or None)


def _cost(model: str, completion: Completion) -> float | None:
    """Returns the cost in US dollars, or None where it is unknown."""
    try:
        found = import_module("staysail.core.cost").cost(completion, model)  # decimal numbers take long to import
    except ConfigError:
        return None
    return None if found is None else float(found.total_usd)
