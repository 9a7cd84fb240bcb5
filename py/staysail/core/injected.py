"""Parameters of tools that the run fills in, and not the model."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

from .errors import ConfigError

INJECTED: dict[type, Callable[[], Any]] = {}
"""Functions by class: a parameter of that class, or of a subclass, receives what the function returns, which is None outside a run. It
is no part of the tool's schema."""


def read_injected(hint: Any) -> tuple[type, bool] | None:
    """Returns the injected class of an annotation, and whether the annotation allows None; None for a parameter of the model."""
    options = [hint, *(option for option in typing.get_args(hint) if not isinstance(option, str))]
    owners = [typing.get_origin(option) or option for option in options]
    found = next((owner for owner in owners if isinstance(owner, type) and issubclass(owner, tuple(INJECTED))), None)
    return (found, type(None) in owners) if found else None


def fill_in(parameters: typing.Mapping[str, tuple[type, bool]], tool: str) -> dict[str, Any]:
    """Returns the injected arguments of a call. Raises ConfigError outside a run."""
    values = {name: _current(kind) for name, (kind, _) in parameters.items()}
    for name, (kind, optional) in parameters.items():
        if values[name] is None and not optional:
            raise ConfigError(
                f"the parameter {name!r} of the tool {tool} is the {kind.__name__} of the run that calls it, and no run does: call the "
                "function itself with one, or let the parameter be None too"
            )
    return values


def _current(kind: type) -> Any:
    return next(current for base, current in INJECTED.items() if issubclass(kind, base))()
