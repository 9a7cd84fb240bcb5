"""Docstrings of the public names: each says something, and describes many parameters one a line."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import staysail
import staysail.testing

FEW = 3


def public() -> Iterator[Any]:
    for module in (staysail, staysail.testing):
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) and value.__module__.startswith("staysail"):
                for member, found in vars(value).items():
                    function = inspect.unwrap(getattr(found, "__func__", found)) if not member.startswith("_") else None
                    if inspect.isfunction(function):
                        yield pytest.param(function, id=f"{name}.{member}")
            elif inspect.isfunction(value):
                yield pytest.param(inspect.unwrap(value), id=name)


@pytest.mark.parametrize("function", public())
def test_many_parameters_are_documented_one_a_line(function: Callable[..., Any]):
    code = function.__code__  # its signature lists the options of an agent, too
    names = {*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]} - {"self", "cls"}
    if len(names) > FEW:
        lines = re.findall(r"^ {4}(?:\*\*)?(\w+): ", inspect.getdoc(function) or "", re.MULTILINE)
        assert len(names & {*lines}) > len(names) / 3, "the others say by their names what they are"


def test_every_public_name_has_a_docstring():
    empty = [
        name
        for module in (staysail, staysail.testing)
        for name in module.__all__
        if callable(value := getattr(module, name)) and not (value.__doc__ or "").strip()
    ]
    assert empty == []
