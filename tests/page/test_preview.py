"""HTML and SVG beside the chat, and diagrams: drawn where nothing runs, nothing is loaded and no link leads anywhere."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import ChatPage, text_delta
from tests.page.test_answers import ATTACKS, FENCE
from tests.page.test_element_view import say, violations
from tests.page.test_page import field
from tests.server import TestServer

PAGE = """<!doctype html><style>body { margin: 0; background: rgb(0, 128, 0) } a { display: block; height: 300px }</style>
<a href="URL/clicked" target="_top">A link</a><p style="color: rgb(1, 2, 3)">Words</p><script>window.top.attacked = 1</script>"""
LOOKS = "return [document.body.innerText, getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('p')).color, document.scripts.length, origin]"


@pytest.fixture
def page(page):
    page.run("chat.conversation = undefined")  # nothing is kept, so that nothing waits for Python
    yield page
    page.driver.switch_to.default_content()


def enter(page: ChatPage) -> None:
    """Goes into the room, and into the frame with what is previewed."""
    page.driver.switch_to.frame(page.driver.find_element(By.CSS_SELECTOR, "#preview-place iframe"))
    page.wait(lambda: page.driver.find_elements(By.CSS_SELECTOR, "iframe"), "the inner frame")
    page.driver.switch_to.frame(page.driver.find_element(By.CSS_SELECTOR, "iframe"))


@pytest.mark.thorough
def test_a_page_is_previewed_beside_the_chat_and_reaches_nobody(page):
    driver = page.driver
    with TestServer() as server:
        box = server.box({"text": ""}, loop=True)
        say(page, [text_delta(f"{FENCE}html\n{PAGE.replace('URL', box.url)}\n{FENCE}")])
        page.one("[part~=preview]").click()
        assert driver.switch_to.active_element == field(page, "close-preview")
        enter(page)
        page.wait(lambda: driver.find_elements(By.TAG_NAME, "p"), "the page")
        text, ground, ink, scripts, origin = driver.execute_script(LOOKS)
        assert "Words" in text
        assert (ground, ink, scripts, origin) == ("rgb(0, 128, 0)", "rgb(1, 2, 3)", 0, "null")
        driver.find_element(By.TAG_NAME, "a").click()
        driver.switch_to.default_content()
        for width, scheme in ((1440, "dark"), (1024, "light"), (360, "dark")):
            page.resize(width, 740)
            page.prefer(scheme)
            if width == 360:
                page.button("Preview").click()
            assert field(page, "preview").is_displayed()
            assert violations(page) == []
            assert page.run("return chat.clientWidth") >= min(width, 480)
        driver.switch_to.active_element.send_keys(Keys.ESCAPE)
        assert not field(page, "preview").is_displayed()
        assert page.run("return root.activeElement.title") == "Preview"

        page.resize(1440, 900)
        attacks = [
            attack.replace("URL", box.url) for attack in (*ATTACKS, '<a href="URL/a" ping="URL/p">x</a><map><area href="URL/area"></map>')
        ]
        blocks = [("html", "\n".join(attacks)), *(("svg", attack) for attack in attacks if "<svg" in attack)]
        assert len(blocks) > 2
        say(page, [text_delta("\n\n".join(f"{FENCE}{kind}\n{text}\n{FENCE}" for kind, text in blocks))])
        for at, (_, block) in enumerate(blocks):
            page.run("[...root.querySelectorAll('.turn:last-child [part~=preview]')][arguments[0]].click()", at)
            driver.execute_async_script("setTimeout(arguments[0], 80)")
            enter(page)
            addresses = driver.execute_script(
                "return document.querySelectorAll('script, iframe, link, meta[http-equiv], base, [href]:not([href^=\"#\"]), [ping]').length"
            )
            assert addresses == 0, block
            driver.switch_to.default_content()
        driver.execute_async_script("setTimeout(arguments[0], 400)")
        assert [call.path for call in box.seen] == []
        assert not driver.execute_script("return window.attacked")
        # The frame holds by itself, whatever the sanitiser lets through.
        raw = f'<img src="{box.url}/raw"><link rel="stylesheet" href="{box.url}/sheet"><iframe src="{box.url}/frame"></iframe><meta http-equiv="refresh" content="0;url={box.url}/refresh"><form action="{box.url}/form"><button>x</button></form><a href="{box.url}/link">go</a><script>location = "{box.url}/moved"</script>'
        driver.execute_script(
            "document.querySelector('#preview-place iframe').contentWindow.postMessage({ html: arguments[0], title: 'Raw' }, '*')", raw
        )
        enter(page)
        page.wait(lambda: driver.find_elements(By.TAG_NAME, "a"), "what was not sanitised")
        driver.find_element(By.TAG_NAME, "button").click()
        driver.find_element(By.TAG_NAME, "a").click()
        driver.switch_to.default_content()
        driver.execute_async_script("setTimeout(arguments[0], 600)")
        assert [call.path for call in box.seen] == []


@pytest.mark.thorough
def test_diagrams_are_drawn_where_they_stand_and_reach_nobody(page):
    driver = page.driver
    with TestServer() as server:
        box = server.box({"text": ""}, loop=True)
        good = "flowchart LR\n  A[Sail] --> B{Wind?}\n  B -->|yes| C[Go]"
        hostile = f'flowchart LR\n  A["<img src={box.url}/img><script>top.attacked=1</script>"] --> B\n  click B "{box.url}/click" _blank\n  click A call alert()\n  style A fill:url({box.url}/fill)'
        themed = f'%%{{init: {{"securityLevel": "loose", "themeCSS": "@import url({box.url}/css); * {{ background: url({box.url}/bg) }}"}}}}%%\nsequenceDiagram\n  Ann->>Bob: Ahoy'
        blocks = [good, hostile, themed, "flowchart LR\n  A --"]
        say(page, [text_delta("\n\n".join(f"{FENCE}mermaid\n{text}\n{FENCE}" for text in blocks))])
        drawn = "return [...root.querySelectorAll('.diagram')].map((node) => node.querySelector('img')?.naturalWidth ?? node.textContent)"
        page.wait(lambda: len([one for one in page.run(drawn) if one]) == 4, lambda: str(page.run(drawn)), 40)
        widths = page.run(drawn)
        assert widths[0] > 100
        assert widths[2] == widths[2]
        assert "could not be drawn" in str(widths[3])
        assert "A[Sail] --> B{Wind?}" in page.text, "the code stays"
        driver.execute_async_script("setTimeout(arguments[0], 400)")
        assert [call.path for call in box.seen] == []
        assert not driver.execute_script("return window.attacked")
    for width, scheme in ((1440, "dark"), (360, "light")):
        page.resize(width)
        page.prefer(scheme)
        assert page.width_beyond_screen() <= 0
        assert violations(page) == []
