"""Hostile text at every place where the chat draws: nothing runs, nothing is requested, and the rest of the conversation is there."""

import json
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from selenium.webdriver import Chrome

from tests.attack.counting import Attack
from tests.page.chat_page import ChatPage, text_delta
from tests.page.python_page import run_script

PAGE = "tests/page/element.html"
# RUN is code that would be noticed, HOST a server that notices requests.
PLACEMENTS = """
<script>RUN</script>
<script src=//HOST/a></script>
<img src=x onerror=RUN>
<img src="//HOST/a">
<img srcset="//HOST/a 1x">
<img/src=`x`onerror=RUN>
<IMG SRC=javascript:RUN>
<picture><source srcset=//HOST/a><img></picture>
![](//HOST/a)
![](https://)
![x][r] [r]: http://HOST/a
[a](javascript:RUN)
[a](java\tscript:RUN)
[a](&#106;avascript:RUN)
[a](javascript&colon;RUN)
[a](\x01javascript:RUN)
[a](data:text/html;base64,PHNjcmlwdD5SVU48L3NjcmlwdD4=)
[a](vbscript:RUN)
<javascript:RUN>
<a href="javascript:RUN">a</a>
<a href=" &#14; javascript:RUN">a</a>
<a href="blob:http://HOST/a" ping="http://HOST/a">a</a>
<a xlink:href="javascript:RUN">a</a>
<svg onload=RUN></svg>
<svg><script>RUN</script></svg>
<svg><script href="//HOST/a"/></svg>
<svg><image href="//HOST/a"/></svg>
<svg><use href="//HOST/a#x"/></svg>
<svg><animate onbegin=RUN attributeName=x dur=1s></svg>
<svg><set attributeName=href to="javascript:RUN"></svg>
<svg><foreignObject><iframe srcdoc="<script>parent.RUN</script>"></foreignObject></svg>
<svg><style><img src=x onerror=RUN></style></svg>
<svg></p><style><a id="</style><img src=x onerror=RUN>">
<math><mi xlink:href="javascript:RUN">a</mi></math>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=RUN&gt;">
<math><annotation-xml encoding="text/html"><script>RUN</script></annotation-xml></math>
<form><math><mtext></form><form><mglyph><style></math><img src onerror=RUN>
<noscript><p title="</noscript><img src=x onerror=RUN>">
<template><script>RUN</script></template>
<template shadowrootmode=open><img src=x onerror=RUN></template>
<iframe src="javascript:RUN"></iframe>
<iframe srcdoc="<img src=x onerror=parent.RUN>"></iframe>
<iframe src="//HOST/a"></iframe>
<object data="//HOST/a"></object>
<embed src="//HOST/a">
<link rel=stylesheet href="//HOST/a">
<link rel=prefetch href="//HOST/a">
<meta http-equiv=refresh content="0;url=//HOST/a">
<base href="//HOST/">
<style>@import "//HOST/a"; * { background: url(//HOST/a) }</style>
<p style="background:url(//HOST/a)">a</p>
<p style="position:fixed;inset:0;behavior:url(//HOST/a)">a</p>
<div class="fault approval-choices button" id=input part=error>a</div>
<table background="//HOST/a"><td background="//HOST/a">a</table>
<body background="//HOST/a" onload=RUN>
<video src="//HOST/a" poster="//HOST/a" autoplay onloadstart=RUN></video>
<audio src="//HOST/a" autoplay onerror=RUN></audio>
<video><track src="//HOST/a"><source src="//HOST/a"></video>
<input type=image src="//HOST/a" onerror=RUN autofocus onfocus=RUN>
<form action="javascript:RUN"><button>Approve</button></form>
<button form=x formaction="javascript:RUN" popovertarget=y>Send</button>
<details open ontoggle=RUN><summary>a</summary></details>
<marquee onstart=RUN>a</marquee>
<select><iframe src="javascript:RUN"></select>
<textarea></textarea><img src=x onerror=RUN></textarea>
<xmp><img src=x onerror=RUN></xmp>
<plaintext><img src=x onerror=RUN>
<title><img src=x onerror=RUN></title>
<!--><img src=x onerror=RUN>-->
<![CDATA[><img src=x onerror=RUN>]]>
<?xml-stylesheet href="//HOST/a"?>
<a href="#" onclick=RUN style=x:expression(RUN)>a</a>
```html\\n<img src=x onerror=RUN>\\n```
```"><img src=x onerror=RUN>\\na\\n```
`<img src=x onerror=RUN>`
| <img src=x onerror=RUN> | b |\\n| - | - |\\n| [a](javascript:RUN) | <svg onload=RUN> |
- <img src=x onerror=RUN>\\n- </li></ul><img src=x onerror=RUN>
> <svg onload=RUN>\\n> > <math href=javascript:RUN>
# <img src=x onerror=RUN>
<http://HOST/a"onmouseover="RUN>
[<img src=x onerror=RUN>](http://HOST/a "\\" onmouseover=RUN x=\\"")
![" onerror=RUN x="](http://HOST/a)
![a](data:image/svg+xml,<svg/onload=RUN>)
![a](data:text/html,<script>RUN</script>)
<img src="data:image/svg+xml;base64,PHN2Zy8+">
<x-y is=z onfocus=RUN tabindex=1 autofocus>a</x-y>
<slot name=suggestion></slot><button slot=suggestion data-prompt=x onclick=RUN>a</button>
"><img src=x onerror=RUN>
';RUN;'
</textarea></style></script></title></template></noscript><img src=x onerror=RUN>
<a id=chat name=chat></a><img name=body id=documentElement><form name=cookie>
\u202e<img src=x onerror=RUN>\u0000<scr\u0000ipt>RUN</scr\u0000ipt>
""".strip("\n").split("\n")

