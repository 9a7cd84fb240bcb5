"""The JavaScript Agent in Chromium: page, worker, Python, fetch, and back."""

import json
from pathlib import Path

import pytest

from tests.server import TestServer

SETUP = """
const done = arguments[arguments.length - 1];
const [base, mode, options] = arguments;
const run = async () => {
  const staysail = await import("/web/index.js");
  const { Agent, boot, shutdown, decodeReadableStream, pythonTools } = staysail;
  boot({ runtimeURL: "/wheels/", mode }).catch(() => {});
  const openai = (rest = {}) => new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL: base, ...rest });
  const caught = (promise) => promise.then(() => null, (error) => ({ ...error, name: error.name, message: error.message }));
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  %s
};
run().then((value) => done({ value }), ({ name, message, stack }) => done({ error: { name, message, stack } }));
"""


@pytest.fixture(scope="module")
def provider():
    with TestServer() as server:
        yield server


CRASH = """
import js, pyodide_js
def crash() -> None:
    pyodide_js._api.fatal_error(js.Error.new("as if by a trap"))
"""


class Page:
    def __init__(self, driver, mode):
        self.driver, self.mode = driver, mode

    def run(self, code, box=None, **options):
        """The value of an async function's body: `base` is the box's address, `openai` makes an agent that asks it."""
        told = self.driver.execute_async_script(SETUP % code, box and box.url, self.mode, options)
        assert "error" not in told, json.dumps(told["error"], indent=1)
        return told["value"]


@pytest.fixture(scope="module")
def page(browser, site):
    """A page whose Python runs in a worker and stays up from test to test."""
    browser.get(f"{site}tests/page/empty.html")
    page = Page(browser, "worker")
    page.run("await boot()")
    return page


def test_a_model_and_a_fetch_of_the_pages_own_are_called_in_the_page_while_python_runs_in_a_worker(page, provider):
    box = provider.box({"text": "From the net, " + "piece by piece. " * 200})
    told = page.run(
        """
        const where = [];
        const model = { name: "mine", async *stream(request) { where.push(typeof document); yield `${request.messages.length} message`; } };
        const own = await new Agent({ model }).prompt("Hi.");
        const calls = [];
        const agent = openai({ fetch: (url, init) => (calls.push([typeof document, init.headers.authorization]), fetch(url, init)) });
        const net = await agent.prompt("Hi.");
        let stopped;
        const slow = openai({ fetch: (url, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject((stopped = true)))) });
        const left = await caught(slow.prompt("Hi.", { signal: AbortSignal.timeout(200) }));
        for (let n = 0; n < 100 && !stopped; n++) await pause(10);
        return { own, where, calls, length: net.length, left: left.name, stopped };
        """,
        box,
    )
    assert told == {
        "own": "1 message",
        "where": ["object"],
        "calls": [["object", "Bearer k"]],
        "length": len("From the net, " + "piece by piece. " * 200),
        "left": "TimeoutError",
        "stopped": True,
    }


def test_a_run_streams_calls_a_javascript_tool_and_ends_in_its_reply(page, provider):
    box = provider.box({"tool_calls": [{"name": "add", "arguments": {"a": 2, "b": 3}}]}, {"text": "That makes 5."})
    events = page.run(
        """
        const add = {
          name: "add", description: "Adds.", parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
          execute: ({ a, b }) => ({ sum: a + b, where: typeof document }),
        };
        return await Array.fromAsync(openai({ tools: [add] }).stream("2 + 3?"));
        """,
        box,
    )
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["step_started", "tool_call_delta"]
    assert kinds[-1] == "run_done"
    result = next(event for event in events if event["type"] == "tool_result")
    assert json.loads(result["text"]) == {"sum": 5, "where": "object"}
    assert "".join(event["text"] for event in events if event["type"] == "text_delta") == "That makes 5."
    assert events[-1]["reply"]["text"] == "That makes 5."


