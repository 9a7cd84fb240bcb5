"""LLM agents that live in the page, and on CPython alike.

    from staysail import Agent, tool

This module is the composition root: it alone chooses transports and plugs providers into the agent.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from .agent.agent import Agent
from .agent.cache import Cache
from .agent.reply import Reply, Step
from .agent.run import CallModel, CallTools, Finish, Run
from .core.completion import Completion, CompletionRequest, Document, OutputSchema, Timeouts, ToolDefinition
from .core.defaults import Defaults
from .core.errors import (
    AuthError,
    BadRequestError,
    ConfigError,
    CorruptionError,
    DimensionError,
    MaxTurnsError,
    NetworkError,
    OutputError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RunCancelled,
    ServerError,
    StaysailError,
    StoreError,
    StreamError,
    ToolError,
)
from .core.events import (
    Event,
    ReasoningDelta,
    RetryScheduled,
    RunDone,
    StepDone,
    TextDelta,
    ToolCallDelta,
    ToolCallDone,
    ToolResult,
)
from .core.messages import Audio, File, Image, Message, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from .core.ports import Clock, Model, SearchHit, Tool, Transport
from .core.retry import Retry
from .core.tool import FunctionTool, tool
from .core.usage import Usage
from .core.version import __version__
from .providers import load_model, provider_names

IN_BROWSER_RUNTIME = sys.platform == "emscripten"

# What is chosen here is imported when it is first used: a page pays for nothing it does not need.
HOST = {
    "transport": ("fetch_transport", "FetchTransport") if IN_BROWSER_RUNTIME else ("httpx_transport", "HttpxTransport"),
    "blocking_transport": ("page_waiting", "blocking_transport"),
    "run_sync": ("page_waiting" if IN_BROWSER_RUNTIME else "loop_waiting", "run_sync"),
}
_made: dict[str, Any] = {}


def _host(part: str) -> Any:
    module, name = HOST[part]
    return getattr(import_module(f"staysail.host.{module}"), name)


def _transport(part: str) -> Transport:
    """One for the whole program."""
    if part not in _made:
        _made[part] = _host(part)()
    transport: Transport = _made[part]
    return transport


Defaults.load_model = load_model
Defaults.transport = lambda: _transport("transport")
Defaults.blocking_transport = lambda: _transport("blocking_transport")
Defaults.run_sync = lambda work: _host("run_sync")(work)

__all__ = [
    "Agent",
    "Audio",
    "AuthError",
    "BadRequestError",
    "Cache",
    "CallModel",
    "CallTools",
    "Clock",
    "Completion",
    "CompletionRequest",
    "ConfigError",
    "CorruptionError",
    "DimensionError",
    "Document",
    "Event",
    "File",
    "Finish",
    "FunctionTool",
    "Image",
    "MaxTurnsError",
    "Message",
    "Model",
    "NetworkError",
    "OutputError",
    "OutputSchema",
    "Part",
    "ProviderError",
    "QuotaError",
    "RateLimitError",
    "Reasoning",
    "ReasoningDelta",
    "Refusal",
    "Reply",
    "Retry",
    "RetryScheduled",
    "Run",
    "RunCancelled",
    "RunDone",
    "SearchHit",
    "ServerError",
    "StaysailError",
    "Step",
    "StepDone",
    "StoreError",
    "StreamError",
    "Text",
    "TextDelta",
    "Timeouts",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolCallDone",
    "ToolDefinition",
    "ToolError",
    "ToolOutput",
    "ToolResult",
    "Transport",
    "Usage",
    "__version__",
    "load_model",
    "provider_names",
    "tool",
]
