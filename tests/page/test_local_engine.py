"""The local models in headless Chromium: the real weights, the real runtimes, no network but the development server.

What a small model says differs between machines; so these tests hold it to what it cannot get wrong (order of events, schema,
being stopped, what is downloaded) and, where the decision is the engine's own, to exact values.
"""

import json
import math
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REQUESTS = json.loads((HERE / "local_requests.json").read_text())
WEIGHTS = HERE.parents[1] / "wheels" / "local" / "SmolLM2-135M-Instruct.Q4_1.gguf"

pytestmark = [
    pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build"),
    pytest.mark.xdist_group("language model"),
]


@pytest.fixture(scope="module")
def page(site, browser):
    """A page with the engine loaded; the model stays in memory from test to test."""
    open_engine(site, browser, "await engine.load({embedder: true});")
    yield browser
    run(browser, "engine.dispose();")


def open_engine(site, browser, body="", *arguments):
    """Opens the page with the local models' engine, and runs JavaScript in it."""
    browser.get(f"{site}tests/page/local_engine.html")
    browser.set_script_timeout(110)
    run(browser, f"while (!window.engine) await new Promise((resolve) => setTimeout(resolve, 20)); {body}", *arguments)


def run(browser, body, *arguments):
    """What the body of an async JavaScript function returns; `a` in it is the arguments."""
    outcome = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        f"(async (...a) => {{ {body} }})(...[...arguments].slice(0, -1))"
        ".then((value) => done({value}), (error) => done({error: `${error.name} ${error.code}: ${error.message}`}))",
        *arguments,
    )
    assert "error" not in outcome, outcome["error"]
    return outcome["value"]


def ask(page, prompt, **options):
    request = {"messages": [{"role": "user", "content": [{"type": "text", "text": prompt}]}], **options}
    return run(page, "return await collect(engine.complete(a[0]));", request)


def text_of(events):
    return "".join(event["text"] for event in events if event["type"] == "text")


def tool(name):
    return next(tool for tools in REQUESTS["toolsets"].values() for tool in tools if tool["name"] == name)


def test_an_answer_streams_and_ends_with_usage_and_a_reason(page, capsys):
    timed = run(
        page,
        """
        const started = performance.now();
        const events = [];
        for await (const event of engine.complete({messages: [{role: "user", content: text("Tell me about the sea.")}], max_tokens: 40})) {
          events.push([performance.now() - started, event]);
        }
        return events;
        """,
    )
    events = [event for _, event in timed]
    times = [at for at, event in timed if event["type"] == "text"]
    assert [event["type"] for event in events[-2:]] == ["usage", "finish"]
    assert events[-2]["output_tokens"] <= 40
    assert events[-1]["finish_reason"] in ("stop", "length")
    assert len(times) > 10
    assert times[-1] - times[0] > 0.2 * times[-1]  # it came bit by bit
    assert "sea" in text_of(events).lower() or "ocean" in text_of(events).lower()
    with capsys.disabled():
        rate = (len(times) - 1) / (times[-1] - times[0]) * 1000
        print(f"\n  local model: first text after {times[0]:.0f} ms, then {rate:.1f} pieces/s")


def test_a_conversation_that_goes_on_pays_for_its_new_part_only(page):
    complete = "return await collect(engine.complete({messages: a[0], max_tokens: 4, temperature: 0}));"
    exchange = [{"role": "user", "content": [{"type": "text", "text": "Name a colour. " * 2}]}]
    first = run(page, complete, exchange)
    exchange += [{"role": "assistant", "content": [{"type": "text", "text": text_of(first)}]}]
    exchange += [{"role": "user", "content": [{"type": "text", "text": "Another."}]}]
    second = run(page, complete, exchange)
    before, after = first[-2], second[-2]
    assert after["cached_input_tokens"] >= before["input_tokens"]
    run(page, "await collect(engine.complete({messages: [{role: 'user', content: text('Something else')}], max_tokens: 2}));")
    assert text_of(run(page, complete, exchange)) == text_of(second)  # the kept prefix changes nothing


