import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";

import { generateJSON } from "../../web/local/guided.js";
import { babble, obey } from "./token_sources.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { default: Ajv } = require("ajv/dist/2020.js");
const ajv = new Ajv({ strict: false, validateFormats: false });

/** Of random schemas. */
const [MANY, SOME] = process.env.STAYSAIL_EVERY ? [1500, 300] : [300, 60];

/** A seeded generator: the same schemas and the same babbling on every machine. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick(next, list) {
  return list[Math.floor(next() * list.length)];
}

function randomSchema(next, depth = 0) {
  const leaf = ["string", "integer", "number", "boolean", "null", "enum", "const", "any", "nullable"];
  const kind = pick(
    next,
    depth > 3 ? leaf : [...leaf, "array", "tuple", "object", "object", "anyOf", "dictionary", "tagged", "allOf", "ref"],
  );
  const low = Math.floor(next() * 40) - 20;
  const child = () => randomSchema(next, depth + 1);
  switch (kind) {
    case "string": {
      const minLength = Math.floor(next() * 4);
      return pick(next, [{ type: "string" }, { type: "string", minLength, maxLength: minLength + Math.floor(next() * 5) }]);
    }
    case "integer":
      return pick(next, [
        { type: "integer" },
        { type: "integer", minimum: low },
        { type: "integer", minimum: low, maximum: low + 5 },
        { type: "integer", exclusiveMinimum: low, multipleOf: 7 },
      ]);
    case "number":
      return pick(next, [
        { type: "number" },
        { type: "number", minimum: low + 0.25, maximum: low + 0.5 },
        { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
        { type: "number", minimum: low, multipleOf: 0.5 },
      ]);
    case "boolean":
    case "null":
      return { type: kind };
    case "enum":
      return {
        enum: pick(next, [
          ["celsius", "cold", "fahrenheit"],
          [1, 12, 123],
          ["a", 1, null, true, ["x"], { y: 1 }],
          ['say "hi"', "ä\n"],
        ]),
      };
    case "const":
      return { const: pick(next, ["x", 3, null, { a: [1, "z"] }]) };
    case "any":
      return pick(next, [true, {}]);
    case "nullable":
      return { type: [pick(next, ["string", "integer", "number", "boolean"]), "null"] };
    case "array":
      return { type: "array", items: child(), ...pick(next, [{}, { minItems: 2 }, { maxItems: 3 }, { minItems: 1, maxItems: 1 }]) };
    case "tuple":
      return { type: "array", prefixItems: [child(), child()], items: false, minItems: Math.floor(next() * 3) };
    case "object": {
      const properties = Object.fromEntries(
        ["name", "size", 'odd "key"', "na"].slice(0, 1 + Math.floor(next() * 4)).map((name) => [name, child()]),
      );
      return { type: "object", properties, required: Object.keys(properties).filter(() => next() < 0.5), additionalProperties: false };
    }
    case "anyOf":
      return {
        [pick(next, ["anyOf", "oneOf"])]: [
          { type: "string", maxLength: 4 },
          { type: "integer" },
          { type: "object", properties: { deep: child() }, required: ["deep"] },
          { type: "null" },
        ],
      };
    case "dictionary":
      return { type: "object", additionalProperties: child(), minProperties: Math.floor(next() * 3), maxProperties: 4 };
    case "tagged":
      return {
        oneOf: ["circle", "square"].map((tag) => ({
          type: "object",
          properties: { [tag]: { type: "number" }, kind: { const: tag } },
          required: ["kind"],
          additionalProperties: false,
        })),
      };
    case "allOf":
      return {
        allOf: [{ type: "object", properties: { a: { type: "integer" } }, required: ["a"] }],
        properties: { a: { maximum: 3 }, b: { type: "boolean" } },
        required: ["b"],
      };
    case "ref":
      return { $ref: "#/$defs/node" };
  }
}

const NODE = {
  type: "object",
  properties: {
    label: { type: "string", maxLength: 6 },
    children: { type: "array", items: { $ref: "#/$defs/node" } },
    next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
  },
  required: ["label", "next"],
};

test("whatever the model babbles, the result parses and fits a random schema", async () => {
  for (let seed = 1; seed <= MANY; seed++) {
    const next = random(seed);
    const schema = { $defs: { node: NODE }, allOf: [randomSchema(next)] };
    const told = [];
    const source = babble(random(seed * 7919));
    const { value, text } = await generateJSON(source, schema, {
      maxTokens: pick(next, [0, 3, 20, 200]),
      onText: (piece) => told.push(piece),
    });
    const where = `seed ${seed}: ${text.slice(0, 300)} for ${JSON.stringify(schema.allOf[0]).slice(0, 600)}`;
    assert.deepEqual(JSON.parse(text), value, where);
    assert.equal(told.join(""), text, where);
    assert.ok(ajv.compile(schema)(value), `${where}: ${ajv.errorsText()}`);
  }
});

test("the model sees the very text that comes out", async () => {
  for (let seed = 1; seed <= SOME; seed++) {
    const next = random(seed);
    const source = babble(random(seed));
    const { text } = await generateJSON(source, { $defs: { node: NODE }, allOf: [randomSchema(next)] }, { maxTokens: 60 });
    const seen = new TextDecoder().decode(Uint8Array.from(source.seen()));
    assert.ok(text.startsWith(seen.replaceAll("\ufffd", "")) || seen.includes("\ufffd"), `${seed}: the model saw ${seen} of ${text}`);
  }
});

test("what the model wants to say is what comes out, if the schema allows it", async () => {
  const schema = {
    type: "object",
    properties: {
      city: { type: "string" },
      unit: { enum: ["celsius", "fahrenheit"] },
      days: { type: "integer", minimum: 1, maximum: 10 },
      exact: { type: "boolean" },
      note: { type: ["string", "null"] },
      tags: { type: "array", items: { type: "string" } },
      ratio: { type: "number" },
    },
    required: ["city", "unit"],
  };
  const wanted = [
    '{"city": "São \\"Paulo\\" 東京", "unit": "fahrenheit", "days": 7, "exact": false, "note": null, "tags": ["a", "bc"], "ratio": -0.25}',
    '{"city": "Oslo", "unit": "celsius"}',
    '{"city": "", "unit": "celsius", "exact": true, "note": "so", "tags": [], "ratio": 12}',
  ];
  for (const text of wanted) {
    for (const longest of [1, 2, 5]) {
      const { text: written, cut } = await generateJSON(obey(text, longest), schema, {});
      assert.deepEqual([JSON.parse(written), cut], [JSON.parse(text), false], `tokens of ${longest}`);
    }
  }
});

test("a number out of bounds is kept within them", async () => {
  const bounded = { type: "integer", minimum: 3, maximum: 40 };
  for (const [wanted, expected] of [
    ["7", 7],
    ["40", 40],
    ["12", 12],
  ]) {
    assert.equal((await generateJSON(obey(wanted, 1), bounded, {})).value, expected);
  }
  const { value } = await generateJSON(obey("999", 1), bounded, {});
  assert.ok(value >= 3 && value <= 40);
});

test("a string stops at its maximum length, counted in characters", async () => {
  const { value } = await generateJSON(obey('"日本語テキスト"', 1), { type: "string", maxLength: 3 }, {});
  assert.equal(value, "日本語");
});

test("a pattern holds, or the failure is said", async () => {
  assert.equal((await generateJSON(obey('"AB12"', 1), { type: "string", pattern: "^[A-Z]{2}\\d{2}$" }, {})).value, "AB12");
  await assert.rejects(generateJSON(obey('"nope"', 1), { type: "string", pattern: "^\\d+$" }, { maxTokens: 5 }), /pattern/);
});

test("an optional property is left to the caller's rule where there is one", async () => {
  const schema = { type: "object", properties: { a: { type: "integer" }, b: { type: "integer" } } };
  const source = () => obey('{"a": 1, "b": 2}', 1);
  assert.deepEqual((await generateJSON(source(), schema, {})).value, { a: 1, b: 2 });
  assert.deepEqual((await generateJSON(obey('{"b": 2}', 1), schema, { include: ({ name }) => name === "b" })).value, { b: 2 });
  assert.deepEqual((await generateJSON(source(), schema, { include: () => false })).value, {});
});

test("a schema that cannot be held is refused, and says why", async () => {
  for (const [schema, why] of [
    [{ not: { type: "string" } }, /"not"/],
    [{ $ref: "#/$defs/missing" }, /no "#\/\$defs\/missing"/],
    [{ $ref: "https://example.org/schema" }, /outside/],
    [{ $ref: "#" }, /circle/],
    [{ $defs: { a: { type: "object", properties: { a: { $ref: "#/$defs/a" } }, required: ["a"] } }, $ref: "#/$defs/a" }, /without end/],
    [{ enum: [] }, /no value/],
    [{ type: "integer", minimum: 0.2, maximum: 0.8 }, /no number/],
  ]) {
    await assert.rejects(generateJSON(babble(random(1)), schema, { maxTokens: 5 }), why);
  }
});
