"""Every provider's rules for schemas by every construct of JSON Schema: whatever a tool's schema says, no prompt is refused for it."""

from contextlib import suppress
from typing import Any

import pytest

from staysail import Agent, OutputError, load_model, provider_names
from staysail.core.validation import check, fit
from tests.contracts import table
from tests.contracts.constructs import CONSTRUCTS, NOT_OFFERED
from tests.rules import RulesTransport
from tests.rules.schemas import FAMILIES, find_refusal

# A model of each kind that differs in what it takes.
MODELS = {
    "openai": "gpt-5.4",
    "openai-chat": "gpt-4.1-nano",
    "azure": "gpt-5.6",
    "anthropic": "claude-sonnet-4-6",
    "gemini": "gemini-3.8-flash",
    "xai": "grok-4.3",
    "mistral": "mistral-large-2512",
    "groq": "openai/gpt-oss-120b",
    "deepseek": "deepseek-v4-pro",
    "cohere": "command-a-03-2025",
    "moonshot": "kimi-k3",
}
OLDER = ("gemini", "gemini-1.5-pro")


class Tool:
    """A tool as an MCP server or JavaScript gives it."""

    description = "x"

    def __init__(self, name: str, parameters: Any, strict: bool | None = None) -> None:
        self.name, self.parameters, self.strict = name, parameters, strict

    async def call(self, args: dict) -> dict:
        return args


def agent(provider: str, model: str, **options: Any) -> tuple[Agent, RulesTransport]:
    transport = RulesTransport(provider)
    base_url = "https://mine.openai.azure.com/openai/v1" if provider == "azure" else "http://127.0.0.1:9/v1"
    return Agent(f"{provider}:{model}", api_key="k", base_url=base_url, transport=transport, retry=False, **options), transport


def with_chat() -> list[tuple[str, str]]:
    found = []
    for name in provider_names("chat"):
        if name not in ("local", "prompt-api"):
            model = load_model(f"{name}:m", api_key="k", base_url="http://127.0.0.1:9/v1")
            if model.traits.tools:
                found.append((name, MODELS.get(name, "m")))
    return [*found, OLDER]


@pytest.mark.parametrize("strict", [None, True], ids=["by default", "strict"])
@pytest.mark.parametrize(("provider", "model"), with_chat())
async def test_no_schema_of_a_tool_makes_a_provider_refuse_the_prompt(provider: str, model: str, strict: bool | None):
    tools = [Tool(f"{n} {name}", schema, strict) for n, (name, schema) in enumerate(CONSTRUCTS.items())]
    asked, transport = agent(provider, model, tools=tools)
    reply = await asked.prompt("Hello?")
    assert transport.refused == []
    left_out = {warning.split(" is not offered")[0].removeprefix("the tool ").partition(" ")[2] for warning in reply.warnings}
    assert left_out == NOT_OFFERED
    assert str(transport.bodies[0]).count("'description': 'x'") == len(CONSTRUCTS) - len(NOT_OFFERED)


@pytest.mark.parametrize(("provider", "model"), with_chat())
async def test_no_schema_of_an_answer_makes_a_provider_refuse_the_prompt(provider: str, model: str):
    for name, schema in CONSTRUCTS.items():
        if not isinstance(schema, dict):
            continue
        asked, transport = agent(provider, model, output_type=schema, output_retries=0)
        with suppress(OutputError):  # what the server's model says need not fit; that it was asked is what counts
            await asked.prompt("Hello?")
        assert transport.refused == [], name


@pytest.mark.parametrize("provider", FAMILIES)
def test_the_rules_refuse_schemas_that_are_sent_as_they_came(provider: str):
    """So that the test above can fail."""
    for strict in (False, True):
        refused = [name for name, schema in CONSTRUCTS.items() if find_refusal(provider, schema, strict=strict)]
        assert len(refused) >= 4, refused
        assert not find_refusal(provider, CONSTRUCTS["type"], strict=False)


