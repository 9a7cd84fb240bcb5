"""MCP servers and WebMCP in a real page, whose browser has WebMCP switched on; and the controls of index.html for them and for how the
agent's runs go."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from tests.mcp import python_servers, serving
from tests.page.chat_page import START_S, ChatPage
from tests.page.test_element_view import violations
from tests.page.test_page import choose, field
from tests.server import TestServer
from tools.chromium import start_chrome

SECRET = "sk-mcp-secret"
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


# The agent's own tools are published anew while it looks for those of others: it must not take them for such.
OFFERS_WHILE_LOOKING = """
const context = document.modelContext, look = context.getTools.bind(context);
context.getTools = async () => {
  const found = await look();
  document.getElementById("webmcp-publish").dispatchEvent(new Event("change"));
  return found;
};
"""


@pytest.fixture(scope="module")
def webmcp():
    browser = start_chrome("--enable-features=WebMCP", service_workers=False)
    browser.set_script_timeout(120)
    yield browser
    browser.quit()


def test_a_page_uses_a_server_and_publishes_and_uses_webmcp_tools(site, webmcp):
    if not shutil.which("node"):
        pytest.skip("there is no Node to serve with")
    webmcp.get(f"{site}tests/page/empty.html")
    with serving("node", "tests/mcp/servers.mjs") as urls:
        told = webmcp.execute_async_script(USE, urls["newer"])
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


class Visitor:
    """Uses index.html as a person who sees it for the first time."""

    def __init__(self, driver: Any, site: str) -> None:
        self.driver = driver
        self.page = ChatPage(driver, site)
        self.page.resize(1280, 900)
        self.page.wait(lambda: driver.find_elements(By.CSS_SELECTOR, "#provider option"), "the settings")
        self.page.open_panel("settings")

    def open(self, title: str) -> None:
        self.driver.find_element(By.XPATH, f"//summary[text()='{title}']").click()

    def click(self, id: str) -> None:
        field(self.page, id).click()

    def write(self, id: str, text: str) -> None:
        field(self.page, id).clear()
        field(self.page, id).send_keys(text)

    def told(self, id: str, text: str) -> None:
        self.page.wait(lambda: text in field(self.page, id).text, lambda: f"{text!r} in #{id}, not {field(self.page, id).text!r}", START_S)

    def ask(self, text: str, answer: str) -> None:
        self.page.send(text)
        self.page.wait_for(answer)
        self.page.wait_idle()


def tool_names(box: Any) -> set[str]:
    return {tool["function"]["name"] for tool in box.seen[-1].json.get("tools", ())}


def test_a_visitor_finds_a_control_for_each_way_that_a_run_can_go(site, webmcp, shots, tmp_path):
    visitor = Visitor(webmcp, site)
    page = visitor.page
    with TestServer() as server, python_servers() as mcp:
        # A server that wants a login: its window comes back with a token, to a page that is cross-origin isolated.
        assert webmcp.execute_script("return crossOriginIsolated")
        visitor.open("MCP servers")
        visitor.write("mcp-url", mcp["oauth"])
        visitor.click("mcp-connect")
        visitor.told("mcp-status", "wants to know who you are")
        visitor.click("mcp-login")
        visitor.told("mcp-status", "Connected: ")
        assert len(webmcp.window_handles) == 1
        assert "add" in field(page, "mcp-servers").text
        shots("mcp")

        # A server's tools ask before they run, until that is switched off.
        box = server.box({"tool_calls": [{"name": "add", "arguments": {"a": 1, "b": 1}}]}, {"text": "That is two."}, loop=True)
        choose(page, "openai-compatible", base=box.url, model="m")
        page.send("One and one?")
        page.wait(lambda: len(page.all(".approval")) == 1, "the question", START_S)
        assert violations(page) == []
        page.button("Approve").click()
        page.wait_for("That is two.")
        page.wait_idle()
        webmcp.find_element(By.CSS_SELECTOR, ".server-asks input").click()
        page.send("Once more?")
        page.wait(lambda: page.text.count("That is two.") == 2, "the answer without a question", START_S)
        page.wait_idle()

        # Every tool asks, once that is switched on: those of the page, of Python and of the server.
        calls = [
            {"name": "add", "arguments": {"a": 2, "b": 3}},
            {"name": "calculate", "arguments": {"expression": "6 * 7"}},
            {"name": "set_colours", "arguments": {"colour": "red"}},
        ]
        box = server.box({"tool_calls": calls}, {"text": "All is done."})
        choose(page, "openai-compatible", base=box.url, model="m")
        visitor.open("Runs and approval")
        visitor.click("ask-first")
        page.send("Go")
        page.wait(lambda: len(page.all(".approval")) == 3, "three questions", START_S)
        shots("approval")
        for left in (2, 1):
            page.all(".approval button")[0].click()
            page.wait(lambda left=left: len(page.all(".approval")) == left, "the answer to count")
        page.button("Refuse…").click()
        page.button("Refuse").click()
        page.wait_for("All is done.")
        page.wait_idle()
        results = [message["content"] for message in box.seen[1].json["messages"] if message["role"] == "tool"][-3:]
        assert json.loads(results[0]) == {"total": 5}
        assert "42" in results[1]
        assert "The user refused this call" in results[2]
        visitor.click("ask-first")

        # A limit, in tokens and in money.
        usage = {"input_tokens": 900_000, "output_tokens": 100_000}
        box = server.box({"text": "A dear answer.", "usage": usage}, {"text": "Never."}, {"text": "As dear.", "usage": usage})
        choose(page, "openai-compatible", base=box.url, model="m")
        visitor.open("Limits of an answer")
        visitor.write("limit-tokens", "1000")
        page.send("Limit yourself.")
        page.wait_for("Stopped at your limit of 1,000 tokens.")
        visitor.write("limit-tokens", "")
        visitor.write("limit-cost", "1.5")
        page.send("And in money?")
        page.wait_for("UsageLimits(cost=")
        visitor.write("price-input", "1")
        visitor.write("price-output", "10")
        box = server.box({"text": "As dear.", "usage": usage})
        choose(page, "openai-compatible", base=box.url, model="m")
        page.send("And now?")
        page.wait_for("Stopped at your limit of $1.5.")
        assert "it would be or is 1.9" in page.one(".fault-message, .fault-details").get_attribute("textContent")
        shots("limits")
        visitor.write("limit-cost", "")

        # Another agent, asked as a tool and then in charge.
        visitor.open("Second agent")
        Select(field(page, "second-mode")).select_by_value("tool")
        asks = {"tool_calls": [{"name": "critic", "arguments": {"prompt": "Is it good?"}}]}
        box = server.box(asks, {"text": "It is thin."}, {"text": "The critic says it is thin."})
        choose(page, "openai-compatible", base=box.url, model="m")
        visitor.ask("Ask the critic.", "The critic says it is thin.")
        assert "It is thin." in page.all(".tool")[-1].text
        assert "strict editor" in box.seen[1].json["messages"][0]["content"]
        Select(field(page, "second-mode")).select_by_value("handoff")
        box = server.box({"tool_calls": [{"name": "transfer_to_critic", "arguments": {}}]}, {"text": "I am the critic."})
        choose(page, "openai-compatible", base=box.url, model="m")
        visitor.ask("Hand over.", "I am the critic.")
        assert "critic takes over." in page.text
        shots("second-agent")
        Select(field(page, "second-mode")).select_by_value("")

        # The timeline has it all.
        page.open_panel("timeline")
        page.wait(lambda: "critic" in field(page, "timeline-runs").text, "the run of the critic")
        assert "$" in field(page, "timeline-runs").text or "tokens" in field(page, "timeline-runs").text
        page.open_panel("settings")

        # The browser gets the page's tools, and the agent those that another script offers.
        visitor.open("WebMCP")
        visitor.click("webmcp-publish")
        visitor.told("webmcp-note", "The browser has ")
        listed = "document.modelContext.getTools().then((tools) => arguments[0](tools.map(({ name }) => name)))"
        assert {"add", "calculate", "set_colours"} <= set(webmcp.execute_async_script(listed))
        webmcp.execute_script(
            "return document.modelContext.registerTool({ name: 'tide', description: 'The tide.', "
            "inputSchema: { type: 'object', properties: {} }, execute: async () => 'high' })"
        )
        webmcp.execute_script(OFFERS_WHILE_LOOKING)
        visitor.click("webmcp-use")
        box = server.box({"tool_calls": [{"name": "tide", "arguments": {}}]}, {"text": "It is high."})
        choose(page, "openai-compatible", base=box.url, model="m")
        visitor.ask("The tide?", "It is high.")
        assert "tide" in tool_names(box)
        assert [message["content"] for message in box.seen[1].json["messages"] if message["role"] == "tool"][-1] == "high"
        visitor.click("webmcp-publish")
        visitor.click("webmcp-use")
        page.wait(lambda: set(webmcp.execute_async_script(listed)) == {"tide"}, "the tools to be taken back")
        assert violations(page) == []

        # The chats are given as files, each and all, and taken back.
        webmcp.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
        page.open_panel("conversations")
        row = "#conversation-list [aria-label^='Save or share ']"
        page.wait(lambda: webmcp.find_elements(By.CSS_SELECTOR, row), "the list of chats", START_S)[0].click()
        next(button for button in webmcp.find_elements(By.CSS_SELECTOR, "#conversations .asked button") if button.text == "JSON").click()
        (one,) = page.wait(lambda: list(tmp_path.glob("*.json")), "the chat's file")
        visitor.click("export-conversations")
        every = page.wait(lambda: next(tmp_path.glob("conversations.json"), None), "the file of all chats")
        told = [json.loads(path.read_text())["conversations"] for path in (one, every)]
        assert "The tide?" in json.dumps(told[0])
        assert len(told[1]) >= len(told[0]) == 1
        field(page, "import-file").send_keys(str(one))
        visitor.told("conversation-note", "This chat is here already.")
        page.wait(lambda: len(webmcp.find_elements(By.CSS_SELECTOR, row)) == len(told[1]), "no chat twice")

        # Whoever disconnects the server takes its tools away.
        webmcp.find_element(By.CSS_SELECTOR, "#mcp-servers .server-head button").click()
        box = server.box({"text": "Gone."})
        choose(page, "openai-compatible", base=box.url, model="m")
        visitor.ask("And the server?", "Gone.")
        assert tool_names(box) == {"set_colours", "set_timer", "calculate", "roll_dice"}

        # A question is still there after a reload, in its conversation, with the settings and the server that it is about; and the answer
        # ends the run. A token is not kept: what needs it says so.
        for name, token in [("json", ""), ("stateful", SECRET)]:
            visitor.write("mcp-url", mcp[name])
            visitor.write("mcp-token", token)
            visitor.click("mcp-connect")
            page.wait(lambda: f"{name}, protocol" in field(page, "mcp-servers").text, f"the server {name}", START_S)  # noqa: B023
        assert not field(page, "mcp-lost").is_displayed()
        visitor.click("keep-runs")
        visitor.click("ask-first")
        box = server.box({"tool_calls": [calls[0]]}, {"text": "It is 42."})
        choose(page, "openai-compatible", base=box.url, model="m")
        page.send("Ask me first.")
        page.one(".approval", START_S)
        webmcp.refresh()
        page.one(".approval", START_S)
        assert "And the server?" in page.text
        assert field(page, "base").get_attribute("value") == box.url
        shots("reload")
        page.all(".approval button")[0].click()
        page.wait_for("It is 42.")
        page.wait_idle()
        assert len(box.seen) == 2
        results = [message["content"] for message in box.seen[1].json["messages"] if message["role"] == "tool"]
        assert json.loads(results[-1]) == {"total": 5}
        assert SECRET not in webmcp.execute_script("return JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
        page.wait(lambda: "An MCP server is not connected" in field(page, "mcp-lost").text, "what is missing to be told")
        field(page, "mcp-lost").find_element(By.TAG_NAME, "button").click()
        visitor.told("mcp-servers", "A token is not kept over a reload.")
        assert violations(page) == []
        shots("mcp-again")
        webmcp.find_element(By.XPATH, "//*[@id='mcp-servers']//button[text()='Give its token']").click()
        assert field(page, "mcp-url").get_attribute("value") == mcp["stateful"]
        webmcp.switch_to.active_element.send_keys(SECRET, Keys.ENTER)
        visitor.told("mcp-status", "Connected: ")
        assert field(page, "mcp-servers").text.count(", protocol ") == 2
        assert not field(page, "mcp-lost").is_displayed()
        webmcp.refresh()
        page.wait_for("It is 42.")
        assert page.text.count("It is 42.") == 1
        assert page.text.count("Ask me first.") == 1
        visitor.click("new-conversation")
        webmcp.execute_script("document.getElementById('keep-runs').click()")
        for width in (360, 320):
            page.resize(width)
            page.open_panel("settings")
            assert page.width_beyond_screen() <= 0
            shots(f"narrow-{width}")
            field(page, "close-settings").click()


@pytest.fixture
def shots(webmcp):
    """Takes a picture for whoever wants to look: STAYSAIL_SHOTS names a folder."""
    folder = os.environ.get("STAYSAIL_SHOTS")
    return lambda name: folder and webmcp.save_screenshot(str(Path(folder) / f"{name}.png"))
