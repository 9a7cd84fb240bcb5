"""wllama 3 in headless Chromium, with the real built-in model: text, answers under a schema, a kept prompt, stop. What the model says is its
own; the tests hold what the runtime has to keep. SmolLM2's template knows no tools: test_local_tools.py gives it one that does."""

import base64
import io
import json
import random
import struct
import wave

import PIL.Image
import pytest

from tests.page.gguf_parts import projector
from tests.page.test_local_engine import WEIGHTS, ask, open_engine, run, text_of
from tests.page.weights_server import Weights, WeightsServer
from tools.serve import serving
from tools.site import FOLDERS, Site

pytestmark = [
    pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build"),
    pytest.mark.xdist_group("language model"),
]


@pytest.fixture(scope="module")
def page(site, browser):
    start = 'engine.dispose(); window.engine = new LocalEngine({runtime: "native", threads: 1, contextTokens: 1024}); await engine.load();'
    open_engine(site, browser, start)
    yield browser
    run(browser, "engine.dispose();")


def test_an_answer_streams_by_the_models_own_template_and_a_kept_prompt_is_not_read_again(page):
    first = ask(page, "Tell me about the sea.", max_tokens=5, temperature=0)
    assert [event["type"] for event in first] == ["text"] * 5 + ["usage", "finish"]
    assert first[-1]["finish_reason"] == "length"
    assert (first[-2]["output_tokens"], first[-2]["cached_input_tokens"]) == (5, 0)
    again = ask(page, "Tell me about the sea.", max_tokens=5, temperature=0)
    assert text_of(again) == text_of(first)
    assert again[-2]["cached_input_tokens"] >= first[-2]["input_tokens"] - 1


def test_an_answer_fits_its_schema(page):
    schema = {
        "type": "object",
        "properties": {"age": {"type": "integer"}, "mood": {"enum": ["happy", "sad"]}},
        "required": ["age", "mood"],
        "additionalProperties": False,
    }
    answer = json.loads(text_of(ask(page, "Anna is 31 years old and she is very happy today.", output_schema=schema, temperature=0)))
    assert set(answer) == {"age", "mood"}
    assert isinstance(answer["age"], int)
    assert answer["mood"] in ("happy", "sad")


@pytest.mark.parametrize("how", ["abort", pytest.param("leave", marks=pytest.mark.thorough)])
def test_stopping_midway_stops_the_model(page, how):
    seen = run(
        page,
        """
        const controller = new AbortController();
        const request = {messages: [{role: "user", content: text("Write a very long story.")}], max_tokens: 400};
        let pieces = 0, error = null;
        try {
          for await (const event of engine.complete(request, {signal: controller.signal})) {
            if (++pieces < 3) continue;
            if (a[0] === "leave") break;
            controller.abort();
          }
        } catch (caught) { error = caught.name; }
        const next = await collect(engine.complete({messages: [{role: "user", content: text("Hi")}], max_tokens: 2}));
        return {pieces, error, last: next.at(-1).type};
        """,
        how,
    )
    assert seen == {"pieces": 3, "error": "AbortError" if how == "abort" else None, "last": "finish"}


def test_a_request_that_cannot_be_sent_is_refused(page):
    ask_for = "return failure(collect(engine.complete({messages: [{role: 'user', content: text('Hi')}], ...a[0]})));"
    assert run(page, ask_for, {"max_tokens": 0})["code"] == "bad_request"
    assert run(page, ask_for, {"tool_choice": {"name": "gone"}, "tools": [{"name": "here"}]})["code"] == "bad_request"
    long = "return failure(collect(engine.complete({messages: [{role: 'user', content: text('word '.repeat(3000))}]})));"
    assert run(page, long)["code"] == "context_overflow"


def picture(colour: str) -> bytes:
    data = io.BytesIO()
    PIL.Image.new("RGB", (28, 28), colour).save(data, "PNG")
    return data.getvalue()


def test_what_a_model_does_not_read_is_an_error_or_left_out_of_the_history(page):
    red = {"type": "image", "data": base64.b64encode(picture("red")).decode()}
    said = [{"role": "user", "content": [red]}, {"role": "assistant", "content": [{"type": "text", "text": "Red."}]}]
    ask_for = "return failure(collect(engine.complete({messages: a[0], max_tokens: 3})));"
    assert "no pictures" in run(page, ask_for, said[:1])["message"]
    assert run(page, ask_for, [*said, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]) is None


