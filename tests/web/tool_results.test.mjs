// What JavaScript tools return, as the model reads it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ToolError } from "../../web/index.js";
import { toolResult } from "../../web/agent/tool-result.js";
import { Agent } from "../../web/providers/openai.js";
import { provider } from "./setup.mjs";

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const PNG_TEXT = "iVBORw0KGgo=";
const read = async (value) => JSON.parse(JSON.stringify(await toolResult(value, "look")));

class Port {
  constructor(name) {
    this.name = name;
  }
  toJSON() {
    return { port: this.name };
  }
}

class Money {
  constructor(amount) {
    this.amount = amount;
  }
}

const KINDS = [
  ["undefined", undefined, null],
  ["null", null, null],
  ["a function", () => 1, null],
  ["a promise", Promise.resolve(7), 7],
  ["a promise within", { now: Promise.resolve({ big: 10n }) }, { now: { big: 10 } }],
  ["a small BigInt", 7n, 7],
  ["a large BigInt", { id: 9007199254740993n }, { id: "9007199254740993" }],
  ["a negative BigInt", -9007199254740993n, "-9007199254740993"],
  ["NaN", { mean: Number.NaN, most: Infinity }, { mean: null, most: null }],
  ["undefined within", { a: undefined, b: [undefined, () => 1, Symbol("x")] }, { b: [null, null, null] }],
  ["a Map", new Map([["Oslo", new Map([["deep", new Set([1n])]])]]), { Oslo: { deep: [1] } }],
  [
    "a Map of numbers",
    new Map([
      [1, "a"],
      [2, "b"],
    ]),
    { 1: "a", 2: "b" },
  ],
  ["a Map of objects", new Map([[{ port: 1 }, "a"]]), [[{ port: 1 }, "a"]]],
  ["a Set", new Set(["Oslo", "Bergen"]), ["Oslo", "Bergen"]],
  ["a Date", new Date(0), "1970-01-01T00:00:00.000Z"],
  ["a Date within", { at: new Date(0), never: new Date(Number.NaN) }, { at: "1970-01-01T00:00:00.000Z", never: null }],
  [
    "an Error within",
    { failed: new RangeError("too deep", { cause: new Map([["m", 9]]) }) },
    { failed: { name: "RangeError", message: "too deep", cause: { m: 9 } } },
  ],
  ["a RegExp", { by: /a+/gu }, { by: "/a+/gu" }],
  ["a URL", { at: new URL("https://example.org/x?y=1") }, { at: "https://example.org/x?y=1" }],
  ["URLSearchParams", new URLSearchParams("a=1&b=2"), { a: "1", b: "2" }],
  ["Headers", new Headers({ "X-A": "1" }), { "x-a": "1" }],
  ["numbers in an array", new Float32Array([1.5, 2]), [1.5, 2]],
  ["64-bit numbers in an array", new BigInt64Array([1n, 9007199254740993n]), [1, "9007199254740993"]],
  ["bytes", new Uint8Array([1, 2, 3]), "AQID"],
  [
    "bytes within",
    { data: new Uint8Array([1, 2, 3]).buffer, view: new DataView(new ArrayBuffer(1)), node: Buffer.from([4]) },
    { data: "AQID", view: "AA==", node: "BA==" },
  ],
  ["boxed values", { n: Object(1), s: Object("s"), b: Object(5n) }, { n: 1, s: "s", b: 5 }],
  ["an object that says how", { first: new Port("Oslo") }, { first: { port: "Oslo" } }],
  ["an object of a class", [new Money(5n)], [{ amount: 5 }]],
  ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [
    "a generator",
    (function* () {
      yield 1;
      yield 2n;
    })(),
    [1, 2],
  ],
  [
    "an async generator",
    (async function* () {
      yield "a";
      yield "b";
    })(),
    ["a", "b"],
  ],
  ["the same object twice", ((one) => [one, one])({ a: 1 }), [{ a: 1 }, { a: 1 }]],
  ["half an emoji", "Ship \ud83d", "Ship \ud83d"],
];

for (const [kind, value, expected] of KINDS) test(`a tool may return ${kind}`, async () => assert.deepEqual(await read(value), expected));

