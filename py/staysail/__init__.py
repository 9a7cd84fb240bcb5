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

Defaults.load_model = load_model


def _transport() -> Transport:
    """One for the whole program; its module is imported when the first request is made."""
    if "transport" not in _made:
        if IN_BROWSER_RUNTIME:
            _made["transport"] = import_module("staysail.host.fetch_transport").FetchTransport()
        else:
            _made["transport"] = import_module("staysail.host.httpx_transport").HttpxTransport()
    transport: Transport = _made["transport"]
    return transport


_made: dict[str, Any] = {}
Defaults.transport = _transport

if IN_BROWSER_RUNTIME:
    _waiting = import_module("staysail.host.page_waiting")
    Defaults.run_sync = _waiting.run_sync
    Defaults.blocking_transport = _waiting.blocking_transport

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
