"""MCP servers and WebMCP in a real page, whose browser has WebMCP switched on."""

import shutil

import pytest

from tests.mcp import serving
from tools.chromium import start_chrome

USE = """
const [url, done] = arguments;
(async () => {
  const { Agent, boot, mcpServer, pageTools, publishTools, pythonTools, tool, webMCP } = await import("/web/index.js");
  const told = { webMCP: webMCP() };
  if (!told.webMCP.publish) return told;
  await boot({ runtimeURL: "/wheels/" });

  const server = mcpServer({ url });
  told.server = (await server.connect()).protocol;
  const remote = await server.tools({ prefix: "math_" });
  told.remote = await remote.find(({ name }) => name === "math_add").execute({ a: 2, b: 3 });

  const seen = [];
  const greet = tool({
    name: "greet", description: "Greets.", parameters: { type: "object", properties: { name: { type: "string" } } },
    execute: ({ name }, { signal }) => (seen.push([name, signal instanceof AbortSignal]), { said: `hello ${name}` }),
  });
  const guarded = tool({ name: "sink", description: "Sinks.", needsApproval: true, execute: () => "sunk" });
  const python = await pythonTools("def double(n: int) -> int:\\n    \\"\\"\\"Doubles.\\"\\"\\"\\n    return 2 * n\\n");
  told.unguarded = await publishTools([guarded]).catch(({ name, message }) => `${name}: ${message}`);
  const asked = [];
  const approve = (call) => (asked.push(call.name), false);
  const takeBack = await publishTools([greet, guarded, ...python, ...remote], { approve });
  const listed = await document.modelContext.getTools();
  told.listed = listed.map(({ name, description }) => `${name}: ${description}`).sort();
  told.twice = await publishTools([greet]).catch(({ name }) => name);

  const tools = Object.fromEntries((await pageTools()).map((one) => [one.name, one]));
  const context = { signal: new AbortController().signal };
  told.parameters = tools.greet.parameters.properties;
  told.greeted = await tools.greet.execute({ name: "Ada" }, context);
  told.doubled = await tools.double.execute({ n: 21 }, context);
  told.added = await tools.math_add.execute({ a: 20, b: 3 }, context);
  told.refused = await tools.sink.execute({}, context).then(() => "done", () => "rejected");
  told.asked = asked;
  told.seen = seen;
  takeBack();
  told.left = (await document.modelContext.getTools()).length;
  await server.close();
  return told;
})().then(done, (error) => done(String(error.stack)));
"""


def test_a_page_uses_a_server_and_publishes_and_uses_webmcp_tools(site):
    if not shutil.which("node"):
        pytest.skip("there is no Node to serve with")
    browser = start_chrome("--enable-features=WebMCP")
    try:
        browser.set_script_timeout(120)
        browser.get(f"{site}tests/page/empty.html")
        with serving("node", "tests/mcp/servers.mjs") as urls:
            told = browser.execute_async_script(USE, urls["newer"])
    finally:
        browser.quit()
    assert isinstance(told, dict), told
    if not told["webMCP"]["publish"]:
        pytest.skip("this browser has no WebMCP, not even switched on")
    assert told["webMCP"] == {"publish": True, "use": True}
    assert (told["server"], told["remote"]) == ("2026-07-28", 5)
    assert told["unguarded"].startswith("ConfigError: sink needs approval")
    names = ["double: Doubles.", "greet: Greets.", "math_add: Add two numbers.", "math_fail: Fails.", "sink: Sinks."]
    assert (told["listed"], told["twice"]) == (names, "ConfigError")
    assert told["parameters"] == {"name": {"type": "string"}}
    assert (told["greeted"], told["seen"]) == ({"said": "hello Ada"}, [["Ada", True]])
    assert (told["doubled"], told["added"]) == (42, 23)
    assert (told["refused"], told["asked"]) == ("rejected", ["sink"])
    assert told["left"] == 0
