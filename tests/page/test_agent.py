"""The JavaScript Agent in Chromium: page, worker, Python, fetch, and back."""

import json

import pytest

from tests.server import TestServer

SETUP = """
const done = arguments[arguments.length - 1];
const [base, mode] = arguments;
(async () => {
  const staysail = await import("/web/index.js");
  const { Agent, boot, shutdown, decodeReadableStream } = staysail;
  boot({ runtimeURL: "/wheels/", mode }).catch(() => {});
  %s
})().then((value) => done({ value }), (error) => done({ error: { name: error.name, message: error.message, stack: error.stack, code: error.code } }));
"""


@pytest.fixture(scope="module")
def provider():
    with TestServer() as server:
        yield server


class Page:
    def __init__(self, driver, mode):
        self.driver, self.mode = driver, mode

    def run(self, code, base=""):
        """The value of an async function's body, in which `base` is an address; the page's modules are at hand."""
        told = self.driver.execute_async_script(SETUP % code, base, self.mode)
        assert "error" not in told, json.dumps(told["error"], indent=1)
        return told["value"]


@pytest.fixture(params=["worker", "main"])
def page(driver, site, request):
    driver.get(f"{site}tests/page/empty.html")
    return Page(driver, request.param)


def test_a_run_streams_calls_a_javascript_tool_and_ends_in_its_reply(page, provider):
    box = provider.box({"tool_calls": [{"name": "add", "arguments": {"a": 2, "b": 3}}]}, {"text": "That makes 5."})
    events = page.run(
        """
        const add = {
          name: "add", description: "Adds.", parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
          execute: ({ a, b }) => ({ sum: a + b, where: typeof document }),
        };
        const agent = new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL: base, tools: [add] });
        return await Array.fromAsync(agent.stream("2 + 3?"));
        """,
        box.url,
    )
    kinds = [event["type"] for event in events]
    assert kinds[0] == "tool_call_delta"
    assert kinds[-1] == "run_done"
    result = next(event for event in events if event["type"] == "tool_result")
    assert json.loads(result["text"]) == {"sum": 5, "where": "object"}
    assert "".join(event["text"] for event in events if event["type"] == "text_delta") == "That makes 5."
    assert events[-1]["reply"]["text"] == "That makes 5."
