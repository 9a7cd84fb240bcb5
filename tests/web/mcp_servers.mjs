// The MCP servers of the TypeScript SDK (tests/mcp/servers.mjs) as a program of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Their addresses, and what ends them. */
export async function startServers() {
  const server = spawn(process.execPath, [fileURLToPath(new URL("../mcp/servers.mjs", import.meta.url))], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const addresses = JSON.parse((await once(server.stdout, "data"))[0]);
  server.unref();
  server.stdout.unref();
  return { ...addresses, stop: () => server.kill() };
}
