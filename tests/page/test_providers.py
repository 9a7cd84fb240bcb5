"""A sample of every provider's recorded traffic, played to an agent in a page: through fetch, preflights and streams of a real browser."""

import json

import pytest

from tests.replays.meaning import differences
from tests.replays.scope import PLAYED, Scenario, played
from tests.replays.test_runs import RecordedRun, in_runs, is_answer, outputs_of, read, told
from tests.server import TestServer
from tests.server.recordings import as_answer

RUN = """
const done = arguments[arguments.length - 1];
const [options, tools, outputs, prompt, streamed] = arguments;
const keyOf = (args) => JSON.stringify(Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1)));
const played = (tool) => ({
  ...tool,
  execute: (args) => {
    const recorded = outputs[tool.name][keyOf(args)];
    return recorded.length > 1 ? recorded.shift() : recorded[0];
  },
});
const run = async () => {
  const { Agent, boot } = await import("/web/index.js");
  boot({ runtimeURL: "/wheels/" }).catch(() => {});
  const agent = new Agent({ ...options, tools: tools.map(played), apiKey: "k", retry: false });
  if (!streamed) return (await agent.run(prompt)).text;
  for await (const event of agent.stream(prompt)) if (event.type === "run_done") return event.reply.text;
};
run().then((value) => done({ value }), ({ name, message }) => done({ error: `${name}: ${message}` }));
"""


def plain_run(scenario: Scenario) -> RecordedRun | None:
    """The scenario's only run, where it is one that a prompt begins and an answer ends."""
    runs = in_runs(scenario.interactions)
    run = runs[0]
    said = [item for item in run.requests[0].said if item[0] != "system"]
    whole = len(runs) == 1 and all(map(is_answer, run.interactions)) and not told(run.interactions[-1]).calls
    plain = len(said) == 1 and said[0][1] == "text" and run.requests[0].schema is None and run.requests[0].choice in ("auto", "none")
    return run if whole and plain else None


def sample() -> list[Scenario]:
    """Of each file the longest run that was streamed, and the longest that was not."""
    out = []
    for file in PLAYED:
        runs = [(len(run.interactions), scenario, run) for scenario in played() if scenario.file == file and (run := plain_run(scenario))]
        for streamed in (True, False):
            chosen = [(length, scenario) for length, scenario, run in runs if run.requests[0].streamed == streamed]
            out += [max(chosen, key=lambda one: one[0])[1]] if chosen else []
    return out


def key_of(arguments: str) -> str:
    """As RUN has it."""
    return json.dumps([list(item) for item in sorted(json.loads(arguments).items())], separators=(",", ":"), ensure_ascii=False)


def outputs_by_key(run: RecordedRun) -> dict:
    said = run.requests[-1].said
    results = {item[2]: item[3] for item in said if item[1] == "result"}
    out: dict = {name: {} for name in outputs_of(run.requests)}
    for item in said:
        if item[1] == "call" and item[2] in results:
            out[item[3]].setdefault(key_of(item[4]), []).append(results[item[2]])
    return out


@pytest.fixture(scope="module")
def provider():
    with TestServer() as server:
        yield server


@pytest.fixture(scope="module")
def page(browser, site):
    browser.get(f"{site}tests/page/empty.html")
    return browser


@pytest.mark.parametrize("scenario", sample(), ids=str)
def test_an_agent_in_a_page_sends_and_reads_what_was_recorded(scenario: Scenario, page, provider: TestServer):
    run = plain_run(scenario)
    first = run.requests[0]
    box = provider.box(*(as_answer(interaction, chunk_bytes=1_400) for interaction in run.interactions))
    options = {
        "model": f"{scenario.provider}:{first.model}",
        "baseURL": box.url,
        "preamble": "\n\n".join(item[2] for item in first.said if item[0] == "system") or None,
        "temperature": first.temperature,
        "maxTokens": first.max_tokens,
        "toolChoice": None if first.choice == "auto" else first.choice,
        "additionalParams": first.rest or None,
        "maxTurns": len(run.requests),
    }
    given = {name: value for name, value in options.items() if value is not None}
    tools = [{"name": name, **{key: definition[key] for key in ("description", "parameters")}} for name, definition in first.tools.items()]
    prompt = next(item[2] for item in first.said if item[0] == "user")
    answer = page.execute_async_script(RUN, given, tools, outputs_by_key(run), prompt, first.streamed)
    assert "error" not in answer, answer["error"]
    assert answer["value"] == told(run.interactions[-1]).text
    sent = [read(run.interactions[0], seen.json, seen.path) for seen in box.seen]
    assert [text for theirs, ours in zip(run.requests, sent, strict=True) for text in differences(theirs, ours)] == []
    assert all(seen.headers["origin"] for seen in box.seen)
