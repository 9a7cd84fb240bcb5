"""Downloads of models in headless Chromium, from a server of another origin that misbehaves: it breaks off, knows no ranges, changes a file
under way, sends wrong bytes. What was kept is looked at in the browser's own file system."""

import hashlib
import random
import time
from collections.abc import Iterator

import pytest

from tests.page.test_local_engine import WEIGHTS, open_engine, run
from tests.page.weights_server import Weights, WeightsServer
from tools.chromium import start_chrome

CHUNK = 8 << 20
SIZE = 3 * CHUNK + 1_000_003
DATA = random.Random(7).randbytes(SIZE)


@pytest.fixture(scope="module")
def server() -> Iterator[WeightsServer]:
    with WeightsServer() as server:
        yield server


@pytest.fixture
def page(site, browser):
    open_engine(site, browser, "for (const {name} of await engine.stored()) await engine.delete(name);")
    yield browser
    run(browser, "engine.dispose();")


GET = "const seen = []; await engine.download(a[0], {onProgress: (progress) => seen.push(progress)}); return seen;"
FAIL = "return failure(engine.download(a[0]));"
STORED = "return engine.stored();"
DIGEST = """
const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("staysail-models");
let digests = [];
for await (const [, file] of folder.entries()) {
  const about = JSON.parse(await (await (await file.getFileHandle("about.json")).getFile()).text());
  const count = Math.ceil(about.sizeBytes / about.chunkBytes);
  const chunks = await Promise.all([...Array(count).keys()].map(async (at) => (await file.getFileHandle(String(at))).getFile()));
  const digest = await crypto.subtle.digest("SHA-256", await new Blob(chunks).arrayBuffer());
  digests.push([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
}
return digests;
"""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def serve(server: WeightsServer, **options) -> Weights:
    weights = Weights(DATA, **options)
    server.files = {"/model.gguf": weights}
    return weights


def test_a_file_comes_by_ranges_side_by_side_and_is_kept(page, server):
    weights = serve(server)
    seen = run(page, GET, f"{server.url}model.gguf")
    assert seen[-1] == {"stage": "model", "loadedBytes": SIZE, "totalBytes": SIZE}
    assert [step["loadedBytes"] for step in seen] == sorted(step["loadedBytes"] for step in seen)
    assert len(seen) > 10
    assert sorted(weights.ranges) == sorted(f"bytes={at}-{min(at + CHUNK, SIZE) - 1}" for at in range(0, SIZE, CHUNK))
    assert run(page, DIGEST) == [sha256(DATA)]
    assert run(page, STORED) == [{"name": f"{server.url}model.gguf", "sizeBytes": SIZE, "storedBytes": SIZE, "isComplete": True}]
    sent = weights.sent
    assert run(page, GET, f"{server.url}model.gguf") == [{"stage": "model", "loadedBytes": SIZE, "totalBytes": SIZE}]
    assert weights.sent == sent
    assert run(
        page, "return [await engine.delete(a[0]), await engine.delete(a[0]), await engine.stored()];", f"{server.url}model.gguf"
    ) == [
        True,
        False,
        [],
    ]