def test_a_python_tool_and_a_javascript_tool_run_at_the_same_time(page, provider):
    box = provider.box(
        {"tool_calls": [{"name": "slow", "arguments": {"seconds": 0.4}}, {"name": "wait", "arguments": {"seconds": 0.4}}]},
        {"text": "Both are done."},
    )
    reply = page.run(
        """
        const [slow] = await pythonTools(`
import asyncio
async def slow(seconds: float) -> str:
    "Waits in Python."
    await asyncio.sleep(seconds)
    return "python"
        `);
        let overlapped = false;
        const wait = {
          name: "wait", parameters: { type: "object", properties: { seconds: { type: "number" } } },
          execute: async ({ seconds }) => {
            await slow.execute({ seconds: 0 }); // Python is free to answer while its own tool waits
            overlapped = true;
            await pause(seconds * 1000);
            return "javascript";
          },
        };
        const reply = await openai({ tools: [slow, wait] }).run("Wait.");
        return { ...reply, overlapped };
        """,
        box,
    )
    assert [result["text"] for result in reply["steps"][0]["toolResults"]] == ["python", "javascript"]
    assert reply["overlapped"]
    assert max(result["durationS"] for result in reply["steps"][0]["toolResults"]) < 0.75
    results = [item for item in box.seen[1].json["input"] if item.get("type") == "function_call_output"]
    assert [result["output"] for result in results] == ["python", "javascript"]


def test_what_a_tool_throws_goes_back_to_the_model_whether_it_throws_at_once_or_later(page, provider):
    calls = [{"name": name, "arguments": {}} for name in ("at_once", "later", "nothing", "cyclic")]
    box = provider.box({"tool_calls": calls}, {"text": "Sorry."})
    reply = page.run(
        """
        const tool = (name, execute) => ({ name, execute });
        const cyclic = {}; cyclic.self = cyclic;
        return await openai({ tools: [
          tool("at_once", () => { throw new RangeError("too far"); }),
          tool("later", async () => { await pause(1); throw new staysail.ToolError("come back tomorrow"); }),
          tool("nothing", () => undefined),
          tool("cyclic", () => cyclic),
        ] }).run("Go.");
        """,
        box,
    )
    results = reply["steps"][0]["toolResults"]
    assert [result["isError"] for result in results] == [True, True, False, True]
    assert [result["text"] for result in results[:3]] == ["RangeError: too far", "come back tomorrow", "null"]
    assert "contains itself" in results[3]["text"]
    assert reply["text"] == "Sorry."


def test_stopping_a_stream_closes_the_connection_and_tells_what_was_said(page, provider):
    box = provider.box({"text": "word " * 2000, "delay_s": 0.02})
    told = page.run(
        """
        const controller = new AbortController();
        let text = "";
        const error = await caught((async () => {
          for await (const event of openai().stream("Talk.", { signal: controller.signal })) {
            if (event.type === "text_delta") text += event.text;
            if (text.length > 20) controller.abort();
          }
        })());
        return { error, text };
        """,
        box,
    )
    assert box.seen[0].wait_closed(2.0) == "client"
    assert box.seen[0].sent_bytes < 100_000
    assert told["error"]["name"] == "AbortError"
    assert told["error"]["code"] == "cancelled"
    asked, said = told["error"]["history"]
    assert asked == {"role": "user", "content": [{"type": "text", "text": "Talk."}]}
    assert (said["role"], said["content"][0]["text"][:20]) == ("assistant", told["text"][:20])
    assert len(told["text"]) < 200