@pytest.mark.parametrize(("provider", "model"), [("anthropic", MODELS["anthropic"]), ("openai", "gpt-5.4"), ("cohere", MODELS["cohere"])])
async def test_names_go_as_the_provider_takes_them_and_come_back_as_the_callers(provider: str, model: str):
    schema = {"type": "object", "properties": {"filter[id]": {"type": "string"}}, "required": ["filter[id]"]}
    names = ["file.read", "file_read", "read file", "9lives", "é" * 5, "x" * 100, "x" * 90 + "y"]
    tools = [Tool(name, schema) for name in names]
    for name in names:
        asked, transport = agent(provider, model, tools=tools, tool_choice=name, max_turns=2)
        reply = await asked.prompt("Go.", history=[])
        assert transport.refused == []
        [call, *_] = reply.steps[0].completion.tool_calls
        assert (call.name, list(call.arguments)) == (name, ["filter[id]"])
        assert not reply.steps[0].tool_results[0].is_error
        assert name in [call.name for message in reply.messages for call in message.tool_calls]


async def test_a_tool_that_cannot_be_offered_is_left_out_and_the_run_goes_on_with_the_others():
    fine, circle = Tool("fine", {"type": "object", "properties": {}}), {"type": "object", "properties": {}}
    circle["properties"] = {"me": circle}
    odd = [Tool("text", {"type": "string"}), Tool("circle", circle), Tool("date", {"type": "object", "default": object()})]
    asked, transport = agent("openai", "gpt-5.4", tools=[*odd, fine])
    reply = await asked.prompt("Hello?")
    assert [tool["name"] for tool in transport.bodies[0]["tools"]] == ["fine"]
    assert len(reply.warnings) == 3
    assert all(" is not offered to the model: its parameters are " in warning for warning in reply.warnings)


STRICT = {"openai": "gpt-5.4", "openai-chat": "gpt-4.1-nano", "azure": "gpt-5.6"}
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "age": {"type": "integer", "minimum": 0},
        "nick": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "home": {"$ref": "#/$defs/place"},
    },
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {
        "place": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "zip": {"type": "string", "default": "0"}},
            "required": ["city"],
            "additionalProperties": False,
        }
    },
}


@pytest.mark.parametrize(("provider", "model"), STRICT.items())
async def test_strict_mode_is_on_where_a_closed_form_exists(provider: str, model: str):
    asked, transport = agent(provider, model, tools=[Tool("person", PERSON), Tool("bag", {"type": "object"})])
    await asked.prompt("Hello?")
    person, bag = [tool.get("function", tool) for tool in transport.bodies[0]["tools"]]
    assert (person["strict"], bag["strict"]) == (True, False)
    assert set(person["parameters"]["required"]) == set(PERSON["properties"])
    assert "minLength" in person["parameters"]["properties"]["name"]["description"]
    written = {"name": "Ann", "age": None, "nick": None, "tags": None, "home": {"city": "Rome", "zip": None}}
    assert check(written, person["parameters"]) == []
    assert fit(written, PERSON) == ({"name": "Ann", "nick": None, "home": {"city": "Rome"}}, [])
    assert fit({"name": "A", "age": None}, PERSON)[1] == ["name: shorter than 2 characters"]


async def test_an_answer_without_a_closed_form_is_asked_for_through_a_tool_where_the_provider_takes_closed_ones_alone():
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    asked, transport = agent("anthropic", MODELS["anthropic"], output_type=schema)
    await asked.prompt("Count.")
    assert "output_config" not in transport.bodies[0]
    assert [tool["name"] for tool in transport.bodies[0]["tools"]] == ["final_answer"]


def test_the_table_in_the_documentation_is_todays():
    page = table.PAGE.read_text("utf-8")
    assert table.render() in page, "run PYTHONPATH=py:. python -m tests.contracts.table"
