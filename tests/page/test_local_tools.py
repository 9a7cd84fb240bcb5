"""Native tool calls in headless Chromium: the weights of the built-in model under a chat template that takes tools, so that llama.cpp renders
tools, reads the calls out of the text and gets the results. The model is too small to choose well: a call is forced, or follows examples."""

import base64
import json

import pytest

from tests.page.gguf_parts import with_template
from tests.page.test_local_engine import WEIGHTS, open_engine, run, text_of

pytestmark = [
    pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build"),
    pytest.mark.xdist_group("language model"),
]

# As Qwen's and Hermes' models write them, in short.
TEMPLATE = r"""
{%- if tools %}{{- '<|im_start|>system\nTools: ' }}{%- for tool in tools %}{{- tool | tojson }}{%- endfor %}{{- '<|im_end|>\n' }}{%- endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}{{- '<|im_start|>user\n<tool_response>\n' + message.content + '\n</tool_response><|im_end|>\n' }}
{%- elif message.role == 'assistant' %}
{{- '<|im_start|>assistant' }}
{%- if message.content %}{{- '\n' + message.content }}{%- endif %}
{%- for call in message.tool_calls or [] %}
{{- '\n<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' }}{{- call.function.arguments | tojson }}{{- '}\n</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>\n' }}
{%- else %}{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"""
# Its answers begin inside of their reasoning, as DeepSeek's R1 has it.
THINKING = TEMPLATE.replace(r"assistant\n' }}{%- endif %}", r"assistant\n<think>\n' }}{%- endif %}").replace(
    "{%- if message.content %}",
    r"{%- if message.reasoning_content %}{{- '\n<think>\n' + message.reasoning_content + '\n</think>\n' }}{%- endif %}{%- if message.content %}",
)
assert THINKING.count("<think>") == 2
WEATHER = {
    "name": "get_weather",
    "description": "Weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}, "unit": {"$ref": "#/$defs/unit"}},
        "required": ["city", "unit"],
        "additionalProperties": False,
        "$defs": {"unit": {"enum": ["celsius", "fahrenheit"]}},
    },
}
DICE = {"name": "roll", "description": "Roll dice", "parameters": {"type": "object", "properties": {"count": {"type": "integer"}}}}
LOAD = """
const head = Uint8Array.from(atob(a[0]), (character) => character.charCodeAt(0));
const whole = await (await fetch("../../wheels/local/SmolLM2-135M-Instruct.Q4_1.gguf")).blob();
const model = new File([head, whole.slice(a[1])], "tools.gguf");
"""


def model(template: str) -> tuple[str, int]:
    with WEIGHTS.open("rb") as file:
        head, base = with_template(file.read(8_000_000), template)
    return base64.b64encode(head).decode(), base


@pytest.fixture(scope="module")
def page(site, browser):
    load = (
        "window.engine = new LocalEngine({threads: 1, contextTokens: 1024}); await engine.load({model});"  # by its template it runs native
    )
    open_engine(site, browser, f"engine.dispose(); {LOAD} {load}", *model(TEMPLATE))
    yield browser
    run(browser, "engine.dispose();")


def said(role: str, *content: dict | str) -> dict:
    return {"role": role, "content": [{"type": "text", "text": part} if isinstance(part, str) else part for part in content]}


def ask(page, *messages: dict, **options) -> list[dict]:
    return run(page, "return await collect(engine.complete(a[0]));", {"messages": messages, "temperature": 0, **options})


def check_call(events: list[dict], name: str) -> dict:
    """The call that the events end with; its pieces make up its arguments."""
    assert [event["type"] for event in events[-3:]] == ["tool_call", "usage", "finish"]
    assert events[-1]["finish_reason"] == "tool_calls"
    call, deltas = events[-3], [event for event in events if event["type"] == "tool_call_delta"]
    assert {(delta["id"], delta["name"]) for delta in deltas} == {(call["id"], name)}
    assert call["name"] == name
    assert json.loads("".join(delta["arguments_delta"] for delta in deltas)) == call["arguments"]
    assert len(deltas) > 2  # it came bit by bit
    return call


