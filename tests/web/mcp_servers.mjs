// Starts MCP servers of tests/mcp in a process of their own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Returns the addresses of a program's servers by name, and `stop`, which ends them. */
export async function startServers(program = "servers.mjs") {
  const server = spawn(process.execPath, [fileURLToPath(new URL(`../mcp/${program}`, import.meta.url))], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const addresses = JSON.parse((await once(server.stdout, "data"))[0]);
  server.unref();
  server.stdout.unref();
  return { ...addresses, stop: () => server.kill() };
}
