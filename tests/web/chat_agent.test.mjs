// A chat over staysail's own agents, in Node: recorded streams, tools, approvals, stopping, kept conversations, durable runs.

import assert from "node:assert/strict";
import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";

import { createChat, readHistory, textOf } from "../../web/chat.js";
import { Conversations } from "../../web/index.js";
import { Agent as Claude } from "../../web/providers/anthropic.js";
import { Agent } from "../../web/providers/openai.js";
import { agentFor, call, provider } from "./setup.mjs";

const shown = (chat) => chat.getSnapshot().messages.map((message) => `${message.role}: ${textOf(message)}`);
const until = async (chat, holds) => {
  for (let tries = 0; tries < 500 && !holds(chat.getSnapshot()); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(holds(chat.getSnapshot()), JSON.stringify(chat.getSnapshot()));
};

/** Recorded answers of a run, with the names of the tools that it was given; nothing where no recordings are. */
async function recorded(provider, scenario) {
  const file = new URL(`../../../shared/traffic/${provider}.jsonl`, import.meta.url);
  if (!existsSync(file)) return undefined;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (!line.includes(scenario)) continue;
    const { scenario: name, interactions } = JSON.parse(line);
    if (name !== `${provider}/${scenario}`) continue;
    const asked = JSON.parse(interactions[0].request.body || "{}");
    return {
      tools: (asked.tools ?? []).map(({ name, function: inner }) => name ?? inner.name),
      answers: interactions.map(({ response }) => ({
        status: response.status,
        headers: { "content-type": response.headers["content-type"] ?? "text/event-stream" },
        body: response.body,
      })),
    };
  }
  return undefined;
}

for (const [name, scenario] of [
  ["openai", "reasoning_tool_roundtrip/streaming"],
  ["anthropic", "reasoning_tool_roundtrip/streaming"],
  ["anthropic", "streaming_grammar/thinking_multi_block_turn"],
])
  test(`a recorded stream is the same messages, however it is cut: ${name}, ${scenario}`, async (t) => {
    const found = await recorded(name, scenario);
    if (!found) return t.skip("no recordings beside the project");
    const seen = [];
    for (const chunk_bytes of [undefined, 1400, 64]) {
      const box = await provider.box(...found.answers.map((answer) => ({ ...answer, chunk_bytes })));
      const tools = found.tools.map((tool) => ({ name: tool, execute: () => "7 degrees" }));
      const Provider = name === "openai" ? Agent : Claude;
      const chat = createChat(new Provider({ apiKey: "k", model: "m", baseURL: box.url, tools }));
      const reply = await chat.send("Go.");
      assert.ok(reply, String(chat.getSnapshot().error));
      const { messages } = chat.getSnapshot();
      const bare = ({ type, text, name, state, arguments: args, result }) => [type, text, name, state, args, result?.text];
      const parts = (message) => message.parts.filter(({ type }) => ["text", "tool", "reasoning"].includes(type)).map(bare);
      assert.deepEqual(messages.map(parts), readHistory(reply.messages).map(parts));
      seen.push(messages.map(parts));
    }
    assert.deepEqual(seen[1], seen[0]);
    assert.deepEqual(seen[2], seen[0]);
  });

test("tools, an approval and progress stand in the answer", async () => {
  const box = await provider.box(call("pay", { euros: 30 }, "c1"), call("count", {}, "c2"), { text: "Paid and counted." });
  const tools = [
    {
      name: "pay",
      needsApproval: true,
      parameters: { type: "object", properties: { euros: { type: "number" } } },
      execute: ({ euros }) => ({ euros }),
    },
    {
      name: "count",
      async *execute() {
        yield "one";
        yield { two: 2 };
      },
    },
  ];
  const chat = createChat(agentFor(box, { tools }));
  const sent = chat.send("Pay.");
  await until(chat, ({ status }) => status === "awaiting-approval");
  const [{ id, tool }] = chat.getSnapshot().approvals;
  assert.equal(tool, "pay");
  chat.approve(id, { arguments: { euros: 20 } });
  await sent;
  const [pay, count] = chat.getSnapshot().messages[1].parts.filter(({ type }) => type === "tool");
  assert.deepEqual([pay.state, pay.arguments, pay.result.value], ["done", { euros: 20 }, { euros: 20 }]);
  assert.deepEqual(
    count.progress.map(({ text, value }) => value ?? text),
    ["one", { two: 2 }],
  );
  assert.equal(textOf(chat.getSnapshot().messages[1]), "Paid and counted.");
  assert.equal(chat.getSnapshot().usage.totalTokens, 45);
});