def test_a_forced_call_holds_its_schema_and_its_result_is_answered_in_text(page):
    question = said("user", "What is the weather in Oslo?")
    events = ask(page, question, tools=[WEATHER], tool_choice={"name": "get_weather"}, max_tokens=60)
    call = check_call(events, "get_weather")
    assert text_of(events) == ""
    assert call["arguments"]["unit"] in ("celsius", "fahrenheit")
    assert isinstance(call["arguments"]["city"], str)
    assert set(call["arguments"]) == {"city", "unit"}
    result = {"type": "tool_result", "id": call["id"], "name": "get_weather", "content": [{"type": "text", "text": "rain, 7 degrees"}]}
    answer = ask(page, question, said("assistant", call), said("tool", result), tools=[WEATHER], max_tokens=4)
    assert text_of(answer)
    assert answer[-2]["cached_input_tokens"] > 50  # tools and question are not read again


@pytest.mark.thorough
def test_any_tool_is_enough_where_one_is_required(page):
    events = ask(page, said("user", "Roll 3 dice"), tools=[WEATHER, DICE], tool_choice="required", max_tokens=60)
    assert events[-3]["name"] in ("get_weather", "roll")
    check_call(events, events[-3]["name"])


@pytest.mark.thorough
def test_a_call_that_is_cut_off_says_so(page):
    events = ask(page, said("user", "Weather?"), tools=[WEATHER], tool_choice="required", max_tokens=12)
    assert events[-1]["finish_reason"] == "length"


@pytest.mark.thorough
def test_a_call_of_the_models_own_is_read_out_of_its_text(page):
    past = []
    for number, (city, weather) in enumerate([("Paris", "sun"), ("Rome", "rain"), ("Cairo", "sand")]):
        call = {"type": "tool_call", "id": f"c{number}", "name": "get_weather", "arguments": {"city": city, "unit": "celsius"}}
        result = {"type": "tool_result", "id": f"c{number}", "content": [{"type": "text", "text": weather}]}
        past += [said("user", f"Weather in {city}?"), said("assistant", call), said("tool", result), said("assistant", f"{weather}.")]
    call = check_call(ask(page, *past, said("user", "Weather in Oslo?"), tools=[WEATHER], max_tokens=60), "get_weather")
    assert call["arguments"] == {"city": "Oslo", "unit": "celsius"}


@pytest.mark.thorough
def test_reasoning_comes_apart_from_the_answer(page):
    events = run(
        page,
        LOAD
        + """
        const own = new LocalEngine({threads: 1, contextTokens: 512});
        try {
          await own.load({model});
          return await collect(own.complete({messages: [{role: "user", content: text("Is the sea deep?")}], max_tokens: 6, temperature: 0}));
        } finally { own.dispose(); }
        """,
        *model(THINKING),
    )
    assert {event["type"] for event in events[:-2]} == {"reasoning"}  # no end of it was written
    assert events[-1]["finish_reason"] == "length"


@pytest.mark.thorough
def test_an_agent_calls_a_tool_of_the_page_by_a_model_in_it(page):
    run(page, "engine.dispose();")
    seen = run(
        page,
        LOAD
        + """
        const [{ Agent, boot }, { localEngine }] = await Promise.all([import("../../web/index.js"), import("../../web/providers/local.js")]);
        boot({ runtimeURL: "../../wheels/" });
        window.engine = await localEngine({ localURL: "../../wheels/local/", threads: 1, contextTokens: 1024 });
        await engine.load({ model });
        const called = [];
        const tool = { ...a[2], execute: (given) => { called.push(given); return "rain, 7 degrees"; } };
        const agent = new Agent({ model: "local", tools: [tool], toolChoice: "get_weather", maxTokens: 60, temperature: 0 });
        const types = [];
        for await (const { type } of agent.stream("What is the weather in Oslo?")) if (types.at(-1) !== type) types.push(type);
        return { called, types };
        """,
        *model(TEMPLATE),
        WEATHER,
    )
    assert len(seen["called"]) == 1
    assert set(seen["called"][0]) == {"city", "unit"}
    order = [kind for kind in seen["types"] if kind in ("tool_call_delta", "tool_call_done", "tool_result", "text_delta")]
    assert order == ["tool_call_delta", "tool_call_done", "tool_result", "text_delta"]
