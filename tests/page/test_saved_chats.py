"""Chats that are saved: as Markdown, as JSON, and as a page that opens alone and reaches nobody."""

import json
from base64 import b64encode

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.chat_page import START_S
from tests.page.test_answers import ATTACKS
from tests.page.test_conversations import press
from tests.page.test_element_view import violations
from tests.page.test_page import field
from tests.server import TestServer

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WRITE = """
const [conversation, done] = arguments;
Promise.all([import("/page/chats/as-page.js"), import("/page/chats/as-markdown.js")]).then(
  ([{ asPage }, { asMarkdown }]) => done([asPage(conversation, new Date(0)), asMarkdown(conversation)]),
  (error) => done(String(error)),
);
"""
SHARES = """
const [outcome] = arguments;
delete globalThis.shared;
navigator.canShare = ({ files }) => files.length === 1;
navigator.share = async ({ files, title }) => {
  const text = await files[0].text();
  globalThis.shared = { names: files.map(({ name }) => name), title, text };
  if (outcome !== "taken") throw new DOMException("no", outcome);
};
"""
SEEN = """
return {
  scripts: document.querySelectorAll("script, iframe, object, embed, link, base, form, svg, style ~ style, meta[http-equiv=refresh]").length,
  handlers: [...document.querySelectorAll("*")].flatMap((node) => [...node.attributes]).filter(({ name }) => /^on|^style$|^ping$|^srcset$/.test(name)).length,
  pictures: [...document.images].map(({ src, naturalWidth }) => [src.slice(0, 15), naturalWidth]),
  attacked: Boolean(window.attacked),
  text: document.body.innerText,
};
"""


