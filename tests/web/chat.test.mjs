// A chat over scripted events, without Python: what it shows, and what may be done with it.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../web/node_modules/fast-check/lib/fast-check.js";

import { beginRun, createChat, endRun, foldRun, readHistory, readPartialJson, textOf } from "../../web/chat.js";

const usage = { inputTokens: 2, outputTokens: 1, totalTokens: 3, cachedInputTokens: 0, cacheCreationInputTokens: 0, reasoningTokens: 0 };
const text = (value) => ({ type: "text_delta", text: value });
const user = (value) => ({ role: "user", content: [{ type: "text", text: value }] });
const assistant = (value) => ({ role: "assistant", content: [{ type: "text", text: value }] });
const done = (messages) => ({
  type: "run_done",
  reply: { text: "", messages, usage, finishReason: "stop", steps: [], requestIds: [], warnings: [] },
});
const asked = (prompt) => (typeof prompt === "string" ? user(prompt) : { role: "user", content: prompt });
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const until = async (holds) => {
  for (let tries = 0; !holds() && tries < 400; tries++) await settled();
};

/** An agent that answers each prompt by a function of it, and writes down its calls. */
function scripted(...answers) {
  const calls = [];
  return {
    calls,
    async *stream(prompt, options) {
      calls.push({ prompt, options });
      const answer = answers.shift();
      yield* typeof answer === "function" ? answer(prompt, options) : says(answer)(prompt, options);
    },
  };
}

/** Says words one by one. */
const says = (words) =>
  async function* (prompt, { history }) {
    yield { type: "step_started", step: 1 };
    for (const word of words.split(/(?<= )/)) yield text(word);
    yield { type: "step_done", step: 1, usage, finishReason: "stop", requestId: null, message: null };
    yield done([...(history ?? []), asked(prompt), assistant(words)]);
  };

const shown = (chat) => chat.getSnapshot().messages.map((message) => `${message.role}: ${textOf(message)}`);

test("a prompt and its answer are messages, with status and usage", async () => {
  const chat = createChat(scripted("Hello there."));
  const seen = [];
  chat.subscribe(() => seen.push(chat.getSnapshot().status));
  assert.equal((await chat.send("Hi.")).messages.length, 2);
  assert.deepEqual(shown(chat), ["user: Hi.", "assistant: Hello there."]);
  assert.equal(seen[0], "submitted");
  const { status, messages, error } = chat.getSnapshot();
  assert.deepEqual([status, error, chat.getSnapshot().usage.totalTokens], ["ready", undefined, 3]);
  assert.deepEqual(
    messages.map(({ at, end, status }) => [at, end, status]),
    [
      [0, 1, "done"],
      [1, 2, "done"],
    ],
  );
});

test("a snapshot is the same object until something changes, and keeps what did not change", async () => {
  const chat = createChat(scripted("One two three.", "Four."));
  assert.equal(chat.getSnapshot(), chat.getSnapshot());
  await chat.send("a");
  const first = chat.getSnapshot();
  assert.equal(first, chat.getSnapshot());
  const frozen = JSON.stringify(first);
  await chat.send("b");
  const second = chat.getSnapshot();
  assert.notEqual(first, second);
  assert.equal(JSON.stringify(first), frozen);
  assert.equal(first.messages[0], second.messages[0]);
  assert.equal(first.messages[1], second.messages[1]);
  assert.deepEqual(
    second.messages.map(({ id }) => id),
    ["1", "2", "3", "4"],
  );
});

test("subscribers are told once of events that came together", async () => {
  const chat = createChat(scripted("a b c d e f g h i j k l m n"));
  let told = 0;
  chat.subscribe(() => told++);
  await chat.send("go");
  assert.ok(told <= 6, `${told} times`);
});

test("the history goes with the next prompt", async () => {
  const agent = scripted("One.", "Two.");
  const chat = createChat(agent, { history: [user("before"), assistant("yes")] });
  assert.deepEqual(shown(chat), ["user: before", "assistant: yes"]);
  await chat.send("a");
  await chat.send("b");
  assert.deepEqual(
    agent.calls.map(({ options }) => options.history.length),
    [2, 4],
  );
  assert.equal(chat.history.length, 6);
});

