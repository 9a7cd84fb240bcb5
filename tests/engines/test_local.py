"""The models in the page, in each engine. STAYSAIL_EVERY=1 also visits index.html afresh STAYSAIL_STARTS times (50), loads its models, and
asks on every twenty-fifth visit."""

import os

import pytest

from tools.sources import ROOT

STARTS = int(os.environ.get("STAYSAIL_STARTS", "50"))
WEIGHTS = ROOT / "wheels" / "local" / "SmolLM2-135M-Instruct.Q4_1.gguf"
FORGET = """
for (const each of (await navigator.serviceWorker?.getRegistrations()) ?? []) await each.unregister();
for (const name of await caches.keys()) await caches.delete(name);
await (await navigator.storage?.getDirectory?.())?.removeEntry("staysail-models", { recursive: true }).catch(() => {});
localStorage.clear();
sessionStorage.clear();
"""
LOAD = """
const started = performance.now();
const { localEngine } = await import("/web/models/local-engines.js");
const late = new Promise((_, reject) => setTimeout(reject, a.limitMs, new Error("nothing")));
await Promise.race([(await localEngine()).load({ embedder: true }), late]);
return Math.round(performance.now() - started);
"""
ASK = """
const chat = document.querySelector("staysail-chat");
const told = await new Promise((resolve) => {
  chat.addEventListener("staysail-event", ({ detail }) => detail.type === "text_delta" && resolve("text"));
  chat.addEventListener("staysail-error", ({ detail }) => resolve(String(detail.error)));
  setTimeout(resolve, a.limitMs, "nothing");
  void chat.send("Tell me about the sea.");
});
chat.stop();
return told;
"""

pytestmark = pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build")


def test_the_models_answer_call_a_tool_embed_and_stop(open_tab, table):
    told = open_tab().call("local.useModels", timeout_s=170, threads=1)
    assert len(told["text"].split()) > 3
    assert told["call"] == ["get_weather", {"city": "Oslo"}]
    assert told["near"] is True
    assert told["stopped"] == "AbortError"
    table.note("local model: runtime", {"wllama/": "wllama 2.4", "wllama32/": "wllama 2.3 (32 bits)"}[told["runtime"]])
    table.note("local models: load, ms", told["loadMs"])
    table.note("local model: tokens a second, one thread", told["tokensPerSecond"])


def test_the_embedder_gives_the_same_on_two_threads(open_tab):
    told = open_tab().call("local.embedOnThreads", timeout_s=60)
    assert told["isIsolated"] is True
    assert told["near"] > 0.999


@pytest.mark.thorough
@pytest.mark.parametrize(("silent", "threads"), [(1, 2), (9, 1)])
def test_threads_that_never_speak_are_replaced_and_then_done_without(open_tab, silent, threads):
    told = open_tab().call("local.openWithSilentThreads", timeout_s=60, silent=silent)
    assert (told["threads"], told["size"]) == (threads, 384)
    assert told["made"] == (2 if silent == 1 else 3)


@pytest.mark.thorough
def test_the_model_runs_by_the_newer_runtime(open_tab, table):
    told = open_tab().call("local.useNative", timeout_s=170)
    assert (told["call"]["name"], set(told["call"]["arguments"])) == ("get_weather", {"city"})
    build = "wllama 3.13, its build without stack switching" if told["needsNothing"] else "wllama 3.13"
    table.note("local model, native", f"{build}: {told['loadMs']} ms, {told['tokensPerSecond']} tokens a second on one thread")


def test_of_two_tabs_one_downloads_and_the_other_finds_what_it_kept(open_tab):
    told = open_tab().call("local.downloadOnce", timeout_s=120)
    assert told["isComplete"] is True
    assert told["fewest"] < told["most"]


@pytest.mark.thorough
def test_a_worker_that_never_speaks_is_replaced(open_tab):
    told = open_tab().call("local.meetSilence", timeout_s=100, silent=1)
    assert (told["made"], told["size"]) == (2, 384)


@pytest.mark.thorough
def test_no_fresh_visit_of_the_page_hangs(open_tab, table, capsys):
    times: list[int] = []
    for _ in range(STARTS):
        tab = open_tab("tests/page/empty.html")
        tab.run(FORGET)
        tab.go(tab.url.replace("tests/page/empty.html", ""))
        tab.wait("!!document.querySelector('staysail-chat')?.shadowRoot")
        times.append(tab.run(LOAD, {"limitMs": 200_000}, timeout_s=220))
        if len(times) % 25 == 0:
            assert tab.run(ASK, {"limitMs": 250_000}, timeout_s=270) == "text"
        tab.go("about:blank")
        middle = sorted(times)[len(times) // 2]
        told = f"{len(times)} of {len(times)}, {middle / 1000:.1f} s, at most {max(times) / 1000:.1f}"
        table.note("local models: loaded on fresh visits", told)
    with capsys.disabled():
        print(f"\n  {told}")
