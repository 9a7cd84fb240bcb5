# A WASM plugin: what it is and needs is known before anything of it runs.

from pathlib import Path

from staysail import Grant, PluginSource, ToolFS

toolfs = ToolFS(plugin_host="node_modules/staysail")  # in a page there is nothing to say
session = toolfs.session("agent", {"/toolfs/plugins": "execute"})
source = PluginSource("wasm", "rag", Path("rag.wasm").read_bytes())
known = await toolfs.inspect_plugin(source)
print(known["wasm"]["abi"], known["wasm"]["needs"])

documents = [{"id": "harbour", "content": "A night in the harbour costs twelve crowns."}]
await toolfs.add_plugin(source, grant=Grant.of({"/toolfs/data": "read"}), config={"documents": documents})
answer = await toolfs.execute("rag", {"operation": "search", "data": {"query": "harbour"}}, session)
print(answer["result"]["results"][0]["id"])
await toolfs.close()
