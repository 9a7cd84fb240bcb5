"""What the benchmarks found, as bench/results.json keeps it: one table a benchmark, each of one run. A benchmark that is measured alone
replaces its own table and leaves the others."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

type Table = dict[str, Any]
"""machine: where it was measured. day: when, as YYYY-MM-DD. rows: `harness.Row` as JSON."""


def load(path: Path) -> dict[str, Table]:
    """The tables by benchmark; none where nothing was measured yet."""
    try:
        tables: dict[str, Table] = json.loads(path.read_text(encoding="utf-8"))["tables"]
    except FileNotFoundError:
        return {}
    return tables


def save(path: Path, tables: Mapping[str, Table]) -> None:
    path.write_text(json.dumps({"tables": tables}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def merge(old: Mapping[str, Table], new: Mapping[str, Table], known: Sequence[str]) -> dict[str, Table]:
    """The newer of each benchmark's tables, in the order of `known`; those of benchmarks that are no more are dropped."""
    tables = {**old, **new}
    return {name: tables[name] for name in known if name in tables}


def groups(tables: Mapping[str, Table]) -> dict[str, list[dict[str, Any]]]:
    """The rows of all tables by the group they stand in."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in tables.values():
        for row in table["rows"]:
            found.setdefault(row["group"], []).append(row)
    return found