test("a stopped answer keeps its text, in the chat and in the history of the next prompt", async () => {
  const agent = scripted(async function* (_, { signal }) {
    yield text("Half of ");
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(Object.assign(new Error("gone"), { history: [] }))));
  }, "Rest.");
  const chat = createChat(agent);
  const sent = chat.send("Go.");
  await until(() => chat.getSnapshot().status === "streaming");
  chat.stop();
  assert.equal(await sent, undefined);
  const { messages, status, error } = chat.getSnapshot();
  assert.deepEqual([messages[1].status, textOf(messages[1]), status, error], ["stopped", "Half of ", "ready", undefined]);
  await chat.send("On.");
  assert.deepEqual(agent.calls[1].options.history, [user("Go."), assistant("Half of ")]);
  assert.deepEqual(shown(chat), ["user: Go.", "assistant: Half of ", "user: On.", "assistant: Rest."]);
});

test("stopping works at once where the agent does not notice", async () => {
  const chat = createChat(
    scripted(async function* () {
      yield text("on and on");
      await new Promise(() => {});
    }),
  );
  const sent = chat.send("Go.");
  await settled();
  chat.stop();
  await sent;
  assert.equal(chat.getSnapshot().status, "ready");
});

test("a prompt after a stop is shown at once, and waits for what the stopped run has to tell", async () => {
  const told = [user("Go."), assistant("Half, as the run tells it")];
  const agent = scripted(async function* (_, { signal }) {
    yield text("Half");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await new Promise((resolve) => setTimeout(resolve, 40));
    throw Object.assign(new Error("stopped"), { history: told });
  }, "Rest.");
  const chat = createChat(agent);
  void chat.send("Go.");
  await until(() => chat.getSnapshot().status === "streaming");
  chat.stop();
  await until(() => chat.getSnapshot().status === "ready");
  const sent = chat.send("On.");
  assert.deepEqual([shown(chat).slice(2), chat.getSnapshot().status], [["user: On.", "assistant: "], "submitted"]);
  await sent;
  assert.deepEqual(agent.calls[1].options.history, told);
  assert.deepEqual(
    chat.getSnapshot().messages.map(({ at, status }) => [at, status]),
    [
      [0, "done"],
      [1, "stopped"],
      [2, "done"],
      [3, "done"],
    ],
  );
});

test("an error is the status, stands at its message, and retry asks again", async () => {
  const broken = Object.assign(new Error("broke"), { history: [user("Go."), assistant("Half")] });
  const errors = [];
  const agent = scripted(async function* () {
    yield text("Half");
    throw broken;
  }, "Whole.");
  const chat = createChat(agent, { onError: (error) => errors.push(error) });
  assert.equal(await chat.send("Go."), undefined);
  const { status, error, messages } = chat.getSnapshot();
  assert.deepEqual(
    [status, error, messages[1].error, messages[1].status, textOf(messages[1])],
    ["error", broken, broken, "failed", "Half"],
  );
  assert.deepEqual(errors, [broken]);
  await chat.retry();
  assert.deepEqual(shown(chat), ["user: Go.", "assistant: Whole."]);
  assert.deepEqual(agent.calls[1].options.history, []);
  assert.equal(chat.getSnapshot().status, "ready");
});

