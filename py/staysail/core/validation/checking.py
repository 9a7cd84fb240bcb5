"""Checks a JSON value against a JSON Schema of draft 2020-12, or an older one, and lists every problem.

How it works. The engine goes through a schema's keywords, each of which is a function. Only where a schema around has an `unevaluated…`
keyword does it keep account of the names and items that were looked at. The work is bounded by a budget of steps and a depth, so a schema
that refers to itself without end, or grows exponentially, ends in a problem of its own, as does a pattern that takes too long. A keyword
whose value is malformed, a pattern that cannot be read, and a reference to another document hold for anything: the schema's author
checks too. `format` and `content…` are annotations, as the specification has them by default.

Why no package: jsonschema needs rpds-py, which is compiled, and takes 70 ms to import; fastjsonschema stops at draft 7 and runs Python that
it writes; jschon has had no release since 2023. All three hand patterns to `re`, which freezes, and none bounds its work.

https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .applicators import APPLICATORS, check_unevaluated
from .assertions import ASSERTIONS
from .engine import Engine, GivenUp
from .references import References, Scope

MOST_PROBLEMS = 30
KEYWORDS = APPLICATORS | ASSERTIONS


def list_problems(
    value: Any, schema: Mapping[str, Any] | bool, references: References | None = None, scope: Scope | None = None
) -> list[str]:
    """The first problems, each as `path: what is wrong`; none when the value fits. references, scope: of the document that the schema is a
    part of; left out, it is the whole."""
    problems: list[str] = []
    given_up = ""
    try:
        references = references or References(schema)
        engine = Engine(value, references, KEYWORDS, check_unevaluated)
        engine.visit(value, schema, "", scope or (references.root,), problems)
    except GivenUp as reason:
        given_up = str(reason)
    except RecursionError:  # an application that is deep in calls itself leaves less room than MOST_NESTED counts on
        given_up = "value: nests too deeply to be checked"
    more = len(problems) - MOST_PROBLEMS
    return [
        *problems[:MOST_PROBLEMS],
        *([f"and {more} more problem{'s' if more > 1 else ''}"] if more > 0 else []),
        *([given_up] if given_up else []),
    ]