LOOK = """
const { placements, split } = JSON.parse(code);
const chat = document.querySelector("staysail-chat"), root = chat.shadowRoot;
window.ran = [];
addEventListener("securitypolicyviolation", ({ blockedURI }) => window.ran.push(`policy ${blockedURI}`));
const faults = [];
addEventListener("error", ({ message }) => faults.push(message));
const told = console.warn;
console.warn = (...words) => faults.push(words.join(" "));
const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
const text = (words) => ({ type: "text", text: words });
const source = (bad) => ({ id: bad, source: bad, span: [0, 1], score: 1, document: { id: bad, text: bad, metadata: { page: bad, chapter: bad, headings: [bad], row: bad } } });
const history = (bad) => [
  { role: "user", content: [text(bad), text(`Attached file ${bad}:\\n\\n${bad}`), { type: "file", name: bad, mediaType: bad, data: bad },
    { type: "image", name: bad, mediaType: "image/png", data: `"${bad}` }, { type: "image", mediaType: bad, data: bad, url: bad }] },
  { role: "assistant", extra: { sources: [source(bad)] }, content: [text(bad), { type: "reasoning", text: bad }, { type: "refusal", text: bad },
    { type: "tool_call", id: bad, name: bad, arguments: { [bad]: bad, deep: [bad] } }, { type: "tool_call", id: "2", name: bad, arguments: bad }] },
  { role: "tool", content: [
    { type: "tool_result", id: bad, name: bad, content: [text(bad)] },
    { type: "tool_result", id: "2", name: bad, isError: true, content: [text(`| ${bad} |\\n| --- |\\n| ${bad} |`), { type: "image", mediaType: bad, data: bad, name: bad }] }] },
  { role: "assistant", content: [text(`[${bad}]`), { type: bad, [bad]: bad }, { type: "file", name: bad, url: bad, mediaType: bad }] },
  { role: "user", content: bad }, { role: "assistant", content: "the end" },
];
const events = (bad) => [
  ...[...bad].flatMap((_, at) => (at % split ? [] : [{ type: "text_delta", text: bad.slice(at, at + split) }])),
  { type: "reasoning_delta", text: bad },
  { type: "tool_call_delta", id: "9", name: bad, argumentsDelta: bad, index: 0 },
  { type: "tool_call_done", id: "9", name: bad, arguments: { a: bad } },
  { type: "approval_needed", request: { id: "9", tool: bad, agent: bad, arguments: { a: bad } } },
  { type: "tool_progress", callId: "9", name: bad, text: bad, part: null },
  { type: "tool_progress", callId: "9", name: bad, text: "", part: text(`| ${bad} |\\n| --- |\\n| ${bad} |`) },
  { type: "nested_event", callId: "9", agent: bad, event: { type: "text_delta", text: bad } },
  { type: "nested_event", callId: "9", agent: bad, event: { type: "tool_call_done", id: "x", name: bad, arguments: bad } },
  { type: "tool_result", id: "9", name: bad, text: bad, isError: false, durationS: 1, content: [text(bad)] },
  { type: "handed_over", agent: bad },
  { type: "retry_scheduled", attempt: 1, delayS: 0.01, error: bad },
  { type: "step_done", step: 1, usage: {}, finishReason: "stop" },
];
const wrong = [];
const HARMLESS = /^(https?:|mailto:|#|data:image\\/(png|jpeg|gif|webp|avif)[;,])/i;
const look = (bad, where) => {
  const said = new Set(root.querySelectorAll(".markdown *, .tool-output *, .thoughts *, .said *, .tool *, .fault *, .undrawn *, .passage *"));
  for (const node of said) {
    const tag = node.localName;
    const inSvg = node.closest("svg");
    if (inSvg ? !inSvg.classList.contains("icon") : /^(script|iframe|object|embed|style|link|meta|base|form|input|textarea|select|video|audio|template|math|slot|frame|x-y|noscript|marquee)$/.test(tag) && !node.closest(".approval, form"))
      wrong.push(`${where}: <${tag}> of ${bad}`);
    for (const { name, value } of node.attributes) {
      if (/^on/i.test(name) || name === "style" || name === "srcdoc" || name === "srcset" || name === "ping") wrong.push(`${where}: ${name} of ${bad}`);
      if (/^(href|src|action|formaction|data|poster|xlink:href|background)$/.test(name) && !HARMLESS.test(value)) wrong.push(`${where}: ${name}=${value} of ${bad}`);
    }
    if (tag === "img" && node.closest(".markdown") && !/^data:image/.test(node.src)) wrong.push(`${where}: a picture of ${bad}`);
  }
  if (!root.querySelector(".log").textContent.trim()) wrong.push(`${where}: nothing is drawn of ${bad}`);
};
for (const bad of placements) {
  chat.history = history(bad);
  await frame();
  look(bad, "history");
  if (!root.querySelector(".log").textContent.includes("the end")) wrong.push(`history: the end is not drawn after ${bad}`);
  for (const button of root.querySelectorAll("button.citation, button.reference")) {
    button.click();
    look(bad, "passage");
    root.querySelector("dialog")?.close();
  }
  for (const details of root.querySelectorAll("details")) details.open = true;
  await frame();
  chat.agent = {
    async *stream(_, { approve }) {
      let count = 0;
      for (const event of events(bad)) {
        yield event;
        if (event.type === "text_delta" && ++count % 3 === 0) {
          await frame();
          look(bad, "stream");
        }
      }
      await frame();
      void approve({ id: "7", tool: bad, agent: bad, arguments: { a: bad }, uncertain: true, reason: bad, expiresAt: Date.now() / 1000 + 9 });
      await frame();
      look(bad, "approval");
      throw Object.assign(new Error(bad), { name: bad, status: bad, requestId: bad });
    },
  };
  await chat.send(bad);
  look(bad, "fault");
  for (const link of root.querySelectorAll(".markdown a")) link.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
}
await frame();
chat.clear();
console.warn = told;
return JSON.stringify({ wrong, ran: window.ran, faults, cookie: document.cookie });
"""


