"""Frozen slotted values, declared as dataclasses are, without generating code at import.

Why not `dataclasses`: one frozen, slotted dataclass costs 2.7 ms to create in a browser's WASM runtime (it compiles six methods), a
`Value` 0.05 ms, and importing staysail must take a blink. Modules that define values start with `from __future__ import annotations`,
so that annotations are plain strings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Self, dataclass_transform

NOTHING: MappingProxyType[str, Any] = MappingProxyType({})
"""An empty mapping that is safe as a default."""


class _ValueType(type):
    def __new__(mcls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _ValueType:
        own = [field for field, kind in body.get("__annotations__", {}).items() if not kind.startswith("ClassVar")]
        defaults = {field: body.pop(field) for field in own if field in body}
        body["__slots__"] = tuple(own)
        inherited = [base for base in bases if isinstance(base, _ValueType)]
        cls = super().__new__(mcls, name, bases, body)
        cls._fields = tuple(field for base in inherited for field in base._fields) + tuple(own)
        cls._defaults = {key: value for base in inherited for key, value in base._defaults.items()} | defaults
        cls._setters = tuple(getattr(cls, field).__set__ for field in cls._fields)
        cls._checked = bool(inherited) and ("__post_init__" in body or any(base._checked for base in inherited))
        setattr(cls, "__match_args__", cls._fields)  # noqa: B010  type checkers make it up from the fields
        return cls

    _fields: tuple[str, ...]
    _defaults: dict[str, Any]
    _setters: tuple[Callable[[object, object], None], ...]
    _checked: bool

    @property
    def __signature__(cls) -> Any:
        """The signature of the constructor, with every field, for `help` and `inspect`."""
        inspect = import_module("inspect")  # loads much, and only who looks at a signature needs it
        hints = {name: kind for base in reversed(cls.__mro__) for name, kind in vars(base).get("__annotations__", {}).items()}
        make, empty = inspect.Parameter, inspect.Parameter.empty
        return inspect.Signature(
            [
                make(field, make.POSITIONAL_OR_KEYWORD, default=cls._defaults.get(field, empty), annotation=hints.get(field, empty))
                for field in cls._fields
            ]
        )

    def _bind(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """Returns the value of each field, in order."""
        fields = cls._fields
        if len(args) > len(fields):
            raise TypeError(f"{cls.__name__} takes {len(fields)} arguments ({', '.join(fields)}), got {len(args)}")
        values = list(args)
        for field in fields[len(args) :]:
            if field in kwargs:
                values.append(kwargs.pop(field))
            elif field in cls._defaults:
                values.append(cls._defaults[field])
            else:
                raise TypeError(f"{cls.__name__} needs {field!r}")
        if kwargs:
            raise TypeError(f"{cls.__name__} has no field {next(iter(kwargs))!r} left to set; it has {', '.join(fields)}")
        return values


@dataclass_transform(frozen_default=True)
class Value(metaclass=_ValueType):
    """The base of every value: fields from annotations, in order; equal by content; immutable. `replace` makes a changed copy."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        values = args if len(args) == len(cls._setters) and not kwargs else cls._bind(args, kwargs)
        for put, value in zip(cls._setters, values):  # noqa: B905  equally long, and this runs for every event
            put(self, value)
        if cls._checked:
            self.__post_init__()

    def __post_init__(self) -> None:
        """Checks and normalises; a subclass sets fields through `object.__setattr__`."""

    def replace(self, **changes: Any) -> Self:
        """Returns a copy with some fields changed."""
        kept = [changes.pop(field) if field in changes else getattr(self, field) for field in type(self)._fields]
        return type(self)(*kept, **changes)

    __replace__ = replace

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable; use .replace({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, field) == getattr(other, field) for field in type(self)._fields)

    def __hash__(self) -> int:
        return hash((type(self), *(_hashable(getattr(self, field)) for field in type(self)._fields)))

    def __repr__(self) -> str:
        shown = (field for field in type(self)._fields if getattr(self, field) != type(self)._defaults.get(field, ...))
        return f"{type(self).__name__}({', '.join(f'{field}={getattr(self, field)!r}' for field in shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        kept = {field: getattr(self, field) for field in type(self)._fields}
        return _rebuild, (type(self), {field: dict(v) if isinstance(v, MappingProxyType) else v for field, v in kept.items()})

    def __copy__(self) -> Self:
        return self


def _rebuild(cls: type[Value], fields: dict[str, Any]) -> Value:
    return cls(**fields)


def _hashable(value: Any) -> Any:
    """Returns a hashable form that is equal for equal values: mappings and lists are hashed by content, as `==` compares them."""
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value
