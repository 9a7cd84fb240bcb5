import json

import pytest

from staysail import Completion, CompletionRequest, ConfigError, Document, Message, OutputSchema, Text, ToolCall, ToolDefinition, Usage


def test_a_request_may_be_made_of_plain_things():
    request = CompletionRequest(
        "Hi",
        tools=[
            {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
            {"name": "g", "input_schema": {"type": "object"}},
        ],
        documents=["one", {"id": "d2", "text": "two"}],
        output={"type": "object"},
    )
    assert request.messages == (Message.user("Hi"),)
    assert request.tools == (ToolDefinition("f", parameters={"type": "object"}), ToolDefinition("g", parameters={"type": "object"}))
    assert request.documents == (Document("doc_0", "one"), Document("d2", "two"))
    assert request.output == OutputSchema({"type": "object"})
    assert json.loads(json.dumps(request.to_dict()))["messages"][0]["role"] == "user"


def test_documents_stand_before_the_last_thing_the_user_said():
    request = CompletionRequest([Message.user("a"), Message.assistant("b"), Message.user("c")], documents=["known"])
    assert [message.text.split("\n")[0] for message in request.with_documents()] == ["a", "b", '<document id="doc_0">', "c"]


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        (None, None),
        ("auto", None),
        ("none", None),
        ("required", None),
        ("f", "f"),
        ({"name": "f"}, "f"),
        ({"type": "function", "function": {"name": "f"}}, "f"),
    ],
)
def test_a_choice_may_name_a_tool(choice: object, name: str | None):
    assert CompletionRequest("x", tool_choice=choice).forced_tool == name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"temperature": -1}, "Temperature must be between 0 and 2, got -1"),
        ({"temperature": True}, "Temperature"),
        ({"max_tokens": 0}, "Max tokens must be greater than 0, got 0"),
        ({"max_tokens": "9"}, "Max tokens must be greater than 0, got '9'"),
        ({"tools": [{"description": "nameless"}]}, "a tool needs a name"),
        ({"documents": [3]}, "a document is text"),
    ],
)
def test_what_every_provider_refuses_is_refused_here(options: dict, said: str):
    with pytest.raises(ConfigError, match=said):
        CompletionRequest("x", **options)


def test_a_completion_survives_json():
    message = Message.assistant([Text("a", ({"url": "u"},)), ToolCall("1", "f", {"x": 1})])
    completion = Completion(message, Usage(1, 2, 3, 4, 5, 6), "tool_calls", "tool_use", {"raw": [1]}, "req", "m")
    assert Completion.from_dict(json.loads(json.dumps(completion.to_dict()))) == completion
    assert completion.citations == ({"url": "u"},)


def test_usage_adds_up_field_by_field():
    assert sum([Usage(1, 2, 3, 4, 5, 6)] * 3, Usage()) == Usage(3, 6, 9, 12, 15, 18)
    assert Usage.from_dict({"input_tokens": None, "total_tokens": 3}) == Usage(total_tokens=3)
