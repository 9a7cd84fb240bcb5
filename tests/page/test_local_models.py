"""Models by name, by place on the hub, in parts: the real built-in model, from a server of another origin."""

from collections.abc import Iterator

import pytest

from tests.page.gguf_parts import split
from tests.page.test_local_engine import WEIGHTS, open_engine, run
from tests.page.weights_server import Weights, WeightsServer

pytestmark = [
    pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build"),
    pytest.mark.xdist_group("language model"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[WeightsServer]:
    with WeightsServer() as server:
        yield server


@pytest.fixture
def page(site, browser):
    open_engine(site, browser)
    return browser


SAY = """
const own = new LocalEngine({threads: 1, contextTokens: 256, hubURL: a[1]});
const seen = [];
try {
  await own.load({model: a[0], onProgress: (progress) => progress.stage === "model" && seen.push(progress)});
  const request = {messages: [{role: "user", content: text("Say hello.")}], max_tokens: 4, temperature: 0};
  const said = (await collect(own.complete(request))).filter(({type}) => type === "text").map(({text}) => text).join("");
  return {said, last: seen.at(-1)};
} finally { own.dispose(); }
"""


def test_a_model_on_the_hub_answers(page, server):
    data = WEIGHTS.read_bytes()
    server.files = {"/owner/repo/resolve/v1/model.gguf": Weights(data)}
    told = run(page, SAY, "hf:owner/repo@v1/model.gguf", server.url)
    assert told["said"]
    assert told["last"] == {"stage": "model", "loadedBytes": len(data), "totalBytes": len(data)}


@pytest.mark.thorough
def test_a_model_in_parts_answers_as_the_whole_does(page, site, server):
    parts = list(split(WEIGHTS.read_bytes(), 3))
    server.files = {f"/m-0000{number}-of-00003.gguf": Weights(part) for number, part in enumerate(parts, 1)}
    whole = run(page, SAY, "smollm2", server.url)["said"]
    assert run(page, SAY, f"{server.url}m-00002-of-00003.gguf", server.url)["said"] == whole
    files = """
    const blobs = await Promise.all(a[0].map(async (url) => new File([await (await fetch(url)).blob()], url.split("/").at(-1))));
    a[0] = blobs.reverse();
    """
    assert run(page, files + SAY, [server.url + path[1:] for path in server.files], server.url)["said"] == whole


@pytest.mark.parametrize(("name", "words"), [("hf:owner/repo", "names no file on the hub"), ("qwen9", "no local model")])
def test_python_refuses_a_bad_name_with_what_would_be_one(page, site, name, words):
    error = run(
        page,
        """
        const { Agent, boot } = await import("../../web/index.js");
        boot({ runtimeURL: "../../wheels/" });
        return failure(new Agent({ model: `local:${a[0]}` }).prompt("Hello?"));
        """,
        name,
    )
    assert error["name"] == "BadRequestError"
    assert words in error["message"]
