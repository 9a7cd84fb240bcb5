"""The table of constructs by providers in docs/providers.md. `PYTHONPATH=py:. python -m tests.contracts.table` writes it anew."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from staysail import CompletionRequest, ToolDefinition, provider_names
from staysail.providers import load_provider
from staysail.wire.schemas.preparing import Preparation
from staysail.wire.schemas.rules import SchemaSupport
from tests.contracts.constructs import CONSTRUCTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "providers.md"
BEGIN, END = "<!-- schemas: made by tests/contracts/table.py -->", "<!-- /schemas -->"
TEXT = """## What becomes of a tool's schema

A tool's parameters may use all of JSON Schema 2020-12, older drafts and OpenAPI's `nullable`; each provider is sent what it takes. What
could not be sent is checked when the call comes, and a call that does not fit goes back to the model. Names of tools that a provider
refuses are mapped, and mapped back in the answer.

`=` sent as it is · `≈` sent in other words · `described` partly written into a description for the model · `left out` the tool is not
offered, and `reply.warnings` says why. “strict” columns are of `@tool(strict=True)`; `-` there means that there is no closed form, so the
tool is sent without strict mode.
"""


def columns() -> dict[str, tuple[SchemaSupport, bool, str]]:
    """Providers that take the same, in one column: (support, strict, model) by their names."""
    groups: dict[SchemaSupport, list[str]] = {}
    for name in provider_names("chat"):
        provider = getattr(load_provider(name), "PROVIDER", None)
        if provider and getattr(provider.dialect, "tools", True):
            groups.setdefault(provider.schemas, []).append(name)
    out: dict[str, tuple[SchemaSupport, bool, str]] = {}
    for support, names in groups.items():
        title = ", ".join(names) if len(names) < 4 else "others"
        out[title] = (support, False, "m")
        if support.strict:
            out[f"{title}, strict"] = (support, True, "m")
        if support.older:
            out[f"{title} 1"] = (support, False, "gemini-1.5-pro")
    return out


def cell(schema: Any, support: SchemaSupport, strict: bool, model: str) -> str:
    tool = ToolDefinition("tool", "", schema, strict)
    prepared = Preparation(CompletionRequest("x", tools=[tool]), support, model).request.tools
    if not prepared:
        return "left out"
    if strict and not prepared[0].strict:
        return "-"
    sent = prepared[0].parameters
    if _essence(sent) == _essence(schema):
        return "="
    described = json.dumps(sent, ensure_ascii=False).count('"description": "{') + json.dumps(sent).count("\\n\\n{")
    return "described" if described else "≈"


def _essence(schema: Any) -> Any:
    return json.loads(re.sub(r'"\$schema": "[^"]*",? ?', "", json.dumps(schema)))


def render() -> str:
    found = columns()
    lines = [f"| | {' | '.join(found)} |", f"| --- |{' --- |' * len(found)}"]
    for name, schema in CONSTRUCTS.items():
        cells = (cell(schema, *column) for column in found.values())
        lines.append(f"| {name.replace('|', '\\|')} | {' | '.join(cells)} |")
    return "\n".join([BEGIN, TEXT, *lines, END])


def write() -> None:
    page = PAGE.read_text("utf-8") if PAGE.is_file() else "# Providers\n\n"
    if BEGIN in page:
        before, _, rest = page.partition(BEGIN)
        page = before + render() + rest.partition(END)[2]
    else:
        page = page.rstrip("\n") + "\n\n" + render() + "\n"
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    write()
