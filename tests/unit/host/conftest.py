from collections.abc import AsyncIterator

import pytest

from staysail import ToolFS
from tests.plugins import WEB


@pytest.fixture
async def toolfs() -> AsyncIterator[ToolFS]:
    """Its WASM and JavaScript plugins run in Node."""
    toolfs = ToolFS(plugin_host=WEB)
    toolfs.mount_memory("/toolfs/data")
    toolfs.mount_memory("/toolfs/secret")
    yield toolfs
    await toolfs.close()
