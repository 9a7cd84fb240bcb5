"""LLM agents that live in the page, and on CPython alike.

    from staysail import Agent, tool

This file has names alone; `wiring` chooses implementations.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import wiring as wiring  # fills the ports of core.defaults
from .agent.actions import CallModel, CallTools, Deliver, Finish, Pause
from .agent.agent import Agent
from .agent.approval import ApprovalNeeded, ApprovalRequest, Approve, GiveResult, Refuse
from .agent.batch import Batch
from .agent.cache import Cache
from .agent.context import RunContext, current_call, current_run
from .agent.delegation import AgentTool, Handoff
from .agent.events import HandedOver, NestedEvent, ReplayDone, RunDone, RunStarted
from .agent.fallback import Fallback, ModelChanged
from .agent.hooks import AskAgain, Hooks, Skip, Stop
from .agent.limits import UsageLimits
from .agent.partial_output import OutputDelta
from .agent.reply import Reply, Step
from .agent.run import Run
from .agent.run_log import RunInfo, RunLog
from .agent.settings import CallOptions, RunOptions
from .agent.steering import MessageDelivered, MessageQueued, QueuedMessage, Steering
from .core.batches import BatchState
from .core.completion import Completion, CompletionRequest, Document, OutputSchema, Timeouts, ToolDefinition
from .core.errors import (
    AuthError,
    BadRequestError,
    ConfigError,
    CorruptionError,
    DimensionError,
    JsonError,
    LoaderError,
    MaxTurnsError,
    NetworkError,
    OutputError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RunCancelled,
    RunStopped,
    ServerError,
    StaysailError,
    StoreError,
    StreamError,
    ToolError,
    ToolFSError,
    UsageLimitError,
)
from .core.events import (
    Event,
    FileCreated,
    ReasoningDelta,
    RequestAdjusted,
    RetryScheduled,
    SourceFound,
    StepDone,
    StepStarted,
    TextDelta,
    ToolCallDelta,
    ToolCallDone,
    ToolProgress,
    ToolResult,
)
from .core.hosted import (
    HostedTool,
    advisor,
    code_execution,
    file_search,
    image_generation,
    mcp,
    tool_search,
    url_context,
    web_fetch,
    web_search,
    x_search,
)
from .core.messages import Audio, File, Image, Message, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from .core.native import ClientTool, NativeTool, bash_tool, browser_tool, computer_tool, custom_tool
from .core.ports import Clock, Model, SearchHit, Tool, Transport
from .core.retry import Retry
from .core.tool import FunctionTool, tool
from .core.usage import Usage
from .core.version import __version__
from .providers import load_model, provider_names
from .wiring import use_web_files

if TYPE_CHECKING:  # the names of LAZY, for type checkers
    from .agent.compaction import SummaryCompaction
    from .agent.memory_policies import MemoryPolicy, SlidingWindow, TokenWindow
    from .agent.search_tool import search_tool
    from .agent.span_exporters import ConsoleExporter, MemoryExporter
    from .agent.tracer import Tracer
    from .core.conversations import Conversation, ConversationHit, ConversationInfo
    from .core.cost import Cost, cost
    from .core.spans import Span, SpanEvent, SpanExporter
    from .core.tokens import estimate_tokens
    from .fs.ports import PluginSource
    from .fs.session import Grant, Session
    from .fs.toolfs import ToolFS
    from .host.outputs.show import show
    from .indexes.projection import Projection, project
    from .indexes.tool_index import ToolIndex
    from .rag.ingest import FileDone, FileFailed, FileProgress, FileSkipped, FileStarted, IngestEvent, ingest
    from .rag.loaders import load_documents
    from .rag.markup import split_html
    from .rag.splitters import Passage, split_code, split_markdown, split_sentences, split_text, split_tokens
    from .stores.conversations import Conversations
    from .stores.qdrant import QdrantStore
    from .stores.traces import TraceStore
    from .stores.transfer import copy
    from .stores.vector_store import VectorStore
    from .tools.mcp.apps import McpApp
    from .tools.mcp.authorization.machine import ClientCredentials, identity_assertion
    from .tools.mcp.authorization.oauth import OAuth
    from .tools.mcp.limits import McpLimits
    from .tools.mcp.sampling import sample_with
    from .tools.mcp.server import McpServer
    from .tools.python_tool import python_tool
    from .wire.embeddings import Embedding, EmbeddingModel
    from .wire.files import ProviderFiles, RemoteFile
    from .wire.images import GeneratedImages, ImageModel
    from .wire.models import ModelInfo, list_models
    from .wire.ocr import OcrModel, OcrPage, OcrResult
    from .wire.otlp import OTLPExporter
    from .wire.rerank import RankedDocument, Reranker
    from .wire.speech import SpeechModel
    from .wire.transcription import Transcription, TranscriptionModel

# Names by module, which is loaded when one of them is first used, so that `import staysail` stays quick.
LAZY = {
    name: module
    for module, names in {
        "agent.compaction": "SummaryCompaction",
        "agent.memory_policies": "MemoryPolicy SlidingWindow TokenWindow",
        "agent.search_tool": "search_tool",
        "agent.span_exporters": "ConsoleExporter MemoryExporter",
        "agent.tracer": "Tracer",
        "core.conversations": "Conversation ConversationHit ConversationInfo",
        "core.cost": "Cost cost",
        "core.spans": "Span SpanEvent SpanExporter",
        "core.tokens": "estimate_tokens",
        "fs.ports": "PluginSource",
        "fs.session": "Grant Session",
        "fs.toolfs": "ToolFS",
        "host.outputs.show": "show",
        "indexes.projection": "project Projection",
        "indexes.tool_index": "ToolIndex",
        "rag.ingest": "FileDone FileFailed FileProgress FileSkipped FileStarted ingest IngestEvent",
        "rag.loaders": "load_documents",
        "rag.markup": "split_html",
        "rag.splitters": "Passage split_code split_markdown split_sentences split_text split_tokens",
        "stores.conversations": "Conversations",
        "stores.qdrant": "QdrantStore",
        "stores.traces": "TraceStore",
        "stores.transfer": "copy",
        "stores.vector_store": "VectorStore",
        "tools.mcp.apps": "McpApp",
        "tools.mcp.authorization.machine": "ClientCredentials identity_assertion",
        "tools.mcp.authorization.oauth": "OAuth",
        "tools.mcp.limits": "McpLimits",
        "tools.mcp.sampling": "sample_with",
        "tools.mcp.server": "McpServer",
        "tools.python_tool": "python_tool",
        "wire.embeddings": "Embedding EmbeddingModel",
        "wire.files": "ProviderFiles RemoteFile",
        "wire.images": "GeneratedImages ImageModel",
        "wire.models": "list_models ModelInfo",
        "wire.ocr": "OcrModel OcrPage OcrResult",
        "wire.otlp": "OTLPExporter",
        "wire.rerank": "RankedDocument Reranker",
        "wire.speech": "SpeechModel",
        "wire.transcription": "Transcription TranscriptionModel",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module 'staysail' has no attribute {name!r}")
    value = getattr(import_module(f"staysail.{LAZY[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *LAZY})


__all__ = [
    "Agent",
    "AgentTool",
    "ApprovalNeeded",
    "ApprovalRequest",
    "Approve",
    "AskAgain",
    "Audio",
    "AuthError",
    "BadRequestError",
    "Batch",
    "BatchState",
    "Cache",
    "CallModel",
    "CallOptions",
    "CallTools",
    "ClientCredentials",
    "ClientTool",
    "Clock",
    "Completion",
    "CompletionRequest",
    "ConfigError",
    "ConsoleExporter",
    "Conversation",
    "ConversationHit",
    "ConversationInfo",
    "Conversations",
    "CorruptionError",
    "Cost",
    "Deliver",
    "DimensionError",
    "Document",
    "Embedding",
    "EmbeddingModel",
    "Event",
    "Fallback",
    "File",
    "FileCreated",
    "FileDone",
    "FileFailed",
    "FileProgress",
    "FileSkipped",
    "FileStarted",
    "Finish",
    "FunctionTool",
    "GeneratedImages",
    "GiveResult",
    "Grant",
    "HandedOver",
    "Handoff",
    "Hooks",
    "HostedTool",
    "Image",
    "ImageModel",
    "IngestEvent",
    "JsonError",
    "LoaderError",
    "MaxTurnsError",
    "McpApp",
    "McpLimits",
    "McpServer",
    "MemoryExporter",
    "MemoryPolicy",
    "Message",
    "MessageDelivered",
    "MessageQueued",
    "Model",
    "ModelChanged",
    "ModelInfo",
    "NativeTool",
    "NestedEvent",
    "NetworkError",
    "OAuth",
    "OTLPExporter",
    "OcrModel",
    "OcrPage",
    "OcrResult",
    "OutputDelta",
    "OutputError",
    "OutputSchema",
    "Part",
    "Passage",
    "Pause",
    "PluginSource",
    "Projection",
    "ProviderError",
    "ProviderFiles",
    "QdrantStore",
    "QueuedMessage",
    "QuotaError",
    "RankedDocument",
    "RateLimitError",
    "Reasoning",
    "ReasoningDelta",
    "Refusal",
    "Refuse",
    "RemoteFile",
    "ReplayDone",
    "Reply",
    "RequestAdjusted",
    "Reranker",
    "Retry",
    "RetryScheduled",
    "Run",
    "RunCancelled",
    "RunContext",
    "RunDone",
    "RunInfo",
    "RunLog",
    "RunOptions",
    "RunStarted",
    "RunStopped",
    "SearchHit",
    "ServerError",
    "Session",
    "Skip",
    "SlidingWindow",
    "SourceFound",
    "Span",
    "SpanEvent",
    "SpanExporter",
    "SpeechModel",
    "StaysailError",
    "Steering",
    "Step",
    "StepDone",
    "StepStarted",
    "Stop",
    "StoreError",
    "StreamError",
    "SummaryCompaction",
    "Text",
    "TextDelta",
    "Timeouts",
    "TokenWindow",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolCallDone",
    "ToolDefinition",
    "ToolError",
    "ToolFS",
    "ToolFSError",
    "ToolIndex",
    "ToolOutput",
    "ToolProgress",
    "ToolResult",
    "TraceStore",
    "Tracer",
    "Transcription",
    "TranscriptionModel",
    "Transport",
    "Usage",
    "UsageLimitError",
    "UsageLimits",
    "VectorStore",
    "__version__",
    "advisor",
    "bash_tool",
    "browser_tool",
    "code_execution",
    "computer_tool",
    "copy",
    "cost",
    "current_call",
    "current_run",
    "custom_tool",
    "estimate_tokens",
    "file_search",
    "identity_assertion",
    "image_generation",
    "ingest",
    "list_models",
    "load_documents",
    "load_model",
    "mcp",
    "project",
    "provider_names",
    "python_tool",
    "sample_with",
    "search_tool",
    "show",
    "split_code",
    "split_html",
    "split_markdown",
    "split_sentences",
    "split_text",
    "split_tokens",
    "tool",
    "tool_search",
    "url_context",
    "use_web_files",
    "web_fetch",
    "web_search",
    "x_search",
]
