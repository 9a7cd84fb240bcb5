import assert from "node:assert/strict";
import test from "node:test";

import { browserTools } from "../../web/local/browser-tools.js";

/**
 * A stand-in of the published interfaces (writing-assistance-apis, translation-api and proofreader-api of webmachinelearning, as of August
 * 2026): enum values and required members are checked as their IDL does, a call on a destroyed object or with an aborted signal rejects, and
 * a download needs the user's click.
 */
function browser({ availability = {}, click = true } = {}) {
  const seen = { created: [], alive: 0 };
  const ENUMS = {
    Summarizer: {
      type: ["tldr", "teaser", "key-points", "headline"],
      format: ["plain-text", "markdown"],
      length: ["short", "medium", "long"],
    },
    Writer: { tone: ["formal", "neutral", "casual"], format: ["plain-text", "markdown"], length: ["short", "medium", "long"] },
    Proofreader: {},
    Translator: {},
    LanguageDetector: {},
  };
  const METHODS = {
    Summarizer: { summarize: (text) => `In short: ${text.slice(0, 5)}` },
    Writer: { write: (text, { context }) => `${text}, ${context}` },
    Proofreader: {
      proofread: (text) => ({
        correctedInput: text.replace("loafs", "loaves"),
        corrections: [{ startIndex: text.indexOf("loafs"), endIndex: text.indexOf("loafs") + 5, correction: "loaves" }],
      }),
    },
    Translator: { translate: (text, _, { targetLanguage }) => `${text} in ${targetLanguage}` },
    LanguageDetector: {
      detect: () => ["no", "da", "sv", "und"].map((detectedLanguage, at) => ({ detectedLanguage, confidence: 0.7 / (at + 1) })),
    },
  };
  const check = (kind, options) => {
    for (const [key, values] of Object.entries(ENUMS[kind]))
      if (key in options && !values.includes(options[key])) throw new TypeError(`${options[key]} is not a valid ${kind} ${key}`);
    if (kind === "Translator" && !(options.sourceLanguage && options.targetLanguage)) throw new TypeError("a required member is undefined");
    if (kind === "Translator" && options.targetLanguage === "tlh") return "unavailable";
    return availability[kind] ?? "available";
  };
  const scope = {};
  for (const kind of Object.keys(METHODS))
    scope[kind] = {
      availability: async (options = {}) => check(kind, options),
      async create(options = {}) {
        const state = check(kind, options);
        options.signal?.throwIfAborted();
        if (state === "unavailable") throw new DOMException("no such model", "NotSupportedError");
        if (state === "downloadable" && !click) throw new DOMException("a click is needed", "NotAllowedError");
        seen.created.push([kind, options]);
        seen.alive++;
        const life = new AbortController();
        const session = {
          destroy() {
            if (!life.signal.aborted) seen.alive--;
            life.abort(new DOMException("destroyed", "AbortError"));
          },
        };
        for (const [name, method] of Object.entries(METHODS[kind]))
          session[name] = async (input, given = {}) => {
            if (typeof input !== "string") throw new TypeError("input");
            const signal = AbortSignal.any([life.signal, ...(given.signal ? [given.signal] : [])]);
            await new Promise((resolve, reject) => {
              setTimeout(resolve, 20);
              signal.addEventListener("abort", () => reject(signal.reason));
              if (signal.aborted) reject(signal.reason);
            });
            return method(input, given, options);
          };
        return session;
      },
    };
  return { scope, seen };
}

const call = (tools, name, args, signal = new AbortController().signal) =>
  tools.find((tool) => tool.name === name).execute(args, { signal });

test("each interface of the browser is a tool, and its object is destroyed after the call", async () => {
  const { scope, seen } = browser();
  const tools = await browserTools(scope);
  assert.deepEqual(
    tools.map(({ name }) => name),
    ["summarize", "write_text", "proofread", "translate", "detect_language"],
  );
  assert.equal(await call(tools, "summarize", { text: "The tide comes in." }), "In short: The t");
  assert.equal(
    await call(tools, "write_text", { task: "A letter", tone: "formal", context: "to the harbour" }),
    "A letter, to the harbour",
  );
  assert.deepEqual(await call(tools, "proofread", { text: "two loafs" }), {
    corrected: "two loaves",
    corrections: [{ from: "loafs", to: "loaves" }],
  });
  assert.equal(await call(tools, "translate", { text: "Sea", source_language: "en", target_language: "no" }), "Sea in no");
  const languages = await call(tools, "detect_language", { text: "Havet" });
  assert.deepEqual(languages[0], { language: "no", confidence: 0.7 });
  assert.equal(languages.length, 3);
  assert.deepEqual(
    seen.created.map(([kind, { signal, ...options }]) => [kind, options, signal instanceof AbortSignal]),
    [
      ["Summarizer", { type: "tldr", length: "short", format: "plain-text" }, true],
      ["Writer", { tone: "formal", length: "short", format: "plain-text" }, true],
      ["Proofreader", {}, true],
      ["Translator", { sourceLanguage: "en", targetLanguage: "no" }, true],
      ["LanguageDetector", {}, true],
    ],
  );
  assert.equal(seen.alive, 0);
});

test("what a browser has not, or cannot run, is no tool", async () => {
  assert.deepEqual(await browserTools({}), []);
  const { scope } = browser({ availability: { Summarizer: "unavailable", Writer: "downloadable" } });
  delete scope.Proofreader;
  assert.deepEqual(
    (await browserTools(scope)).map(({ name }) => name),
    ["write_text", "translate", "detect_language"],
  );
});

test("a pair of languages that the browser does not know is refused with what was asked", async () => {
  const { scope, seen } = browser();
  const tools = await browserTools(scope);
  await assert.rejects(call(tools, "translate", { text: "Sea", source_language: "en", target_language: "tlh" }), {
    code: "unavailable",
    message: 'This browser\'s model cannot translate so: {"sourceLanguage":"en","targetLanguage":"tlh"}.',
  });
  assert.equal(seen.created.length, 0);
});

test("a download without a click says that one is needed", async () => {
  const { scope } = browser({ availability: { Summarizer: "downloadable" }, click: false });
  await assert.rejects(call(await browserTools(scope), "summarize", { text: "The tide" }), {
    code: "unavailable",
    message: /just after the user's click/,
  });
});

test("a stop ends the call and the object", async () => {
  const { scope, seen } = browser();
  const control = new AbortController();
  const summary = call(await browserTools(scope), "summarize", { text: "The tide" }, control.signal);
  setTimeout(() => control.abort(), 5);
  await assert.rejects(summary, { name: "AbortError" });
  assert.equal(seen.alive, 0);
});