@pytest.mark.parametrize("how", ["abort", "leave"])
def test_stopping_midway_stops_the_model(page, how):
    seen = run(
        page,
        """
        const controller = new AbortController();
        const request = {messages: [{role: "user", content: text("Write a very long story about a dragon.")}], max_tokens: 400};
        let pieces = 0, error = null, first, stopped;
        try {
          for await (const event of engine.complete(request, {signal: controller.signal})) {
            first ??= performance.now();
            if (++pieces < 3) continue;
            stopped = performance.now();
            if (a[0] === "leave") break;
            controller.abort();
          }
        } catch (caught) { error = caught.name; }
        const settled = performance.now() - stopped;
        const next = await collect(engine.complete({messages: [{role: "user", content: text("Hi")}], max_tokens: 2}));
        const rest = (stopped - first) / 2 * 397;
        return {pieces, error, settled, untilNextEnded: performance.now() - stopped, rest, last: next.at(-1).type};
        """,
        how,
    )
    assert seen["pieces"] == 3
    assert seen["error"] == ("AbortError" if how == "abort" else None)
    assert seen["settled"] < 250
    assert seen["untilNextEnded"] < max(seen["rest"], 5_000)  # the rest of the story would have come first
    assert seen["last"] == "finish"


def test_requests_wait_their_turn_and_one_that_gives_up_leaves_the_queue(page):
    order = run(
        page,
        """
        const order = [];
        const controller = new AbortController();
        const one = async (name, signal) => {
          try {
            await collect(engine.complete({messages: [{role: "user", content: text("Say " + name)}], max_tokens: 6}, {signal}));
            order.push(name);
          } catch (error) { order.push(`${name} ${error.name}`); }
        };
        const all = [one("first"), one("second", controller.signal), one("third")];
        setTimeout(() => controller.abort(), 50);
        await Promise.all(all);
        return order;
        """,
    )
    assert order == ["second AbortError", "first", "third"]


@pytest.mark.parametrize(
    ("prompt", "name", "arguments"),
    [
        ("What's the weather in Oslo?", "get_weather", {"city": "Oslo"}),
        ("Roll 3 dice", "roll_dice", {"count": 3}),
        pytest.param("Make the page dark please", "set_theme", {"theme": "dark"}, marks=pytest.mark.thorough),
    ],
)
def test_a_request_for_a_tool_becomes_its_call(page, prompt, name, arguments):
    call, usage, finish = ask(page, prompt, tools=REQUESTS["toolsets"]["page"])
    assert (call["type"], call["name"], call["arguments"]) == ("tool_call", name, arguments)
    assert call["id"]
    assert usage["output_tokens"] > 0
    assert finish == {"type": "finish", "finish_reason": "tool_calls"}


@pytest.mark.parametrize("prompt", ["Hello!", "Tell me about the sea."])
def test_talk_is_answered_in_text_though_there_are_tools(page, prompt):
    events = ask(page, prompt, tools=REQUESTS["toolsets"]["page"], max_tokens=12)
    assert text_of(events)
    assert not any(event["type"] == "tool_call" for event in events)


def test_tool_choice_is_obeyed(page):
    tools = [tool("get_weather"), tool("roll_dice")]
    assert ask(page, "Hello!", tools=tools, tool_choice="required")[0]["type"] == "tool_call"
    assert ask(page, "Hello!", tools=tools, tool_choice={"name": "roll_dice"})[0]["name"] == "roll_dice"
    assert ask(page, "What's the weather in Oslo?", tools=tools, tool_choice="none", max_tokens=2)[0]["type"] == "text"


def test_a_tools_result_is_answered_in_text(page):
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "What's the weather in Oslo?"}]},
        {"role": "assistant", "content": [{"type": "tool_call", "id": "1", "name": "get_weather", "arguments": {"city": "Oslo"}}]},
        {
            "role": "tool",
            "content": [
                {"type": "tool_result", "id": "1", "name": "get_weather", "content": [{"type": "text", "text": "rain, 7 degrees"}]}
            ],
        },
    ]
    request = {"messages": messages, "tools": [tool("get_weather")], "tool_choice": "required", "max_tokens": 40, "temperature": 0}
    events = run(page, "return await collect(engine.complete(a[0]));", request)
    assert events[-1]["finish_reason"] in ("stop", "length")
    assert text_of(events)