test("editing a message takes back what came after it", async () => {
  const agent = scripted("One.", "Two.", "Three.");
  const chat = createChat(agent);
  await chat.send("a");
  await chat.send("b");
  await chat.edit(chat.getSnapshot().messages[0].id, "A");
  assert.deepEqual(shown(chat), ["user: A", "assistant: Three."]);
  assert.deepEqual(agent.calls[2].options.history, []);
  await assert.rejects(chat.edit("77", "x"), /no user's message/);
});

test("a fork goes on from a message, and the chat stays as it is", async () => {
  const agent = scripted("One.", "Two.", "Else.");
  const chat = createChat(agent);
  await chat.send("a");
  await chat.send("b");
  const fork = await chat.fork(chat.getSnapshot().messages[1].id);
  await fork.send("c");
  assert.deepEqual(shown(fork), ["user: a", "assistant: One.", "user: c", "assistant: Else."]);
  assert.equal(chat.getSnapshot().messages.length, 4);
});

test("an approval may be given by a listener at the moment of the request", async () => {
  const answers = [];
  const agent = scripted(async function* (prompt, { approve }) {
    const request = { id: "1", tool: "pay", arguments: { euros: 5 }, agent: "", message: "", path: [], uncertain: false };
    yield { type: "tool_call_done", id: "1", name: "pay", arguments: request.arguments };
    yield { type: "approval_needed", request };
    answers.push(await approve(request));
    yield done([asked(prompt), assistant("Paid.")]);
  });
  const onEvent = (event) => event.type === "approval_needed" && chat.approve(event.request.id);
  const chat = createChat(agent, { onEvent });
  const sent = chat.send("Pay.");
  await until(() => answers.length);
  assert.deepEqual(answers, [true]);
  await sent;
  assert.deepEqual(chat.getSnapshot().approvals, []);
});

test("approvals are pending until they are answered, with changed arguments or a refusal", async () => {
  const answers = [];
  const agent = scripted(async function* (prompt, { approve }) {
    for (const id of ["1", "2", "3"]) {
      const request = { id, tool: "pay", arguments: { euros: 5 }, uncertain: false, expiresAt: null };
      yield { type: "tool_call_done", id, name: "pay", arguments: { euros: 5 }, hosted: false };
      yield { type: "approval_needed", request };
      answers.push(await approve(request));
      yield {
        type: "tool_result",
        id,
        name: "pay",
        text: "ok",
        content: [],
        isError: id === "3",
        durationS: 1,
        sources: [],
        hosted: false,
        refused: id === "3",
      };
    }
    yield done([asked(prompt), assistant("Paid.")]);
  });
  const chat = createChat(agent);
  const sent = chat.send("Pay.");
  const call = (nth) => chat.getSnapshot().messages[1].parts.filter(({ type }) => type === "tool")[nth];
  const asks = (id) => until(() => chat.getSnapshot().approvals[0]?.id === id);
  await asks("1");
  assert.equal(chat.getSnapshot().status, "awaiting-approval");
  assert.deepEqual([chat.getSnapshot().approvals[0].id, call(0).state, call(0).request.tool], ["1", "asking", "pay"]);
  chat.approve("1");
  assert.equal(call(0).state, "running");
  await asks("2");
  chat.approve("2", { arguments: { euros: 1 } });
  assert.deepEqual(call(1).arguments, { euros: 1 });
  await asks("3");
  chat.refuse("3", "too much");
  chat.refuse("3", "twice");
  await sent;
  assert.deepEqual(answers, [true, { approve: true, arguments: { euros: 1 } }, { refuse: "too much" }]);
  assert.deepEqual([call(0).state, call(1).state, call(2).state], ["done", "done", "failed"]);
  assert.deepEqual(chat.getSnapshot().approvals, []);
});

test("a run that paused goes on once every request has an answer", async () => {
  const request = (id) => ({ id, tool: "pay", arguments: {}, uncertain: false, expiresAt: null });
  const paused = { messages: [user("Pay."), assistant("")], usage, finishReason: "paused", pending: [request("1"), request("2")], run: {} };
  const agent = {
    async *stream() {
      yield { type: "approval_needed", request: request("1") };
      yield { type: "approval_needed", request: request("2") };
      yield { type: "run_done", reply: paused };
    },
    async *resumeStream(run, { approvals }) {
      assert.equal(run, paused);
      assert.deepEqual(approvals, { 1: true, 2: false });
      yield text("Paid one.");
      yield done([user("Pay."), assistant("Paid one.")]);
    },
  };
  const chat = createChat(agent);
  await chat.send("Pay.");
  assert.equal(chat.getSnapshot().status, "awaiting-approval");
  chat.approve("1");
  chat.refuse("2");
  await until(() => chat.getSnapshot().status === "ready");
  assert.deepEqual(shown(chat), ["user: Pay.", "assistant: Paid one."]);
  assert.equal(chat.getSnapshot().status, "ready");
});

test("a prompt sent while a run is under way is queued, and answered afterwards", async () => {
  const agent = scripted("One two three.", "Four.", "Five.");
  const chat = createChat(agent);
  const sent = chat.send("a");
  await chat.send("b");
  const gone = chat.queue("never");
  chat.queue("c");
  assert.deepEqual(
    chat.getSnapshot().queued.map(({ prompt, when }) => [prompt, when]),
    [
      ["b", "after"],
      ["never", "after"],
      ["c", "after"],
    ],
  );
  chat.unqueue(gone);
  await sent;
  for (let tries = 0; chat.getSnapshot().messages.length < 6 && tries < 50; tries++) await settled();
  await settled();
  assert.deepEqual(shown(chat), ["user: a", "assistant: One two three.", "user: b", "assistant: Four.", "user: c", "assistant: Five."]);
  assert.deepEqual(chat.getSnapshot().queued, []);
});

test("a message that the run takes stands between two parts of the answer", async () => {
  const agent = scripted(async function* (prompt, { steering }) {
    yield text("One.");
    const [{ id, content, when }] = steering.pending;
    yield { type: "message_queued", id, when, message: asked(content) };
    yield { type: "message_delivered", id, when, message: asked(content) };
    yield text("Two.");
    yield done([asked(prompt), assistant("One."), asked(content), assistant("Two.")]);
  });
  const chat = createChat(agent);
  const sent = chat.send("a");
  chat.queue("hurry", { when: "next_step" });
  await sent;
  await settled();
  assert.deepEqual(shown(chat), ["user: a", "assistant: One.", "user: hurry", "assistant: Two."]);
  assert.deepEqual(chat.getSnapshot().queued, []);
  assert.equal(agent.calls.length, 1);
  assert.deepEqual(
    chat.getSnapshot().messages.map(({ at, end }) => [at, end]),
    [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ],
  );
});

test("clearing ends the run, and what it still says is dropped", async () => {
  let release;
  const agent = scripted(async function* (prompt) {
    yield text("old");
    await new Promise((resolve) => (release = resolve));
    yield text("late");
    yield done([asked(prompt), assistant("old late")]);
  }, "New.");
  const chat = createChat(agent);
  void chat.send("a");
  await settled();
  chat.clear();
  release();
  await settled();
  assert.deepEqual([shown(chat), chat.history, chat.getSnapshot().status], [[], [], "ready"]);
  await chat.send("b");
  assert.deepEqual(shown(chat), ["user: b", "assistant: New."]);
});

test("nothing happens before somebody subscribes or sends", () => {
  let made = 0;
  const chat = createChat(
    () => {
      made++;
      throw new Error("not yet");
    },
    { conversation: "kept" },
  );
  assert.equal(chat.getSnapshot().status, "ready");
  assert.equal(made, 0);
});

// Folding.

const fold = (events, from = beginRun("Go.")) => events.reduce(foldRun, from);
const plain = (run) => JSON.parse(JSON.stringify(run));

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const json = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
/** A step of a run: thoughts, text and calls, with their results. */
const step = fc.record({ thought: fc.option(words), said: fc.option(words), calls: fc.array(json, { maxLength: 3 }), again: fc.boolean() });
const steps = fc.array(step, { minLength: 1, maxLength: 4 });

function eventsOf(run) {
  const events = [{ type: "run_started", runId: "r", messages: [user("Go.")] }];
  for (const [number, { thought, said, calls, again }] of run.entries()) {
    const id = (nth) => `${number}-${nth}`;
    events.push({ type: "step_started", step: number + 1 });
    if (again) events.push(text("a first attempt"), { type: "step_started", step: number + 1 });
    if (thought !== null) events.push({ type: "reasoning_delta", text: thought });
    if (said !== null) events.push(text(said));
    for (const [nth, args] of calls.entries())
      events.push({ type: "tool_call_delta", id: id(nth), name: "look", argumentsDelta: JSON.stringify(args), index: nth });
    for (const [nth, args] of calls.entries())
      events.push({ type: "tool_call_done", id: id(nth), name: "look", arguments: args, hosted: false });
    events.push({ type: "step_done", step: number + 1, usage, finishReason: "stop", requestId: null, message: null });
    for (const nth of [...calls.keys()].reverse()) {
      events.push({ type: "tool_progress", callId: id(nth), name: "look", stream: "progress", text: "half", part: null, value: null });
      const content = [{ type: "text", text: `seen ${nth}` }];
      events.push({
        type: "tool_result",
        id: id(nth),
        name: "look",
        content,
        text: `seen ${nth}`,
        isError: false,
        durationS: 0,
        sources: [],
        hosted: false,
        refused: false,
      });
    }
  }
  return events;
}

/** Cuts the text of an event into pieces. */
function pieces(event, at) {
  const field = event.type === "tool_call_delta" ? "argumentsDelta" : event.type.endsWith("_delta") ? "text" : undefined;
  if (!field) return [event];
  const cut = at % (event[field].length + 1);
  return [event[field].slice(0, cut), event[field].slice(cut)].map((piece) => ({ ...event, [field]: piece }));
}

test("a stream that is cut at any place folds to the same as the whole", () => {
  fc.assert(
    fc.property(steps, fc.nat(), fc.nat(), (run, cut, at) => {
      const events = eventsOf(run);
      const whole = plain(fold(events));
      const cutUp = events.flatMap((event, nth) => pieces(event, at + nth));
      const place = cut % (cutUp.length + 1);
      assert.deepEqual(plain(fold(cutUp.slice(place), fold(cutUp.slice(0, place)))), whole);
      assert.deepEqual(plain(fold(events, fold(cutUp.slice(0, place)))), whole); // a reload: the run tells everything again
      assert.deepEqual(plain(fold(events, endRun(fold(cutUp.slice(0, place)), "failed", new Error("broke")))).messages, whole.messages);
    }),
    { numRuns: 300 },
  );
});

test("folding changes nothing that was folded before", () => {
  fc.assert(
    fc.property(steps, (run) => {
      let view = beginRun("Go.");
      for (const event of eventsOf(run)) {
        const before = JSON.stringify(view);
        const next = foldRun(view, event);
        assert.equal(JSON.stringify(view), before);
        view = next;
      }
    }),
    { numRuns: 100 },
  );
});

test("a history shows the same text and calls as the stream that made it", () => {
  fc.assert(
    fc.property(steps, (run) => {
      const history = [user("Go.")];
      for (const [number, { thought, said, calls }] of run.entries()) {
        const content = [];
        if (thought !== null) content.push({ type: "reasoning", text: thought });
        if (said !== null) content.push({ type: "text", text: said });
        calls.forEach((args, nth) => content.push({ type: "tool_call", id: `${number}-${nth}`, name: "look", arguments: args }));
        history.push({ role: "assistant", content });
        const results = calls.map((_, nth) => ({
          type: "tool_result",
          id: `${number}-${nth}`,
          name: "look",
          content: [{ type: "text", text: `seen ${nth}` }],
        }));
        if (results.length) history.push({ role: "tool", content: results });
      }
      const bare = (messages) =>
        plain(messages).map(({ role, parts }) => [
          role,
          parts.map(({ type, text, id, state, arguments: args, result }) => [type, text, id, state, args, result?.text]),
        ]);
      assert.deepEqual(bare(readHistory(history)), bare(endRun(fold(eventsOf(run)), "done").messages));
    }),
    { numRuns: 200 },
  );
});

test("the arguments of a call are read as far as they are written", () => {
  const run = fold([
    { type: "tool_call_delta", id: "", name: "draw", argumentsDelta: "", index: 0 },
    { type: "tool_call_delta", id: "7", name: "draw", argumentsDelta: '{"title": "Tid', index: 0 },
  ]);
  const [call] = run.messages[1].parts;
  assert.deepEqual([call.id, call.state, call.arguments], ["7", "writing", { title: "Tid" }]);
  const next = foldRun(run, { type: "tool_call_delta", id: "7", name: "draw", argumentsDelta: 'es", "points": [1, 2', index: 0 });
  assert.deepEqual(next.messages[1].parts[0].arguments, { title: "Tides", points: [1] });
  assert.deepEqual(call.arguments, { title: "Tid" });
});

test("JSON is read as far as it goes, for every beginning of it", () => {
  const within = (part, whole) => {
    if (Array.isArray(part)) return Array.isArray(whole) && part.every((item, at) => within(item, whole[at]));
    if (typeof part === "string") return typeof whole === "string" && whole.startsWith(part);
    if (part && typeof part === "object")
      return typeof whole === "object" && Object.keys(part).every((key) => Object.hasOwn(whole, key) && within(part[key], whole[key]));
    return Object.is(part, whole) || part === whole;
  };
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(), fc.nat(2), (value, cut, indent) => {
      const whole = JSON.stringify([value], null, indent);
      assert.deepEqual(readPartialJson(whole), JSON.parse(whole));
      const part = readPartialJson(whole.slice(0, cut % (whole.length + 1)));
      assert.ok(part === undefined || within(part, JSON.parse(whole)), `${whole} → ${JSON.stringify(part)}`);
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(readPartialJson('{"a": {"b": [true, "x'), { a: { b: [true, "x"] } });
  assert.equal(readPartialJson("not json"), undefined);
});

test("what an agent does that serves as a tool stands in its call, with its approvals", () => {
  const nested = (event) => ({ type: "nested_event", callId: "1", agent: "post", event });
  const request = { id: "1/s", tool: "send", arguments: { to: "Oslo" }, uncertain: false, expiresAt: null, agent: "post" };
  const run = fold([
    { type: "tool_call_done", id: "1", name: "post", arguments: {}, hosted: false },
    nested(text("Writing.")),
    nested({ type: "tool_call_done", id: "s", name: "send", arguments: { to: "Oslo" }, hosted: false }),
    { type: "approval_needed", request },
  ]);
  const call = run.messages[1].parts[0];
  assert.deepEqual(
    call.parts.map(({ type, state }) => [type, state]),
    [
      ["text", "done"],
      ["tool", "asking"],
    ],
  );
  assert.equal(call.parts[1].request, request);
});

test("edits and repetitions keep the versions before, which can be gone through with all that followed", async () => {
  const chat = createChat(scripted("One.", "Two.", "Three.", "Four.", "Five."));
  await chat.send("a");
  await chat.send("b");
  assert.equal(chat.getSnapshot().messages[0].versions, undefined);
  await chat.edit("3", "b, again");
  await chat.edit("1", "A");
  const versions = () =>
    chat
      .getSnapshot()
      .messages.filter(({ role }) => role === "user")
      .map(({ version, versions }) => (versions ? `${version}/${versions}` : ""));
  assert.deepEqual([shown(chat), versions()], [["user: A", "assistant: Four."], ["2/2"]]);
  assert.equal(await chat.showVersion("1", 1), true);
  assert.deepEqual(
    [shown(chat), versions()],
    [
      ["user: a", "assistant: One.", "user: b, again", "assistant: Three."],
      ["1/2", "2/2"],
    ],
  );
  assert.equal(await chat.showVersion("3", 1), true);
  assert.deepEqual(shown(chat).slice(2), ["user: b", "assistant: Two."]);
  assert.equal(await chat.showVersion("3", 1), false, "it is shown already");
  await chat.retry();
  assert.deepEqual(
    [shown(chat).slice(2), versions()],
    [
      ["user: b", "assistant: Five."],
      ["1/2", "3/3"],
    ],
  );
  assert.deepEqual(chat.history, [user("a"), assistant("One."), user("b"), assistant("Five.")]);
  await chat.showVersion("1", 2);
  await chat.showVersion("1", 1);
  assert.deepEqual(versions(), ["1/2", "3/3"]);
});

test("a version without an answer is not kept, and one that was stopped is", async () => {
  const agent = scripted(
    "One.",
    async function* () {
      yield { type: "step_started", step: 1 };
      throw new Error("no");
    },
    async function* (_, { signal }) {
      yield text("Half");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
    "Four.",
  );
  const chat = createChat(agent);
  await chat.send("a");
  await chat.edit("1", "fails");
  assert.deepEqual([shown(chat), chat.getSnapshot().messages[0].versions], [["user: fails", "assistant: "], 2]);
  const sent = chat.edit("1", "is stopped");
  await until(() => chat.getSnapshot().status === "streaming");
  assert.equal(await chat.showVersion("1", 1), false, "a run is under way");
  chat.stop();
  await sent;
  await chat.edit("1", "d");
  assert.equal(chat.getSnapshot().messages[0].versions, 3);
  await chat.showVersion("1", 2);
  assert.deepEqual(shown(chat), ["user: is stopped", "assistant: Half"]);
});

/** A store of one conversation in memory. */
function keeping(messages = []) {
  const store = {
    messages,
    points: null,
    asked: "",
    question: async () => store.asked,
    putQuestion: async (_, text) => void (store.asked = text),
    load: async (id) => ({ id, messages: [...store.messages], problems: [] }),
    versions: async () => store.points,
    async replace(_, at, more, points) {
      store.messages = [...store.messages.slice(0, at), ...more];
      store.points = points;
    },
  };
  return store;
}

/** An agent of a kept chat whose answer breaks off after these words; what it said is in the store, as Python puts it there. */
const breaksOff = (conversations, words) =>
  scripted(async function* (prompt) {
    yield { type: "step_started", step: 1 };
    if (words) {
      yield text(words);
      conversations.messages.push(asked(prompt), assistant(words));
    }
    throw Object.assign(new Error("The line is dead."), { code: "network" });
  });

test("an answer that broke off, or was stopped, is there after a reload as it was left", async () => {
  const conversations = keeping([user("a"), assistant("One.")]);
  const open = (agent) => createChat(agent, { conversation: "c", conversations });
  const first = open(breaksOff(conversations, "Half"));
  await first.send("b");
  await first.settled;
  const second = open(scripted("Whole."));
  await second.restore();
  assert.deepEqual(shown(second), ["user: a", "assistant: One.", "user: b", "assistant: Half"]);
  const last = second.getSnapshot().messages.at(-1);
  assert.deepEqual([last.status, last.error.message, last.error.code], ["failed", "The line is dead.", "network"]);
  assert.equal(second.getSnapshot().status, "error");
  assert.deepEqual([second.history.length, JSON.parse(conversations.asked).prompt], [4, undefined], "the prompt is not kept twice");
  await second.retry();
  assert.deepEqual(shown(second).slice(2), ["user: b", "assistant: Whole."]);
  assert.equal(second.getSnapshot().messages[2].versions, 2, "the half answer is a version");

  conversations.messages = [user("a"), assistant("One.")];
  const third = open(
    scripted(async function* (prompt, { signal }) {
      yield text("Some");
      conversations.messages.push(asked(prompt), assistant("Some"));
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    }),
  );
  await third.restore();
  const sent = third.send("c");
  await until(() => third.getSnapshot().status === "streaming");
  third.stop();
  await sent;
  await third.settled;
  const fourth = open(scripted());
  await fourth.restore();
  assert.deepEqual([shown(fourth).at(-1), fourth.getSnapshot().messages.at(-1).status], ["assistant: Some", "stopped"]);
  assert.equal(fourth.getSnapshot().status, "ready");
});

test("an edit that failed is there after a reload, with the version before", async () => {
  const conversations = keeping([user("a"), assistant("One."), user("b"), assistant("Two.")]);
  const open = (agent) => createChat(agent, { conversation: "c", conversations });
  const first = open(breaksOff(conversations, ""));
  await first.restore();
  await first.edit("3", "B");
  await first.settled;
  const second = open(scripted());
  await second.restore();
  assert.deepEqual(shown(second), ["user: a", "assistant: One.", "user: B", "assistant: "]);
  const [prompt, answer] = second.getSnapshot().messages.slice(-2);
  assert.deepEqual([prompt.version, prompt.versions, answer.status, answer.error.message], [2, 2, "failed", "The line is dead."]);
  assert.equal(await second.showVersion(prompt.id, 1), true);
  assert.deepEqual(shown(second).slice(2), ["user: b", "assistant: Two."]);
  const third = open(scripted());
  await third.restore();
  assert.deepEqual(shown(third).slice(2), ["user: b", "assistant: Two."], "what was looked at last");
});

test("a kept chat has its versions after a reload, also when the last one had no answer yet", async () => {
  const conversations = keeping([user("a"), assistant("One."), user("b"), assistant("Two.")]);
  Object.assign(conversations, { question: undefined, putQuestion: undefined }); // a store that keeps none
  const open = (agent) => createChat(agent, { conversation: "c", conversations });
  const first = open(
    scripted(async function* () {
      yield { type: "step_started", step: 1 };
      await new Promise(() => {});
    }),
  );
  await first.restore();
  void first.edit("1", "is never answered");
  await until(() => first.getSnapshot().status === "submitted");
  assert.deepEqual(conversations.messages, []);
  const agent = scripted("Three.");
  const second = open(agent);
  await second.restore();
  assert.deepEqual(shown(second), ["user: a", "assistant: One.", "user: b", "assistant: Two."]);
  assert.deepEqual(conversations.messages, [], "another tab may be at work");
  void second.edit("3", "B");
  await until(() => second.getSnapshot().status === "ready" && agent.calls.length);
  assert.deepEqual(conversations.messages, [user("a"), assistant("One.")]);
  conversations.messages.push(user("B"), assistant("Three."));
  const third = open(scripted());
  await third.restore();
  assert.equal(third.getSnapshot().messages[2].versions, 2);
  await third.showVersion("3", 1);
  assert.deepEqual(conversations.messages, [user("a"), assistant("One."), user("b"), assistant("Two.")]);
});

test("the first message of a new kept chat waits for no store", async () => {
  const conversations = { load: () => new Promise(() => {}) };
  const chat = createChat(scripted("One."), { conversation: "c", conversations, restore: "none" });
  await chat.send("a");
  assert.deepEqual(shown(chat), ["user: a", "assistant: One."]);
});
