"""What `<staysail-chat>` draws: Markdown as it grows, ten thousand deltas, narrow screens, both colour schemes, a strict policy.

Most of it is about drawing alone, so the page gives the chat an agent of its own that tells fixed events."""

import json
import random
import re
import threading
from functools import partial
from pathlib import Path

import pytest

from tests.page.chat_page import ChatPage, text_delta
from tests.server import TestServer
from tools.serve import Handler, Server
from tools.site import FOLDERS, Site

PAGE = "tests/page/element.html"
AXE = Path("web/node_modules/axe-core/axe.min.js")

MARKDOWN = """# A title

A paragraph with *emphasis*, **strength**, `code`, a [link](https://example.com) and a [reference][later].
Its second line.

Setext
------

- one
- two
  continued

  and a paragraph

  ```js
  nested();
  ```
- three

1. first
2. second
   - inner

> A quote
> of two lines
>
> ```
> quoted code
> ```

| a | b |
| - | -: |
| 1 | 2 |
| 3 | 4 |

```python
def f():

    return "```"
```

- [x] done
- [ ] not done

***

<details><summary>More</summary>

Inside <b>HTML</b>

</details>

Text<br>broken. A line with trailing backslash\\
next.

    indented code

    more of it

![alt](https://example.com/picture.png)

Term 漢字と仮名 שלום عالم 👩‍👩‍👧 end.

[later]: https://example.com/later "Title"

~~gone~~ and the end
"""


@pytest.fixture
def chat(driver, site):
    chat = ChatPage(driver, site + PAGE)
    yield chat
    chat.restore()


def say(chat: ChatPage, events: list, prompt: str = "Go") -> None:
    chat.play(events)
    chat.run("chat.send(arguments[0])", prompt)
    chat.wait_idle(30)


def drawn(chat: ChatPage) -> str:
    """The answer's markup without the colours of its code, which come later."""
    html = chat.run("return root.querySelector('.turn:last-child .markdown').innerHTML")
    return re.sub(r'<span class="t-[^>]*>([^<]*)</span>', r"\1", html)


def test_an_answer_looks_the_same_wherever_its_pieces_were_cut(chat):
    say(chat, [text_delta(MARKDOWN)])
    whole = drawn(chat)
    assert {"<table", "<ol", "<blockquote", "<details", "☑"} <= {
        mark for mark in ("<table", "<ol", "<blockquote", "<details", "☑") if mark in whole
    }
    dice = random.Random(5)
    for size in (1, 3, 11, 40):
        events, rest = [], MARKDOWN
        while rest:
            cut = dice.randint(1, size)
            # A frame is drawn between some of the pieces, so that every state of the text is drawn in some round.
            events += [text_delta(rest[:cut]), *([17] if dice.random() < 0.25 * size / 11 else [])]
            rest = rest[cut:]
        say(chat, events)
        assert drawn(chat) == whole


def test_alignment_numbering_and_task_lists_survive_sanitising(chat):
    say(chat, [text_delta('| a | b |\n| - | -: |\n| 1 | 2 |\n\n7. seven\n8. eight\n\n- [x] done\n\n<p dir="rtl" lang="he">x</p>')])
    assert chat.run("return getComputedStyle(root.querySelector('td:last-child')).textAlign") == "right"
    assert chat.run("return root.querySelector('ol').start") == 7
    assert "☑ done" in chat.last_answer
    assert chat.run("return root.querySelector('[lang=he]').dir") == "rtl"


def test_blocks_that_are_whole_are_not_drawn_again(chat):
    chat.play(
        [
            text_delta("First paragraph.\n\nSecond one.\n\n```js\nlet a;\n"),
            300,
            text_delta("let b;\n```\n\nThird.\n"),
            300,
            text_delta("\nFourth."),
        ]
    )
    chat.run(
        """
        window.kept = [];
        chat.send("Go");
        setTimeout(() => (window.kept = [...root.querySelectorAll(".markdown > *")]), 200);
        """
    )
    chat.wait_idle()
    texts = chat.run("return window.kept.map((node) => [node.isConnected, node.textContent])")
    assert [connected for connected, _ in texts] == [True, True, True]
    assert "let b;" in texts[2][1]


