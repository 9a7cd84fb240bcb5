"""Checks a JSON value against a JSON Schema of draft 2020-12, or an older one, and lists every problem.

How it works. The engine calls one function for each keyword of a schema. It records which names and items were evaluated only where a
schema has an `unevaluated…` keyword. A budget of steps and a limit on depth bound the work: a schema that refers to itself without end, a
schema that grows exponentially, and a pattern that takes too long each end in a problem that says so. A keyword whose value is malformed, a
pattern that cannot be read and a reference to another document accept every value, because the schema's author checks the value too.
`format` and `content…` are annotations, which is the specification's default.

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
    """Returns the first problems of a value, each as `path: what is wrong`; an empty list means that the value fits.

    Args:
        references: Resources of the document that holds the schema; left out, the schema is the whole document.
        scope: Resources that were entered on the way to the schema.
    """
    problems: list[str] = []
    given_up = ""
    try:
        references = references or References(schema)
        engine = Engine(value, references, KEYWORDS, check_unevaluated)
        engine.visit(value, schema, "", scope or (references.root,), problems)
    except GivenUp as reason:
        given_up = str(reason)
    except RecursionError:  # the application's own calls can leave less of the stack than MOST_NESTED needs
        given_up = "value: nests too deeply to be checked"
    more = len(problems) - MOST_PROBLEMS
    return [
        *problems[:MOST_PROBLEMS],
        *([f"and {more} more problem{'s' if more > 1 else ''}"] if more > 0 else []),
        *([given_up] if given_up else []),
    ]
