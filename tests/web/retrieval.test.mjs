// Tools chosen for the prompt, searching and citing, from JavaScript in Node.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ConfigError } from "../../web/index.js";
import { InMemoryVectorStore, ingest, searchTool } from "../../web/vector-store.js";
import { agentFor, call, provider } from "./setup.mjs";

const toolNames = ({ json }) => (json.tools ?? []).map(({ name }) => name);

const WORDS = ["stay", "tide", "moon", "knot"];
const countWords = (texts) => texts.map((text) => WORDS.map((word) => text.toLowerCase().split(word).length - 0.9));

const topics = ["tides", "weather", "moon", "harbour"];
const manyTools = () =>
  topics.flatMap((topic) =>
    Array.from({ length: 25 }, (_, n) => ({
      name: `${topic}_${n}`,
      description: `Tells about the ${topic}.`,
      execute: () => `${topic} ${n} ran`,
    })),
  );

test("of a hundred tools the model is told of those whose words fit, and they run here", async () => {
  const box = await provider.box(call("moon_1"), { text: "Full." }, { text: "Calm." }, { text: "None." });
  const always = { name: "always", execute: () => "a" };
  const agent = agentFor(box, { tools: [always], dynamicTools: { sample: 3, tools: manyTools() } });
  const reply = await agent.run("What does the moon look like?");
  assert.equal(reply.steps[0].toolResults[0].text, "moon 1 ran");
  await agent.prompt("How is the weather?");
  await agent.prompt("moon", { dynamicTools: null });
  const seen = await box.seen();
  assert.deepEqual(seen.map(toolNames), [
    ["always", "moon_0", "moon_1", "moon_2"],
    ["always", "moon_0", "moon_1", "moon_2"],
    ["always", "weather_0", "weather_1", "weather_2"],
    ["always"],
  ]);
});

test("with an embedder tools are found by meaning and embedded once, however often the agent is asked", async () => {
  const box = await provider.box({ text: "a" }, { text: "b" }, { text: "c" });
  let embedded = 0;
  const embedder = {
    embedTexts: async (texts) => (
      (embedded += texts.length), texts.map((text) => ({ document: text, vec: topics.map((topic) => text.split(topic).length - 0.9) }))
    ),
  };
  const agent = agentFor(box, { dynamicTools: [{ sample: 2, tools: manyTools(), embedder }] });
  for (const prompt of ["harbour", "tides", "harbour"]) await agent.prompt(prompt);
  assert.deepEqual((await box.seen()).map(toolNames), [
    ["harbour_0", "harbour_1"],
    ["tides_0", "tides_1"],
    ["harbour_0", "harbour_1"],
  ]);
  assert.equal(embedded, 103);
});

test("what cannot work is refused at once", async () => {
  const box = await provider.box();
  const refuse = (options, message) =>
    assert.throws(
      () => agentFor(box, options),
      (error) => error instanceof ConfigError && message.test(error.message),
    );
  refuse({ dynamicTools: { sample: 0, tools: [] } }, /sample is at least 1/);
  refuse({ dynamicTools: { sample: 1 } }, /tools is a list/);
  refuse({ dynamicTools: { sample: 1, tools: [{}] } }, /a tool is/);
  refuse({ dynamicTools: { sample: 1, tools: [], embedder: {} } }, /embedder has embedTexts/);
  assert.throws(() => searchTool({}), ConfigError);
  assert.throws(() => searchTool({ search: () => [] }, { k: 0 }), ConfigError);
  await assert.rejects(ingest("https://example.org", {}).next(), ConfigError);
});

test("an agent searches a store by itself, and its reply says what it found where", async () => {
  const store = new InMemoryVectorStore({
    embedTexts: async (texts) => countWords(texts).map((vec, at) => ({ document: texts[at], vec })),
  });
  await store.addDocuments([
    { id: "sails.pdf#0", text: "A staysail is set on a stay.", metadata: { source: "sails.pdf", page: 3, start: 10, end: 38, hash: "x" } },
    { id: "tides", text: "The tide follows the moon." },
  ]);
  const box = await provider.box(call("search", { query: "stay" }), call("search", { query: "tide" }), {
    text: "On a stay [sails.pdf#0].",
  });
  const reply = await agentFor(box, { tools: [searchTool(store, { k: 1 })] }).run("What is a staysail?");
  assert.deepEqual(JSON.parse(reply.steps[0].toolResults[0].text), [
    { id: "sails.pdf#0", source: "sails.pdf", page: 3, text: "A staysail is set on a stay." },
  ]);
  const [[sail], [tide], none] = reply.steps.map(({ sources }) => sources);
  assert.deepEqual([sail.id, sail.source, sail.span, sail.document.metadata.page], ["sails.pdf#0", "sails.pdf", [10, 38], 3]);
  assert.deepEqual([tide.id, tide.source, tide.span], ["tides", undefined, undefined]);
  assert.deepEqual(none, []);
  assert.deepEqual(await searchTool({ search: async () => [] }).execute({ query: "x" }), {
    content: [{ type: "text", text: "Nothing was found." }],
    sources: [],
  });
});
