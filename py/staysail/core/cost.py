"""The cost of usage in money: as the provider reported it, else by the caller's prices, else by the price table of the package
genai-prices, else unknown.

The table is optional (`pip install staysail[costs]`, MIT), because it changes every week and is not small.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from typing import Any, Literal

from .errors import ConfigError
from .usage import Usage
from .value import Value

# Names of providers in the price table, where they differ from ours.
TABLE_NAMES = {
    "gemini": "google",
    "moonshot": "moonshotai",
    "openai-chat": "openai",
    "xai": "x-ai",
}
USD_PER_TICK = Decimal("1e-10")  # xAI's unit


class Cost(Value):
    """A cost in US dollars.

    Attributes:
        total_usd: The sum.
        source: Where the cost comes from: the provider's response, the caller's prices, or the price table.
        input_usd, output_usd: The parts; None where only the sum is known.
    """

    total_usd: Decimal
    source: Literal["provider", "prices", "table"]
    input_usd: Decimal | None = None
    output_usd: Decimal | None = None

    def __add__(self, other: Cost) -> Cost:
        """Returns the sum. Its source is that of both, else "table"."""
        parts = (_sum(self.input_usd, other.input_usd), _sum(self.output_usd, other.output_usd))
        return Cost(self.total_usd + other.total_usd, self.source if self.source == other.source else "table", *parts)


type Prices = Mapping[str, Mapping[str, float]]
"""Prices by "provider:model", in US dollars for a million tokens: {"input": 2.5, "output": 10, "cached_input": 1.25}. Without
"cached_input", cached tokens cost as much as "input"."""


def cost(spent: Any, model: str, prices: Prices | None = None) -> Cost | None:
    """Returns the cost of a Usage, a Completion or a Reply. Returns None for a model without a known price; no price is estimated.

    Args:
        spent: A Usage, a Completion or a Reply.
        model: The model, as "provider:model".
        prices: Prices that precede the table, in US dollars for a million tokens.

    Raises:
        ConfigError: The price table is needed and not installed.
    """
    if hasattr(spent, "steps"):
        costs = [cost(step.completion, model, prices) for step in spent.steps]
        known = [item for item in costs if item is not None]
        return sum(known[1:], known[0]) if known and len(known) == len(costs) else None
    usage = spent if isinstance(spent, Usage) else spent.usage
    reported = None if usage is spent else reported_cost(spent.raw)
    return reported or _priced(usage, (prices or {}).get(model)) or _look_up(usage, model)


def check_prices(prices: Prices | None) -> None:
    """Raises ConfigError for prices in another form."""
    for model, price in (prices or {}).items():
        unknown = [name for name in price if name not in ("input", "output", "cached_input")]
        numbers = all(isinstance(usd, int | float) and not isinstance(usd, bool) and usd >= 0 for usd in price.values())
        if unknown or not numbers or not {"input", "output"} <= price.keys():
            raise ConfigError(
                f'the price of {model} is {{"input": …, "output": …}} in US dollars for a million tokens; "cached_input" where it differs'
            )


def _priced(usage: Usage, price: Mapping[str, float] | None) -> Cost | None:
    if price is None:
        return None
    usd = {name: Decimal(str(amount)) / 1_000_000 for name, amount in price.items()}
    read = max(0, usage.total_tokens - usage.output_tokens)
    cached = min(usage.cached_input_tokens, read)
    input_usd = (read - cached) * usd["input"] + cached * usd.get("cached_input", usd["input"])
    output_usd = usage.output_tokens * usd["output"]
    return Cost(input_usd + output_usd, "prices", input_usd, output_usd)


def reported_cost(body: Any) -> Cost | None:
    """OpenRouter's and Perplexity's `usage.cost`, xAI's ticks, Venice's `cost.usd`."""
    if not isinstance(body, Mapping):
        return None
    usage = body.get("usage")
    fields: Any = usage if isinstance(usage, Mapping) else {}
    ticks, amount, beside = fields.get("cost_in_usd_ticks"), fields.get("cost"), body.get("cost")
    if isinstance(ticks, int):
        return Cost(ticks * USD_PER_TICK, "provider")
    if isinstance(amount, Mapping):
        amount = amount.get("total_cost")
    if amount is None and isinstance(beside, Mapping):
        amount = beside.get("usd")
    return Cost(Decimal(str(amount)), "provider") if isinstance(amount, int | float) and not isinstance(amount, bool) else None


def _look_up(usage: Usage, model: str) -> Cost | None:
    provider, _, id = model.partition(":")
    try:
        prices = import_module("genai_prices")
    except ImportError as error:
        raise ConfigError(f"no price of {model} is known: give prices, or install the table (staysail[costs])") from error
    counted = prices.Usage(
        # With everything that was read, cached or not: the table's convention.
        input_tokens=max(0, usage.total_tokens - usage.output_tokens),
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_input_tokens,
        cache_write_tokens=usage.cache_creation_input_tokens,
    )
    try:
        price = prices.calc_price(counted, id, provider_id=TABLE_NAMES.get(provider, provider))
    except LookupError:
        return None
    return Cost(price.total_price, "table", price.input_price, price.output_price)


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other
