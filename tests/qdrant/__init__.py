"""A Qdrant server on 127.0.0.1, as far as there is one without Qdrant: the local mode of the official Python client behind Qdrant's REST
paths. Request bodies are read by the official client's own models, which refuse what they do not know; answers are written by them.

    with QdrantBridge() as bridge:
        store = QdrantStore(bridge.url, "notes")
        bridge.seen           # [(method, path with query, body)]
        bridge.answers.append((429, {"retry-after": "0"}))     # answered before the next requests are
        bridge.api_key = "k"  # then others get 401
"""

from .bridge import QdrantBridge

__all__ = ["QdrantBridge"]
