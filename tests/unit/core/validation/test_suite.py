"""The official JSON-Schema-Test-Suite, out of the source archive of the jsonschema package, which `make setup` fetches."""

import json
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_specifications
import pytest

from staysail.core.validation import check

ARCHIVE = Path(__file__).parents[4] / ".cache" / "suites" / "jsonschema-4.26.0.tar.gz"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
# What is not done, and why; everything else in the suite is right.
LEFT_OUT = {
    ("draft2020-12", "vocabulary.json"): "a meta-schema of one's own, which takes keywords away",
    ("draft2020-12", "format-assertion.json"): "a meta-schema of one's own, which makes `format` an assertion",
    ("draft2020-12", "cross-draft.json"): "keywords of a later draft, in a document of an earlier one, do hold",
    ("draft7", "content.json"): "content is an annotation, as later drafts have it",
}
# The suite has these under an address that they themselves do not give; here documents are found by the one they give.
OTHER_ADDRESS = ("remote HTTP ref with different $id", "remote HTTP ref with different URN $id")


@cache
def files() -> dict[str, Any]:
    """Every JSON file of the suite, by its path in it."""
    if not ARCHIVE.is_file():
        pytest.fail(f"{ARCHIVE} is missing; run `make setup`")
    with tarfile.open(ARCHIVE) as archive:
        members = [member for member in archive if member.isfile() and "/json/" in member.name and member.name.endswith(".json")]
        read = ((member.name.partition("/json/")[2], archive.extractfile(member)) for member in members)
        return {path: json.load(file) for path, file in read if file}


@cache
def documents() -> dict[str, Any]:
    """The documents that the suite's schemas refer to, and the meta-schemas, by their addresses."""
    remotes = {path.removeprefix("remotes/"): file for path, file in files().items() if path.startswith("remotes/")}
    registry = jsonschema_specifications.REGISTRY
    return {f"http://localhost:1234/{path}": document for path, document in remotes.items() if isinstance(document, dict)} | {
        address: registry[address].contents for address in registry
    }


def cases(draft: str) -> Iterator[Any]:
    for path, groups in sorted(files().items()):
        name = path.rpartition("/")[2]
        if not path.startswith(f"tests/{draft}/") or "/format/" in path or (draft, name) in LEFT_OUT:
            continue
        for group in groups:
            if group["description"] not in OTHER_ADDRESS:
                yield pytest.param(draft, group, id=f"{name}: {group['description']}"[:100])


def whole(schema: Any, draft: str) -> Any:
    """The schema with every document that it may refer to inside of it, as a compound document has them."""
    if not isinstance(schema, dict) or "http" not in json.dumps(schema):
        return schema
    place = "$defs" if draft == "draft2020-12" else "definitions"
    others = {f"document {address}": {"$id": address} | document for address, document in documents().items()}
    return schema | {place: schema.get(place, {}) | others}


def groups(draft: str) -> list[Any]:
    return list(cases(draft)) if ARCHIVE.is_file() else [pytest.param(draft, None, id="missing")]


@pytest.mark.parametrize(("draft", "group"), [*groups("draft2020-12"), *groups("draft7")])
def test_the_official_suite_says_the_same(draft: str, group: dict[str, Any] | None):
    if group is None:
        pytest.fail(f"{ARCHIVE} is missing; run `make setup`")
    schema = whole(group["schema"], draft)
    if draft == "draft7" and isinstance(schema, dict):
        schema = {"$schema": DRAFT_7} | schema
    for test in group["tests"]:
        problems = check(test["data"], schema)
        assert (problems == []) == test["valid"], (test["description"], problems)


@pytest.mark.parametrize("draft", ["draft3", "draft4", "draft6", "draft2019-09", "draft-next"])
def test_no_other_draft_raises(draft: str):
    if not ARCHIVE.is_file():
        pytest.fail(f"{ARCHIVE} is missing; run `make setup`")
    tried = 0
    for path, groups in files().items():
        if path.startswith(f"tests/{draft}/"):
            for group in groups:
                for test in group["tests"]:
                    assert all(isinstance(problem, str) for problem in check(test["data"], group["schema"]))
                    tried += 1
    assert tried > 400
