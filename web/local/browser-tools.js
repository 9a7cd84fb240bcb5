/**
 * The browser's own small models as tools of an agent: summarise, write, proofread, translate, tell a language. The interfaces are
 * those of https://github.com/webmachinelearning (writing-assistance-apis, translation-api, proofreader-api); they are there in windows only.
 *
 * @import { PlainTool } from "../types.js"
 * @typedef {"unavailable" | "downloadable" | "downloading" | "available"} Availability
 * @typedef {{destroy(): void, [method: string]: (...args: any[]) => any}} Session
 * @typedef {{availability(options?: object): Promise<Availability>, create(options?: object): Promise<Session>}} Factory
 *
 * A tool with its interface. factory: name of the global. options: of `create`, of the arguments. run: what the tool returns.
 * @typedef {object} Described
 * @property {string} factory
 * @property {string} name
 * @property {string} description
 * @property {Record<string, object>} properties
 * @property {string[]} required
 * @property {(args: any) => object} options
 * @property {(session: Session, args: any, call: {signal: AbortSignal}) => unknown} run
 */

import { LocalModelError } from "./errors.js";

/** Languages of translations where a browser lists none: each call then fails for languages that it does not know. */
const LANGUAGE = { type: "string", description: 'BCP 47 tag, as "en" or "pt-BR"' };
const LENGTH = { enum: ["short", "medium", "long"] };
const TEXT = { type: "string" };

/** @type {Described[]} */
const TOOLS = [
  {
    factory: "Summarizer",
    name: "summarize",
    description: "Summarizes a text.",
    properties: { text: TEXT, type: { enum: ["tldr", "teaser", "key-points", "headline"] }, length: LENGTH },
    required: ["text"],
    options: ({ type = "tldr", length = "short" }) => ({ type, length, format: "plain-text" }),
    run: (session, { text }, call) => session.summarize(text, call),
  },
  {
    factory: "Writer",
    name: "write_text",
    description: "Writes a text from instructions.",
    properties: { task: TEXT, tone: { enum: ["formal", "neutral", "casual"] }, length: LENGTH, context: TEXT },
    required: ["task"],
    options: ({ tone = "neutral", length = "short" }) => ({ tone, length, format: "plain-text" }),
    run: (session, { task, context }, call) => session.write(task, context === undefined ? call : { ...call, context }),
  },
  {
    factory: "Proofreader",
    name: "proofread",
    description: "Corrects the spelling and grammar of a text, and lists what it corrected.",
    properties: { text: TEXT },
    required: ["text"],
    options: () => ({}),
    run: async (session, { text }, call) => {
      const { correctedInput, corrections } = await session.proofread(text, call);
      return {
        corrected: correctedInput,
        corrections: corrections.map((/** @type {any} */ { startIndex, endIndex, correction }) => ({
          from: text.slice(startIndex, endIndex),
          to: correction,
        })),
      };
    },
  },
  {
    factory: "Translator",
    name: "translate",
    description: "Translates a text from one language into another.",
    properties: { text: TEXT, source_language: LANGUAGE, target_language: LANGUAGE },
    required: ["text", "source_language", "target_language"],
    options: ({ source_language: sourceLanguage, target_language: targetLanguage }) => ({ sourceLanguage, targetLanguage }),
    run: (session, { text }, call) => session.translate(text, call),
  },
  {
    factory: "LanguageDetector",
    name: "detect_language",
    description: "Tells the language of a text, the likeliest first.",
    properties: { text: TEXT },
    required: ["text"],
    options: () => ({}),
    run: async (session, { text }, call) =>
      (await session.detect(text, call))
        .slice(0, 3)
        .map((/** @type {any} */ { detectedLanguage, confidence }) => ({ language: detectedLanguage, confidence })),
  },
];

/**
 * Returns the models that the browser has and can run, as tools: "summarize", "write_text", "proofread", "translate",
 * "detect_language". None in most browsers. A first call may download a model, for which the browser wants the user's click shortly before.
 *
 * @example
 * new Agent({ model: "anthropic:claude-sonnet-4-5", tools: await browserTools() });
 *
 * @param {Record<string, any>} [scope] where the interfaces are; the window without
 * @returns {Promise<PlainTool[]>}
 */
export async function browserTools(scope = globalThis) {
  const found = await Promise.all(
    TOOLS.map(async (described) => {
      /** @type {Factory | undefined} */
      const factory = scope[described.factory];
      if (!factory) return undefined;
      // A translator's availability depends on its languages, which each call names.
      if (!described.required.includes("source_language") && (await factory.availability(described.options({}))) === "unavailable")
        return undefined;
      return asTool(described, factory);
    }),
  );
  return found.filter((tool) => tool !== undefined);
}

/**
 * @param {Described} described
 * @param {Factory} factory
 * @returns {PlainTool}
 */
function asTool({ name, description, properties, required, options, run }, factory) {
  return {
    name,
    description,
    parameters: { type: "object", properties, required, additionalProperties: false },
    idempotent: true,
    async execute(args, { signal }) {
      const settings = options(args);
      if ((await factory.availability(settings)) === "unavailable")
        throw new LocalModelError("unavailable", `This browser's model cannot ${name.replace("_", " ")} so: ${JSON.stringify(settings)}.`);
      const session = await create(factory, settings, signal);
      try {
        return await run(session, args, { signal });
      } finally {
        session.destroy();
      }
    },
  };
}

/**
 * @param {Factory} factory
 * @param {object} settings
 * @param {AbortSignal} signal
 */
async function create(factory, settings, signal) {
  try {
    return await factory.create({ ...settings, signal });
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== "NotAllowedError") throw cause;
    const why =
      "This browser downloads the model for that only just after the user's click: have the user press something, then call again.";
    throw new LocalModelError("unavailable", why, { cause });
  }
}
