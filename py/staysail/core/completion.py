"""Requests to a model and its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from .errors import ConfigError
from .hosted import HostedTool, read_hosted
from .messages import Message, MessageLike, Text, ToolCall, read_messages
from .native import NativeTool
from .pickling import refuse_secrets
from .usage import Usage
from .value import NOTHING, Value

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error", "other", "paused"]
ORIGIN = ("source", "title", "page", "chapter", "row")
type ToolChoice = Literal["auto", "none", "required"] | Mapping[str, Any] | str
type Reasoning = Literal["none", "minimal", "low", "medium", "high", "max"] | Mapping[str, int]
REASONING_LEVELS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
OUTPUT_TOOL = "final_answer"
"""The tool through which a model without structured output gives a typed answer."""


class ReasoningPlan(Value):
    """The reasoning that one call requests, in the provider's terms. level: one of the model's levels. budget: tokens. style: as in
    ReasoningTraits."""

    level: str | None = None
    budget: int | None = None
    style: str = ""

    @property
    def is_off(self) -> bool:
        return self.level == "none" or self.budget == 0


class Document(Value):
    """Text that a model should know. metadata: where it is from. notes: what its loader left out or guessed, with counts."""

    id: str
    text: str
    metadata: Mapping[str, Any] = NOTHING
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "text": self.text} | ({"metadata": dict(self.metadata)} if self.metadata else {})


class ToolDefinition(Value):
    """A tool as the model sees it.

    Args:
        parameters: JSON Schema of an object.
        strict: The provider constrains the model to the schema.
        native: The kind of the tool, for providers that have an entry of their own for the kind.
    """

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = NOTHING
    strict: bool | None = None
    native: NativeTool | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}


class OutputSchema(Value):
    """The JSON Schema that an answer must fit, as the provider's own structured output."""

    schema: Mapping[str, Any]
    name: str = "output"
    strict: bool = True

    def to_dict(self) -> dict[str, Any]:
        return {"schema": dict(self.schema), "name": self.name, "strict": self.strict}


class Timeouts(Value):
    """Limits in seconds; None means no limit.

    Args:
        connect_s: Until a streamed answer begins.
        silence_s: Between two chunks, and until a whole answer.
        total_s: For the run.
    """

    connect_s: float | None = 60.0
    silence_s: float | None = 300.0
    total_s: float | None = None

    @classmethod
    def of(cls, value: float | Timeouts | None) -> Timeouts:
        return value if isinstance(value, Timeouts) else cls(total_s=value)


