// The boundary's protocol in JavaScript, from the text that crosses: no message is lost without its call failing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Peer } from "../../web/bridge/rpc.js";
import { ConfigError, InterpreterError } from "../../web/errors.js";

const DEEP = "[".repeat(200_000);

function wire(services) {
  const sent = [];
  const peer = new Peer((text) => sent.push(JSON.parse(text)), services);
  const say = (message) => peer.receive(JSON.stringify(message));
  const ended = async (id) => {
    for (let turn = 0; turn < 50; turn++) {
      const end = sent.find((message) => message.id === id && (message.type === "done" || message.type === "fault"));
      if (end) return end;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(`nothing ended call ${id}: ${JSON.stringify(sent)}`);
  };
  return { peer, sent, say, ended };
}

/** What a promise is rejected with, or nothing while it waits. */
const caught = (promise) =>
  Promise.race([
    promise.then(
      () => "resolved",
      (error) => error,
    ),
    new Promise((resolve) => setTimeout(resolve, 500, "waits")),
  ]);

for (const kind of ["event", "done", "fault"]) {
  test(`a ${kind} that cannot be read fails its call, and no other`, async () => {
    const { peer, say, sent } = wire();
    const [lost, kept] = [peer.call("a", {}), peer.call("b", {})];
    peer.receive(`{"type":"${kind}","id":1,"value":NaN}`);
    const error = await caught(lost);
    assert.ok(error instanceof InterpreterError, String(error));
    assert.match(error.message, /could not be read/);
    assert.equal(error.code, "bad_message");
    assert.deepEqual(sent.at(-1), { type: "cancel", id: 1 });
    say({ type: "done", id: 2, value: "here" });
    assert.equal(await kept, "here");
  });
}

test("a stream whose event cannot be read ends with the error", async () => {
  const { peer, say } = wire();
  const values = peer.stream("count", {});
  const first = values.next();
  say({ type: "event", id: 1, values: [1] });
  assert.equal((await first).value, 1);
  peer.receive('{"type":"event","id":1,"values":[NaN]}');
  assert.ok((await caught(values.next())) instanceof InterpreterError);
});

test("an answer of another shape than the protocol's fails its call", async () => {
  const { peer } = wire();
  const lost = peer.call("a", {});
  peer.receive('{"type":"fault","id":1}');
  assert.notEqual(await caught(lost), "waits");
});

test("a call that cannot be read is a fault for its caller", async () => {
  const { peer, ended } = wire({ ping: () => "pong" });
  peer.receive(`{"type":"call","id":7,"method":"ping","params":{NaN}`);
  assert.equal((await ended(7)).type, "fault");
  peer.receive('{"type":"call","id":8,"method":"ping"}');
  assert.deepEqual(await ended(8), { type: "done", id: 8, value: "pong" });
});

test("a message that names no call fails them all", async () => {
  const { peer } = wire();
  const calls = [peer.call("a", {}), peer.call("b", {})];
  peer.receive("no message at all");
  for (const call of calls) assert.ok((await caught(call)) instanceof InterpreterError);
  assert.ok((await caught(peer.call("c", {}))) instanceof InterpreterError);
});

const ring = {};
ring.ring = ring;
const hostile = {
  ring,
  toJSON: {
    toJSON() {
      throw new Error("no");
    },
  },
  getter: {
    get x() {
      throw new Error("no");
    },
  },
  deep: JSON.parse(DEEP.slice(0, 50_000) + "]".repeat(50_000)),
};

for (const [name, value] of Object.entries(hostile)) {
  test(`parameters that cannot be written (${name}) fail their call with a ConfigError`, async () => {
    const { peer } = wire();
    const error = await caught(peer.call("a", value));
    assert.ok(error instanceof ConfigError, String(error));
    assert.match(error.message, /a was not called, because its parameters cannot be written as JSON/);
    assert.equal(peer.pending, 0);
  });

  test(`a result that cannot be written (${name}) is a fault for its caller`, async () => {
    const { peer, ended } = wire({
      give: () => value,
      stream: async function* () {
        yield value;
      },
    }); // prettier-ignore
    peer.receive('{"type":"call","id":1,"method":"give"}');
    peer.receive('{"type":"call","id":2,"method":"stream"}');
    assert.deepEqual([(await ended(1)).type, (await ended(2)).type], ["fault", "fault"]);
  });
}

test("whatever a handler throws, its caller is told, and nothing is thrown outside of the call", async () => {
  const unhandled = [];
  const note = (error) => unhandled.push(error);
  process.on("unhandledRejection", note);
  const odd = new Error("odd");
  odd.name = { toString: null };
  const things = [
    undefined,
    null,
    0,
    1n,
    Symbol("s"),
    "text",
    Object.create(null),
    {
      toString: () => {
        throw new Error("no");
      },
    },
    ring,
    odd,
    new Proxy(
      {},
      {
        get() {
          throw new Error("no");
        },
      },
    ),
  ]; // prettier-ignore
  const services = Object.fromEntries(
    things.map((thing, id) => [
      `m${id}`,
      () => {
        throw thing;
      },
    ]),
  );
  const { peer, ended } = wire(services);
  for (const id of things.keys()) peer.receive(JSON.stringify({ type: "call", id, method: `m${id}` }));
  for (const id of things.keys()) assert.equal(typeof (await ended(id)).error.message, "string");
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
});
