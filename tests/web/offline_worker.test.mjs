// The page's service worker where the browser's storage fails. tests/page shows it with storage that works.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

const failing = async () => {
  throw new DOMException("The operation is insecure.", "SecurityError");
};
const STORAGES = {
  "cannot be opened": { open: failing },
  "cannot be read": { open: async () => ({ match: failing, put: failing }) },
  "cannot be written": { open: async () => ({ match: async () => undefined, put: failing }) },
};

for (const [fault, caches] of Object.entries(STORAGES)) {
  test(`a page loads where its storage ${fault}`, async (t) => {
    const server = createServer((_, response) => response.end("the page"));
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const scope = `http://127.0.0.1:${server.address().port}/`;
    const listeners = {};
    const registration = { scope };
    const addEventListener = (type, listener) => (listeners[type] = listener);
    const script = await readFile(new URL("../../page/offline-worker.js", import.meta.url), "utf8");
    runInNewContext(script, { registration, addEventListener, caches, fetch, URL, Response });
    const work = [];
    let answer;
    const request = { method: "GET", url: scope, headers: new Headers(), cache: "default", mode: "navigate" };
    const fetched = { ...request, url: scope, [Symbol.toPrimitive]: () => scope };
    listeners.fetch({ request: fetched, respondWith: (given) => (answer = given), waitUntil: (given) => work.push(given) });
    assert.equal(await (await answer).text(), "the page");
    await Promise.all(work);
  });
}