class Noticing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def beacon() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Noticing)
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def chat(driver: Chrome, site: str) -> Iterator[ChatPage]:
    chat = ChatPage(driver, site + PAGE)
    driver.set_script_timeout(120)
    yield chat
    chat.restore()


def test_nothing_that_is_placed_anywhere_runs_or_asks_for_anything(chat: ChatPage, beacon: ThreadingHTTPServer, attack: Attack):
    dice = random.Random(7)
    filled = [
        text.replace("\\n", "\n").replace("HOST", f"127.0.0.1:{beacon.server_port}").replace("RUN", "window.ran.push(1)")
        for text in PLACEMENTS
    ]
    attack.count("markup at every place where the chat draws", len(filled))
    told = json.loads(run_script(chat.driver, LOOK, json.dumps({"placements": filled, "split": dice.randint(3, 9)})))
    assert told["wrong"] == []
    assert told["ran"] == []
    assert told["faults"] == []
    assert beacon.asked == []  # type: ignore[attr-defined]


BROKEN = """
const broken = JSON.parse(code);
const chat = document.querySelector("staysail-chat"), root = chat.shadowRoot;
const found = [];
for (const [name, message] of Object.entries(broken)) {
  const started = performance.now();
  let threw = "";
  try {
    chat.history = [{ role: "user", content: "first question" }, { role: "assistant", content: "first answer" }, ...[message].flat(),
      { role: "user", content: "last question" }, { role: "assistant", content: "last answer" }];
  } catch (error) {
    threw = String(error);
  }
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const words = root.querySelector(".log").textContent;
  found.push([name, threw, words.includes("first answer") && words.includes("last answer"), Math.round(performance.now() - started)]);
}
chat.clear();
return JSON.stringify(found);
"""