@pytest.mark.parametrize(
    ("before", "folder"),
    [("", "wllama3"), pytest.param("delete WebAssembly.Suspending;", "wllama3/compat", marks=pytest.mark.thorough)],
)
def test_a_browser_without_stack_switching_takes_the_build_that_needs_none(page, before, folder):
    events, seen = run(
        page,
        """
        const seen = [];
        const channel = new BroadcastChannel("seen");
        channel.onmessage = ({ data }) => seen.push(...data);
        const watch = `const channel = new BroadcastChannel("seen");
          new PerformanceObserver((list) => channel.postMessage(list.getEntries().map(({ name }) => name))).observe({ type: "resource", buffered: true });`;
        const module = (source) => URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
        const { Worker: Real } = window;
        window.Worker = class extends Real {
          constructor(address, options) { super(module(`import "${module(a[0] + watch)}"; import "${address}";`), options); }
        };
        try {
          const own = new LocalEngine({runtime: "native", threads: 1, contextTokens: 256});
          await own.load();
          const events = await collect(own.complete({messages: [{role: "user", content: text("Hi")}], max_tokens: 3}));
          own.dispose();
          return [events, seen];
        } finally { window.Worker = Real; channel.close(); }
        """,
        before,
    )
    assert [event["type"] for event in events] == ["text"] * 3 + ["usage", "finish"]
    # The compat build's script is fetched by the engine's worker; the other one's stands in index.js.
    assert {name.rpartition("/local/")[2].rpartition("/")[0] for name in seen if "/wllama" in name} == {"wllama3", folder}


@pytest.mark.thorough
@pytest.mark.parametrize("runtime", ["native", "guided"])
def test_a_page_that_is_not_isolated_runs_on_one_thread(browser, runtime):
    with serving(Site(folders=(*FOLDERS, "tests"), headers={})) as url:
        browser.get(f"{url}tests/page/local_engine.html")
        browser.set_script_timeout(110)
        told = run(
            browser,
            """
            while (!window.engine) await new Promise((resolve) => setTimeout(resolve, 20));
            engine.dispose();
            const own = new LocalEngine({runtime: a[0], threads: 2, contextTokens: 256});
            const events = await collect(own.complete({messages: [{role: "user", content: text("Hi")}], max_tokens: 3}));
            const [vector] = await own.embed(["a ship"]);
            own.dispose();
            return {isIsolated: crossOriginIsolated, last: events.at(-1).type, size: vector.length};
            """,
            runtime,
        )
    assert told == {"isIsolated": False, "last": "finish", "size": 384}


LOOK = """
while (!window.engine) await new Promise((resolve) => setTimeout(resolve, 20));
engine.dispose();
const [model, kind, media] = a;
const own = new LocalEngine({threads: 1, contextTokens: 256, model});
const ask = (...content) => collect(own.complete({messages: [{role: "user", content}], max_tokens: 8, temperature: 0}));
const part = (data) => ({type: kind, data});
const answers = [await ask(...text("What is it?"))];
for (const data of media) answers.push(await ask(part(data), ...text("What is it?")));
const other = await failure(ask({type: kind === "image" ? "audio" : "image", data: "AAAA"}));
own.dispose();
return {answers, other};
"""


def sound(seed: int) -> bytes:
    """A second of noise, as WAV."""
    data, draw = io.BytesIO(), random.Random(seed)
    with wave.open(data, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", int(draw.gauss(0, 9000 * seed) % 30_000)) for _ in range(16_000)))
    return data.getvalue()


@pytest.mark.parametrize(
    ("reads", "kind", "other", "least", "media"),
    [
        ("vision", "image", "no sound", 4, [picture("red"), picture("blue"), picture("red")]),  # a token for each of four patches
        # A token for each fifth of a second of thirty.
        pytest.param("audio", "audio", "no pictures", 150, [sound(1), sound(3), sound(1)], marks=pytest.mark.thorough),
    ],
)
def test_a_model_with_a_projector_reads_pictures_or_sound(browser, site, reads, kind, other, least, media):
    """SmolLM2 with a projector whose numbers are drawn at random: what goes in changes the answer, though it means nothing."""
    with WeightsServer() as server:
        server.files = {"/model.gguf": Weights(WEIGHTS.read_bytes()), "/mmproj-tiny.gguf": Weights(projector(576, reads=reads))}
        browser.get(f"{site}tests/page/local_engine.html")
        browser.set_script_timeout(110)
        model = f"{server.url}model.gguf+mmproj-tiny.gguf"
        told = run(browser, LOOK, model, kind, [base64.b64encode(data).decode() for data in media])
    blank, one, two, again = ("".join(event.get("text", "") for event in events) for events in told["answers"])
    tokens = [next(event["input_tokens"] for event in events if event["type"] == "usage") for events in told["answers"]]
    assert tokens[1] - tokens[0] >= least
    assert one == again
    assert blank not in (one, two)
    assert kind == "audio" or one != two  # one layer of random numbers hears noise and noise alike
    assert other in told["other"]["message"]
