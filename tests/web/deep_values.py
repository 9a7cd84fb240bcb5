"""Values as deep as the reader lets in, through every walk there is: an interpreter in a page has far less stack than CPython."""

import copy
import json
from typing import Any

from staysail import Agent, Message, tool
from staysail.agent.calls import read_result
from staysail.core.errors import JsonError, redact
from staysail.core.json_text import MAX_DEPTH, RECORD_DEPTH, read_json, write_json
from staysail.core.messages import ToolCall
from staysail.core.validation import check
from staysail.testing import ScriptedModel


def nested(levels: int) -> Any:
    value: Any = {"a": "core"}
    for level in range(1, levels):
        value = [value, {}] if level % 2 else {"a": value, "b": []}
    return value


def schema(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string"}
    for level in range(levels):
        if level % 2:
            found = {"type": "array", "items": {"anyOf": [found, {"type": "object"}]}}
        else:
            found = {"type": "object", "properties": {"a": found, "b": {}}}
    return found


def hungry(value: Any) -> int:
    """A generator within a call of C code at each level."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((hungry(item) for item in inner), default=0)


def refusal(text: str) -> str | None:
    try:
        read_json(text)
    except JsonError as error:
        return error.code
    return None


@tool
async def walk() -> str:
    """Walks over values of every allowed depth."""
    for levels in (MAX_DEPTH, RECORD_DEPTH):
        value = nested(levels)
        assert read_json(write_json(value), max_depth=levels) == value
        assert copy.deepcopy(value) == value
        assert hungry(value) > levels
        assert len(repr(value)) > levels
        assert "core" not in repr(redact(value, ("core-secret", "core")))
        assert read_result(value)
        assert read_json(json.dumps(value, indent=1, sort_keys=True), max_depth=levels) == value
    value = nested(MAX_DEPTH - 1)
    check({"a": value}, {"type": "object", "properties": {"a": schema(MAX_DEPTH)}})
    arguments = {"value": value if isinstance(value, list) else value["a"]}

    @tool
    def echo(value: list) -> Any:
        return value

    agent = Agent(ScriptedModel([[ToolCall("1", "echo", arguments)], "done"]), tools=[echo], durable=":memory:")
    reply = await agent.prompt("go")
    assert reply.text == "done"
    messages = [Message.from_dict(read_json(write_json(message.to_dict()), max_depth=RECORD_DEPTH)) for message in reply.messages]
    assert messages == list(reply.messages)
    hash(messages[1])
    for text in ("[" * 8_000, '{"a":' * 8_000, "[" * 1_000_000):
        assert refusal(text) == "too_deep"
    return "alive"
