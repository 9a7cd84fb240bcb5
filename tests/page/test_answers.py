"""What stands in answers besides plain text: coloured code, formulas, tables, footnotes, previews of HTML and SVG."""

import json

import pytest

from tests.page.chat_page import ChatPage, text_delta
from tests.page.test_element_view import PAGE, say, violations
from tests.server import TestServer

FENCE = "```"
PYTHON = f'''{FENCE}python
def norm(x: float) -> str:  # of a number
    """Two lines
    of words."""
    return f"{{abs(x)}}"
{FENCE}
'''


@pytest.fixture
def chat(driver, site):
    chat = ChatPage(driver, site + PAGE)
    yield chat
    chat.restore()


def test_code_is_coloured_wrapped_and_copied_as_it_was_written(chat):
    say(chat, [text_delta(f"Look:\n\n{PYTHON}\n{FENCE}nonsense\nfree text\n{FENCE}\n")])
    chat.wait(lambda: chat.all(".t-keyword"), "the colours")
    assert [node.text for node in chat.all(".t-keyword")] == ["def", "return"]
    assert chat.run("return root.querySelector('.code code').textContent") == PYTHON.split("\n", 1)[1].removesuffix(f"\n{FENCE}\n")
    assert [node.text for node in chat.all(".code-language")] == ["python", "nonsense"]
    wrap = chat.all("[title='Wrap lines']")[0]
    wrap.click()
    assert wrap.get_attribute("aria-pressed") == "true"
    assert chat.run("return getComputedStyle(root.querySelector('.code pre')).whiteSpace") == "pre-wrap"
    for scheme in ("light", "dark"):
        chat.prefer(scheme)
        assert violations(chat) == []


def test_code_that_grows_is_coloured_as_if_it_had_come_at_once(chat):
    text = f"{FENCE}js\n" + "".join(f"const name{n} = `a ${{{n}}}\n  b`; // {n}\n" for n in range(90)) + FENCE
    spans = "return [...root.querySelectorAll('.turn:last-child .code .lines')].map((box) => box.innerHTML)"
    say(chat, [text_delta(text)])
    chat.wait(lambda: len(chat.all(".turn:last-child .t-comment")) > 0, "the colours")
    chat.wait(lambda: chat.run("return root.querySelectorAll('.turn:last-child .t-comment').length") == 90, "all colours")
    whole = chat.run(spans)
    assert len(whole) == 3
    say(chat, [event for at in range(0, len(text), 700) for event in (text_delta(text[at : at + 700]), 120)])
    chat.wait(lambda: chat.run(spans) == whole, "the same colours", 20)


def test_formulas_are_drawn_and_money_is_not(chat):
    text = r"""It costs $5 and then $6, or $1,000. Inline \(x^2\) and $\frac{a}{b}$ and $$e=mc^2$$ here.

\[
\sum_{n=1}^\infty \frac{1}{n^2}
\]

$$
\int_0^1 x\,dx
$$

```math
\sqrt{2}
```

A wrong one: \(\frac{\) and `$code$` and \[link\](x)."""
    say(chat, [text_delta(text)])
    chat.wait(lambda: len(chat.all("math")) == 6, lambda: f"six formulas, not {len(chat.all('math'))}")
    assert "It costs $5 and then $6, or $1,000." in chat.last_answer
    assert "$code$" in chat.last_answer
    assert chat.run("return root.querySelectorAll('.math-block math').length") == 4
    assert chat.run("return [...root.querySelectorAll('.math:not(.math-drawn)')].map((node) => node.textContent)") == [r"\frac{"]
    assert chat.run("return root.querySelector('.math-block').clientWidth <= root.querySelector('.answer').clientWidth")
    assert violations(chat) == []


@pytest.mark.parametrize(
    "source",
    [
        r"\href{https://HOST/?secret}{x}",
        r"\url{https://HOST/}",
        r"\includegraphics{https://HOST/x.png}",
        r"\htmlStyle{background:url(https://HOST/)}{x}",
        r"\class{fault}{x}",
        r"\htmlId{top}{x}",
        r"\def\a{\a\a}\a",
        "{" * 500 + "x" + "}" * 500,
    ],
)
def test_a_formula_holds_no_link_no_picture_and_ends(chat, source):
    with TestServer() as server:
        box = server.box({"text": ""}, loop=True)
        say(chat, [text_delta(f"Before $x$ and \\({source.replace('https://HOST', box.url)}\\) after.")])
        chat.wait(lambda: chat.all("math"), "a formula")
        inside = "return root.querySelectorAll('.math :is(a, img, [href], [src], [id], .fault)').length"
        assert chat.run(inside) == 0
        assert "after." in chat.last_answer
        assert box.seen == []


def test_tables_are_copied_as_csv_tasks_have_no_bullets_and_footnotes_stand_below(chat):
    chat.driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    text = '| Sail | "Area" |\n|---|--:|\n| Jib, big | 12 |\n| Fock | 8 |\n\n- [x] done\n- [ ] open\n\nA claim.[^1]\n\n[^1]: Its *source*.'
    say(chat, [text_delta(text)])
    csv = "import('/web/element/media.js').then(({ csvOf }) => arguments[0](csvOf(document.querySelector('staysail-chat').shadowRoot.querySelector('table'))))"
    assert chat.driver.execute_async_script(csv) == 'Sail,"""Area"""\r\n"Jib, big",12\r\nFock,8'
    assert chat.run("return getComputedStyle(root.querySelector('li')).listStyleType") == "none"
    assert [node.text for node in chat.all("sup")] == ["1", "1"]
    assert chat.all("small")[0].text == "1 Its source."
    assert violations(chat) == []


