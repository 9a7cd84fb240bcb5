"""Requests fitted to their model: options that the model refuses are left out or replaced by the nearest value, each with a warning.

An option whose absence would change the meaning of the answer (a forced tool) raises ConfigError instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.completion import OUTPUT_TOOL, REASONING_LEVELS, CompletionRequest, ReasoningPlan
from ..core.errors import ConfigError
from ..core.ports import ModelTraits, ReasoningTraits

SAMPLING = ("temperature", "top_p", "top_k", "topP", "topK", "p", "k")
# The budget in tokens for each level, and the reverse, as models take one or the other.
BUDGETS = {"minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 32_768, "max": 65_536}


def fit_request(request: CompletionRequest, traits: ModelTraits, name: str) -> tuple[CompletionRequest, tuple[str, ...]]:
    """Returns the request as the model accepts it, and one warning for each option that was changed. name: the model's name in messages.
    Raises ConfigError."""
    warnings: list[str] = []
    changes: dict[str, Any] = {}
    if missing := [tool.kind for tool in request.hosted if tool.kind not in traits.hosted_tools]:
        raise ConfigError(f"{name} has no {missing[0]}; it has {', '.join(traits.hosted_tools) or 'no hosted tools'}")
    requested = request.reasoning
    if forces_tool(request) and not traits.forces_tools(requested):
        requested = _without_forcing(request, traits, name, changes, warnings)
    if requested is not None:
        changes["reasoning"] = plan_reasoning(requested, traits.reasoning, name, warnings)
    _fit_sampling(request, traits, requested, name, changes, warnings)
    most = traits.max_output_tokens
    if traits.needs_max_tokens and request.max_tokens is None and most:
        changes["max_tokens"] = most
    if most and request.max_tokens and request.max_tokens > most:
        changes["max_tokens"] = most
        warnings.append(f"max_tokens is {most:,} instead of {request.max_tokens:,}: {name} writes no more")
    changes["reasons"] = traits.reasoning is not None and traits.reasons(requested)
    return request.replace(**changes), tuple(warnings)


def forces_tool(request: CompletionRequest) -> bool:
    return request.tool_choice not in (None, "auto", "none")


def _without_forcing(request: CompletionRequest, traits: ModelTraits, name: str, changes: dict[str, Any], warnings: list[str]) -> Any:
    """Returns the reasoning to request where a forced tool excludes it. Raises ConfigError where the tool cannot be forced at all."""
    if request.tool_choice == "required" and any(tool.name == OUTPUT_TOOL for tool in request.tools):
        changes["tool_choice"] = None  # only a means of requesting typed output, not the caller's option
        return request.reasoning
    if traits.forced_tools and request.reasoning is None and traits.forces_tools("none"):
        warnings.append(f"reasoning is switched off for this call: {name} cannot be made to call a tool while it reasons")
        return "none"
    how = ' while it reasons; give reasoning="none"' if traits.forced_tools and traits.forces_tools("none") else ""
    raise ConfigError(
        f'{name} cannot be made to call a tool{how}{", or" if how else "; use"} tool_choice="auto" and ask for the tool in the prompt, '
        "or another model"
    )


def plan_reasoning(requested: Any, known: ReasoningTraits | None, name: str, warnings: list[str]) -> ReasoningPlan | None:
    """Returns the requested reasoning in the model's terms, or None where no reasoning field is to be sent."""
    if isinstance(requested, ReasoningPlan):
        return requested
    budget = requested["budget_tokens"] if isinstance(requested, Mapping) else None
    if known is None:
        return ReasoningPlan(None if budget else requested, budget)
    if not known.levels and known.budget is None:
        if requested != "none" and budget != 0:
            how = "reasons as it sees fit" if known.by_default else "does not reason"
            warnings.append(f"reasoning was left out: {name} {how}")
        elif known.by_default:
            warnings.append(f"reasoning was left out: {name} always reasons")
        return None
    if known.budget is not None:
        return _plan_budget(requested, budget, known, known.budget, name, warnings)
    level = requested if budget is None else _level_of(budget)
    nearest = nearest_level(level, known.levels)
    if level == "none" and nearest != "none":
        warnings.append(f'reasoning is "{nearest}", the least there is: {name} always reasons')
    return ReasoningPlan(nearest, style=known.style)


def _plan_budget(
    requested: Any, budget: int | None, known: ReasoningTraits, limits: tuple[int, int], name: str, warnings: list[str]
) -> ReasoningPlan:
    least, most = limits
    wanted = (0 if requested == "none" else BUDGETS[requested]) if budget is None else budget
    if wanted == 0 and "none" in known.levels:
        return ReasoningPlan("none", 0, known.style)
    fitting = min(max(wanted, least), most)
    if wanted == 0 and least:
        warnings.append(f"reasoning has {least:,} tokens, the least there is: {name} always reasons")
    elif budget is not None and fitting != budget:
        warnings.append(f"reasoning has {fitting:,} tokens instead of {budget:,}: {name} takes {least:,} to {most:,}")
    return ReasoningPlan(None, fitting, known.style)


def nearest_level(requested: str, levels: tuple[str, ...]) -> str:
    """Returns the model's level nearest to the requested level; of two equally near, the higher. "none" is returned for "none" alone."""
    if requested in levels:
        return requested
    order = REASONING_LEVELS.index
    choices = [level for level in levels if level in REASONING_LEVELS and (level != "none" or requested == "none")] or list(levels)
    known = [level for level in choices if level in REASONING_LEVELS]
    if not known:
        return choices[-1]  # a level outside the common order, such as "default"
    return min(known, key=lambda level: (abs(order(level) - order(requested)), -order(level)))


def _level_of(budget: int) -> str:
    if budget == 0:
        return "none"
    return next((level for level, tokens in BUDGETS.items() if budget <= tokens), "max")


def _fit_sampling(
    request: CompletionRequest, traits: ModelTraits, requested: Any, name: str, changes: dict[str, Any], warnings: list[str]
) -> None:
    refused = traits.sampling == "never" or (traits.sampling == "without_reasoning" and traits.reasons(requested))
    if not refused:
        return
    why = f"{name} takes none" if traits.sampling == "never" else f'{name} takes none while it reasons; reasoning="none" allows it'
    if request.temperature is not None:
        changes["temperature"] = None
        warnings.append(f"temperature was left out: {why}")
    params, left_out = _without_sampling(request.additional_params)
    if left_out:
        changes["additional_params"] = params
        warnings += [f"{field} was left out: {why}" for field in left_out]


def _without_sampling(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Returns the additional parameters without those of sampling (also inside objects such as generationConfig), and the names removed."""
    kept: dict[str, Any] = {}
    left_out: list[str] = []
    for key, value in params.items():
        if key in SAMPLING:
            left_out.append(key)
        elif key in ("generationConfig", "generation_config", "options") and isinstance(value, Mapping):
            left_out += [field for field in value if field in SAMPLING]
            kept[key] = {field: item for field, item in value.items() if field not in SAMPLING}
        else:
            kept[key] = value
    return kept, left_out