def text(words: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": words}]


def hostile(url: str) -> dict:
    attacks = [attack.replace("URL", url) for attack in ATTACKS]
    attacks += [
        f"![x]({url}/markdown)",
        f"[a link]({url}/link)",
        "[run](javascript:window.attacked=1)",
        f'<a href="{url}/ping" ping="{url}/p">x</a>',
    ]
    attacks += ["</main></body><script>window.attacked = 1</script>", "```html\n</code></pre><img src=x onerror='window.attacked=1'>\n```"]
    attacks += ["<math><mtext><table><mglyph><style><!--</style><img title='--&gt;<img src=x onerror=window.attacked=1>'>"]
    all_of_it = "\n\n".join(attacks)
    title = "</title><script>window.attacked = 1</script>"
    call = {"type": "tool_call", "id": "c", "name": "<img src=x onerror='window.attacked=1'>", "arguments": {"html": all_of_it}}
    result = {"type": "tool_result", "id": "c", "name": "look", "content": text(all_of_it)}
    source = {"id": "</pre><script>window.attacked=1</script>", "document": {"id": "d", "text": all_of_it}}
    picture = {"type": "image", "data": PIXEL, "mediaType": "image/png", "name": '"><script>window.attacked=1</script>'}
    vector = {"type": "image", "data": b64encode(b"<svg onload='attacked=1'/>").decode(), "mediaType": "image/svg+xml"}
    return {
        "title": title,
        "messages": [
            {"role": "user", "content": [*text(all_of_it), picture, vector, {"type": "image", "url": f"{url}/attached.png"}]},
            {"role": "assistant", "content": [{"type": "reasoning", "text": all_of_it}, call]},
            {"role": "tool", "content": [result]},
            {"role": "assistant", "content": text(all_of_it), "extra": {"sources": [source]}},
        ],
    }


def test_a_saved_page_opens_alone_runs_nothing_and_reaches_nobody(page, tmp_path):
    driver = page.driver
    with TestServer() as server:
        box = server.box({"text": ""}, loop=True)
        written = driver.execute_async_script(WRITE, hostile(box.url))
        assert isinstance(written, list), written
        assert "connect-src" not in written[0]
        # Once more without the file's own policy: the sanitiser alone holds too.
        bare = written[0].replace('<meta http-equiv="Content-Security-Policy"', "<meta name=policy")
        assert bare != written[0]
        for html in (written[0], bare):
            path = tmp_path / "chat.html"
            path.write_text(html, encoding="utf-8")
            driver.get(path.as_uri())
            driver.execute_async_script("setTimeout(arguments[0], 400)")
            seen = driver.execute_script(SEEN)
            assert (seen["scripts"], seen["handlers"], seen["attacked"]) == (0, 0, False)
            assert seen["pictures"] == [["data:image/png;", 1]]
            assert "</main></body><script>" in seen["text"]
            assert [call.path for call in box.seen] == []
        assert "Passages the model was given" in seen["text"]
    grounds = []
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        page.resize(360)
        grounds.append(driver.execute_script("return getComputedStyle(document.body).backgroundColor"))
        assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert grounds == ["rgb(251, 249, 244)", "rgb(18, 24, 27)"]


@pytest.mark.thorough
def test_one_chat_is_saved_in_the_form_that_was_chosen(page, tmp_path):
    driver = page.driver
    page.wait(lambda: page.run("return chat.ready"), "Python", START_S)
    said = "Use **this**:\n\n````md\n```js\nlet a;\n```\n````"
    history = [
        {"role": "user", "content": text("What is # this?") + text("Attached file a`b.txt:\n\nold ``` text\n")},
        {"role": "assistant", "content": [{"type": "tool_call", "id": "c", "name": "look_up", "arguments": {"q": "a"}}]},
        {"role": "tool", "content": [{"type": "tool_result", "id": "c", "name": "look_up", "content": text("found")}]},
        {"role": "assistant", "content": text(said)},
    ]
    title = "What is # this?"
    conversation = {"id": "kept", "title": title, "messages": history}
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps({"format": "staysail-conversations", "version": 1, "conversations": [conversation]}), encoding="utf-8")
    page.open_panel("conversations")
    driver.execute_script("document.getElementById('import-file').hidden = false")
    field(page, "import-file").send_keys(str(kept))
    page.wait(lambda: "One chat was imported." in field(page, "conversation-note").text, "the import", START_S)
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})

    def saved(label: str, name: str) -> str:
        press(page, f"Save or share {title}")
        assert driver.switch_to.active_element.text == "Markdown"
        assert violations(page) == []
        next(button for button in driver.find_elements(By.CSS_SELECTOR, ".asked button") if button.text == label).click()
        path = tmp_path / name
        page.wait(path.exists, lambda: f"{name} among {[one.name for one in tmp_path.iterdir()]}")
        assert driver.switch_to.active_element.get_attribute("aria-label") == f"Save or share {title}"
        return path.read_text(encoding="utf-8")

    assert saved("Markdown", "What-is-this-.md") == (
        "# What is \\# this?\n\n## You\n\nWhat is # this?\n\nAttached file a\\`b.txt:\n\n````\nold ``` text\n````\n\n## Answer\n\n"
        'Tool look\\_up:\n\n```json\n{"q":"a"}\n```\n\nIts result:\n\n```\nfound\n```\n\n' + said + "\n"
    )
    assert [one["id"] for one in json.loads(saved("JSON", "What-is-this-.json"))["conversations"]] == ["kept"]
    html = saved("Web page", "What-is-this-.html")
    assert "<strong>this</strong>" in html
    assert "<script" not in html

    # A browser that gives files to programs is played: this one has none to give them to.
    def share(outcome: str) -> dict:
        driver.execute_script(SHARES, outcome)
        press(page, f"Save or share {title}")
        next(button for button in driver.find_elements(By.CSS_SELECTOR, ".asked button") if button.text == "Share…").click()
        return page.wait(lambda: driver.execute_script("return globalThis.shared"), "the file")

    press(page, f"Save or share {title}")
    assert "Share" not in field(page, "conversation-list").text, "not where the browser cannot"
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    (tmp_path / "What-is-this-.html").unlink()
    assert share("taken") == {"names": ["What-is-this-.html"], "title": "What-is-this-.html", "text": html}
    share("AbortError")
    assert not field(page, "conversation-note").text, "the user chose no program"
    assert not (tmp_path / "What-is-this-.html").exists()
    share("NotAllowedError")
    page.wait((tmp_path / "What-is-this-.html").exists, "the file, saved where it cannot be shared")
    driver.execute_script("delete navigator.canShare; delete navigator.share")
    press(page, f"Save or share {title}")
    page.resize(360)
    page.prefer("dark")
    page.open_panel("conversations")
    assert violations(page) == []
    assert driver.execute_script("const list = document.getElementById('conversation-list'); return list.scrollWidth <= list.clientWidth")