def test_a_table_in_hebrew_begins_at_the_right(chat):
    say(chat, [text_delta("| שם | כמות |\n|---|--:|\n| מפרש | 12 |\n| חבל | 8 |")])
    chat.one("table")
    places = chat.run(
        "const [first, second] = [...root.querySelectorAll('td')].map((cell) => [cell.getBoundingClientRect().left, getComputedStyle(cell)]);"
        "return [first[0] > second[0], first[1].paddingRight, first[1].direction, second[1].textAlign]"
    )
    assert places == [True, "0px", "rtl", "right"]


ATTACKS = [
    '<img src="URL/img">',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="URL/image"/><use href="URL/use#a"/></svg>',
    '<style>@import url("URL/import"); body { background: url("URL/css") } @font-face { font-family: x; src: url("URL/font") } p { font-family: x }</style><p>x</p>',
    '<p style="background: url(URL/inline)">x</p>',
    '<link rel="stylesheet" href="URL/link"><link rel="preconnect" href="URL"><link rel="dns-prefetch" href="URL">',
    '<meta http-equiv="refresh" content="0;url=URL/refresh">',
    '<iframe src="URL/frame"></iframe><object data="URL/object"></object><embed src="URL/embed">',
    '<script>fetch("URL/script"); window.top.attacked = 1</script><img src=x onerror="fetch(\'URL/onerror\')">',
    '<video src="URL/video" poster="URL/poster" autoplay></video><audio src="URL/audio" autoplay></audio>',
    '<base href="URL/"><img src="relative"><form action="URL/form"><input autofocus onfocus="this.form.submit()"></form>',
    '<svg><foreignObject><img src="URL/foreign"></foreignObject><script>fetch("URL/svgscript")</script><animate onbegin="fetch(1)"/></svg>',
    '</foreignObject></svg><img src="URL/break">',
    '<style>]]></style><style></style ><img src="URL/style-break"></style>',
]


def test_a_preview_draws_and_reaches_nobody(chat):
    with TestServer() as server:
        box = server.box({"text": ""}, loop=True)
        blocks = [attack.replace("URL", box.url) for attack in ATTACKS]
        say(chat, [text_delta("\n\n".join(f"{FENCE}{kind}\n{text}\n{FENCE}" for text in blocks for kind in ("html", "svg")))])
        previews = chat.run(
            "const all = [...root.querySelectorAll('[part~=preview]')]; for (const one of all) one.click(); return all.length"
        )
        assert previews == 2 * len(ATTACKS)
        settled = "return [...root.querySelectorAll('.artifact img')].every((picture) => picture.complete)"
        chat.wait(lambda: chat.run(settled), "the pictures")
        chat.driver.execute_async_script("setTimeout(arguments[0], 500)")
        assert box.seen == []
        assert not chat.run("return window.attacked")
        assert chat.run("return root.querySelectorAll('.artifact :not(img, p)').length") == 0
    page = '<!doctype html><html><head><style>body { background: #00ff00; margin: 0 }</style></head><body><p style="height: 900px">x</p></body></html>'
    circle = '<svg viewBox="0 0 10 10"><rect width="10" height="10" fill="#00ff00"/></svg>'
    for kind, text in (("html", page), ("svg", circle), ("html", circle)):
        say(chat, [text_delta(f"{FENCE}{kind}\n{text}\n{FENCE}")])
        chat.button("Preview").click()
        chat.one(".artifact img")
        colour = chat.driver.execute_async_script(
            """
            const done = arguments[0];
            const pictures = document.querySelector("staysail-chat").shadowRoot.querySelectorAll(".artifact img");
            const picture = pictures[pictures.length - 1];
            picture.decode().then(() => {
              const canvas = new OffscreenCanvas(100, 100).getContext("2d");
              canvas.drawImage(picture, 0, 0, 100, 100);
              try { done([...canvas.getImageData(50, 50, 1, 1).data]); } catch (error) { done(String(error)); }
            }, (error) => done(String(error)));
            """
        )
        assert colour == [0, 255, 0, 255] or "tainted" in str(colour), (kind, text, colour)
    assert violations(chat) == []


STREAM = """
const done = arguments[0];
const chat = document.querySelector("staysail-chat");
const line = (n) => `export function name${n}(first, second) { return first * ${n} + second; } // a comment on line ${n}\\n`;
let text = "```js\\n";
for (let n = 0; text.length < 100_000; n++) text += line(n);
const long = [];
new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ type: "longtask" });
chat.agent = {
  async *stream() {
    for (let at = 0; at < text.length; at += 400) {
      yield { type: "text_delta", text: text.slice(at, at + 400) };
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
  },
};
chat.send("Go").then(() => setTimeout(() => done(JSON.stringify({ long, coloured: chat.shadowRoot.querySelectorAll(".t-keyword").length })), 4000));
"""


@pytest.mark.thorough
def test_a_long_block_of_code_streams_without_holding_the_page_up(chat, capsys):
    told = json.loads(chat.driver.execute_async_script(STREAM))
    with capsys.disabled():
        print(f"\n100 kB of code: {len(told['long'])} tasks over 50 ms {told['long']}")
    assert told["coloured"] > 1000
    assert len(told["long"]) <= 25, told  # none on an idle machine
