"""IndexedDBVectorStore, from JavaScript in Chromium: its methods, its errors, an agent that looks things up in it, and a reload."""

import asyncio
import base64
import json

import pytest

from staysail import VectorStore

SETUP = """
const done = arguments[arguments.length - 1];
const [base] = arguments;
const run = async () => {
  const staysail = await import("/web/index.js");
  const { Agent, ConfigError, DimensionError, IndexedDBVectorStore, StoreError, boot, shutdown } = staysail;
  boot({ runtimeURL: "/wheels/" }).catch(() => {});
  const caught = (promise) => promise.then(() => null, (error) => ({
    name: error.name, code: error.code, message: error.message, isStoreError: error instanceof StoreError, cause: error.cause,
  }));
  // A word a dimension: what a test can foresee.
  const WORDS = ["sail", "rope", "tide", "moon"];
  let embedded = 0;
  const embed = (texts) => {
    embedded += texts.length;
    return texts.map((text) => WORDS.map((word) => text.toLowerCase().split(word).length - 1 + 0.01));
  };
  %s
};
run().then((value) => done({ value }), ({ name, message, stack }) => done({ error: { name, message, stack } }));
"""

FILL = """
const store = new IndexedDBVectorStore("harbour", { embedder: embed });
await store.destroy();
const ids = await store.add([
  "A staysail is a sail.",
  { id: "b", text: "Ropes: a rope is called a line.", metadata: { year: 2020, kind: "gear" } },
  { id: "c", text: "The moon pulls the tide.", metadata: { year: 2024, kind: "sky" } },
]);
"""


@pytest.fixture
def run(driver, site):
    """Runs an async function's body in a new page."""

    def run(code, base=None):
        driver.get(f"{site}tests/page/empty.html")
        told = driver.execute_async_script(SETUP % code, base)
        assert "error" not in told, json.dumps(told["error"], indent=1)
        return told["value"]

    return run


def test_documents_are_kept_found_counted_deleted_and_carried_elsewhere(run, tmp_path):
    told = run(
        FILL
        + """
        const found = {
          ids, count: await store.count(), gear: await store.count({ where: { kind: "gear" } }),
          text: await store.search("which sail?", 2),
          vector: await store.search(new Float32Array([0, 0, 0, 1]), 1),
          list: await store.search([0, 1, 0, 0], 1, { threshold: 0.9 }),
          where: await store.search("moon", 3, { where: { year: { lte: 2020 } } }),
          keyword: await store.search("line", 3, { mode: "keyword" }),
          hybrid: (await store.search("tide", 1, { mode: "hybrid" })).map(([, id]) => id),
          topN: await store.topN({ query: "moon", samples: 1, filter: { kind: "sky" } }),
          topNIds: await store.topNIds({ query: "moon", samples: 1 }),
          explained: await store.explain(),
          persist: typeof await store.persist(),
        };
        const [got] = await store.get(["b", "nobody"], { vectors: true });
        found.got = { ...got, vector: Array.from(got.vector, (value) => Math.round(value * 100) / 100), kind: got.vector.constructor.name };
        const hemp = { id: "b", text: "A rope of hemp.", vec: new Float32Array([0, 1, 0, 0]) };
        await store.upsert([hemp, { id: "d", text: "Flotsam.", vector: [1, 1, 1, 1] }, "Moon."]);
        found.upserted = await store.count();
        found.embedded = embedded;

        const stopped = await store.export({ signal: AbortSignal.abort() }).catch(({ name }) => name);
        if (stopped !== "AbortError") throw new Error(`an export that was stopped told ${stopped}`);
        const archive = await store.export();
        found.archive = btoa(String.fromCharCode(...archive));
        const copy = new IndexedDBVectorStore(":memory:");
        found.imported = [archive.constructor.name, await copy.import(archive), await copy.count()];
        const file = new File([await new Response(await store.export({ as: "stream" })).blob()], "harbour.zip");
        const third = new IndexedDBVectorStore(":memory:");
        found.streamed = [file.size === archive.length, await third.import(file), await third.count()];
        found.copied = (await copy.search([0, 1, 0, 0], 1)).map(([, id, document]) => [id, document]);
        found.deleted = [await copy.delete(["b", "nobody"]), await copy.delete({ where: { kind: "sky" } }), await copy.count()];

        const flat = new IndexedDBVectorStore(":memory:", { metric: "dot", dim: 2 });
        await flat.add(null, { vectors: new Float32Array([1, 0, 0, 2, 3, 0]), ids: ["x", "y", "z"] });
        found.flat = await flat.topNIds({ query: [1, 0], samples: 2 });
        await Promise.all([copy.close(), third.close(), flat.close()]);
        await store.close();
        found.reopened = await store.count();
        return found;
        """
    )
    sail = told["ids"][0]
    assert told["ids"][1:] == ["b", "c"]
    assert (told["count"], told["gear"], told["upserted"], told["reopened"]) == (3, 1, 5, 5)
    assert told["text"][0][1:] == [sail, "A staysail is a sail."]
    assert told["vector"][0][1] == "c"
    assert told["list"][0][1:] == ["b", {"text": "Ropes: a rope is called a line.", "metadata": {"year": 2020, "kind": "gear"}}]
    assert [hit[1] for hit in told["where"]] == ["b"]
    assert [hit[1] for hit in told["keyword"]] == ["b"]
    assert told["hybrid"] == [told["topN"][0][1]] == [told["topNIds"][0][1]] == ["c"]
    assert (told["explained"]["documents"], told["explained"]["dim"]) == (3, 4)
    assert "backendReason" in told["explained"]
    assert told["persist"] == "boolean"
    vector = told["got"].pop("vector")
    assert told["got"] == {
        "id": "b",
        "document": "Ropes: a rope is called a line.",
        "metadata": {"year": 2020, "kind": "gear"},
        "kind": "Float32Array",
    }
    assert (vector[1], max(vector[0], *vector[2:])) == (1, 0)
    assert told["embedded"] == 3 + 5 + 1, "three documents, five queries by meaning, one document without a vector"
    assert told["imported"] == ["Uint8Array", 5, 5]
    assert told["streamed"] == [True, 5, 5]
    assert told["copied"] == [["b", "A rope of hemp."]]
    assert told["deleted"] == [1, 1, 3]
    assert told["flat"] == [[3, "z"], [1, "x"]]

    # Another page, another interpreter.
    again = run('const store = new IndexedDBVectorStore("harbour"); return [await store.count(), await store.get("d")];')
    assert again == [5, [{"id": "d", "document": "Flotsam.", "metadata": {}}]]

    # On a server, and back.
    async def on_a_server() -> bytes:
        store = VectorStore(str(tmp_path / "harbour"))
        assert await store.import_(base64.b64decode(told["archive"])) == 5
        (hit,) = await store.search([0.0, 1.0, 0.0, 0.0], 1)
        assert (hit.id, hit.document) == ("b", "A rope of hemp.")
        await store.add([{"id": "e", "text": "Jetsam."}], vectors=[[0.5, 0.5, 0.5, 0.5]])
        archive = await store.export()
        await store.close()
        return archive

    archive = base64.b64encode(asyncio.run(on_a_server())).decode()
    back = run(
        f'''
        const archive = Uint8Array.from(atob("{archive}"), (letter) => letter.charCodeAt(0));
        const store = new IndexedDBVectorStore(":memory:");
        return [await store.import(archive), (await store.get("e"))[0].document, (await store.search([0, 1, 0, 0], 1))[0][1]];
        '''
    )
    assert back == [6, "Jetsam.", "b"]


