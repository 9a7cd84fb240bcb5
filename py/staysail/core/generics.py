"""Base classes with type parameters, for type checkers: `Reply[Invoice]`, `RunContext[Database]`, `Agent[Invoice, Database]`.

A parameter that is left out has a default, so that plain `Agent` and `Reply` pass a strict check. Python has such defaults from 3.13 on
(PEP 696); until 3.12 is no longer supported, type checkers read them from `typing_extensions`, whose types they bring along, and nothing
imports that package. At run time the classes are plain, and their subscripts are `types.GenericAlias`.
"""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic

from .value import Value

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Output = TypeVar("Output", default=Any, covariant=True)
    """The type of a run's output."""
    Deps = TypeVar("Deps", default=Any, covariant=True)
    """The type of the value that a run's tools and hooks share."""
    AgentOutput = TypeVar("AgentOutput", default=str, covariant=True)
    """The output of an agent without `output_type` is text."""
    AgentDeps = TypeVar("AgentDeps", default=None, contravariant=True)
    """An agent without `deps_type` takes no `deps`."""

    class WithOutput(Value, Generic[Output]): ...

    class WithDeps(Generic[Deps]): ...

    class WithTypes(Generic[AgentOutput, AgentDeps]): ...

else:
    from typing import TypeVar

    Output, Deps, AgentOutput, AgentDeps = map(TypeVar, ("Output", "Deps", "AgentOutput", "AgentDeps"))

    class WithOutput(Value):
        """The base of values that hold a run's output."""

        __class_getitem__ = classmethod(GenericAlias)

    class WithDeps:
        """The base of RunContext."""

        __class_getitem__ = classmethod(GenericAlias)

    class WithTypes:
        """The base of Agent."""

        __class_getitem__ = classmethod(GenericAlias)
