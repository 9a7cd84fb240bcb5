"""The part of an agent that makes runs out of prompts: it begins them, and builds the request of each model call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import Any

from ..core.completion import OUTPUT_TOOL, CompletionRequest, Document, OutputSchema, ToolDefinition, read_tool
from ..core.errors import ConfigError
from ..core.generics import AgentDeps, AgentOutput, WithTypes
from ..core.messages import Content, Message, MessageLike, read_messages
from ..core.ports import Clock, Model
from .driver import Driver
from .events import RunEvent
from .reply import Reply
from .run import Run
from .settings import RunOptions, Settings
from .typed_output import OutputMode


class RunMaker(WithTypes[AgentOutput, AgentDeps]):
    """Makes runs out of prompts, and has drivers carry them out. `Agent` is the one class that is made of it, and sets its attributes.

    Attributes:
        name: The agent's name in traces, as a tool and in handovers.
        model: The model that every run calls.
        settings: The options of every run. The options of a call replace them.
        clock: The clock that measures time and waits.
        deps_type: The type of the option `deps`, or None.
    """

    name: str | None
    model: Model
    settings: Settings
    clock: Clock
    deps_type: Any

    async def _reply(self, prompt: Content, history: Iterable[MessageLike] | None, options: RunOptions) -> Reply[Any]:
        return await Driver(self, *await self._begin(prompt, history, options)).finish()

    async def _events(self, prompt: Content, history: Iterable[MessageLike] | None, options: RunOptions) -> AsyncGenerator[RunEvent[Any]]:
        async with aclosing(Driver(self, *await self._begin(prompt, history, options)).stream()) as events:
            async for event in events:
                yield event

    def _settings(self, options: RunOptions) -> Settings:
        return self._fit(self.settings.override(options)) if options else self.settings

    def _fit(self, settings: Settings) -> Settings:
        """Returns the settings for this agent's model. Raises ConfigError for a hosted tool that the model does not have."""
        return settings.with_hosted(self.model)

    async def _begin(self, prompt: Content, history: Iterable[MessageLike] | None, options: RunOptions) -> tuple[Run, Settings]:
        """Returns the run and its settings, with the conversation's messages before the prompt."""
        place = self._settings(options).place
        if place is None:
            return self._start(prompt, history, options)
        if read_messages(history):
            raise ConfigError(
                f"the conversation {place.id!r} has a history of its own: leave history out, or give conversation=None with it"
            )
        run, settings = self._start(prompt, None, options)
        run.messages[:0] = before = await place.load()
        run.prompt_at = len(before)
        return run, settings

    def _start(self, prompt: Content | Message, history: Iterable[MessageLike] | None, options: RunOptions) -> tuple[Run, Settings]:
        settings = self._settings(options)
        message = prompt if isinstance(prompt, Message) else Message.user(prompt)
        if not message.content or (isinstance(prompt, str) and not prompt.strip()):
            raise ConfigError("Prompt cannot be empty")
        output = settings.output_codec
        if output and any(tool.name == OUTPUT_TOOL for tool in settings.tools):
            raise ConfigError(f"typed answers are given through a tool named {OUTPUT_TOOL}; rename yours of that name")
        run = Run(
            (*read_messages(history), message),
            max_turns=settings.max_turns,
            output_schema=output.schema if output else None,
            output_mode=self.output_mode(output.schema if output else None, settings),
            output_retries=settings.output_retries,
            decode=output.decode if output else None,
        )
        return run, settings

    def output_mode(self, schema: Mapping[str, Any] | None, settings: Settings) -> OutputMode:
        """Returns how an answer that fits the schema is requested from the model: "text" without a schema, "native" structured
        output, or "tool"."""
        traits = self.model.traits
        if schema is None:
            return "text"
        has_tools = settings.tools or settings.dynamic_tools
        if not traits.native_output and not traits.tools:
            raise ConfigError(
                f"{self.model.name} has neither structured output nor tools: leave output_type out and ask for JSON in the prompt, "
                "or use another model"
            )
        takes_output = getattr(self.model, "takes_output", None)
        native = traits.native_output and (traits.output_with_tools or not has_tools) and (takes_output is None or takes_output(schema))
        return "native" if native or not traits.tools else "tool"

    def request(self, messages: tuple[Message, ...], turn: int, settings: Settings, run: Run, found: list[Document]) -> CompletionRequest:
        """Returns the request of one model call.

        Args:
            messages: The run's messages.
            turn: The number of the model call, from 1.
            settings: The settings of the run.
            run: The run, for its output schema and mode.
            found: Documents that were retrieved for the prompt.
        """
        tools = [read_tool(tool) for tool in settings.own_tools]
        # A forced choice holds for the first model call only: on every call it would force tools for ever.
        choice = settings.tool_choice if turn == 1 or settings.tool_choice in ("auto", "none") else None
        output = None
        if run.output_mode == "native":
            output = OutputSchema(run.output_schema or {})
        elif run.output_mode == "tool":
            tools.append(ToolDefinition(OUTPUT_TOOL, "Gives the final answer. Call it once, when you are done.", run.output_schema or {}))
            choice = choice or ("required" if self.model.traits.forces_tools(settings.reasoning) else None)
        return CompletionRequest(
            messages,
            settings.preamble if isinstance(settings.preamble, str) else None,
            (*settings.context, *found),
            tuple(tools),
            choice if tools else None,
            settings.temperature,
            settings.max_tokens,
            output,
            settings.additional_params,
            settings.headers,
            reasoning=settings.reasoning,
            hosted=settings.hosted_tools,
        )