test("a message for the next step reaches the model while a tool runs, and a queued one is answered afterwards", async () => {
  const box = await provider.box(call("look"), { text: "All seen." }, { text: "And more." });
  let chat;
  const look = {
    name: "look",
    execute: () => {
      chat.send("hurry", { when: "next_step" });
      chat.send("more");
      assert.equal(chat.getSnapshot().queued.length, 2);
      return "seen";
    },
  };
  chat = createChat(agentFor(box, { tools: [look] }));
  await chat.send("Go.");
  await until(chat, ({ status, queued }) => status === "ready" && !queued.length);
  assert.deepEqual(shown(chat), ["user: Go.", "assistant: ", "user: hurry", "assistant: All seen.", "user: more", "assistant: And more."]);
  const { messages } = chat.getSnapshot();
  assert.deepEqual(
    messages.map(({ at }) => at),
    [0, 1, 3, 4, 5, 6],
  );
});

for (const durable of [undefined, ":memory:"])
  test(`a kept chat is restored with what was said, also with what was stopped or broke; durable: ${durable}`, async () => {
    const conversations = new Conversations(":memory:");
    const box = await provider.box(
      { text: "One." },
      { text: "slowly on and on and on", delay_s: 0.1 },
      { text: "half of it", drop: -400 },
      { text: "Last." },
    );
    const open = (id) => createChat(agentFor(box, { durable, retry: false }), { conversation: id, conversations });
    const id = `kept-${durable}`;
    const chat = open(id);
    await chat.send("a");
    const stopped = chat.send("b");
    await until(chat, ({ messages }) => textOf(messages[3]).length > 8);
    chat.stop();
    await stopped;
    const said = textOf(chat.getSnapshot().messages[3]);
    await chat.send("c");
    assert.equal(chat.getSnapshot().status, "error");
    await chat.send("d");
    const all = shown(chat);
    assert.deepEqual(all.slice(-4), ["user: c", "assistant: half of it", "user: d", "assistant: Last."]);
    assert.match(all[3], /^assistant: slowly /);
    assert.ok(all[3].includes(said));
    const again = open(id);
    assert.equal(again.getSnapshot().messages.length, 0);
    again.subscribe(() => {});
    await until(again, ({ messages }) => messages.length === 8);
    const restored = shown(again);
    assert.deepEqual([restored.slice(0, 3), restored.slice(4)], [all.slice(0, 3), all.slice(4)]);
    assert.ok(restored[3].startsWith("assistant: slowly "));
    assert.deepEqual(
      again.getSnapshot().messages.map(({ at }) => at),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
    assert.deepEqual(
      chat.getSnapshot().messages.map(({ at }) => at),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
  });

test("a question without an answer is restored with its error, goes on, and is no version of the next one", async () => {
  const conversations = new Conversations(":memory:");
  const box = await provider.box(
    { status: 401, body: { error: { message: "No such key" } } },
    { text: "One." },
    { text: "held back", delay_s: 2 },
    { text: "Two." },
  );
  const open = async () => {
    const chat = createChat(agentFor(box, { retry: false }), { conversation: "q", conversations });
    chat.subscribe(() => {});
    await chat.restore();
    return chat;
  };
  let chat = await open();
  await chat.send("a");
  chat = await open();
  const { status, error } = chat.getSnapshot();
  assert.deepEqual([status, error.name, error.status], ["error", "AuthError", 401]);
  assert.match(error.message, /No such key/);
  assert.deepEqual(shown(chat), ["user: a", "assistant: "]);
  assert.deepEqual(chat.history, []);
  await chat.retry();
  assert.deepEqual(shown(chat), ["user: a", "assistant: One."]);
  assert.equal(chat.getSnapshot().messages[0].versions, undefined);

  const stopped = chat.send("b");
  await until(chat, ({ status }) => status === "submitted");
  chat.stop();
  await stopped;
  await chat.settled;
  chat = await open();
  assert.deepEqual([chat.getSnapshot().status, chat.getSnapshot().messages.at(-1).status], ["ready", "stopped"]);
  assert.deepEqual(shown(chat), ["user: a", "assistant: One.", "user: b", "assistant: "]);
  await conversations.putQuestion("damaged", "{", { role: "user", content: [{ type: "text", text: "x" }] });
  const damaged = createChat(agentFor(box), { conversation: "damaged", conversations });
  await damaged.restore();
  assert.deepEqual([damaged.getSnapshot().status, shown(damaged)], ["ready", []]);
  const long = createChat(agentFor(await provider.box({ text: "Read." })), { conversation: "long", conversations });
  await long.send("word ".repeat(5000));
  await long.settled;
  assert.equal(await conversations.question("long"), "", "what is long is not kept twice");
  const fork = await chat.fork(2);
  await fork.restore();
  assert.deepEqual(shown(fork), ["user: a", "assistant: One."]);
  await chat.takeBack(chat.getSnapshot().messages[2].id);
  chat = await open();
  assert.deepEqual(shown(chat), ["user: a", "assistant: One."]);
});

test("a kept chat is edited and forked in its store", async () => {
  const conversations = new Conversations(":memory:");
  const box = await provider.box({ text: "One." }, { text: "Two." }, { text: "Else." }, { text: "Forked." });
  const chat = createChat(agentFor(box), { conversation: "c", conversations });
  await chat.send("a");
  await chat.send("b");
  const fork = await chat.fork(chat.getSnapshot().messages[1].id);
  await chat.edit(chat.getSnapshot().messages[2].id, "B");
  await fork.send("f");
  const texts = async (id) => (await conversations.load(id)).messages.map((message) => message.content[0].text);
  assert.deepEqual(await texts("c"), ["a", "One.", "B", "Else."]);
  assert.deepEqual(await texts(fork.conversation), ["a", "One.", "f", "Forked."]);
  assert.deepEqual(shown(fork), ["user: a", "assistant: One.", "user: f", "assistant: Forked."]);
});

test("a durable run that failed goes on where it broke off, and its calls are not made twice", async () => {
  const box = await provider.box(call("book", {}, "c1"), { status: 400, body: { error: { message: "no" } } }, { text: "Booked." });
  let booked = 0;
  const tools = [{ name: "book", execute: () => `berth ${++booked}` }];
  const chat = createChat(agentFor(box, { tools, durable: ":memory:" }), {
    conversation: "d",
    conversations: new Conversations(":memory:"),
  });
  await chat.send("Book.");
  assert.equal(chat.getSnapshot().status, "error");
  await chat.retry();
  assert.deepEqual([booked, shown(chat)], [1, ["user: Book.", "assistant: Booked."]]);
  const tool = chat.getSnapshot().messages[1].parts.find(({ type }) => type === "tool");
  assert.deepEqual([tool.state, tool.result.text], ["done", "berth 1"]);
});

test("another chat of the same conversation goes on with a run that is under way", async () => {
  const conversations = new Conversations(":memory:");
  const box = await provider.box({ text: "One two three four five six seven.", delay_s: 0.05 });
  const agent = agentFor(box, { durable: ":memory:" });
  const first = createChat(agent, { conversation: "w", conversations });
  const sent = first.send("Go.");
  await until(first, ({ messages }) => textOf(messages[1]).length > 5);
  const second = createChat(agent, { conversation: "w", conversations });
  second.subscribe(() => {});
  await until(second, ({ status }) => status === "submitted" || status === "streaming");
  await sent;
  await until(second, ({ status }) => status === "ready");
  assert.deepEqual(shown(second), ["user: Go.", "assistant: One two three four five six seven."]);
  assert.equal((await box.seen()).length, 1);
});

test("a store that cannot be read is an error of the chat", async () => {
  const conversations = new Conversations(":memory:");
  conversations.load = () => Promise.reject(new Error("damaged"));
  const errors = [];
  const chat = createChat(agentFor(await provider.box()), {
    conversation: "x",
    conversations,
    onError: (error) => errors.push(error.message),
  });
  chat.subscribe(() => {});
  await until(chat, ({ status }) => status === "error");
  assert.deepEqual(errors, ["damaged"]);
});