@pytest.mark.parametrize("leave", ["break", "cancel the stream while it waits", "stop a tool", "stop a prompt"])
def test_leaving_closes_the_connection_or_stops_the_tool(page, provider, leave):
    endless = {"text": "word " * 2000, "delay_s": 0.02}
    silent = {"text": "word", "stall": -10}
    call = {"tool_calls": [{"name": "hang", "arguments": {}}]}
    answer = {
        "break": endless,
        "cancel the stream while it waits": silent,
        "stop a tool": call,
        "stop a prompt": {"text": "x", "stall": "headers"},
    }
    box = provider.box(answer[leave])
    told = page.run(
        """
        if (options.leave === "break") {
          for await (const chunk of decodeReadableStream(await openai().prompt_stream("Talk."))) if (chunk.text) break;
        } else if (options.leave.startsWith("cancel")) {
          const reader = (await openai().prompt_stream("Talk.")).getReader();
          await reader.read();
          const waiting = reader.read();
          await pause(100);
          await reader.cancel();
          return (await waiting).done;
        } else if (options.leave === "stop a tool") {
              let stopped = false;
          let begin;
          const begun = new Promise((resolve) => { begin = resolve; });
          const wait = (_, { signal }) => new Promise(() => { signal.onabort = () => { stopped = true; }; begin(); });
          const hang = { name: "hang", execute: wait };
          const controller = new AbortController();
          const error = caught(openai({ tools: [hang] }).prompt("Hang.", { signal: controller.signal }));
          await begun;
          controller.abort();
          const { name, history } = await error;
          await pause(50);
          return { name, stopped, roles: history.map((message) => message.role) };
        } else {
          const { name, cause } = await caught(openai().prompt("Hi.", { signal: AbortSignal.timeout(300) }));
          return name;
        }
        """,
        box,
        leave=leave,
    )
    if leave == "stop a tool":
        assert told == {"name": "AbortError", "stopped": True, "roles": ["user", "assistant", "tool"]}
    elif leave == "stop a prompt":
        assert told == "TimeoutError"
        assert box.seen[0].wait_closed(2.0) == "client"
    else:
        assert box.seen[0].wait_closed(2.0) == "client"
        assert box.seen[0].sent_bytes < 100_000


def test_a_rate_limit_is_waited_out_and_told(page, provider):
    limited = {"status": 429, "headers": {"retry-after-ms": "50"}, "body": {"error": {"message": "slow down", "code": "rate"}}}
    box = provider.box(limited, {"text": "Here."}, limited)
    events = page.run("return await Array.fromAsync(openai().stream('Hi.'))", box)
    assert events[0] == {
        "type": "retry_scheduled",
        "attempt": 2,
        "delayS": 0.05,
        "error": events[0]["error"],
        "code": "rate",
        "status": 429,
    }
    assert events[-1]["reply"]["text"] == "Here."
    error = page.run("return await caught(openai({ retry: false }).prompt('Hi.'))", box)
    assert (error["name"], error["status"], error["retryable"], error["retryAfterS"]) == ("RateLimitError", 429, True, 0.05)
    assert error["body"]["error"]["message"] == "slow down"


@pytest.mark.parametrize(
    ("answer", "name", "code"),
    [
        ({"text": "word " * 100, "drop": 900}, "NetworkError", "disconnected"),
        ({"text": "word " * 100, "stall": 900}, "NetworkError", "timeout"),
        ({"text": "word " * 100, "cut": 900}, "StreamError", "incomplete_stream"),
        ({"status": 200, "headers": {"content-type": "text/event-stream"}, "body": "data: {garbage\n\n"}, "StreamError", "bad_answer"),
        ({"status": 401, "body": {"error": {"message": "no", "code": "invalid_api_key"}}, "cors": False}, "NetworkError", "cors"),
        ({"status": 401, "body": {"error": {"message": "no", "code": "invalid_api_key"}}}, "AuthError", "invalid_api_key"),
    ],
)
def test_what_goes_wrong_on_the_way_is_an_error_that_says_so(page, provider, answer, name, code):
    box = provider.box(answer)
    error = page.run(
        "return await caught(Array.fromAsync(openai({ retry: false, timeoutMs: { silenceMs: 700 } }).stream('Hi.')))",
        box,
    )
    assert (error["name"], error["code"]) == (name, code)
    assert "k" not in error["message"].split()


def test_two_runs_at_once_do_not_mix(page, provider):
    box = provider.box({"if": "first", "text": "one " * 50, "delay_s": 0.005}, {"if": "second", "text": "two " * 50, "delay_s": 0.005})
    texts = page.run("return await Promise.all(['first', 'second'].map((prompt) => openai().run(prompt).then((reply) => reply.text)))", box)
    assert texts == ["one " * 50, "two " * 50]


def test_a_crash_fails_what_is_pending_and_the_next_call_starts_python_anew(page, provider):
    box = provider.box({"if": "Wait", "text": "never", "stall": "headers"}, {"if": "Again", "text": "Back again."})
    told = page.run(
        """
        const [crash] = await pythonTools(options.crash);
        const waiting = caught(openai().prompt("Wait."));
        const crashing = caught(crash.execute({}));
        const errors = await Promise.all([waiting, crashing]);
        return { errors, text: await openai().prompt("Again.") };
        """,
        box,
        crash=CRASH,
    )
    assert [(error["name"], error["code"]) for error in told["errors"]] == [("InterpreterError", "crashed")] * 2
    assert told["text"] == "Back again."


