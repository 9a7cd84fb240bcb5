"""The page's memory over a long chat."""

import pytest

from tests.page.chat_page import START_S, ChatPage
from tests.page.test_page import choose
from tests.server import TestServer

TURNS = 150
ANSWER = "\n\n".join(f"Paragraph {n} of an **answer** with `code`, and words enough to be read for a while." for n in range(24))
ASK = """
const [turns, done] = arguments, chat = document.querySelector("staysail-chat");
(async () => {
  for (let n = 0; n < turns; n++) await chat.send(`Question ${n} of many, which asks for a long answer.`);
})().then(() => done(null), (error) => done(String(error)));
"""


def heap_mb(page: ChatPage) -> dict[str, float]:
    page.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    page.driver.execute_cdp_cmd("Performance.enable", {})
    metrics = {one["name"]: one["value"] for one in page.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}
    return {"heap": round(metrics["JSHeapUsedSize"] / 1e6, 1), "nodes": metrics["Nodes"]}


@pytest.mark.thorough
@pytest.mark.parametrize("panel", ["", "timeline"])
def test_a_long_chat_takes_memory_for_what_is_shown(driver, site, panel, capsys):
    page = ChatPage(driver, site)
    page.resize(1440, 900)
    page.wait(lambda: driver.execute_script("return 'joined' in document.documentElement.dataset"), "the page")
    with TestServer() as server:
        box = server.box({"text": ANSWER}, loop=True)
        choose(page, "openai-compatible", base=box.url, model="m")
        page.close_panel("settings")
        if panel:
            page.open_panel(panel)
        page.wait(lambda: page.run("return chat.ready"), "Python", START_S)
        figures = {}
        driver.set_script_timeout(280)
        for turns in (3, TURNS - 3):
            assert driver.execute_async_script(ASK, turns) is None
            figures[len(box.seen)] = heap_mb(page)
        driver.set_script_timeout(120)
    first, last = figures.values()
    with capsys.disabled():
        print(f"\nheap over {TURNS} turns, {panel or 'no panel'}: {figures}")
    page.restore()
    driver.get("about:blank")
    shown_mb = TURNS * len(ANSWER) / 1e6
    assert last["heap"] - first["heap"] < 4 + 10 * shown_mb