def test_a_part_that_cannot_be_drawn_is_shown_as_text_and_takes_nothing_with_it(chat: ChatPage):
    def assistant(*content: object) -> dict[str, object]:
        return {"role": "assistant", "content": list(content)}

    def text(words: object) -> dict[str, object]:
        return {"type": "text", "text": words}

    deep: object = 1
    for _ in range(900):
        deep = [deep]
    result = {"type": "tool_result", "id": "1", "name": "x"}
    broken: dict[str, object] = {
        "a picture without a host": assistant(text("![](https://)")),
        "other addresses that are none": assistant(text("![a](http:/) ![b](https://[) ![c](https://a b) ![d](https://%zz/) ![e](https:)")),
        "quotes": assistant(text("> " * 2000)),
        "stars": assistant(text("*" * 4000)),
        "lists": assistant(text("* " * 2000)),
        "numbers": assistant(text("1. " * 2000)),
        "brackets": assistant(text("[" * 20_000)),
        "pictures": assistant(text("![" * 10_000)),
        "bold tags": assistant(text("<b>" * 20_000)),
        "nested divisions": assistant(text("<div>" * 20_000)),
        "one long line": assistant(text("x" * 300_000)),
        "a table of a thousand columns": assistant(text("|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "|\n" * 5000)),
        "code of one long line": assistant(text("```\n" + "x" * 200_000)),
        "half an emoji": assistant(text("\ud83d half")),
        "deep arguments": assistant({"type": "tool_call", "id": "1", "name": "x", "arguments": deep}),
        "a deep result": {"role": "tool", "content": [result | {"content": [text("[" * 4000 + "]" * 4000)]}]},
        "a deep result of objects": {"role": "tool", "content": [result | {"content": [text('{"a":' * 4000 + "1" + "}" * 4000)]}]},
        "no content": {"role": "assistant"},
        "content null": {"role": "assistant", "content": None},
        "content a number": {"role": "assistant", "content": 7},
        "content an object": {"role": "assistant", "content": {"type": "text", "text": "x"}},
        "parts of other types": assistant(None, 7, "text", [], {}, {"type": None}, {"type": 7}),
        "text that is none": assistant(text(None), text(7), text({}), {"type": "text"}),
        "a kind of the future": assistant({"type": "hologram", "data": {"a": [1, 2]}}),
        "reasoning of other types": assistant({"type": "reasoning", "text": {"a": 1}}, {"type": "reasoning"}),
        "pictures with broken data": {"role": "user", "content": [{"type": "image", "data": "%%%", "mediaType": "image/png"}, {"type": "image"}]},
        "pictures in an answer": assistant({"type": "image", "data": "%%%", "mediaType": "image/png"}, {"type": "image", "data": 7}),
        "a tool call without anything": assistant({"type": "tool_call"}),
        "a result without anything": {"role": "tool", "content": [{"type": "tool_result"}]},
        "a result of text": {"role": "tool", "content": [result | {"content": "text"}]},
        "a result of broken parts": {"role": "tool", "content": [result | {"content": [None, {"type": "image"}, {"type": "text"}]}]},
        "sources of other types": {"role": "assistant", "content": "a", "extra": {"sources": [None, 7, {"id": 1}, {"id": "a", "document": None}]}},
        "sources with null": {
            "role": "assistant", "content": "[a]",
            "extra": {"sources": [{"id": "a", "source": None, "document": {"text": "x", "metadata": None}}]},
        },
        "a source of objects": {
            "role": "assistant", "content": "[a]",
            "extra": {"sources": [{"id": "a", "source": {"x": 1}, "document": {"text": "x", "metadata": {"headings": {}, "page": []}}}]},
        },
        "messages that are none": [None, 7, "text", {}, {"role": 7, "content": "x"}],
        "an unknown role": {"role": "wizard", "content": "x"},
    }  # fmt: skip
    told = json.loads(run_script(chat.driver, BROKEN, json.dumps(broken)))
    assert [name for name, threw, drawn, _ in told if threw or not drawn] == []
    assert [(name, ms) for name, _, _, ms in told if ms > 8000] == []


def test_a_stream_that_cannot_be_drawn_goes_on(chat: ChatPage):
    deep = "[" * 3000 + "]" * 3000
    odd = [
        {"type": "tool_call_done", "id": "1", "name": None, "arguments": None},
        {"type": "tool_result", "id": "1", "name": "x", "text": deep, "isError": False, "durationS": None, "content": None},
        {"type": "tool_progress", "callId": "1", "name": "x", "text": None, "part": {"type": "text"}},
        {"type": "nested_event", "callId": "1", "agent": "x", "event": None},
        {"type": "from the future"},
    ]
    chat.play([text_delta("before\n\n"), *odd, text_delta("![](https://)\n\n" + "> " * 3000 + "\n\nafter")])
    chat.run("chat.send('Go')")
    chat.wait_idle(30)
    assert "before" in chat.text
    assert "after" in chat.text


PROPERTY = """
const [seed, count] = JSON.parse(code);
const { MarkdownView } = await import("/web/element/markdown.js");
let state = seed;
const next = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = (some) => some[next(some.length)];
let word = 0;
const inline = () => Array.from({ length: 1 + next(5) }, () => pick([
  () => `w${word++}`, () => `*w${word++}*`, () => `**w${word++}** and`, () => "`w" + word++ + "`", () => `[w${word++}](https://a.b)`, () => `~~w${word++}~~`,
  () => `w${word++} * x _ y`, () => `w${word++} &amp; <b>w${word++}</b>`, () => `![w${word++}](https://)`, () => `[w${word++}] \\\\* w${word++}`])()).join(" ");
const lines = (make, most) => Array.from({ length: 1 + next(most) }, make).join("\\n");
const blocks = [
  () => lines(inline, 4), () => `${"#".repeat(1 + next(6))} ${inline()}`, () => lines(() => `${pick(["- ", "- ", "  - ", "- [x] "])}${inline()}`, 8),
  () => lines((_, at) => `${at + 1}. ${inline()}`, 8), () => lines(() => `> ${inline()}`, 4), () => "```js\\n" + lines(inline, 90) + "\\n```", () => "    " + inline(), () => "---",
  () => `| a | b |\\n| - | - |\\n${lines(() => `| ${inline()} | ${inline()} |`, 6)}`, () => `<details><summary>w${word++}</summary>\\n\\n${inline()}\\n\\n</details>`,
  () => lines(() => `- ${inline()}`, 300), () => `| a | b |\\n| - | - |\\n${lines(() => `| ${inline()} | ${inline()} |`, 200)}`,
  () => lines(() => `- ${inline()}${pick(["", "", "\\n"])}`, 300), () => lines((_, at) => `${at + 3}. ${inline()}`, 200)];
const text = () => Array.from({ length: 1 + next(7) }, () => pick(blocks)()).join(pick(["\\n\\n", "\\n\\n", "\\n\\n\\n", "\\n"]));
const wrong = [];
const home = document.body.appendChild(document.createElement("div"));
const draw = async (pieces) => {
  const view = new MarkdownView();
  home.replaceChildren(view.node);
  for (const piece of pieces) {
    view.push(piece);
    if (next(3) === 0) await new Promise((done) => requestAnimationFrame(() => done()));
  }
  view.finish();
  return view.node;
};
for (let round = 0; round < count; round++) {
  const began = state, first = word;
  const source = text();
  const whole = await draw([source]);
  const html = whole.innerHTML, words = whole.textContent;
  for (let number = first; number < word; number++) if (!words.includes(`w${number}`)) wrong.push([began, `w${number} is lost`]);
  const pieces = [];
  for (let at = 0, size; at < source.length; at += size) pieces.push(source.slice(at, at + (size = 1 + next(source.length / pick([3, 10, 40])))));
  const [one, other] = [html, (await draw(pieces)).innerHTML].map((text) =>
    text.replace(/ class="(?:long)?"/g, "").replace(/<span class="t-[^>]*>([^<]*)<\\/span>/g, "$1")); // colours come later
  const at = [...one].findIndex((letter, at) => letter !== other[at]);
  if (one !== other) wrong.push([began, "it depends on where it was cut", one.slice(at - 150, at + 150), other.slice(at - 150, at + 150)]);
}
home.remove();
return JSON.stringify(wrong.slice(0, 5));
"""


def test_any_markdown_reads_back_and_looks_the_same_wherever_it_was_cut(chat: ChatPage, attack: Attack):
    for seed in attack.tries("60 random Markdown texts", least=1):
        wrong = json.loads(run_script(chat.driver, PROPERTY, json.dumps([seed + 1, 60])))
        assert not wrong, "\n".join(map(str, [seed, *wrong]))
