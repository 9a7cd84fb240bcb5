"""Blocks of code that are run below an answer: in sandboxes, never in the page."""

import pytest

from tests.page.chat_page import START_S, ChatPage, text_delta
from tests.page.test_element_view import PAGE, say, violations
from tests.server import TestServer


@pytest.fixture
def chat(driver, site):
    chat = ChatPage(driver, site + PAGE)
    chat.set(runtimeURL="/wheels/")
    yield chat
    chat.restore()


def show(chat: ChatPage, language: str, code: str) -> None:
    say(chat, [text_delta(f"Look:\n\n```{language}\n{code}\n```\n")])


def run(chat: ChatPage, language: str, code: str, end: str = "Done in") -> str:
    show(chat, language, code)
    chat.one("[part~=run-code]", START_S).click()
    chat.wait(lambda: end in status(chat), lambda: f"{end!r}, not {status(chat)!r}", START_S)
    return output(chat)


def status(chat: ChatPage) -> str:
    return chat.all(".run-status")[-1].text


def output(chat: ChatPage) -> str:
    return chat.run("return [...root.querySelectorAll('.run pre')].at(-1).textContent")


def test_python_prints_draws_keeps_its_names_and_fails_below_its_block(chat):
    assert run(chat, "python", "answer = 6 * 7\nprint('It is', answer)\nanswer + 1") == "It is 42\n43\n"
    for width, scheme in ((1440, "light"), (1024, "dark"), (768, "dark"), (360, "light")):
        chat.resize(width)
        chat.prefer(scheme)
        assert violations(chat) == []
        assert chat.width_beyond_screen() <= 0
    assert run(chat, "py", "print(answer)") == "42\n"
    chat.driver.execute_async_script("import('/web/index.js').then(({ boot }) => boot({ runtimeURL: '/wheels/' })).then(arguments[0])")
    chat.run("chat.newConversation()")
    assert "NameError" in run(chat, "py", "print(answer)", "It failed after"), "another conversation's names"
    failed = run(chat, "python3", "import sys\nprint('before')\n1 / 0", "It failed after")
    assert failed.startswith("before\n")
    assert "ZeroDivisionError" in failed
    assert violations(chat) == []


def test_javascript_prints_awaits_and_fails_below_its_block(chat):
    code = "console.log('six', { a: [1, 2n] });\nconst x = await new Promise((go) => setTimeout(go, 5, 7));\nconsole.warn(x);"
    assert run(chat, "js", code) == 'six {\n  "a": [\n    1,\n    "2n"\n  ]\n}\n7\n'
    assert "ReferenceError: document is not defined" in run(chat, "javascript", "document.title = 'mine'", "It failed after")
    assert "SyntaxError" in run(chat, "javascript", "let let = 1", "It failed after")
    assert run(chat, "mjs", "let quiet = 1", "it printed nothing") == ""
    assert violations(chat) == []


@pytest.mark.parametrize(("language", "code"), [("python", "while True: pass"), ("js", "console.log('on'); for (;;);")])
def test_a_run_that_does_not_end_is_stopped(chat, language, code):
    show(chat, language, code)
    chat.button("Run").click()
    chat.driver.execute_async_script("setTimeout(arguments[0], 500)")
    assert violations(chat) == []
    chat.button("Stop").click()
    chat.wait(lambda: status(chat) == "Stopped.", "the stop")
    chat.wait(lambda: not chat.driver.execute_script("return document.querySelectorAll('iframe').length"), "its frame to go", START_S)
    assert run(chat, language, "print(2)" if language == "python" else "console.log(2)") == "2\n"


ATTACKS = [
    "await fetch('URL/fetch')",
    "await import('URL/module.js')",
    "new WebSocket('URL'.replace('http', 'ws'))",
    "navigator.sendBeacon?.('URL/beacon')",
    "new (Object.getPrototypeOf(async () => {}).constructor)('fetch(\"URL/built\")')",
    "importScripts('URL/script.js')",
    "new Worker('data:text/javascript,fetch(`URL/worker`)')",
    "new EventSource('URL/events')",
    "(await new Response(new Blob([''])).blob(), await new XMLHttpRequest().open('GET', 'URL/x'))",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_javascript_of_a_model_reaches_neither_network_nor_page(chat, attack):
    with TestServer() as server:
        box = server.box({"text": ""}, loop=True)
        code = f"try {{ {attack.replace('URL', box.url)} }} catch (error) {{ console.log('refused') }}\nconsole.log(typeof indexedDB, typeof localStorage, typeof parent, self.origin ?? location.origin)"
        printed = run(chat, "js", code)
        chat.driver.execute_async_script("setTimeout(arguments[0], 300)")
        assert box.seen == []
    assert printed.splitlines()[-1] == "undefined undefined undefined null"


def test_what_code_prints_is_text_and_is_cut(chat):
    assert run(chat, "js", "console.log('<img src=x onerror=top.hit=1>')") == "<img src=x onerror=top.hit=1>\n"
    printed = run(chat, "js", "for (let n = 0; n < 20000; n++) console.log('a line of text')")
    assert len(printed) < 60_000
    assert printed.endswith("[the rest is cut]\n")
    assert not chat.run("return window.hit || root.querySelectorAll('.run :not(pre, p, span)').length")
