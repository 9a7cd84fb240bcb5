import pytest

from tests.qdrant import QdrantBridge


@pytest.fixture(scope="session")
def qdrant():
    with QdrantBridge() as bridge:
        yield bridge