def test_structured_output_fits_its_schema(page):
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer", "minimum": 0, "maximum": 130},
            "mood": {"enum": ["happy", "sad"]},
        },
        "required": ["name", "age", "mood"],
    }
    events = ask(page, "Anna is 31 years old and she is very happy today.", output_schema=schema)
    assert json.loads(text_of(events)) == {"name": "Anna", "age": 31, "mood": "happy"}
    assert events[-1]["finish_reason"] == "stop"
    assert len([event for event in events if event["type"] == "text"]) > 1


def test_routing_is_as_good_as_the_readme_says(page, capsys):
    rows = REQUESTS["tools"] + [[*row, None] for row in REQUESTS["none"]]
    chosen = run(
        page,
        """
        const {Router} = await import("../../web/local/router.js");
        const router = new Router((texts) => engine.embed(texts));
        const names = [];
        for (const [toolset, prompt] of a[0]) names.push((await router.route([prompt], a[1][toolset], false))?.name ?? null);
        return names;
        """,
        rows,
        REQUESTS["toolsets"],
    )
    right = [
        [row[2] == name for row, name in zip(rows, chosen, strict=True) if bool(row[2]) == wanted and row[0].startswith("held_out") == held]
        for held in (False, True)
        for wanted in (True, False)
    ]
    counts = [f"{sum(each)} of {len(each)}" for each in right]
    with capsys.disabled():
        print(f"\n  routing: tools {counts[0]}, no tool {counts[1]}; held out: tools {counts[2]}, no tool {counts[3]}")
    assert sum(map(sum, right)) >= 0.85 * len(rows)


def test_embeddings_are_those_of_the_reference(page):
    reference = json.loads((HERE / "local_embeddings.json").read_text())  # onnxruntime on CPython, Hugging Face's tokenizer
    vectors = run(page, "return (await engine.embed(a[0])).map((vector) => [...vector]);", [text for text, _ in reference])
    for vector, (text, expected) in zip(vectors, reference, strict=True):
        assert len(vector) == 384
        assert math.isclose(math.hypot(*vector), 1, abs_tol=1e-4)
        assert dot(vector, expected) > 0.99, text


def test_embeddings_keep_their_order_and_their_sense(page):
    long = "the tide comes in and goes out again " * 60
    texts = ["A ship is a large boat.", long, "Bread is baked in an oven.", "A vessel that sails the sea.", "hi"]
    vectors = run(page, "return (await engine.embed(a[0])).map((vector) => [...vector]);", texts)
    alone = [run(page, "return [...(await engine.embed([a[0]]))[0]];", text) for text in texts]
    assert all(dot(a, b) > 0.98 for a, b in zip(vectors, alone, strict=True))  # int8 scales span a batch, so not exactly 1
    assert dot(vectors[0], vectors[3]) > dot(vectors[0], vectors[2]) + 0.2
    assert run(page, "return await engine.embed([]);") == []


def test_a_question_is_embedded_before_the_rest_of_a_file(page):
    order = run(
        page,
        """
        const order = [];
        const long = "the tide comes in and goes out again ".repeat(8);
        const file = engine.embed(Array(30).fill(long)).then(() => order.push("file"));
        await engine.embed(["What is a tide?"]).then(() => order.push("question"));
        await file;
        return order;
        """,
    )
    assert order == ["question", "file"]


