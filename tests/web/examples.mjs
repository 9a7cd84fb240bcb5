// What each example of examples/web that is a module is answered, what it must print, and what the provider must have seen.

import assert from "node:assert/strict";

const call = (name, args) => ({ tool_calls: [{ name, arguments: args }] });
const vectors = (...list) => ({
  body: {
    object: "list",
    model: "m",
    data: list.map((embedding, index) => ({ object: "embedding", index, embedding })),
    usage: { prompt_tokens: 1, total_tokens: 1 },
  },
});

/** What each is answered, what it must print, and what the provider must have seen. */
export const EXAMPLES = {
  "basic.mjs": {
    answers: [{ text: "Air scatters blue light most." }],
    prints: /^Air scatters blue light most\.$/m,
    check: ([asked]) => assert.equal(asked.headers.authorization, "Bearer sk-example"),
  },
  "tools.mjs": {
    answers: [call("weather", { city: "Oslo" }), { text: "Clear, 7 °C." }],
    prints: /^Clear, 7 °C\.\n2 model calls, 30 tokens$/m,
    check: ([, told]) => assert.match(JSON.stringify(told.json), /\\"celsius\\": ?7/),
  },
  "providers.mjs": {
    answers: [{ text: "Jib." }, { text: "Spinnaker." }],
    prints: /^Jib\.\nSpinnaker\.$/m,
    check: (seen) =>
      assert.deepEqual(
        seen.map(({ json }) => json.model),
        ["gpt-6-luna", "my-model"],
      ),
  },
  "errors.mjs": {
    answers: [call("read", { page: 9 }), call("read", { page: 9 }), { status: 401, body: { error: { message: "no key" } } }],
    prints: /^too many turns: 5 messages, 30 tokens\nprovider: 401, do not try again$/m,
    check: ([, second]) => assert.match(JSON.stringify(second.json.input), /The log has 3 pages\./),
  },
  "plugins.mjs": { answers: [], prints: /^High water in Oslo at 04:12\.$/m, check: () => {} },
  "own-model.mjs": { answers: [], prints: /^Squawk! LAND AHOY, 12 tokens$/m, check: () => {} },
  "own-fetch.mjs": {
    answers: [{ text: "Hello yourself." }],
    prints: /^POST responses\nHello yourself\.$/m,
    check: ([asked]) => assert.equal(asked.headers["x-session"], "42"),
  },
  "chat-state.mjs": {
    answers: [call("pay", { euros: 12 }), { text: "It is paid." }, { text: "All of it." }],
    prints: /^pay is approved\nuser: Pay the harbour fee\.\nassistant: It is paid\.\nuser: Is all paid now\?\nassistant: All of it\.$/m,
    check: (seen) => assert.equal(seen.length, 3),
  },
  "streaming.mjs": {
    answers: [{ text: "Once a robot set sail.", chunk_bytes: 40 }],
    prints: /^Once a robot set sail\.\n5 tokens, ended by stop$/m,
    check: ([asked]) => assert.equal(asked.json.stream, true),
  },
  "chat.mjs": {
    answers: [{ text: "Hello, Ada." }, { text: "Ada." }],
    prints: /^> My name is Ada\.\nHello, Ada\.\n> What is my name\?\nAda\.$/m,
    check: ([, second]) => assert.match(JSON.stringify(second.json.input), /My name is Ada.*Hello, Ada\..*What is my name/),
  },
  "conversations.mjs": {
    answers: [{ text: "Hello, Ada." }, { text: "Ada." }, { text: "North." }],
    prints: /^Ada\.\nNorth\.\nAnother course: 4 messages\nMy name is Ada\.: 4 messages$/m,
    check: ([, , third]) => assert.match(JSON.stringify(third.json.input), /^(?!.*What is my name).*My name is Ada.*Where to/),
  },
  "structured-output.mjs": {
    answers: [{ text: JSON.stringify({ number: "2026-17", total: 120, due: "2026-12-24" }) }],
    prints: /^2026-17 120 2026$/m,
    check: ([asked]) => assert.match(JSON.stringify(asked.json), /"description":"in euros"/),
  },
  "abort.mjs": {
    answers: [{ text: "one two three four five six seven eight nine ten ".repeat(40), delay_s: 0.02 }],
    prints: /^Stopped after: one two three/m,
    check: ([asked]) => assert.equal(asked.ended, "client"),
  },
  "batch.mjs": {
    answers: [
      { if: "ship", text: "navire" },
      { if: "sail", status: 400, body: { error: { message: "not this one", type: "invalid_request_error" } } },
      { if: "stay", text: "étai" },
    ],
    prints: /^ship navire\nsail failed: BadRequestError, status 400\nstay étai$/m,
    check: (seen) => assert.equal(seen.length, 3),
  },
  "retries.mjs": {
    answers: [
      { status: 429, headers: { "retry-after": "0" }, body: { error: { message: "slow down" } } },
      { status: 503, body: { error: { message: "busy" } } },
      { text: "Bend, and rise." },
    ],
    prints: /^Status 429: call 2 in a moment\nStatus 503: call 3 in a moment\nBend, and rise\.$/m,
    check: (seen) => assert.equal(seen.length, 3),
  },
  "hooks.mjs": {
    answers: [{ text: "Ahoy!" }, { text: "Ahoy." }, { text: "Ahoy!" }, { text: "Ahoy, all!" }],
    prints:
      /^Call 1, 1 messages\nCall 2, 3 messages\nAhoy\.\nCall 1, 1 messages\nCall 2, 3 messages\nCall 3, 5 messages\nStopped: at most 2 requests; 30 tokens were used$/m,
    check: (seen) => assert.match(JSON.stringify(seen[1].json.input), /Without exclamation marks/),
  },
  "tracing.mjs": {
    answers: [call("depth", {}), { text: "Twelve metres." }],
    prints:
      /^  chat gpt-6-luna: \d+ tokens, unset, sent \[removed\]\n  execute_tool depth: 0 tokens, unset\n  chat gpt-6-luna: \d+ tokens, unset, sent \[removed\]\ninvoke_agent bosun: \d+ tokens, unset\nTwelve metres\.$/m,
    check: (seen) => assert.equal(seen.length, 2),
  },
  "approval.mjs": {
    answers: [call("pay", { euros: 120 }), { text: "The fee is paid." }],
    prints: /^May I pay\(\{"euros":120\}\)\?\nThe fee is paid\.$/m,
    check: ([, told]) => assert.match(JSON.stringify(told.json.input), /changed the arguments.*paid 99/),
  },
  "agents.mjs": {
    answers: [
      call("translator", { prompt: "ahoy" }),
      { text: "ohé" },
      { text: "It is ohé." },
      call("transfer_to_billing"),
      { text: "Harbour dues." },
    ],
    prints: /^It is ohé\.\n\[billing\]\nHarbour dues\. 30 tokens$/m,
    check: (seen) =>
      assert.deepEqual(
        seen.map(({ json }) => json.instructions.slice(0, 9)),
        ["You greet", "Translate", "You greet", "You greet", "You answe"],
      ),
  },
  "durable.mjs": {
    answers: [call("book", { nights: 2 }), { status: 400, body: { error: { message: "not now" } } }, { text: "Berth 1 is yours." }],
    prints:
      /^cut off: BadRequestError\nfailed: Book a berth for two nights\.\non record: berth 1 for 2 nights\nBerth 1 is yours\.\n1 booking$/m,
    check: (seen) => assert.equal(seen.length, 3),
  },
  "mcp.mjs": {
    answers: [call("add", { a: 2, b: 3 }), { text: "5." }],
    prints: /^newer speaks 2026-07-28\n5\.$/m,
    check: ([, told]) => assert.match(JSON.stringify(told.json), /"output":"5"/),
  },
  "python-tools.mjs": {
    answers: [call("spread", { numbers: [1, 2, 9] }), { text: "By about 4.36." }],
    prints: /^\{\s+mean: 4,\s+deviation: 2,?\s+\}\nBy about 4\.36\.$/m,
    check: ([asked, told]) => {
      assert.match(JSON.stringify(asked.json.tools), /"At least two\."/);
      assert.match(JSON.stringify(told.json), /4\.35889/);
    },
  },
  "vector-store.mjs": {
    answers: [vectors([1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]), vectors([1, 0, 0])],
    prints: /^1\.00 stay\n0\.60 shroud\nsince 2020: stay of 3$/m,
    check: ([, asked]) => assert.match(JSON.stringify(asked.json.input), /What holds the mast/),
  },
  "search.mjs": {
    answers: [vectors([1, 0, 0], [0, 1, 0], [0.6, 0, 0.8]), vectors([1, 0, 0]), vectors([1, 0, 0]), { text: "A stay." }],
    prints: /^1\.00 stay\n0\.60 jib\nA stay\.$/m,
    check: (seen) => {
      const asked = JSON.stringify(seen.at(-1).json);
      assert.match(asked, /A stay holds a mast/);
      assert.doesNotMatch(asked, /A keel keeps/);
    },
  },
  "ingest.mjs": {
    answers: [
      vectors([1, 0, 0], [0, 1, 0]),
      vectors([0, 0, 1]),
      call("search", { query: "night harbour cost" }),
      vectors([1, 0, 0]),
      { text: "Twelve crowns [harbour.md#0]." },
    ],
    prints:
      /^harbour\.md 2\nsails\.html 1\nTwelve crowns \[harbour\.md#0\]\.\nharbour\.md#0 harbour\.md \[ 0, 44(, start: 0, end: 44)? \]$/m,
    check: (seen) => assert.match(JSON.stringify(seen.at(-1).json), /A berth costs twelve crowns/),
  },
  "copy.mjs": {
    answers: [vectors([1, 0, 0], [0, 1, 0])],
    prints: /^2 of 2\n2 stay$/m,
    check: (seen) => assert.equal(seen.length, 1),
  },
  "toolfs.mjs": {
    answers: [call("edit_file", { path: "/toolfs/notes/crew.txt", old: "steers.", new: "steers. Grace cooks." }), { text: "Done." }],
    prints:
      /^Done\.\n\[ ['"]\/toolfs\/notes\/crew.txt['"] \]\nAda steers\. Grace cooks\.\n\nAda steers\.\n\nwrite \/toolfs\/notes\/crew.txt allowed\n/m,
    check: ([asked, told]) => {
      const names = asked.json.tools.map(({ name }) => name).sort();
      assert.deepEqual(names, ["edit_file", "list_files", "read_file", "search_files", "write_file"]);
      assert.match(JSON.stringify(told.json), /replaced 1 in \/toolfs\/notes\/crew\.txt/);
    },
  },
};
