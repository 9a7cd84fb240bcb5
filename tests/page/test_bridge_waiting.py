"""What cannot await, in a page: prompt_sync and stream_sync on the switched stack, else by requests that block; and urllib."""

import pytest

from tests.server import TestServer

ASK = """
const [base, mode, done] = arguments;
const run = async () => {
  const { boot, pythonTools } = await import("/web/index.js");
  await boot({ runtimeURL: "/wheels/", mode, snapshot: false });
  const [ask] = await pythonTools(`
from unittest.mock import patch
from staysail import Agent
from staysail.host import page_waiting
def ask(base: str, blocking: bool) -> list:
    with patch.object(page_waiting, "can_run_sync", lambda: False) if blocking else patch.dict({}):
        agent = Agent("openai:m", api_key="k", base_url=base)
        text = agent.prompt_sync("Hi.").text
        streamed = [event for event in agent.stream_sync("Hi.")]
        for event in agent.stream_sync("Hi."):
            if event.type == "text_delta":
                break
        return [page_waiting.can_run_sync(), text, streamed[-1].reply.text, event.type]
`);
  return [await ask.execute({ base, blocking: false }), await ask.execute({ base, blocking: true })];
};
run().then(done, (error) => done(String(error)));
"""


@pytest.mark.parametrize("mode", ["worker", pytest.param("main", marks=pytest.mark.thorough)])
def test_prompt_sync_and_stream_sync_wait_on_their_own_stack_or_by_blocking(driver, site, mode):
    with TestServer() as provider:
        box = provider.box(*({"text": text} for text in ("Here.", "Now.", "Left early.", "There.", "Then.", "Left too.")))
        driver.get(f"{site}tests/page/empty.html")
        answers = driver.execute_async_script(ASK, box.url, mode)
        assert answers == [[True, "Here.", "Now.", "text_delta"], [False, "There.", "Then.", "text_delta"]]
        assert [seen.headers["authorization"] for seen in box.seen] == ["Bearer k"] * 6


IN_A_WORKER = """
const [address, done] = arguments;
const run = async () => {
  const { boot, pythonTools } = await import("/web/index.js");
  await boot({ runtimeURL: "/wheels/" });
  const [read, keep] = await pythonTools(`
from urllib.request import urlopen
from staysail import VectorStore
def read(address: str) -> str:
    with urlopen(address) as answer:
        return answer.read().decode()
async def keep() -> bool:
    return await VectorStore("kept").persist()
`);
  const { persist } = StorageManager.prototype;
  let asked = 0;
  StorageManager.prototype.persist = function () {
    asked++;
    return persist.call(this);
  };
  const kept = await keep.execute({});
  return { read: await read.execute({ address }), asked, told: kept === (await navigator.storage.persisted()) };
};
run().then(done, (error) => done(String(error)));
"""


def test_python_in_a_worker_reads_the_network_with_urllib_and_asks_its_page_for_persistent_storage(driver, site):
    with TestServer() as server:
        box = server.box({"body": "Hello, urllib."})
        driver.get(f"{site}tests/page/empty.html")
        assert driver.execute_async_script(IN_A_WORKER, box.url) == {"read": "Hello, urllib.", "asked": 1, "told": True}