class CompletionRequest(Value):
    """One call of a model.

    Args:
        messages: Messages, also as text or dicts. documents: also as texts.
        tools: Definitions, also as their dicts. hosted: Tools that the provider runs.
        reasoning: How much the model reasons; a wire format is given it as a ReasoningPlan.
        reasons: Whether the model is known to reason about this call, which is filled in for the wire format.
        watch: Called with each Exchange that the call takes.
    """

    messages: tuple[Message, ...] = ()
    preamble: str | None = None
    documents: tuple[Document, ...] = ()
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: ToolChoice | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    output: OutputSchema | None = None
    additional_params: Mapping[str, Any] = NOTHING
    headers: Mapping[str, str] = NOTHING
    timeouts: Timeouts = Timeouts()
    watch: Callable[[Any], None] | None = None
    reasoning: Any = None
    reasons: bool = False
    hosted: tuple[HostedTool, ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "messages", read_messages(self.messages))
        put(self, "tools", tuple(read_tool(item) for item in self.tools))
        put(self, "hosted", tuple(tool for item in self.hosted if (tool := read_hosted(item))))
        put(self, "documents", tuple(read_document(item, n) for n, item in enumerate(self.documents)))
        if isinstance(self.output, Mapping):
            put(self, "output", OutputSchema(self.output))
        put(self, "additional_params", self.additional_params or NOTHING)
        put(self, "headers", self.headers or NOTHING)
        check_sampling(self.temperature, self.max_tokens)
        if not isinstance(self.reasoning, ReasoningPlan):
            check_reasoning(self.reasoning)

    @property
    def forced_tool(self) -> str | None:
        """Returns the tool that `tool_choice` names; None where it names none."""
        choice = self.tool_choice
        if isinstance(choice, Mapping):
            name = choice.get("name") or (choice.get("function") or {}).get("name")
            if not name:
                raise ConfigError('tool_choice as a mapping is {"name": "<tool>"}')
            return str(name)
        return choice if choice not in (None, "auto", "none", "required") else None

    def with_documents(self) -> tuple[Message, ...]:
        """Returns the messages, with the documents as a user's message before the last prompt."""
        if not self.documents:
            return self.messages
        attachment = Message.user("\n\n".join(f"<document{_attributes(doc)}>\n{doc.text}\n</document>" for doc in self.documents))
        last_prompt = max((n for n, message in enumerate(self.messages) if message.role == "user"), default=0)
        return (*self.messages[:last_prompt], attachment, *self.messages[last_prompt:])

    def __reduce__(self) -> tuple[Any, ...]:
        refuse_secrets("a request", self.headers)
        return super().__reduce__()

    def __deepcopy__(self, memo: dict[int, Any]) -> CompletionRequest:
        return self

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data, without `headers` (they may hold keys), `timeouts` and `watch`."""
        return {
            "messages": [message.to_dict() for message in self.messages],
            "preamble": self.preamble,
            "documents": [doc.to_dict() for doc in self.documents],
            "tools": [tool.to_dict() for tool in self.tools],
            "tool_choice": self.tool_choice,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "output": self.output.to_dict() if self.output else None,
            "additional_params": dict(self.additional_params),
        } | {
            name: value
            for name, value in (("reasoning", self.reasoning), ("hosted", [tool.to_dict() for tool in self.hosted]))
            if value not in (None, [])
        }

    def __repr__(self) -> str:
        return f"CompletionRequest({self.to_dict()!r})"


class Completion(Value):
    """A model's whole answer.

    Args:
        finish_reason: Why the answer ended. "paused": the provider broke off, and continues when it is called again with this answer.
        raw: The provider's body (of a stream: its last state), with everything that staysail does not know.
        stop_details: Why the model refused, as the provider says it: {type, category, explanation}.
        warnings: Options that the model did not get, and why.
    """

    message: Message
    usage: Usage = Usage()
    finish_reason: FinishReason = "stop"
    raw_finish_reason: str | None = None
    raw: Any = None
    request_id: str | None = None
    model: str | None = None
    stop_details: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def reasoning(self) -> str:
        return self.message.reasoning

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return self.message.tool_calls

    @property
    def citations(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(citation for part in self.message.content if isinstance(part, Text) for citation in part.citations)

    def to_dict(self) -> dict[str, Any]:
        return {
            "type": "completion",
            "message": self.message.to_dict(),
            "usage": self.usage.to_dict(),
            "finish_reason": self.finish_reason,
            "raw_finish_reason": self.raw_finish_reason,
            "request_id": self.request_id,
            "model": self.model,
            "raw": self.raw,
        } | {key: value for key, value in (("stop_details", dict(self.stop_details or {})), ("warnings", list(self.warnings))) if value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Completion:
        return cls(
            Message.from_dict(data["message"]),
            Usage.from_dict(data.get("usage") or {}),
            data.get("finish_reason") or "stop",
            data.get("raw_finish_reason"),
            data.get("raw"),
            data.get("request_id"),
            data.get("model"),
            data.get("stop_details"),
            tuple(data.get("warnings") or ()),
        )


def read_tool(item: Any) -> ToolDefinition:
    """Returns a definition from a definition, its dict (also as OpenAI nests it), or an object with name, description and parameters."""
    if isinstance(item, ToolDefinition):
        return item
    if isinstance(item, Mapping):
        item = item.get("function", item)
        if not item.get("name"):
            raise ConfigError("a tool needs a name")
        parameters = item.get("parameters") or item.get("input_schema") or {}
        return ToolDefinition(item["name"], item.get("description") or "", parameters, item.get("strict"))
    return ToolDefinition(item.name, item.description, item.parameters, getattr(item, "strict", None), getattr(item, "native", None))


def read_document(item: Any, position: int = 0) -> Document:
    if isinstance(item, Document):
        return item
    if isinstance(item, str):
        return Document(f"doc_{position}", item)
    if isinstance(item, Mapping) and "text" in item:
        return Document(str(item.get("id", f"doc_{position}")), str(item["text"]), item.get("metadata") or NOTHING)
    raise ConfigError("a document is text, or {id, text, metadata}")


def _attributes(document: Document) -> str:
    """Returns the attributes that name a document: its id, and the parts of its metadata that say where it is from."""
    attributes = {"id": document.id} | {name: document.metadata[name] for name in ORIGIN if document.metadata.get(name)}
    return "".join(f' {name}="{str(value).replace("&", "&amp;").replace('"', "&quot;")}"' for name, value in attributes.items())


def check_sampling(temperature: float | None, max_tokens: int | None) -> None:
    """Raises ConfigError for a temperature or limit that every provider refuses."""
    if temperature is not None and not (_is_number(temperature) and 0 <= temperature <= 2):
        raise ConfigError(f"Temperature must be between 0 and 2, got {temperature!r}")
    if max_tokens is not None and not (_is_number(max_tokens) and max_tokens > 0):
        raise ConfigError(f"Max tokens must be greater than 0, got {max_tokens!r}")


def check_reasoning(reasoning: Any) -> None:
    """Raises ConfigError for anything but a level or {"budget_tokens": n}."""
    if reasoning is None or (isinstance(reasoning, str) and reasoning in REASONING_LEVELS):
        return
    budget = reasoning.get("budget_tokens") if isinstance(reasoning, Mapping) and len(reasoning) == 1 else None
    if not isinstance(budget, int) or isinstance(budget, bool) or budget < 0:
        levels = ", ".join(f'"{level}"' for level in REASONING_LEVELS if level != "xhigh")
        raise ConfigError(f'reasoning is {levels} or {{"budget_tokens": <number>}}, not {reasoning!r}')


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


__all__ = [
    "Completion",
    "CompletionRequest",
    "Document",
    "FinishReason",
    "MessageLike",
    "OutputSchema",
    "Timeouts",
    "ToolChoice",
    "ToolDefinition",
]
