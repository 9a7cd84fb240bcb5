"""What cannot await, in a page: prompt_sync on the switched stack where there is one, else by requests that block; and urllib."""

import pytest

from tests.server import TestServer

ASK = """
const [base, mode, blocking, done] = arguments;
const run = async () => {
  const { boot, shutdown, pythonTools } = await import("/web/index.js");
  await boot({ runtimeURL: "/wheels/", mode, snapshot: false });
  const without = "import staysail.host.page_waiting as waiting\\nwaiting.can_run_sync = lambda: False\\n";
  const [ask] = await pythonTools(`${blocking ? without : ""}
from staysail import Agent
def ask(base: str) -> str:
    return Agent("openai:m", api_key="k", base_url=base).prompt_sync("Hi.").text
`);
  return ask.execute({ base });
};
run().then(done, (error) => done(String(error)));
"""


@pytest.mark.parametrize(
    ("mode", "blocking"), [("worker", False), ("worker", True), pytest.param("main", False, marks=pytest.mark.thorough)]
)
def test_prompt_sync_waits_for_the_answer(driver, site, mode, blocking):
    with TestServer() as provider:
        box = provider.box({"text": "Here."})
        driver.get(f"{site}tests/page/empty.html")
        assert driver.execute_async_script(ASK, box.url, mode, blocking) == "Here."
        assert box.seen[0].headers["authorization"] == "Bearer k"


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
