import assert from "node:assert/strict";
import test from "node:test";

import { PromptAPIEngine } from "../../web/local/prompt-api.js";

/** What the specification says of `LanguageModel`, as far as the adapter goes; it answers what it is told to. */
function browserModel(chunks, { availability = "available" } = {}) {
  const seen = { prompts: [], created: [], destroyed: 0, aborted: false };
  const languageModel = {
    availability: async () => availability,
    create: async (options) => {
      seen.created.push(options);
      const target = new EventTarget();
      options.monitor(target);
      target.dispatchEvent(Object.assign(new Event("downloadprogress"), { loaded: 0.5, total: 1 }));
      return {
        contextUsage: 7,
        promptStreaming(input, { signal, responseConstraint }) {
          seen.prompts.push({ input, responseConstraint });
          return new ReadableStream(
            {
              start(controller) {
                signal.addEventListener("abort", () => {
                  seen.aborted = true;
                  controller.error(signal.reason);
                });
              },
              pull: (controller) => {
                const chunk = chunks.shift();
                if (chunk === undefined) {
                  this.contextUsage = 12;
                  controller.close();
                } else if (chunk !== "...") controller.enqueue(chunk);
              },
            },
            { highWaterMark: 0 },
          );
        },
        destroy: () => seen.destroyed++,
      };
    },
  };
  return { engine: new PromptAPIEngine({ languageModel }), seen };
}

const text = (value) => [{ type: "text", text: value }];
const USER = { role: "user", content: text("Weather in Oslo?") };
const WEATHER = {
  name: "weather",
  description: "Weather of a city.",
  parameters: { type: "object", properties: { city: { type: "string" } } },
};

async function collect(events) {
  const found = [];
  for await (const event of events) found.push(event);
  return found;
}

test("a text answer streams, and the session is destroyed", async () => {
  const { engine, seen } = browserModel(["Hel", "lo"]);
  const events = await collect(engine.complete({ messages: [{ role: "system", content: text("Be brief.") }, USER] }));
  assert.deepEqual(
    events.map((event) => event.text ?? event.finish_reason ?? "usage"),
    ["Hel", "lo", "usage", "stop"],
  );
  assert.deepEqual(seen.created[0].initialPrompts, [{ role: "system", content: "Be brief." }]);
  assert.deepEqual(seen.prompts[0], { input: [{ role: "user", content: "Weather in Oslo?" }], responseConstraint: undefined });
  assert.equal(seen.destroyed, 1);
});

test("a tool call comes out of a constrained answer", async () => {
  const { engine, seen } = browserModel(['{"tool":"weather",', '"arguments":{"city":"Oslo"}}']);
  const [call, , finish] = await collect(engine.complete({ messages: [USER], tools: [WEATHER] }));
  assert.deepEqual([call.type, call.name, call.arguments, finish.finish_reason], ["tool_call", "weather", { city: "Oslo" }, "tool_calls"]);
  assert.equal(seen.prompts[0].responseConstraint.anyOf.length, 2);
});

test("an answer streams while tools are offered, whatever it is cut into", async () => {
  const answer = 'Say "hi"\n— 😀 \\o/';
  const json = JSON.stringify({ answer });
  const escaped = json.replace("😀", "\\ud83d\\ude00");
  for (const whole of [json, escaped])
    for (let size = 1; size < whole.length + 1; size++) {
      const chunks = whole.match(new RegExp(`[^]{1,${size}}`, "g"));
      const { engine } = browserModel([...chunks]);
      const events = await collect(engine.complete({ messages: [USER], tools: [WEATHER] }));
      const texts = events.filter((event) => event.type === "text").map((event) => event.text);
      assert.equal(texts.join(""), answer);
      assert.ok(texts.every((piece) => piece.isWellFormed()));
      if (size < 5) assert.ok(texts.length > 3);
      assert.equal(events.at(-1).finish_reason, "stop");
    }
});

test("pictures and sounds go beside the text of their message, and the browser is asked for them", async () => {
  const { engine, seen } = browserModel(["A cat."]);
  const picture = { type: "image", data: "iVBORw==", media_type: "image/png" };
  const sound = { type: "audio", data: "UklGRg==", media_type: "audio/wav" };
  const messages = [
    { role: "user", content: text("Hello.") },
    { role: "assistant", content: text("Hi.") },
    { role: "user", content: [...text("What is this?"), picture, sound] },
  ];
  await collect(engine.complete({ messages }));
  const [{ input }] = seen.prompts;
  assert.deepEqual([input[0].content, input[1].content, input[2].content[0]], ["Hello.", "Hi.", { type: "text", value: "What is this?" }]);
  assert.deepEqual(
    input[2].content.slice(1).map(({ type, value }) => [type, value.type, value.size]),
    [
      ["image", "image/png", 4],
      ["audio", "audio/wav", 4],
    ],
  );
  assert.deepEqual(seen.created[0].expectedInputs, [{ type: "text" }, { type: "image" }, { type: "audio" }]);
});

test("where the tools are required there is no way to answer instead, and after a result there is no other", async () => {
  const required = browserModel(['{"tool":"weather","arguments":{}}']);
  await collect(required.engine.complete({ messages: [USER], tools: [WEATHER], tool_choice: "required" }));
  assert.equal(required.seen.prompts[0].responseConstraint.anyOf.length, 1);
  const after = browserModel(["It rains."]);
  const result = { role: "tool", content: [{ type: "tool_result", id: "1", name: "weather", content: text("rain"), is_error: false }] };
  const call = { role: "assistant", content: [{ type: "tool_call", id: "1", name: "weather", arguments: { city: "Oslo" } }] };
  const [answer] = await collect(after.engine.complete({ messages: [USER, call, result], tools: [WEATHER] }));
  assert.deepEqual([answer.text, after.seen.prompts[0].responseConstraint], ["It rains.", undefined]);
});

test("an output schema is the response's constraint", async () => {
  const { engine, seen } = browserModel(['{"a":1}']);
  const schema = { type: "object", properties: { a: { type: "integer" } } };
  await collect(engine.complete({ messages: [USER], output_schema: schema }));
  assert.deepEqual(seen.prompts[0].responseConstraint, schema);
});

test("aborting and leaving the loop both stop the browser's model", async () => {
  const left = browserModel(["a", "..."]);
  for await (const event of left.engine.complete({ messages: [USER] })) {
    assert.equal(event.text, "a");
    break;
  }
  assert.deepEqual([left.seen.aborted, left.seen.destroyed], [true, 1]);
  const aborted = browserModel(["a", "..."]);
  const controller = new AbortController();
  await assert.rejects(
    async () => {
      for await (const event of aborted.engine.complete({ messages: [USER] }, { signal: controller.signal }))
        if (event.text) controller.abort();
    },
    { name: "AbortError" },
  );
  assert.deepEqual([aborted.seen.aborted, aborted.seen.destroyed], [true, 1]);
});

test("progress of the download is told", async () => {
  const told = [];
  await browserModel([]).engine.load({ onProgress: (progress) => told.push(progress) });
  assert.deepEqual(told, [{ stage: "model", loadedBytes: 0.5, totalBytes: 1 }]);
});

test("where there is no such model, the error says so and what to do", async () => {
  const missing = new PromptAPIEngine();
  assert.equal(await missing.availability(), "unavailable");
  await assert.rejects(collect(missing.complete({ messages: [USER] })), { code: "unavailable", message: /another provider/ });
  const { engine } = browserModel([], { availability: "unavailable" });
  await assert.rejects(collect(engine.complete({ messages: [USER] })), { code: "unavailable", message: /this machine/ });
});