test("a picture is one, however it is returned", async () => {
  const image = { type: "image", data: PNG_TEXT, media_type: "image/png" };
  for (const value of [
    PNG,
    PNG.buffer,
    new Blob([PNG], { type: "image/png" }),
    new Blob([PNG]),
    new Response(PNG, { headers: { "content-type": "image/png" } }),
    { type: "image", data: PNG },
    { type: "image", data: PNG_TEXT, mediaType: "image/png" },
    { content: [{ type: "image", data: new Blob([PNG], { type: "image/png" }) }] },
    { content: [{ type: "image", data: PNG, mediaType: "image/png" }] },
  ])
    assert.deepEqual(await read(value), { content: [image] });
  const named = new File([new Uint8Array([37, 80, 68, 70])], "tides.pdf", { type: "application/pdf" });
  assert.deepEqual(await read(named), { content: [{ type: "file", name: "tides.pdf", data: "JVBERg==", media_type: "application/pdf" }] });
  assert.deepEqual(
    await read({
      content: [
        { type: "text", text: "See:" },
        { type: "file", fileId: "file_1" },
      ],
      sources: [{ id: "a" }],
    }),
    {
      content: [
        { type: "text", text: "See:" },
        { type: "file", file_id: "file_1" },
      ],
      sources: [{ id: "a" }],
    },
  );
});

test("text and JSON of a Blob, a stream or a response are read", async () => {
  assert.equal(await read(new Blob(["high"], { type: "text/plain" })), "high");
  assert.deepEqual(await read(new Blob(['{"tide": "high"}'], { type: "application/json" })), { tide: "high" });
  assert.equal(await read(new Blob(["high"]).stream()), "high");
  assert.deepEqual(await read(Response.json({ tide: "high" })), { tide: "high" });
  assert.equal(await read(new Response("high")), "high");
  await assert.rejects(() => read(new Response("no such port", { status: 404, statusText: "Not Found" })), {
    name: "ToolError",
    message: "HTTP 404 Not Found: no such port",
  });
});

test("a result that JSON cannot hold is an error that says so", async () => {
  const loop = { a: 1 };
  loop.self = [new Map([["again", loop]])];
  await assert.rejects(() => read(loop), { name: "ToolError", message: /result of look contains itself/ });
  let deep = [];
  for (let n = 0; n < 200; n++) deep = [deep];
  await assert.rejects(() => read(deep), { message: /nested deeper than 100 levels/ });
  const endless = (function* () {
    for (let n = 0; ; n++) yield n;
  })();
  await assert.rejects(() => read(endless), { message: /more than 100000 items, or no end/ });
  await assert.rejects(() => read(new Error("boom")), { name: "Error", message: "boom" });
  await assert.rejects(
    () =>
      read({
        get a() {
          throw new RangeError("gone");
        },
      }),
    { name: "RangeError" },
  );
});

test("the run goes on, the model reads the values, and each failure has its name once", async () => {
  const results = {
    map: () => new Map([["Oslo", 9007199254740993n]]),
    loop: () => {
      const value = {};
      value.self = value;
      return value;
    },
    thrown: () => {
      throw new Error("boom");
    },
    text: () => {
      throw "Error: boom";
    },
    wrapped: () => {
      throw new TypeError("TypeError: boom");
    },
    returned: () => new RangeError("too shallow"),
    told: () => {
      throw new ToolError("say where");
    },
    picture: () => PNG,
  };
  const calls = Object.keys(results).map((name) => ({ name, arguments: {} }));
  const box = await provider.box({ tool_calls: calls }, { text: "Done." });
  const tools = Object.entries(results).map(([name, execute]) => ({ name, execute }));
  const reply = await new Agent({ apiKey: "k", model: "gpt-5", baseURL: box.url, tools }).run("Go.");
  const told = Object.fromEntries(reply.steps[0].toolResults.map(({ name, text, isError }) => [name, [text, isError]]));
  assert.deepEqual(told, {
    map: ['{"Oslo": "9007199254740993"}', false],
    loop: ["the result of loop contains itself; return plain data without cycles", true],
    thrown: ["Error: boom", true],
    text: ["Error: boom", true],
    wrapped: ["TypeError: boom", true],
    returned: ["RangeError: too shallow", true],
    told: ["say where", true],
    picture: ["", false],
  });
  assert.equal(reply.text, "Done.");
  const [, second] = await box.seen(2);
  assert.match(JSON.stringify(second.json), new RegExp(`data:image/png;base64,${PNG_TEXT}`));
});
