// Agents of staysail/testing in the place of a real one: the same events, a chat over them, recordings of real streams.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createChat, textOf } from "../../web/chat.js";
import { recordEvents, ScriptedAgent, scriptedCall } from "../../web/testing.js";
import { Agent } from "../../web/index.js";
import { startProvider } from "./provider.mjs";

test("text is streamed word by word and ends in a reply", async () => {
  const agent = new ScriptedAgent(["Hello out there."]);
  const events = await recordEvents(agent.stream("Hi."));
  assert.deepEqual(
    events.map(({ type }) => type),
    ["step_started", "text_delta", "text_delta", "text_delta", "step_done", "run_done"],
  );
  assert.equal(events.at(-1).reply.text, "Hello out there.");
  assert.deepEqual(
    events.at(-1).reply.messages.map(({ role }) => role),
    ["user", "assistant"],
  );
  assert.deepEqual(agent.calls, [{ prompt: "Hi.", options: {} }]);
});

test("a chat shows tool calls, values, reasoning and errors, and goes on", async () => {
  const agent = new ScriptedAgent([
    [{ type: "reasoning", text: "A question of weather." }, scriptedCall("weather", { city: "Oslo" }, { celsius: 7 }), "It is 7 °C."],
    new Error("the line is dead"),
    "Back again.",
  ]);
  const chat = createChat(agent);
  await chat.send("Weather?");
  const [, answer] = chat.getSnapshot().messages;
  const call = answer.parts.find(({ type }) => type === "tool");
  assert.deepEqual([call.name, call.arguments, call.result?.value ?? call.value], ["weather", { city: "Oslo" }, { celsius: 7 }]);
  assert.equal(textOf(answer), "It is 7 °C.");
  await chat.send("And now?").catch(() => {});
  assert.equal(chat.getSnapshot().status, "error");
  assert.match(chat.getSnapshot().error.message, /line is dead/);
  await chat.send("Still there?");
  assert.equal(textOf(chat.getSnapshot().messages.at(-1)), "Back again.");
  assert.equal(agent.calls.length, 3);
  assert.ok(agent.calls[2].options.history.some(({ role }) => role === "tool"));
});

test("an answer can be stopped, and a script that is over says so", async () => {
  const agent = new ScriptedAgent(["one two three four five"], { delayMs: 5 });
  const stop = new AbortController();
  await assert.rejects(async () => {
    for await (const { type } of agent.stream("Count.", { signal: stop.signal })) if (type === "text_delta") stop.abort();
  }, /abort/i);
  await assert.rejects(agent.prompt("More?"), /1 answers, and there was a further prompt/);
});

test("a recorded stream of a real agent is replayed as it was", async () => {
  const provider = await startProvider();
  try {
    const box = await provider.box({ text: "Recorded once." });
    const real = new Agent({ model: "openai:m", apiKey: "k", baseURL: box.url });
    const events = await recordEvents(real.stream("Go."));
    const agent = new ScriptedAgent([{ events }, { events }]);
    assert.deepEqual(await recordEvents(agent.stream("Go.")), events);
    assert.equal(await agent.prompt("Again."), "Recorded once.");
  } finally {
    provider.stop();
  }
});