def test_a_static_embedder_stands_in_for_the_built_in_one(page):
    seen = run(
        page,
        """
        const own = new LocalEngine({threads: 1});
        const texts = ["a fast car", "The automobile was quick.", "Bread and butter"];
        const vectors = (await own.embed(texts, {embedder: "potion-base-8m"})).map((vector) => [...vector]);
        const sizes = [(await own.embed(["a"]))[0].length, await failure(own.embed(["a"], {embedder: "e9"}))];
        const names = (await own.stored()).map(({name}) => name);
        const gone = await own.delete("potion-base-8m");
        own.dispose();
        return {vectors, names, gone, sizes};
        """,
    )
    question, answer, other = seen["vectors"]
    assert len(question) == 256
    assert dot(question, answer) > dot(question, other) + 0.3
    assert "potion-base-8m" in seen["names"]
    assert seen["gone"] is True
    assert seen["sizes"][0] == 384
    assert seen["sizes"][1]["code"] == "bad_request"


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_a_second_load_asks_the_network_for_no_weights(page, site):
    seen = run(
        page,
        """
        const seen = [];
        const second = new LocalEngine();
        const started = performance.now();
        const both = [second.load({embedder: true, onProgress: (progress) => seen.push(progress)}), second.load({embedder: true})];
        await Promise.all(both);
        const ms = performance.now() - started;
        second.dispose();
        return {seen, ms};
        """,
    )
    loaded = {progress["stage"]: progress for progress in seen["seen"]}
    assert list(loaded)[-1] == "ready"
    for stage in ("model", "embedder"):
        steps = [progress for progress in seen["seen"] if progress["stage"] == stage]
        assert [(step["loadedBytes"], step["totalBytes"]) for step in steps] == [(steps[0]["totalBytes"],) * 2]  # one step: there already


@pytest.mark.parametrize(
    ("model", "code", "words"),
    [
        ("no-such.gguf", "not_found", "404"),
        ("tests/page/local_engine.html", "not_gguf", "not a GGUF"),
        ("an-unknown-name", "bad_request", "no local model"),
    ],
)
def test_a_model_that_cannot_be_loaded_says_why(page, site, model, code, words):
    given = model if code == "bad_request" else f"{site}{model}"
    error = run(
        page,
        "const other = new LocalEngine(); const error = await failure(other.load({model: a[0]})); other.dispose(); return error;",
        given,
    )
    assert error["code"] == code
    assert words in error["message"]


def test_a_damaged_model_and_a_missing_runtime_say_why(page, site):
    errors = run(
        page,
        """
        const damaged = new LocalEngine();
        const first = await failure(damaged.load({model: new Blob(["GGUF", new Uint8Array(4096)])}));
        damaged.dispose();
        const lost = new LocalEngine({localURL: a[0]});
        const [model] = [await (await fetch(a[1])).blob()];
        const second = await failure(lost.load({model}));
        lost.dispose();
        return [first, second];
        """,
        f"{site}tests/",
        f"{site}wheels/local/{WEIGHTS.name}",
    )
    assert [error["code"] for error in errors] == ["not_gguf", "runtime_missing"]


def test_a_crash_fails_what_is_pending_and_the_next_call_starts_the_same_file_anew(page, site):
    outcome = run(
        page,
        """
        const {Worker: Real} = window;
        const made = [];
        window.Worker = class extends Real { constructor(...given) { super(...given); made.push(this); } };
        try {
          const own = new LocalEngine({contextTokens: 512, threads: 1});
          await own.load({model: new File([await (await fetch(a[0])).blob()], "mine.gguf")});
          const pending = failure(collect(own.complete({messages: [{role: "user", content: text("Count to ten")}], max_tokens: 200})));
          const queued = collect(own.complete({messages: [{role: "user", content: text("Hi")}], max_tokens: 2}));
          await new Promise((resolve) => setTimeout(resolve, 300));
          made[0].dispatchEvent(new ErrorEvent("error", {message: "out of luck"}));
          const error = await pending;
          const last = (await queued).at(-1).type;
          own.dispose();
          return {error, last, workers: made.length, later: (await failure(own.load())).code};
        } finally { window.Worker = Real; }
        """,
        f"{site}wheels/local/{WEIGHTS.name}",
    )
    assert outcome["error"]["code"] == "crashed"
    assert "out of luck" in outcome["error"]["message"]
    assert (outcome["last"], outcome["workers"], outcome["later"]) == ("finish", 2, "disposed")


def test_the_browsers_own_model_is_said_to_be_missing_where_it_is(page):
    seen = run(
        page,
        """
        const own = new PromptAPIEngine();
        const availability = await own.availability();
        const error = await failure(collect(own.complete({messages: [{role: "user", content: text("Hi")}]})));
        return {availability, error};
        """,
    )
    if seen["availability"] != "unavailable":
        pytest.skip("this browser has a model of its own")
    assert seen["error"]["code"] == "unavailable"
    assert "another provider" in seen["error"]["message"]
