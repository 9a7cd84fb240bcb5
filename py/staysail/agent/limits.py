"""Limits on the usage of one run."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ..core.completion import OUTPUT_TOOL, Completion, CompletionRequest
from ..core.errors import ConfigError, UsageLimitError
from ..core.messages import ToolCall
from ..core.usage import Usage
from ..core.value import Value
from .context import RunContext

NO_PRICE = (
    "no price of {model} is known, so UsageLimits.cost cannot hold: its provider reports none, {missing}. Say "
    'UsageLimits(cost=…, prices={{"{model}": {{"input": 2.5, "output": 10}}}}), in US dollars for a million tokens, or limit tokens instead'
)


class UsageLimits(Value):
    """The most that one run may use, including agents that serve as its tools. It is a hook like any other.

    Requests, tool calls and seconds never exceed their limit. Tokens and cost are known only after an answer: the run ends with the
    answer that exceeded the limit, and no further request is sent once a limit is reached exactly. Raises UsageLimitError.

    Attributes:
        requests: The most model calls.
        input_tokens, output_tokens, total_tokens: The most tokens of all model calls together.
        cost: The most US dollars, as `cost()` computes them.
        seconds: The longest time since the run began or was resumed, waiting included.
        tool_calls: The most tool calls.
        prices: Prices for `cost`, by "provider:model": {"input": 2.5, "output": 10} in US dollars for a million tokens. Needed for
            models whose provider does not report the cost.
    """

    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None
    tool_calls: int | None = None
    prices: Mapping[str, Mapping[str, float]] | None = None

    def __post_init__(self) -> None:
        if self.prices is not None:
            _costs().check_prices(self.prices)
        for name in (name for name in UsageLimits.__match_args__ if name != "prices"):
            most = getattr(self, name)
            if most is not None and (isinstance(most, bool) or not isinstance(most, int | float) or most < 0):
                raise ConfigError(f"UsageLimits.{name} is a number from 0, got {most!r}")

    @classmethod
    def of(cls, value: Any) -> UsageLimits | None:
        """Returns the limits from UsageLimits, a mapping or None. Raises ConfigError."""
        if isinstance(value, Mapping):
            unknown = next((name for name in value if name not in cls.__match_args__), None)
            if unknown:
                raise ConfigError(f"there is no limit {unknown!r}; there are: {', '.join(cls.__match_args__)}")
            return cls(**value)
        if value is not None and not isinstance(value, cls):
            raise ConfigError(f"usage_limits is a UsageLimits, not {type(value).__name__}")
        return value

    async def before_model(self, context: RunContext, request: CompletionRequest) -> None:
        self.check_time(context)
        self._check("requests", context.requests + 1)
        self._check_spent(context.usage, self._spent(context), reached=True)

    async def after_model(self, context: RunContext, completion: Completion) -> None:
        """Checks the answer, which the context counts already, before its tools are called."""
        calls = sum(call.name != OUTPUT_TOOL for call in completion.tool_calls)
        self._check_spent(context.usage, self._spent(context), reached=False)
        if calls:
            self._check("tool_calls", context.tool_calls + calls)

    async def before_tool(self, context: RunContext, call: ToolCall) -> None:
        self.check_time(context)

    def check_time(self, context: RunContext) -> None:
        if self.seconds is not None and context.elapsed_s >= self.seconds:
            raise self.out_of_time()

    def out_of_time(self) -> UsageLimitError:
        return UsageLimitError(f"the run reached its limit of {self.seconds:g} seconds", limit="seconds", most=self.seconds)

    def _spent(self, context: RunContext) -> float | None:
        """Returns US dollars so far; None where no limit needs them. Raises ConfigError where a price is unknown, as the limit could not
        hold."""
        if self.cost is None:
            return None
        sum_usd = 0.0
        for model, completion in context.completions():
            if completion.usage == Usage():
                continue  # from a cache or a hook
            try:
                price = _costs().cost(completion, model, self.prices)
            except ConfigError as error:
                raise ConfigError(NO_PRICE.format(model=model, missing="and no price table is installed (staysail[costs])")) from error
            if price is None:
                raise ConfigError(NO_PRICE.format(model=model, missing="and the price table does not have it"))
            sum_usd += float(price.total_usd)
        return sum_usd

    def _check_spent(self, usage: Usage, spent_usd: float | None, *, reached: bool) -> None:
        counted = {name: getattr(usage, name) for name in ("input_tokens", "output_tokens", "total_tokens")}
        for name, used in (counted | ({} if spent_usd is None else {"cost": spent_usd})).items():
            most = getattr(self, name)
            if most is not None and (used > most or (reached and used == most)):
                raise _passed(name, most, used)

    def _check(self, name: str, used: int) -> None:
        most = getattr(self, name)
        if most is not None and used > most:
            raise _passed(name, most, used)


def _costs() -> Any:
    return import_module("staysail.core.cost")  # imported late, because the module `decimal` takes long to import


def _passed(name: str, most: float, used: float) -> UsageLimitError:
    unit = "US dollars" if name == "cost" else name.replace("_", " ")
    return UsageLimitError(f"the run reached its limit of {most:g} {unit} (it would be or is {used:g})", limit=name, most=most, used=used)


class InheritedLimits:
    """A hook that applies a parent run's limits to a run of an agent that serves as its tool."""

    def __init__(self, limits: UsageLimits, parent: RunContext) -> None:
        self._limits, self._parent = limits, parent

    async def before_model(self, context: RunContext, request: CompletionRequest) -> None:
        await self._limits.before_model(self._parent, request)

    async def after_model(self, context: RunContext, completion: Completion) -> None:
        await self._limits.after_model(self._parent, completion)

    async def before_tool(self, context: RunContext, call: ToolCall) -> None:
        await self._limits.before_tool(self._parent, call)


def inherit_limits(context: RunContext) -> list[InheritedLimits]:
    """Returns the limits of every parent run."""
    inherited = []
    parent = context.parent
    while parent:
        inherited += [InheritedLimits(limits, parent) for limits in parent.limits]
        parent = parent.parent
    return inherited
