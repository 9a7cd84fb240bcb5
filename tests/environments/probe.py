"""Runs wherever Python does, also as text in a page: tries what a program does with staysail, and says of each what came of it. Imports
nothing else of the tests."""

import asyncio
import json
import time
import traceback


async def probe(base, name, stage="first", web=None):
    """base: the address of a model's server, which answers by the prompt. name: of stores. stage: "first", or "again" after a reload.
    web: the address of the npm package's files, in pages.

    Returns JSON: "yes", or what happened instead, by column."""
    started = time.perf_counter()
    import staysail
    from staysail import Agent, Conversations, TextDelta, VectorStore, tool

    out = {"imports": f"{(time.perf_counter() - started) * 1000:.0f} ms"}

    @tool
    async def add(a: int, b: int) -> int:
        await asyncio.sleep(0)
        return a + b

    def agent(**options):
        return Agent("openai:m", api_key="k" * 9, base_url=base, retry=None, **options)

    def embed(texts):
        return [[1.0, float(len(text)), 0.5] for text in texts]

    async def prompts():
        assert (await agent().prompt("Hi.")).text == "Here."

    async def streams():
        pieces = [event.text async for event in agent().stream("Count.") if isinstance(event, TextDelta)]
        assert "".join(pieces) == "one two three", pieces
        assert len(pieces) > 1, pieces

    async def tools():
        reply = await agent(tools=[add]).prompt("Add.")
        assert (reply.text, reply.steps[0].tool_results[0].text) == ("3", "3"), reply

    async def stores():
        store = VectorStore(f"{name}-vectors", embedder=embed)
        await store.upsert([{"id": "a", "text": "a line"}, {"id": "b", "text": "a longer line"}])
        hits = await store.search("a line", 1)
        assert hits[0].id == "a", hits
        out["backend"] = (await store.explain())["backend"]
        await store.close()
        talks = Conversations(f"{name}-talks")
        await agent(conversations=talks).prompt("Hi.", conversation="c")

    async def reloaded():
        store = VectorStore(f"{name}-vectors", embedder=embed)
        assert (await store.search("a line", 1))[0].id == "a"
        await store.close()
        reply = await agent(conversations=Conversations(f"{name}-talks")).prompt("Hi.", conversation="c")
        assert len(reply.messages) == 4, reply.messages

    async def interrupted():
        begun = asyncio.Event()

        async def read():
            async for event in agent().stream("Slowly."):
                if isinstance(event, TextDelta):
                    begun.set()

        task = asyncio.ensure_future(read())
        await asyncio.wait_for(begun.wait(), 30)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return
        raise AssertionError("it was not cancelled")

    async def sandbox():
        if web:
            staysail.use_web_files(web)
        tool = staysail.python_tool(timeout_s=60)
        (text,) = await tool.call({"code": "import sys\nsum(range(11)), sys.platform"})
        tool.reset()
        assert text.text == "(55, 'emscripten')", text

    columns = [prompts, streams, tools, stores, interrupted, sandbox] if stage == "first" else [reloaded]
    for column in columns:
        try:
            await asyncio.wait_for(column(), 60)
            out[column.__name__] = "yes"
        except BaseException as error:  # noqa: BLE001  the table says what came of it
            out[column.__name__] = f"{type(error).__name__}: {error}"[:500]
            out[f"{column.__name__} trace"] = traceback.format_exc()[-1500:]
    out["version"] = staysail.__version__
    return json.dumps(out)
