// Cancelling is Python's own in Pyodide's Python too: the program that CPython runs.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { pythonTools } from "../../web/index.js";

import "./setup.mjs";

test("a cancelled run is a cancelled task", async () => {
  const tools = await pythonTools(await readFile(new URL("../unit/agent/cancelling.py", import.meta.url), "utf8"));
  const cancel = tools.find(({ name }) => name === "cancel_in_every_way");
  assert.equal(await cancel.execute({}), "done");
});