def test_a_dropped_connection_is_taken_up_by_itself(page, server):
    weights = serve(server, breaks=[CHUNK // 2, CHUNK // 3, 0])
    run(page, GET, f"{server.url}model.gguf")
    assert run(page, DIGEST) == [sha256(DATA)]
    assert len(weights.ranges) == 4 + 3


def test_after_a_failure_and_a_reload_only_the_rest_comes(page, site, server):
    weights = serve(server, breaks=[CHUNK, CHUNK, *[0] * 40])
    error = run(page, FAIL, f"{server.url}model.gguf")
    assert error["code"] == "network"
    assert "goes on from there" in error["message"]
    (stored,) = run(page, STORED)
    assert 0 < stored["storedBytes"] < SIZE
    assert stored["isComplete"] is False
    page.refresh()
    run(page, "while (!window.engine) await new Promise((resolve) => setTimeout(resolve, 20));")
    weights.breaks, weights.ranges, weights.sent = [], [], 0
    seen = run(page, GET, f"{server.url}model.gguf")
    assert seen[0]["loadedBytes"] >= stored["storedBytes"]
    assert weights.sent == SIZE - stored["storedBytes"]
    assert run(page, DIGEST) == [sha256(DATA)]


@pytest.mark.parametrize("exposed", ["Content-Range, ETag", ""])
def test_a_server_without_ranges_or_that_hides_them_is_read_too(page, server, exposed):
    weights = serve(server, knows_ranges=bool(not exposed), exposed=exposed)
    run(page, GET, f"{server.url}model.gguf")
    assert run(page, DIGEST) == [sha256(DATA)]
    assert len(weights.ranges) == (1 if exposed else 4)


def test_a_server_without_ranges_that_breaks_off_is_asked_again(page, server):
    serve(server, knows_ranges=False, breaks=[2 * CHUNK + 5])
    run(page, GET, f"{server.url}model.gguf")
    assert run(page, DIGEST) == [sha256(DATA)]


def test_a_file_that_changes_under_way_is_begun_anew_and_one_that_keeps_changing_is_refused(page, server):
    weights = serve(server, etags=['"old"', '"old"', '"new"'])
    run(page, GET, f"{server.url}model.gguf")
    assert run(page, DIGEST) == [sha256(DATA)]
    weights.etags = [f'"{number}"' for number in range(40)]
    run(page, "await engine.delete(a[0]);", f"{server.url}model.gguf")
    error = run(page, FAIL, f"{server.url}model.gguf")
    assert (error["code"], run(page, STORED)) == ("integrity", [])
    assert "changes while it is downloaded" in error["message"]


def test_wrong_bytes_and_a_wrong_size_are_refused_and_not_kept(page, server):
    name, path = (
        "gemma-3-270m-it",
        "/ggml-org/gemma-3-270m-it-qat-GGUF/resolve/7dba9faa7cdb58c7dc44b238c7dbb00e391fbf65/gemma-3-270m-it-qat-Q4_0.gguf",
    )
    ask = "const own = new LocalEngine({hubURL: a[1]}); try { return [await failure(own.download(a[0])), await own.stored()]; } finally { own.dispose(); }"
    server.files = {path: Weights(bytes(1000))}
    error, stored = run(page, ask, name, server.url)
    assert (error["code"], stored) == ("integrity", [])
    assert "has 1000 bytes" in error["message"]
    server.files = {path: Weights(bytes(241_410_624))}
    error, stored = run(page, ask, name, server.url)
    assert (error["code"], stored) == ("integrity", [])
    assert "sha256 differs" in error["message"]


def test_a_stop_ends_the_transfer_and_keeps_what_came(page, server):
    weights = serve(server, bytes_s=4e6)
    error = run(
        page,
        """
        const controller = new AbortController();
        const onProgress = ({loadedBytes}) => loadedBytes > 12e6 && controller.abort();
        return failure(engine.download(a[0], {signal: controller.signal, onProgress}));
        """,
        f"{server.url}model.gguf",
    )
    assert error["name"] == "AbortError"
    time.sleep(1)
    sent = weights.sent
    time.sleep(1)
    assert weights.sent == sent
    weights.bytes_s = 0
    run(page, GET, f"{server.url}model.gguf")
    assert run(page, DIGEST) == [sha256(DATA)]


def test_of_two_tabs_one_downloads_and_both_see_how_far_it_is(page, server):
    weights = serve(server, bytes_s=3e6)
    steps = run(
        page,
        """
        const engines = [new LocalEngine(), new LocalEngine()];
        const steps = await Promise.all(engines.map(async (engine) => {
          const seen = new Set();
          await engine.download(a[0], {onProgress: ({loadedBytes}) => seen.add(loadedBytes)});
          return seen.size;
        }));
        const deleted = await failure(engines[0].delete(a[0]));
        for (const engine of engines) engine.dispose();
        return [...steps.sort((x, y) => x - y), deleted];
        """,
        f"{server.url}model.gguf",
    )
    assert weights.sent == SIZE
    assert 1 < steps[0] < steps[1]
    assert steps[2] is None


def test_a_chunk_that_vanishes_meanwhile_comes_again(page, server):
    serve(server, bytes_s=4e6)
    run(
        page,
        """
        const root = await navigator.storage.getDirectory();
        const onProgress = async ({loadedBytes}) => {
          if (loadedBytes < 9e6 || onProgress.done) return;
          onProgress.done = true;
          for await (const [, folder] of (await root.getDirectoryHandle("staysail-models")).entries()) await folder.removeEntry("0");
        };
        await engine.download(a[0], {onProgress});
        """,
        f"{server.url}model.gguf",
    )
    assert run(page, DIGEST) == [sha256(DATA)]


def test_what_is_being_downloaded_is_not_deleted_under_it(page, server):
    serve(server, bytes_s=4e6)
    error = run(
        page,
        """
        const controller = new AbortController();
        let begun;
        const some = new Promise((resolve) => { begun = resolve; });
        const going = failure(engine.download(a[0], {signal: controller.signal, onProgress: begun}));
        await some;
        const other = new LocalEngine();
        const error = await failure(other.delete(a[0]));
        other.dispose();
        controller.abort();
        await going;
        return [error, await engine.delete(a[0]), await engine.stored()];
        """,
        f"{server.url}model.gguf",
    )
    assert error[0]["code"] == "bad_request"
    assert "stop that first" in error[0]["message"]
    assert error[1:] == [True, []]


def test_a_full_disk_is_told_before_anything_comes(page, site, server):
    weights = serve(server)
    page.execute_cdp_cmd("Storage.overrideQuotaForOrigin", {"origin": site.rstrip("/"), "quotaSize": 20_000_000})
    try:
        error = run(page, FAIL, f"{server.url}model.gguf")
    finally:
        page.execute_cdp_cmd("Storage.overrideQuotaForOrigin", {"origin": site.rstrip("/")})
    assert error["code"] == "no_room", error
    assert "27 MB more are needed" in error["message"]
    assert len(weights.ranges) == 1
    assert weights.sent < CHUNK + (1 << 20)
    assert run(page, STORED) == []


def test_a_browser_without_a_private_file_system_keeps_files_in_its_cache(page, site, server):
    serve(server)
    kept = run(
        page,
        """
        const source = `
          StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException("none", "SecurityError"));
          const { fetchWeights, storedModels, deleteWeights } = await import("${a[1]}web/local/weights.js");
          const blob = await fetchWeights({url: "${a[0]}", model: "m"});
          const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
          const stored = await storedModels();
          postMessage({hex: [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join(""), stored,
            deleted: await deleteWeights("m"), left: await storedModels()});`;
        const worker = new Worker(URL.createObjectURL(new Blob([source], {type: "text/javascript"})), {type: "module"});
        return new Promise((resolve, reject) => { worker.onmessage = ({data}) => resolve(data); worker.onerror = reject; });
        """,
        f"{server.url}model.gguf",
        site,
    )
    assert kept["hex"] == sha256(DATA)
    assert kept["stored"] == [{"name": "m", "sizeBytes": SIZE, "storedBytes": SIZE, "isComplete": True}]
    assert (kept["deleted"], kept["left"]) == (True, [])


@pytest.mark.xdist_group("language model")
@pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build")
def test_the_built_in_model_breaks_off_goes_on_and_answers(page, server):
    data = WEIGHTS.read_bytes()
    weights = Weights(data, breaks=[CHUNK, 5_000_000, 1, CHUNK, 7_000_000])
    server.files = {f"/{WEIGHTS.name}": weights}
    said = run(
        page,
        """
        const own = new LocalEngine({localURL: a[0], threads: 1, contextTokens: 256});
        await own.download("smollm2");
        own.dispose();
        const served = new LocalEngine({threads: 1, contextTokens: 256});
        const request = {messages: [{role: "user", content: text("Say hello.")}], max_tokens: 4};
        const said = await collect(served.complete(request));
        served.dispose();
        return said;
        """,
        server.url,
    )
    assert said[-1]["type"] == "finish"
    assert weights.sent >= len(data)
    assert {"name": "smollm2-135m-instruct", "sizeBytes": len(data), "storedBytes": len(data), "isComplete": True} in run(page, STORED)


def test_the_hash_of_a_large_file_is_the_browsers_own(page, site):
    digests = run(
        page,
        """
        const { hexDigest } = await import("../../web/local/weights.js");
        const blob = new Blob([new Uint8Array(3_000_001).fill(7)]);
        return [await hexDigest(blob), await hexDigest(blob, 0)];
        """,
    )
    assert digests == [sha256(b"\x07" * 3_000_001)] * 2


COLLECT = """
const { createSyncAccessHandle } = FileSystemFileHandle.prototype;
FileSystemFileHandle.prototype.createSyncAccessHandle = function (...given) {
  setTimeout(gc);
  queueMicrotask(gc);
  return createSyncAccessHandle.apply(this, given);
};
const { openKeptFiles } = await import("SITEweb/local/kept-files.js");
const files = await openKeptFiles();
for (let at = 0; at < 20; at++) await files.put("collected", String(at), new Uint8Array(9));
await files.delete("collected");
postMessage(files.isLasting);
"""


def test_a_file_is_opened_while_the_browser_collects_garbage(site):
    """Chromium never opens a file for writing whose handle was collected meanwhile."""
    driver = start_chrome("--js-flags=--expose-gc")
    try:
        driver.get(f"{site}tests/page/empty.html")
        driver.set_script_timeout(15)
        is_lasting = driver.execute_async_script(
            """
            const [source, done] = arguments;
            const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
            const worker = new Worker(address, { type: "module" });
            worker.onmessage = ({ data }) => done(data);
            worker.onerror = ({ message }) => done(message);
            """,
            COLLECT.replace("SITE", site),
        )
    finally:
        driver.quit()
    assert is_lasting is True
