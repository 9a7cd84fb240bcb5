// The test server (tests/server) as a program of its own, for tests in Node.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const python = existsSync(`${root}.venv/bin/python`) ? `${root}.venv/bin/python` : "python3";

/** Starts one; it ends with `stop`, or with this process. */
export async function startProvider() {
  const server = spawn(python, ["-m", "tests.server"], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const { url } = JSON.parse((await once(server.stdout, "data"))[0]);
  server.unref();
  server.stdin.unref();
  server.stdout.unref();
  const control = async (path, body) =>
    (await fetch(`${url}/_control/boxes${path}`, body && { method: "POST", body: JSON.stringify(body) })).json();
  return {
    /** An address of its own, with these answers; `seen(count, closed)` waits for so many requests. */
    async box(...answers) {
      const { id, url: base } = await control("", { answers });
      return { url: base, seen: async (count = 0, closed = 0) => (await control(`/${id}/seen?count=${count}&closed=${closed}`)).seen };
    },
    /** An address of its own that replays a recorded stream (shared traffic), cut into chunks of so many bytes. */
    async scenario(name, chunk_bytes) {
      const { id, url: base } = await control("", { scenario: name, ...(chunk_bytes && { chunk_bytes }) });
      return { url: base, seen: async (count = 0) => (await control(`/${id}/seen?count=${count}`)).seen };
    },
    /** An address of its own that plays a provider by its documented rules (tests/rules). */
    async rules(provider) {
      const { id, url: base } = await control("", { rules: provider });
      return { url: base, seen: async (count = 0) => (await control(`/${id}/seen?count=${count}`)).seen };
    },
    stop: () => server.stdin.end(),
  };
}
