"""How long drawing takes: tasks over 50 ms while much text streams, and while a long conversation opens. Prints figures, and gates none."""

import json
import os

import pytest
from selenium.webdriver import Chrome

from tests.page.chat_page import ChatPage
from tests.page.python_page import run_script

PAGE = "tests/page/element.html"
KINDS = ("code", "paragraphs", "one paragraph", "list", "table", "quote")
MEASURE = """
const [kind, kilobytes, turns] = JSON.parse(code);
const line = (n) => ({
  "code": `const value${n} = compute(${n}, "a text"); // and what it is for\\n`,
  "paragraphs": `Sentence ${n} of the *answer*, with \\`code\\`, **strength** and a [link](https://example.com/${n}).${n % 4 ? " " : "\\n\\n"}`,
  "one paragraph": `Sentence ${n} of the *answer*, with \\`code\\` and words, words and more words. `,
  "list": `- item ${n} of the *answer*, with \\`code\\` and **strength**\\n`,
  "table": `| ${n} | a cell | *another* | ${n * 7} |\\n`,
  "quote": `> line ${n} of what somebody *said* once, at length\\n`,
})[kind];
let text = { code: "```js\\n", table: "| a | b | c | d |\\n| - | - | - | - |\\n" }[kind] ?? "";
for (let n = 0; text.length < kilobytes * 1000; n++) text += line(n);
const tasks = [];
const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => Math.round(duration))));
await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)));
observer.observe({ type: "longtask" });
const chat = document.querySelector("staysail-chat");
const started = performance.now();
const answer = (words) => ({ role: "assistant", content: [{ type: "text", text: words }] });
if (turns) {
  const words = text.slice(0, kilobytes * 1000);
  chat.history = Array.from({ length: turns }, (_, n) => [{ role: "user", content: [{ type: "text", text: `Question ${n}` }] }, answer(words)]).flat();
  await new Promise((done) => setTimeout(done, 500));
  while (chat.shadowRoot.querySelectorAll(".turn").length < turns) await new Promise((done) => setTimeout(done, 50));
} else {
  chat.agent = {
    async *stream() {
      for (let at = 0, pieces = 1; at < text.length; at += 24, pieces++) {
        yield { type: "text_delta", text: text.slice(at, at + 24) };
        if (pieces % 16 === 0) await new Promise((done) => setTimeout(done, 4));
      }
      yield { type: "run_done", reply: { messages: [answer(text)], steps: [] } };
    },
  };
  await chat.send("Go");
}
const took = performance.now() - started;
await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300)));
tasks.push(...observer.takeRecords().map(({ duration }) => Math.round(duration)));
observer.disconnect();
const drawn = chat.shadowRoot.querySelector(".log").textContent.length;
chat.clear();
return JSON.stringify({ took: Math.round(took), tasks: tasks.length, longest: Math.max(0, ...tasks), drawn });
"""


@pytest.fixture
def chat(driver: Chrome, site: str):
    chat = ChatPage(driver, site + PAGE)
    yield chat
    chat.restore()


@pytest.mark.skipif(not os.environ.get("STAYSAIL_EVERY"), reason="figures alone")
@pytest.mark.parametrize(
    ("kind", "kilobytes", "turns"), [*((kind, 100, 0) for kind in KINDS), ("paragraphs", 2, 300), ("paragraphs", 100, 1)]
)
def test_tasks_while_much_is_drawn(chat: ChatPage, kind: str, kilobytes: int, turns: int):
    told = json.loads(run_script(chat.driver, MEASURE, json.dumps([kind, kilobytes, turns])))
    what = f"{turns} answers of {kilobytes} kB" if turns else f"{kilobytes} kB streamed"
    print(f"{what}, {kind}: {told['took']} ms, {told['tasks']} tasks over 50 ms, the longest {told['longest']} ms")
    assert told["drawn"] > kilobytes * 500 * max(turns, 1)
