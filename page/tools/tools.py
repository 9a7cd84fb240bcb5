"""The page's tools that run in Python, in the browser."""

import ast
import math
import operator
import random
from collections.abc import Callable
from typing import Annotated, Any

from staysail import ToolError, tool

LARGEST_BITS = 4096

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(math, name) for name in ("sqrt", "sin", "cos", "tan", "log", "log10", "exp", "floor", "ceil", "gcd", "hypot", "radians")
} | {"abs": abs, "round": round, "min": min, "max": max}
CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}


@tool
def calculate(expression: str) -> str:
    """Calculate the value of an arithmetic expression, such as 17 * 23 or sqrt(2) / 3.

    Args:
        expression: Numbers with + - * / // % ** and parentheses, pi, e, sqrt, sin, cos, log, round, min, max.
    """
    text = expression.strip().rstrip("=").replace("^", "**").replace("×", "*").replace("÷", "/").replace("−", "-")
    try:
        value = evaluate(ast.parse(text, mode="eval").body)
    except SyntaxError:
        raise ToolError(f"{expression!r} is not arithmetic; write it like 17 * (23 + 4)") from None
    except (ArithmeticError, ValueError, TypeError) as error:
        raise ToolError(f"{expression!r} has no value: {error}") from None
    return f"{text} = {f'{value:.12g}' if isinstance(value, float) else value}"


@tool
def roll_dice(count: Annotated[int, "How many dice, 1 to 100."] = 2, sides: Annotated[int, "Sides of each die."] = 6) -> dict[str, object]:
    """Roll dice: throw some dice and tell what they show."""
    if not (1 <= count <= 100 and 2 <= sides <= 1000):
        raise ToolError("1 to 100 dice with 2 to 1000 sides can be rolled")
    rolls = [random.randint(1, sides) for _ in range(count)]  # noqa: S311 - a game, not a secret
    return {"rolls": rolls, "total": sum(rolls)}


def evaluate(node: ast.AST) -> Any:
    """The value of an expression of numbers; nothing else is looked at, let alone run. Raises ToolError."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return value
        case ast.Name(id=name) if name in CONSTANTS:
            return CONSTANTS[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return OPERATORS[type(op)](evaluate(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return apply(op, evaluate(left), evaluate(right))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*map(evaluate, arguments))
    known = ", ".join([*CONSTANTS, *FUNCTIONS])
    raise ToolError(f"{ast.unparse(node)!r} cannot be calculated; there are numbers, + - * / // % **, {known}")


def apply(op: ast.operator, left: Any, right: Any) -> Any:
    """Refuses, before it begins, a power or a product that would take for ever."""
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * max(right, 1) if isinstance(op, ast.Pow) else left.bit_length() + right.bit_length()
        if isinstance(op, ast.Pow | ast.Mult) and bits > LARGEST_BITS:
            raise ToolError("the result would be too large; use floats, such as 2.0 ** 5000")
    return OPERATORS[type(op)](left, right)
