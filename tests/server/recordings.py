"""Recorded scenarios, where the folder with them is there, and the answers that play one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

# The server writes its own framing, and lets every page read every answer.
OWN_HEADERS = ("content-length", "transfer-encoding", "content-encoding", "connection", "keep-alive")


def traffic_folder() -> Path | None:
    """Beside the project; None where it is absent."""
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "traffic"
    return folder if folder.is_dir() else None


@cache
def load_scenarios(provider: str) -> tuple[dict[str, Any], ...]:
    """The scenarios of a provider's file; none where it is absent."""
    folder = traffic_folder()
    path = folder / f"{provider}.jsonl" if folder else None
    if path is None or not path.exists():
        return ()
    with path.open(encoding="utf-8") as file:
        return tuple(json.loads(line) for line in file if line.strip())


def find_scenario(name: str) -> dict[str, Any]:
    found = next((scenario for scenario in load_scenarios(name.partition("/")[0]) if scenario["scenario"] == name), None)
    if found is None:
        raise LookupError(f"there is no recorded scenario {name!r} beside this project")
    return found


def as_answer(interaction: Mapping[str, Any], **manner: Any) -> dict[str, Any]:
    """The answer that plays a recorded response. manner: how it comes (chunk_bytes, delay_s, drop, ...)."""
    response = interaction["response"]
    kept = {
        name: value
        for name, value in response["headers"].items()
        if name.lower() not in OWN_HEADERS and "access-control" not in name.lower()
    }
    body = {"base64" if response.get("body_encoding") == "base64" else "body": response["body"]}
    return {"status": response["status"], "headers": kept} | body | manner
