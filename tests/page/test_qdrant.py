"""A store that outgrew the browser: from IndexedDB in a page to Qdrant through fetch."""

import json

from tests.page.python_page import PythonPage

MOVE = """
from staysail import QdrantStore, StoreError, VectorStore, copy

store = VectorStore("to-be-moved", dim=2)
await store.add([{"id": f"d{n}", "text": f"text {n}", "metadata": {"n": n}} for n in range(30)], vectors=[[1.0, n] for n in range(30)])
moved = QdrantStore(URL, "moved", api_key="k")
steps = []
copied = await copy(store, moved, batch=20, on_progress=lambda done, total: steps.append(done))
hits = [[hit.id, round(hit.score, 5)] for hit in await moved.search([1.0, 7.0], 2, where={"n": {"lt": 8}})]
same = hits == [[hit.id, round(hit.score, 5)] for hit in await store.search([1.0, 7.0], 2, where={"n": {"lt": 8}})]
gone = await moved.delete(["d1", "d2"])
left = await moved.count()
try:
    await QdrantStore(URL, "moved", api_key="wrong-key").count()
except StoreError as error:
    refused = error.code
await moved.destroy()
await store.destroy()
json.dumps([copied, steps, hits, same, gone, left, refused])
"""


def test_a_store_in_a_page_is_copied_to_qdrant(driver, site):
    from tests.qdrant import QdrantBridge  # its client takes seconds to import, in every process that lists the tests

    page = PythonPage(driver, site)
    with QdrantBridge("k") as bridge:
        answer = page.run(f"URL = {bridge.url!r}\n{MOVE}")
    copied, steps, hits, same, gone, left, refused = json.loads(answer)
    assert (copied, steps, gone, left, refused) == (30, [20, 30], 2, 28, "auth")
    assert [id for id, _ in hits] == ["d7", "d6"]
    assert same
