// No key comes out of Node: not in errors, traces, the console, stdout or stderr.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

import { findMarkers } from "./markers.mjs";

const here = (path) => JSON.stringify(new URL(path, import.meta.url).href);
const program = `
  import { createServer } from "node:http";
  import * as staysail from ${here("../../web/index.js")};
  import { echo, plant } from ${here("markers.mjs")};
  const heads = [];
  const server = createServer((request, response) => {
    const lines = [request.url, ...Object.entries(request.headers).map(([name, value]) => name + ": " + value)];
    heads.push(...lines);
    response.writeHead(400, { "content-type": "application/json" }).end(echo(lines));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  await staysail.boot({ runtimeURL: new URL(${here("../../wheels/")}) });
  const told = await plant(staysail, "http://127.0.0.1:" + server.address().port);
  server.close();
  process.stdout.write("\\n" + JSON.stringify({ ...told, sent: Buffer.from(heads.join("\\n")).toString("hex") }));
`;

test("sixteen keys go in by as many doors, and none comes out", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    maxBuffer: 1 << 28,
  });
  const { ended, text, sent } = JSON.parse(stdout.slice(stdout.lastIndexOf("\n")));
  const seen = Buffer.from(sent, "hex").toString();
  for (const number of [1, 2, 3, 5, 6, 7, 8, 9, 10, 15, 16]) {
    assert.ok(seen.includes(`MARKER${String(number).padStart(2, "0")}`), `marker ${number} was not sent: ${ended[number]}`);
  }
  for (const [number, name] of Object.entries(ended)) assert.match(name, /Error$/, `${number}: ${name}`);
  assert.deepEqual(findMarkers(text), []);
  assert.deepEqual(findMarkers(stderr + stdout.slice(0, stdout.lastIndexOf("\n"))), []);
  assert.ok(text.length > 20_000);
});
