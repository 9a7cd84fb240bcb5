import assert from "node:assert/strict";
import test from "node:test";

import { optionalRule } from "../../web/local/arguments.js";
import { chatMessages, promptTokens } from "../../web/local/prompt.js";
import { ToolAnswer, correctAnswer } from "../../web/local/tool-answers.js";
import { Turns } from "../../web/local/turns.js";

const text = (value) => [{ type: "text", text: value }];
const user = (value) => ({ role: "user", content: text(value) });
const assistant = (value) => ({ role: "assistant", content: text(value) });
const called = (id) => ({ role: "assistant", content: [{ type: "tool_call", id, name: "weather", arguments: { city: "Oslo" } }] });
const result = (id, value) => ({
  role: "tool",
  content: [{ type: "tool_result", id, name: "weather", content: text(value), is_error: false }],
});

/** One token a character, so that what is left can be counted and read. */
const formatTokens = async (chat) => [...chat.map(({ role, content }) => `${role[0]}:${content}`).join("|")];

test("roles alternate, whatever tools were called in between", () => {
  const chat = chatMessages("Be brief.", [user("Weather?"), called("1"), result("1", "rain"), assistant("It rains."), user("Thanks")]);
  assert.deepEqual(
    chat.map(({ role }) => role),
    ["system", "user", "assistant", "user", "assistant", "user"],
  );
  assert.equal(chat[2].content, 'weather({"city":"Oslo"})');
  assert.equal(chat[3].content, "Result of weather: rain");
});

test("what was asked stands again after a tool's result that has to be answered", () => {
  const chat = chatMessages(undefined, [user("Weather?"), called("1"), result("1", "rain")]);
  assert.match(chat[chat.length - 1].content, /Result of weather: rain\n.*Weather\?$/);
});

test("the oldest turns go first, and a tool call never without its result", async () => {
  const messages = [
    { role: "system", content: text("S") },
    user("old question"),
    called("1"),
    result("1", "r".repeat(50)),
    assistant("old answer"),
    user("middle"),
    assistant("yes"),
    user("now"),
  ];
  for (let room = 1000; room >= 9; room--) {
    const prompt = (await promptTokens(messages, { formatTokens, room })).join("");
    assert.ok(prompt.length <= room);
    assert.ok((prompt.startsWith("s:S|u:") && prompt.endsWith("|u:now")) || prompt === "s:S|u:now", prompt);
    assert.equal(prompt.includes("weather({"), prompt.includes("Result of weather"), prompt);
    assert.equal(prompt.includes("old question"), prompt.includes("old answer"), prompt);
  }
});

test("a tool's result too long for the context is cut, and a message too long is refused", async () => {
  const prompt = (await promptTokens([user("q"), called("1"), result("1", "r".repeat(5000))], { formatTokens, room: 900 })).join("");
  assert.ok(prompt.length <= 900 && prompt.includes("rrr …"));
  await assert.rejects(promptTokens([user("q".repeat(500))], { formatTokens, room: 100 }), { code: "context_overflow" });
});

test("parts that a text model cannot read are refused by name", async () => {
  const image = { role: "user", content: [{ type: "image", data: "" }] };
  await assert.rejects(promptTokens([image], { formatTokens, room: 100 }), { code: "bad_request", message: /"image"/ });
});

test("an optional argument is filled only where the user's words give reason to", () => {
  const unit = { name: "unit", schema: { enum: ["celsius", "fahrenheit"] }, required: false };
  const sides = { name: "sides", schema: { type: ["integer", "null"] }, required: false };
  const note = { name: "note", schema: { type: "string" }, required: false };
  assert.equal(optionalRule("Weather in Oslo", true)(unit, {}), false);
  assert.equal(optionalRule("Weather in Oslo in Celsius", true)(unit, {}), true);
  assert.equal(optionalRule("Roll 3 dice", true)(sides, { count: 3 }), false);
  assert.equal(optionalRule("Roll three dice with 20 sides", true)(sides, { count: 3 }), true);
  assert.equal(optionalRule("anything", true)(note, {}), undefined);
});

