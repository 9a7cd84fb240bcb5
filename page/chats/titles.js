/** Titles by the model: a chat's first answer is followed by one small request to the same model, unless its title was written by hand. */

/** @import { Conversations } from "../../web/agent/conversations.js" */
/** @import { Message } from "../../web/types.js" */
/** @import { Page } from "../types.js" */

import { find } from "../find.js";
import { remembered } from "../memory.js";

const MOST_CHARACTERS = 600;
const LONGEST_TITLE = 60;
/** As py/staysail/stores/conversations.py cuts the first line of a message for a title. */
const LONGEST_LINE = 80;
const ASK = "Name this conversation in two to six words, in its own language. Reply with the name alone, without quotes.";

/**
 * @param {Page} page
 * @param {Conversations} store
 * @param {() => void} changed is called once a chat has another title
 */
export function watchTitles(page, store, changed) {
  const name = async (/** @type {string | undefined} */ id) => {
    try {
      if (id && (await nameChat(page, store, id))) changed();
    } catch (error) {
      console.debug("staysail: a chat keeps its first line as its title", error);
    }
  };
  page.chat.addEventListener("staysail-done", () => {
    if (page.chat.history.filter(({ role }) => role === "user").length === 1) void name(page.chat.conversation);
  });
  page.chat.addEventListener("staysail-activity", (event) => {
    const { id, state } = /** @type {CustomEvent<{id: string, state: string}>} */ (event).detail;
    if (state === "news") void name(id);
  });
}

/**
 * @param {Page} page
 * @param {Conversations} store
 * @param {string} id
 * @returns {Promise<boolean>} whether it has another title
 */
async function nameChat(page, store, id) {
  const { messages, title } = await store.load(id);
  const access = page.access();
  const answered = remembered().chats?.[id];
  // The messages of a chat are sent to its own model alone.
  const isSame =
    access && answered && `${answered.provider}:${answered.model}` === access.model && answered.base === (access.baseURL ?? "");
  if (!isSame || !find("name-chats", HTMLInputElement).checked) return false;
  const [question, ...others] = messages.filter(({ role }) => role === "user");
  const answer = messages.findLast(({ role }) => role === "assistant");
  if (!question || others.length || !answer || title !== firstLine(textOf(question))) return false;
  const { Agent } = await import("../../web/index.js");
  const agent = new Agent({ ...access, preamble: ASK, reasoning: "none", maxTokens: 200 });
  try {
    const said = await agent.prompt(
      `Question: ${textOf(question).slice(0, MOST_CHARACTERS)}\n\nAnswer: ${textOf(answer).slice(0, MOST_CHARACTERS)}\n\n${ASK}`,
    );
    const named = cleaned(said);
    if (!named || (await store.load(id)).title !== title) return false; // the user renamed it meanwhile
    await store.rename(id, named);
    return true;
  } finally {
    agent.free();
  }
}

/** @param {Message} message */
function textOf({ content }) {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** The title that the store gives a chat. @param {string} text */
function firstLine(text) {
  const line = [...text.trim().split("\n")[0].trim().split(/\s+/).join(" ")];
  return line.length <= LONGEST_LINE
    ? line.join("")
    : `${line
        .slice(0, LONGEST_LINE - 1)
        .join("")
        .trimEnd()}…`;
}

/** A title without what models put around it; "" where it is none. @param {string} said */
function cleaned(said) {
  const line = said.trim().split("\n")[0] ?? "";
  const bare = line.replace(/^(?:title|name)\s*:\s*/i, "").replaceAll(/^[\s"'“”„«»*_#`]+|[\s"'“”„«»*_`.]+$/g, "");
  return bare.length <= LONGEST_TITLE ? bare : "";
}
