// ToolFS: what goes in and what comes out.

import { Agent } from "staysail/openai";
import { ToolFS } from "staysail/toolfs";
import { is } from "./is.js";

const toolfs = await ToolFS.open({
  name: "notes",
  mounts: { "/toolfs/data": {}, "/toolfs/scratch": { kind: "memory", quotaBytes: 1000 } },
});
declare const handle: FileSystemDirectoryHandle;
await toolfs.mount("/toolfs/work", { directory: handle, writable: false });
is<"granted" | "prompt" | "denied">()(await toolfs.permission("/toolfs/work"));
// @ts-expect-error: no such kind
await toolfs.mount("/toolfs/x", { kind: "floppy" });

const session = toolfs.session({ name: "agent", paths: { "/toolfs/data": "read list" }, calls: 10 });
// @ts-expect-error: it has a name
toolfs.session({ paths: {} });
is<Uint8Array>()(await toolfs.read("/toolfs/data/a", session));
is<string>()(await toolfs.readText("/toolfs/data/a", session));
const entry = await toolfs.write("/toolfs/data/a", new Uint8Array(1), session, { ifHash: "" });
is<number | null>()(entry.sizeBytes);
// @ts-expect-error: a session is needed
await toolfs.list("/toolfs/data");

const diff = await toolfs.snapshots.diff("one", null, session);
is<string[]>()(diff.added);
for (const record of await toolfs.audit.records()) is<"allowed" | "refused">()(record.decision);
const [result] = await toolfs.run([{ type: "read_file", path: "/toolfs/data/a" }], session);
is<boolean | undefined>()(result?.success);
// @ts-expect-error: no such operation
await toolfs.run([{ type: "format_disk" }], session);
new Agent({ apiKey: "k", model: "gpt-4o", tools: await toolfs.tools(session) });
