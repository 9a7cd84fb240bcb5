// A file system for an agent: files, memory and snapshots, each call under what a session may do, and all of it in an audit.

import { Agent } from "staysail/openai";
import { ToolFS } from "staysail/toolfs";

const toolfs = await ToolFS.open({ mounts: { "/toolfs/notes": {} } });
const me = toolfs.session({ name: "me", paths: { "/toolfs": "*" } });
await toolfs.write("/toolfs/notes/crew.txt", "Ada steers.\n", me);
await toolfs.snapshots.create(me, { name: "before" });

const session = toolfs.session({ name: "agent", paths: { "/toolfs/notes": "read list write" }, calls: 50 });
const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna", tools: await toolfs.tools(session) });
console.log(await agent.prompt("Add to crew.txt that Grace cooks."));

console.log((await toolfs.snapshots.diff("before", null, me)).changed);
console.log(await toolfs.readText("/toolfs/notes/crew.txt", me));
await toolfs.snapshots.rollback("before", me);
console.log(await toolfs.readText("/toolfs/notes/crew.txt", me));
for (const { operation, path, decision } of await toolfs.audit.records()) console.log(operation, path, decision);
