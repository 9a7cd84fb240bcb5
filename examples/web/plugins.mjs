// A plugin in JavaScript: an object, called through ToolFS under the session of its caller.

import { ToolFS } from "staysail/toolfs";

const tides = {
  name: "tides",
  version: "1.0",
  execute: ({ data }) => ({ success: true, result: `High water in ${data.harbour} at 04:12.` }),
};

const toolfs = await ToolFS.open();
await toolfs.plugins.install({ plugin: tides });
const session = toolfs.session({ name: "agent", paths: { "/toolfs/plugins": "execute" } });
const answer = await toolfs.execute("tides", { operation: "next", data: { harbour: "Oslo" } }, session);
console.log(answer.result);
