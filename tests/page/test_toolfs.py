"""ToolFS in Chromium: every kind of mount, real IndexedDB, tabs that write at once, pages that die while they write. STAYSAIL_KILLS says
how many die."""

import os
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.page.python_page import PythonPage

UNIT = Path(__file__).parents[1] / "unit" / "fs"
KILLS = int(os.environ.get("STAYSAIL_KILLS", "4"))

SETUP = """
import js
from js import localStorage
from staysail import ToolFS, ToolFSError
from staysail.host.idb_records import IdbRecords

ALL = {"/toolfs": "*"}

def opened(name="test", **options):
    toolfs = ToolFS(name, **options)
    toolfs.mount("/toolfs/data")
    return toolfs, toolfs.session("a", ALL)

async def destroy(name="test"):
    await IdbRecords(f"staysail:toolfs:{name}").destroy()

async def code_of_error(work):
    try:
        await work
    except ToolFSError as error:
        return error.code
"""


@pytest.fixture
def page(driver: Chrome, site: str):
    yield PythonPage(driver, site, SETUP)
    driver.get("about:blank")


def test_every_kind_of_mount_does_what_a_dict_of_paths_does(page):
    page.run((UNIT / "mount_contract.py").read_text("utf-8").replace("code_of", "code_of_mount"))
    page.run(
        """
from staysail.fs.blobs import Blobs
from staysail.fs.tree import TreeMount, used_by_trees
from staysail.host.handle_mount import HandleMount, open_private

await destroy()
store = IdbRecords("staysail:toolfs:test")
await check_mount(TreeMount(Blobs(store, [used_by_trees]), "t"))
root = await js.navigator.storage.getDirectory()
await check_mount(HandleMount(await open_private("contract/inner"), "test", kind="opfs"), steps=40)
folder = await root.getDirectoryHandle("contract")
assert [item.name async for item in folder.values()] == ["inner"]
await root.removeEntry("contract", js.Object.fromEntries(js.Object.entries(js.JSON.parse('{"recursive": true}'))))
await store.destroy()
"""
    )