def test_ten_thousand_deltas_are_drawn_smoothly(chat, capsys):
    words = ("word " * 9 + "**bold** `code`\n\n").split(" ")
    deltas = [words[n % len(words)] + " " for n in range(10_000)]
    measured = chat.run(
        """
        const deltas = arguments[0];
        chat.agent = {
          async *stream() {
            for (let n = 0; n < deltas.length; n++) {
              yield { type: "text_delta", text: deltas[n] };
              if (n % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 4)); // 5,000 deltas a second
            }
          },
        };
        window.frames_ms = [];
        window.long_ms = [];
        const note = (list) => list.getEntries().forEach(({ duration }) => window.long_ms.push(duration));
        new PerformanceObserver(note).observe({ type: "longtask" });
        let last = performance.now(), started = last;
        const tick = (now) => {
          window.frames_ms.push(now - last);
          last = now;
          if (chat.running) requestAnimationFrame(tick);
          else window.took_ms = now - started;
        };
        requestAnimationFrame(tick);
        chat.send("Go");
        """,
        deltas,
    )
    assert measured is None
    chat.wait(lambda: chat.run("return window.took_ms"), "all of it", 60)
    frames = sorted(chat.run("return window.frames_ms"))
    longest, median = frames[-1], frames[len(frames) // 2]
    long_tasks = chat.run("return window.long_ms")
    with capsys.disabled():
        print(
            f"\n  10,000 deltas in {chat.run('return window.took_ms'):.0f} ms: a frame every {median:.1f} ms (median),"
            f" {frames[len(frames) * 95 // 100]:.1f} (95 %), {longest:.0f} (longest), {len(long_tasks)} tasks over 50 ms"
        )
    assert chat.run("return root.querySelectorAll('.markdown strong').length") == sum("**bold**" in delta for delta in deltas)
    assert median < 34


def test_the_log_follows_the_answer_until_the_reader_scrolls_up(chat):
    chat.resize(600, 500)
    events = [event for n in range(60) for event in (text_delta(f"Paragraph {n}.\n\n"), 30)]
    chat.play(events)
    chat.run("chat.send('Go')")
    at_end = "const log = root.querySelector('.log'); return log.scrollHeight - log.clientHeight - log.scrollTop < 45 && log.scrollTop > 50"
    chat.wait(lambda: chat.run(at_end), "the log to follow")
    assert not chat.all(".latest")
    chat.run("root.querySelector('.log').scrollBy(0, -200)")
    chat.wait(lambda: chat.all(".latest"), "the way back")
    where = chat.run("return root.querySelector('.log').scrollTop")
    chat.wait_idle()
    assert chat.run("return root.querySelector('.log').scrollTop") == where
    chat.one(".latest").click()
    assert chat.run(at_end)
    chat.wait(lambda: not chat.all(".latest"), "the button to go")


LONG = [
    text_delta("A" * 400 + "\n\n`" + "b" * 300 + "`\n\n```\n" + "code " * 100 + "\n```\n\n"),
    text_delta(
        "| "
        + " | ".join(f"column {n}" for n in range(20))
        + " |\n|"
        + " - |" * 20
        + "\n| "
        + " | ".join("cell" * 5 for _ in range(20))
        + " |\n\n"
    ),
    text_delta(
        "שלום עולם, זה טקסט מימין לשמאל עם `code` בפנים.\n\nمرحبا بالعالم\n\n"
        + "漢字" * 200
        + "\n\nhttps://example.com/"
        + "x" * 300
        + "\n\n"
    ),
    text_delta("- " * 12 + "deep\n\n> > > > > > quoted " + "y" * 100),
    {
        "type": "tool_call_done",
        "id": "1",
        "name": "a_tool_with_a_rather_long_name_that_goes_on_and_on_and_on",
        "arguments": {"text": "z" * 500},
    },
    {"type": "tool_result", "id": "1", "name": "a_tool", "text": "w" * 900, "isError": False, "durationS": 12.3},
    {
        "type": "step_done",
        "step": 1,
        "usage": {"inputTokens": 1234567, "outputTokens": 7654321, "totalTokens": 8888888},
        "finishReason": "stop",
    },
]


@pytest.mark.parametrize("width", [360, 320])
def test_nothing_is_wider_than_a_narrow_screen(chat, width):
    chat.resize(width)
    say(chat, LONG, "p" * 500)
    for summary in chat.all("summary"):
        chat.run("arguments[0].click()", summary)
    assert chat.width_beyond_screen() <= 0
    assert chat.run("return getComputedStyle(root.querySelector('.code pre')).overflowX") == "auto"
    directions = chat.run("return [...root.querySelectorAll('.markdown > .block')].map((node) => getComputedStyle(node).direction)")
    assert "rtl" in directions
    assert "ltr" in directions


def violations(chat: ChatPage) -> list[str]:
    """What axe-core finds in the whole page, shadow trees included."""
    if not chat.run("return !!window.axe"):
        chat.driver.execute_script(AXE.read_text())
    found = chat.driver.execute_async_script(
        """
        const done = arguments[0];
        // Colours on their way from one to another are neither.
        const fades = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
        Promise.allSettled(fades.map(({ finished }) => finished)).then(() => axe.run(document, { resultTypes: ["violations"] })).then(
          ({ violations }) => done(violations.map(({ id, impact, nodes }) => [
            impact, id, nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
          ])),
          (error) => done([["critical", "axe", [String(error)]]]),
        );
        """
    )
    return [f"{impact} {id} {nodes}" for impact, id, nodes in found if impact in ("moderate", "serious", "critical")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(chat, scheme):
    chat.prefer(scheme)
    chat.set(theme="auto")
    assert violations(chat) == []
    reasoning = {"type": "reasoning_delta", "text": "Let me see."}
    failed = {"type": "tool_result", "id": "2", "name": "b", "text": "No", "isError": True, "durationS": 1}
    second = {"type": "tool_call_done", "id": "2", "name": "b", "arguments": {}}
    say(chat, [reasoning, text_delta(MARKDOWN), *LONG[4:], second, failed])
    for summary in chat.all("summary"):
        chat.run("arguments[0].click()", summary)
    assert violations(chat) == []
    chat.run(
        """
        chat.agent = {
          async *stream() {
            yield { type: "retry_scheduled", attempt: 2, delayS: 9, error: "Busy" };
            await new Promise((resolve) => (window.fail = resolve));
            throw new Error("No");
          },
        };
        """
    )
    chat.run("chat.send('fail')")
    chat.one(".retrying")
    assert violations(chat) == []
    chat.run("window.fail()")
    chat.one(".fault")
    assert violations(chat) == []


def test_screen_readers_are_told_paragraphs_and_not_tokens(chat):
    chat.run(
        """
        window.told = [];
        const note = ({ addedNodes }) => addedNodes.forEach((node) => window.told.push(node.textContent));
        new MutationObserver((changes) => changes.forEach(note)).observe(root.querySelector("[aria-relevant=additions]"), { childList: true });
        """
    )
    words = [event for word in ["One", "two", "three.\n\nFour", "five", "six.\n\nSeven"] for event in (text_delta(word + " "), 25)]
    call = [
        {"type": "tool_call_done", "id": "1", "name": "look", "arguments": {}},
        {"type": "tool_result", "id": "1", "name": "look", "text": "x", "isError": False, "durationS": 0},
    ]
    say(chat, [*call, *words])
    told = [text.strip() for text in chat.run("return window.told")]
    assert told == ["Calling the tool look", "The tool look answered", "One two three.", "Four five six.", "Seven"]
    log = chat.one("[role=log]")
    assert log.get_attribute("aria-live") == "off"
    assert not chat.all("[aria-busy]")


RED_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
TABLE = "| berth | euros |\n| --- | --- |\n| A | <img src=x onerror=alert(1)> |"


def test_what_a_tool_shows_while_it_runs_is_seen_at_once(chat):
    shown = {"type": "tool_progress", "callId": "1", "name": "python", "stream": "display", "text": ""}
    printed = {"type": "tool_progress", "callId": "1", "name": "python", "stream": "stdout", "part": None}
    picture = {"type": "image", "data": RED_PIXEL, "mediaType": "image/png"}
    content = [{"type": "text", "text": f"half\nwhole\n{TABLE}\nValueError: no"}, picture]
    chat.play(
        [
            {"type": "tool_call_done", "id": "1", "name": "python", "arguments": {"code": "…"}},
            printed | {"text": "ha"},
            printed | {"text": "lf\n"},
            1500,
            printed | {"text": "whole\n"},
            shown | {"part": {"type": "text", "text": TABLE}},
            shown | {"part": picture},
            shown | {"part": picture | {"mediaType": "text/html"}},
            {
                "type": "tool_result",
                "id": "1",
                "name": "python",
                "text": f"half\nwhole\n{TABLE}\nValueError: no",
                "content": content,
                "isError": True,
                "durationS": 1,
            },
        ]
    )
    chat.run("chat.send('Go')")
    chat.wait(lambda: "half" in chat.one(".tool-output").text, "the first line")
    assert "whole" not in chat.one(".tool").text
    chat.wait_idle()
    card = chat.one(".tool")
    assert [cell.text for cell in chat.all(".tool-output td")] == ["A", ""]
    assert chat.run("return root.querySelector('.tool-output pre').textContent") == "half\nwhole\n"
    assert chat.run("return [...root.querySelectorAll('.tool-output > img')].map(({ naturalWidth }) => naturalWidth)") == [1]
    assert card.text.count("half") == 1
    assert "ValueError: no" in card.text
    assert violations(chat) == []
    # The same of a history, which has results alone.
    call = {"type": "tool_call", "id": "1", "name": "python", "arguments": {}}
    result = {"type": "tool_result", "id": "1", "name": "python", "content": content}
    messages = [{"role": "user", "content": "Go"}, {"role": "assistant", "content": [call]}, {"role": "tool", "content": [result]}]
    chat.run("chat.history = arguments[0]", messages)
    assert [cell.text for cell in chat.all(".tool-output td")] == ["A", ""]
    assert len(chat.all(".tool-output > img")) == 1
    assert "whole" in chat.one(".tool-output").text


def test_what_an_agent_does_that_serves_as_a_tool_is_seen(chat):
    def nested(event: dict) -> dict:
        return {"type": "nested_event", "callId": "1", "agent": "post", "event": event}

    request = {"id": "1/s", "tool": "send", "arguments": {"to": "Rome"}, "uncertain": False, "expiresAt": None, "agent": "post"}
    chat.run(
        """
        const [events, request] = arguments;
        window.answers = [];
        chat.agent = {
          async *stream(prompt, { approve }) {
            yield* events;
            yield { type: "approval_needed", request };
            answers.push(await approve(request));
            yield { type: "tool_result", id: "1", name: "post", text: "It went.", content: [], isError: false, durationS: 1 };
          },
        };
        chat.send("Go");
        """,
        [
            {"type": "tool_call_done", "id": "1", "name": "post", "arguments": {"prompt": "Write"}},
            nested({"type": "text_delta", "text": "I write "}),
            nested({"type": "text_delta", "text": "to Rome."}),
            nested({"type": "tool_call_done", "id": "s", "name": "send", "arguments": {"to": "Rome"}}),
        ],
        request,
    )
    assert "post asks to call send." in chat.one(".approval").text
    assert [card.text.split("\n")[0] for card in chat.all(".tool-name")] == ["post", "post › send"]
    assert "I write to Rome." in chat.all(".tool")[0].text
    chat.button("Approve").click()
    chat.wait_idle()
    assert chat.run("return answers") == [{"approve": True}]
    assert [card.get_attribute("data-state") for card in chat.all(".tool")] == ["done", "done"]
    assert "approved" in chat.all(".tool")[1].text


VIEWS = """
chat.toolViews = {
  chart: (call) => {
    const node = document.createElement("output");
    node.textContent = `${call.state}: ${(call.arguments?.points ?? []).join()}`;
    return node;
  },
  text: () => "<b>text</b>",
  broken: () => { throw new Error("no view"); },
};
"""


def test_a_tool_view_of_the_page_draws_a_call_while_it_is_written_and_after(chat):
    chat.run(VIEWS)
    chat.run(
        """
        globalThis.steps = [];
        chat.agent = { async *stream() {
          const wait = () => new Promise((resolve) => globalThis.steps.push(resolve));
          const delta = (argumentsDelta) => ({ type: "tool_call_delta", id: "1", name: "chart", argumentsDelta, index: 0 });
          yield delta('{"points": [1, 2');
          await wait();
          yield delta(", 3");
          await wait();
          yield delta("]}");
          yield { type: "tool_call_done", id: "1", name: "chart", arguments: { points: [1, 2, 3] }, hosted: false };
          yield { type: "tool_result", id: "1", name: "chart", text: "seen", content: [], isError: false, durationS: 0, sources: [] };
          for (const name of ["text", "broken"]) yield { type: "tool_call_done", id: name, name, arguments: {}, hosted: false };
        } };
        """
    )
    chat.run("chat.send('Draw.')")
    chat.wait_for("writing: 1")
    chat.run("globalThis.steps[0]()")
    chat.wait_for("writing: 1,2")
    chat.run("globalThis.steps[1]()")
    chat.wait_idle(30)
    assert chat.run("return root.querySelector('.tool output').textContent") == "done: 1,2,3"
    assert chat.run("return getComputedStyle(root.querySelector('.tool .tool-head')).display") == "none"
    assert chat.run("return [...root.querySelectorAll('.tool')][1].querySelector('.tool-view').innerHTML") == "&lt;b&gt;text&lt;/b&gt;"
    assert "broken" in chat.last_answer  # the card, because its view failed


def test_a_tool_view_draws_a_history_and_leaves_approvals_to_the_card(chat):
    chat.run(VIEWS)
    history = [
        {"role": "user", "content": [{"type": "text", "text": "Draw."}]},
        {"role": "assistant", "content": [{"type": "tool_call", "id": "1", "name": "chart", "arguments": {"points": [7]}}]},
        {"role": "tool", "content": [{"type": "tool_result", "id": "1", "name": "chart", "content": [{"type": "text", "text": "seen"}]}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Up."}]},
    ]
    chat.run("chat.history = arguments[0]", history)
    assert chat.run("return root.querySelector('.tool output').textContent") == "done: 7"
    chat.run(
        """
        chat.agent = { async *stream(prompt, { approve }) {
          const request = { id: "2", tool: "chart", arguments: { points: [8] }, uncertain: false, expiresAt: null };
          yield { type: "tool_call_done", id: "2", name: "chart", arguments: request.arguments, hosted: false };
          yield { type: "approval_needed", request };
          yield { type: "text_delta", text: JSON.stringify(await approve(request)) };
        } };
        """
    )
    chat.run("chat.send('Again.')")
    chat.wait_for("asking: 8")
    chat.button("Approve").click()
    chat.wait_idle(30)
    assert '"approve":true' in chat.last_answer


def test_stop_works_even_where_the_agent_hangs(chat):
    chat.run("chat.agent = { async *stream() { yield { type: 'text_delta', text: 'Begun' }; await new Promise(() => {}); } }")
    chat.run("chat.send('Go')")
    chat.wait_for("Begun")
    chat.button("Stop").click()
    chat.wait_for("You stopped this answer.", 5)
    say(chat, [text_delta("Next.")])
    assert "Next." in chat.last_answer


def test_enter_belongs_to_the_input_method_while_it_composes(chat):
    chat.play([text_delta("Yes.")])
    chat.type("かん")
    chat.run(
        """
        const enter = new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true });
        root.querySelector(".input").dispatchEvent(enter);
        """
    )
    assert not chat.all(".turn")
    chat.send("じ")
    chat.wait_for("かんじ")


def test_a_history_is_drawn_and_can_be_read_back(chat):
    history = [
        {"role": "user", "content": [{"type": "text", "text": "What is 6 * 7?"}]},
        {"role": "assistant", "content": [{"type": "tool_call", "id": "1", "name": "times", "arguments": {"a": 6}}]},
        {"role": "tool", "content": [{"type": "tool_result", "id": "1", "name": "times", "content": [{"type": "text", "text": "42"}]}]},
        {"role": "assistant", "content": [{"type": "text", "text": "It is **42**."}]},
    ]
    chat.set(history=history)
    assert chat.run("return chat.history") == history
    assert "What is 6 * 7?" in chat.text
    assert chat.one(".markdown strong").text == "42"
    assert chat.one(".tool").get_attribute("data-state") == "done"
    given = chat.run(
        """
        chat.agent = { async *stream(prompt, { history }) { window.given = history; yield { type: "text_delta", text: "ok" }; } };
        return chat.send("And?").then(() => [window.given.length, chat.history.length]);
        """
    )
    assert given == [4, 6]


def test_properties_set_before_the_element_is_defined_count(driver, site):
    driver.get(f"{site}tests/page/empty.html")
    answer = driver.execute_async_script(
        """
        const done = arguments[0];
        const chat = document.createElement("staysail-chat");
        chat.agent = { async *stream(prompt) { yield { type: "text_delta", text: `You said ${prompt}.` }; } };
        chat.setAttribute("placeholder", "Say something");
        chat.innerHTML = '<p slot="header">Head</p><button slot="suggestion">Sing</button><p slot="footer">Foot</p>';
        document.body.append(chat);
        import("/web/element/staysail-chat.js").then(async () => {
          chat.querySelector("button").click();
          await new Promise((resolve) => chat.addEventListener("staysail-done", resolve));
          done([chat.shadowRoot.querySelector(".answer").innerText.trim(), chat.shadowRoot.querySelector("textarea").placeholder]);
        });
        """
    )
    assert answer == ["You said Sing.", "Say something"]


def test_a_page_themes_it_with_variables_and_parts(chat):
    chat.run(
        """
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(`
          staysail-chat { --staysail-accent: rgb(1, 2, 3); --staysail-radius: 11px; block-size: 300px; }
          staysail-chat::part(send) { text-transform: uppercase; }
        `);
        document.adoptedStyleSheets = [sheet];
        """
    )
    style = chat.run(
        "const { backgroundColor, borderRadius, textTransform } = getComputedStyle(root.querySelector('.send'));"
        "return [backgroundColor, borderRadius, textTransform];"
    )
    assert style == ["rgb(1, 2, 3)", "11px", "uppercase"]
    assert chat.run("return chat.offsetHeight") == 300
    grounds = []
    for theme in ("light", "dark"):
        chat.set(theme=theme)
        grounds.append(chat.run("return getComputedStyle(chat).backgroundColor"))
    assert grounds == ["rgb(251, 249, 244)", "rgb(18, 24, 27)"]


POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' http://127.0.0.1:*;"
    " base-uri 'none'; form-action 'none'"
)


class StrictHandler(Handler):
    def _end_head(self, *, opaque: bool = False) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super()._end_head(opaque=opaque)


@pytest.fixture
def strict_site():
    """The site under a policy that allows no inline script, no eval and no style sheet but constructed ones."""
    site = Site(folders=(*FOLDERS, "tests"))
    with Server(site, 0, quiet=True) as server:
        server.RequestHandlerClass = partial(StrictHandler, site, True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


def test_it_works_under_a_strict_content_security_policy(driver, strict_site):
    with TestServer() as server:
        calls = [{"name": "shout", "arguments": {"text": "hi"}}]
        box = server.box({"tool_calls": calls}, {"text": "It **works**.\n\n```js\n1\n```\n"})
        chat = ChatPage(driver, strict_site + PAGE)
        chat.set(model="openai-compatible:m", baseURL=box.url, runtimeURL="/wheels/")
        chat.run("chat.tools = [{ name: 'shout', parameters: { type: 'object' }, execute: ({ text }) => text.toUpperCase() }]")
        chat.send("Hi")
        chat.wait_for("It works.")
        assert "HI" in chat.one(".tool").text
        assert chat.run("return getComputedStyle(root.querySelector('.send')).borderRadius") == "6px"
        entries = [entry["message"] for entry in driver.get_log("browser")]
        assert not [message for message in entries if "Content Security Policy" in message]


def test_the_key_attribute_is_taken_and_the_property_cannot_be_read(driver, site):
    with TestServer() as server:
        box = server.box({"text": "Yes."})
        driver.get(f"{site}tests/page/empty.html")
        driver.execute_async_script(
            """
            const [base, done] = arguments;
            import("/web/element/staysail-chat.js").then(() => {
              document.body.innerHTML =
                `<staysail-chat model="openai-compatible:m" api-key="k-1" base-url="${base}" preamble="Be kind." runtime-url="/wheels/">`;
              document.querySelector("staysail-chat").send("Hi").then(done);
            });
            """,
            box.url,
        )
        assert box.seen[0].headers["authorization"] == "Bearer k-1"
        assert json.loads(box.seen[0].body)["messages"][0] == {"role": "system", "content": "Be kind."}