test("turns are taken in order, and whoever gives up leaves the queue", async () => {
  const turns = new Turns();
  const order = [];
  const controller = new AbortController();
  const first = await turns.take();
  const second = turns.take().then((release) => (order.push("second"), release));
  const quitter = turns.take(controller.signal);
  const third = turns.take().then((release) => (order.push("third"), release));
  controller.abort();
  await assert.rejects(quitter, { name: "AbortError" });
  first();
  const late = turns.take().then((release) => (order.push("late"), release));
  (await second)();
  (await third)();
  (await late)();
  assert.deepEqual(order, ["second", "third", "late"]);
  (await turns.take())();
  await assert.rejects(turns.take(AbortSignal.abort()), { name: "AbortError" });
});

test("a tool's result is the answer where the model only copies the call, gets a figure wrong, or says it cannot", () => {
  const tools = [{ name: "weather" }, { name: "roll_dice" }];
  const of = (value, words, failed = false) => {
    const answer = { ...result("1", value), content: [{ ...result("1", value).content[0], is_error: failed }] };
    return correctAnswer(words, [user("Weather on the 3rd?"), called("1"), answer], tools);
  };
  const rain = "Rain and 12 degrees.";
  for (const words of [
    'weather({"city":"Oslo"})',
    '`weather({"city": "Oslo"})`',
    'The answer is: weather({"city":"Oslo"})',
    "weather: Oslo",
    '{"city":"Oslo"}',
    "roll_dice(count=3)",
    "",
    "It is 13 degrees.",
    "I'm sorry, but I can't look at the weather.",
  ])
    assert.equal(of(rain, words), rain, words);
  for (const words of ["It rains.", "On the 3rd it has 12 degrees.", "The weather in Oslo is rain, 12 degrees.", "1. It rains"])
    assert.equal(of(rain, words), undefined, words);
  assert.equal(of('{"rolls":[2,5,6],"total":13}', "You rolled 2, 5 and 6, in all 14."), "rolls: 2, 5, 6; total: 13");
  assert.equal(of('{"rolls":[2,5,6],"total":13}', "You rolled 2, 5 and 6, in all 13."), undefined);
  assert.equal(of("no such city", "I'm sorry, there is no such city.", true), undefined);
  assert.equal(of(`${"long ".repeat(200)}`, "There were 9 of them."), undefined);
  assert.ok(of(`${"long ".repeat(200)}`, "weather()").length < 410);
});

test("an answer to a tool's result is shown sentence by sentence, up to the first wrong one", () => {
  const messages = [user("Weather?"), called("1"), result("1", "Rain and 12 degrees.")];
  const shown = (words, size) => {
    const answer = new ToolAnswer(messages, [{ name: "weather" }]);
    let text = "";
    let at = 0;
    for (; at < words.length && !answer.isOver; at += size) text += answer.take(words.slice(at, at + size), false);
    if (!answer.isOver) text += answer.take("", true);
    return [text, Math.min(at, words.length)];
  };
  for (const size of [1, 3, 1000]) {
    assert.equal(shown("It rains. It has 12 degrees", size)[0], "It rains. It has 12 degrees");
    assert.equal(shown("It rains. It has 13 degrees. More follows.", size)[0], "It rains.");
    assert.equal(shown("It has 13 degrees. More follows.", size)[0], "Rain and 12 degrees.");
    assert.equal(shown("\n\nIt rains.", size)[0].trim(), "It rains.");
    assert.equal(shown("", size)[0], "Rain and 12 degrees.");
    assert.equal(shown(" \n ", size)[0].trim(), "Rain and 12 degrees.");
  }
  const [text, read] = shown(`weather({"city": "Oslo"})${" and on".repeat(100)}`, 1);
  assert.equal(text, "Rain and 12 degrees.");
  assert.ok(read < 12, "the model is stopped as soon as it writes a call");
});
