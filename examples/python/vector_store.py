# Documents with metadata, found by meaning, by words, or both, and filtered.

from staysail import EmbeddingModel, VectorStore

store = VectorStore("parts", embedder=EmbeddingModel("openai:text-embedding-3-small"))
await store.upsert(
    [
        {"id": "stay", "text": "A stay holds a mast from ahead or astern.", "metadata": {"part": "rigging", "year": 2024}},
        {"id": "shroud", "text": "A shroud holds a mast from the side.", "metadata": {"part": "rigging", "year": 2019}},
        {"id": "keel", "text": "A keel keeps a boat from drifting sideways.", "metadata": {"part": "hull", "year": 2024}},
    ]
)

for hit in await store.search("What holds the mast?", 2):
    print(hit.id)
(newest,) = await store.search("holds a mast", 1, mode="keyword", where={"part": "rigging", "year": {"gte": 2020}})
print("since 2020:", newest.id, "of", await store.count())
await store.close()