def test_a_missing_runtime_is_told_and_a_right_one_then_starts(page, provider):
    box = provider.box({"text": "Here."})
    told = page.run(
        """
        shutdown();
        await boot({ runtimeURL: "/nowhere/" }).catch(() => {});
        const error = await caught(openai().prompt("Hi."));
        await boot({ runtimeURL: "/wheels/" });
        return { error, text: await openai().prompt("Hi.") };
        """,
        box,
    )
    assert told["error"]["name"] == "InterpreterError"
    assert "/nowhere/" in told["error"]["message"]
    assert told["text"] == "Here."


def test_progress_tells_real_stages_and_bytes(page):
    seen = page.run("shutdown(); const seen = []; await boot({ onProgress: (p) => seen.push(p) }); return seen;")
    stages = list(dict.fromkeys(progress["stage"] for progress in seen))
    assert stages == ["runtime", "starting", "staysail", "ready"]
    loading = [progress["loadedBytes"] for progress in seen if progress["stage"] == "runtime"]
    assert loading == sorted(loading)
    assert loading[-1] > 8_000_000
    assert len(loading) > 5


EARLY = """
const done = arguments[arguments.length - 1];
const [base] = arguments;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const unhandled = [], started = [];
addEventListener("unhandledrejection", ({ reason }) => unhandled.push(String(reason)));
globalThis.Worker = class extends Worker {
  postMessage(message) {
    if (message.type === "boot") started.push(new URL(message.runtimeURL).pathname);
    super.postMessage(message);
  }
};
const until = async (count) => { while (started.length < count) await pause(10); };
const run = async () => {
  const { Agent, boot, shutdown } = await import("/web/index.js");
  const agent = () => new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL: base });
  // An agent alone starts nothing; what boot says, and fails at, is told to its caller alone.
  agent();
  boot({ runtimeURL: "/nowhere/", onProgress: () => {} }).catch(() => {});
  await until(1);
  await pause(100);
  shutdown();
  agent();
  await pause(100);
  const stages = new Set();
  await boot({ runtimeURL: "/wheels/", onProgress: ({ stage }) => stages.add(stage) });
  agent();
  await pause(100);
  return { started, stages: [...stages], unhandled, text: await agent().prompt("Hi.") };
};
run().then((value) => done({ value }), ({ name, message, stack }) => done({ error: { name, message, stack } }));
"""


def test_python_starts_where_boot_says_and_no_failure_is_told_twice(driver, site, provider):
    box = provider.box({"text": "Here."})
    driver.get(f"{site}tests/page/empty.html")
    told = driver.execute_async_script(EARLY, box.url)
    assert "error" not in told, told
    assert told["value"]["started"] == ["/nowhere/", "/wheels/"]
    assert told["value"]["unhandled"] == []
    assert told["value"]["stages"][-1] == "ready"
    assert told["value"]["text"] == "Here."


@pytest.mark.thorough
@pytest.mark.xdist_group("language model")
def test_the_local_model_answers_streaming_and_calls_a_tool(page):
    told = page.run(
        """
        const weather = {
          name: "weather", description: "Weather of a city.",
          parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
          execute: ({ city }) => `Sunny in ${city}.`,
        };
        const agent = new Agent({ model: "local", maxTokens: 6, temperature: 0, tools: [weather] });
        const events = await Array.fromAsync(agent.stream("What is the weather in Oslo?"));
        const { usage, steps } = events.at(-1).reply;
        return { kinds: events.map((event) => event.type), usage, results: steps[0].toolResults };
        """
    )
    assert told["kinds"].count("text_delta") >= 1
    assert told["usage"]["outputTokens"] > 1
    assert told["results"][0]["text"] == "Sunny in Oslo."