def test_an_agent_looks_things_up_and_what_goes_wrong_says_what(run, server):
    box = server.box({"text": "A line."})
    told = run(
        FILL
        + """
        const agent = (dynamicTools) => {
          return new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL: base, dynamicContext: { sample: 1, dynamicTools } });
        };
        const reply = await agent(store).run("What is a rope?");
        class Lost extends Error { name = "Lost"; }
        const failing = { search: () => { throw new Lost("not at home"); } };
        const full = { topN: async () => { throw new DimensionError("three, not four"); } };
        const misled = new IndexedDBVectorStore("harbour", { embedder: async () => { throw new Lost("no words"); } });
        const mine = { name: "mine", embedTexts: async (texts) => texts.map(() => ({ vec: [0, 1, 0, 0] })) };
        const errors = {
          own: await caught(agent(failing).prompt("Hi.")),
          ours: await caught(agent(full).prompt("Hi.")),
          embedder: await caught(agent(misled).prompt("Hi.")),
          there: await caught(store.add([{ id: "b", text: "again" }])),
          dimension: await caught(store.add([{ text: "x", vec: [1, 2] }])),
          uneven: await caught(store.add([{ text: "x", vec: [1, 2] }, { text: "y", vec: [1] }])),
          filter: await caught(store.search("x", 1, { where: { year: { nearly: 3 } } })),
          metric: await caught(new IndexedDBVectorStore("harbour", { metric: "dot" }).count()),
          another: await caught(new IndexedDBVectorStore("harbour", { embedder: mine }).search("words")),
          none: await caught(new IndexedDBVectorStore("harbour").search("words")),
        };
        const { own, ours, embedder } = errors;
        const told = [own.cause instanceof Lost, ours.cause instanceof DimensionError, embedder.cause instanceof Lost];
        for (const [name, options] of [[""], ["x", { size: 3 }], ["x", { embedder: {} }]]) {
          try { new IndexedDBVectorStore(name, options); told.push("made"); } catch (error) { told.push(error instanceof ConfigError); }
        }
        // After a shutdown the same object goes on with another interpreter.
        shutdown();
        const count = await store.count();
        return { sources: reply.steps[0].sources, errors, told, count };
        """,
        box.url,
    )
    assert [source["id"] for source in told["sources"]] == ["b"]
    assert "a rope is called a line" in json.dumps(box.seen[0].json)
    errors = told["errors"]
    assert [(errors[name]["name"], errors[name]["code"]) for name in ("own", "ours", "embedder", "there", "dimension", "uneven")] == [
        ("StoreError", "store"),
        ("DimensionError", "dimension"),
        ("StoreError", "store"),
        ("StoreError", "exists"),
        ("DimensionError", "dimension"),
        ("DimensionError", "dimension"),
    ]
    assert "Lost: not at home" in errors["own"]["message"]
    assert "Lost: no words" in errors["embedder"]["message"]
    assert [errors[name]["name"] for name in ("filter", "metric", "another", "none")] == ["ConfigError"] * 4
    assert "another embedder (one without a name, not mine)" in errors["another"]["message"]
    assert "nearly" in errors["filter"]["message"]
    assert told["told"] == [True] * 6
    assert told["count"] == 3
