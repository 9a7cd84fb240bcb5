// The entries' types against the packages' own, as the compiler sees them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const compiler = fileURLToPath(new URL("../../web/node_modules/typescript/bin/tsc", import.meta.url));

test("what the entries return is what the packages take", () => {
  const { stdout } = spawnSync(process.execPath, [compiler, "--project", here], { encoding: "utf8" });
  assert.equal(stdout, "");
});