def test_a_slow_reader_holds_up_python_instead_of_filling_the_page(driver, site, provider):
    driver.get(f"{site}tests/page/empty.html")
    driver.execute_script(
        """
        globalThis.received = 0;
        globalThis.Worker = class extends Worker {
          constructor(...args) {
            super(...args);
            this.addEventListener("message", ({ data }) => { if (typeof data === "string") globalThis.received += data.length; });
          }
        };
        """
    )
    box = provider.box({"text": "word " * 50_000, "chunk_bytes": 65536})
    told = Page(driver, "worker").run(
        """
        const reader = (await openai().prompt_stream("Talk.")).getReader();
        for (let n = 0; n < 20; n++) await reader.read();
        await pause(1000);
        const early = globalThis.received;
        let text = "";
        for (let piece; !(piece = await reader.read()).done;) text += piece.value.text ?? "";
        return { early, late: globalThis.received, length: text.length };
        """,
        box,
    )
    assert told["length"] > 249_000
    assert told["early"] < 100_000
    assert told["late"] > 1_000_000


def test_a_worker_that_ends_without_a_word_fails_what_is_pending(page, provider):
    box = provider.box({"if": "Wait", "text": "never", "stall": "headers"}, {"if": "Again", "text": "Back again."})
    told = page.run(
        """
        const [leave] = await pythonTools("import js\\ndef leave() -> None:\\n    js.self.close()");
        const waiting = caught(openai().prompt("Wait."));
        await caught(Promise.race([leave.execute({}), pause(200)]));
        const error = await Promise.race([waiting, pause(5000)]);
        return { error, text: await openai().prompt("Again.") };
        """,
        box,
    )
    assert (told["error"]["name"], told["error"]["code"], told["error"]["retryable"]) == ("InterpreterError", "crashed", True)
    assert told["text"] == "Back again."


def test_a_durable_run_goes_on_after_another_agents_tool_ended_the_interpreter(page, provider):
    box = provider.box(
        {"tool_calls": [{"name": "look", "arguments": {}}]},
        {"tool_calls": [{"name": "die", "arguments": {}}]},
        {"text": "Seen."},
    )
    told = page.run(
        """
        const [die] = await pythonTools(options.die);
        let looks = 0, release;
        const look = { name: "look", idempotent: true, execute: () => (++looks > 1 ? "sea" : new Promise((resolve) => (release = resolve))) };
        const durable = openai({ tools: [look], durable: "after a crash" });
        const ended = caught(durable.run("Look."));
        while (!looks) await pause(10);
        const fatal = await caught(openai({ tools: [die] }).run("Die."));
        const error = await ended;
        const [{ id }] = await durable.runs();
        return { error, fatal, text: (await durable.resume(id)).text, looks };
        """,
        box,
        die="def die() -> str:\n    nest = []\n    for _ in range(100_000):\n        nest = [nest]\n    return repr(nest)",
    )
    assert [(told[name]["name"], told[name]["code"]) for name in ("error", "fatal")] == [("InterpreterError", "crashed")] * 2
    assert (told["text"], told["looks"]) == ("Seen.", 2)


def test_a_value_as_deep_as_the_reader_lets_in_survives_every_walk_over_it(page):
    source = Path("tests/web/deep_values.py").read_text(encoding="utf-8")
    assert page.run("const [walk] = await pythonTools(options.source); return walk.execute()", source=source) == "alive"


def test_python_in_the_calling_thread_does_the_same(driver, site, provider):
    driver.get(f"{site}tests/page/empty.html")
    page = Page(driver, "main")
    box = provider.box(
        {"tool_calls": [{"name": "where", "arguments": {}}]},
        {"text": "Done."},
        {"text": "word " * 2000, "delay_s": 0.02},
        {"if": "Again", "text": "Back again."},
    )
    told = page.run(
        """
        const where = { name: "where", execute: () => typeof document };
        const { steps, text } = await openai({ tools: [where] }).run("Where?");
        for await (const event of openai().stream("Talk.")) if (event.type === "text_delta") break;
        const [crash] = await pythonTools(options.crash);
        const error = await caught(crash.execute({}));
        return { where: steps[0].toolResults[0].text, text, error, again: await openai().prompt("Again.") };
        """,
        box,
        crash=CRASH,
    )
    assert (told["where"], told["text"], told["again"]) == ("object", "Done.", "Back again.")
    assert box.seen[2].wait_closed(2.0) == "client"
    assert (told["error"]["name"], told["error"]["code"]) == ("InterpreterError", "crashed")
