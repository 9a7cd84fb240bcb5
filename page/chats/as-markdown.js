/** Writes a chat as Markdown: the messages, tool calls as blocks of code, attached files by their names. Thoughts are left out. */

/** @import { StoredConversation } from "../../web/types.js" */

import { readHistory } from "../../web/chat.js";
import { readAttached } from "./attached.js";

/**
 * @param {Pick<StoredConversation, "title" | "messages">} conversation
 * @returns {string}
 */
export function asMarkdown({ title, messages }) {
  const parts = readHistory(messages).flatMap(({ role, parts: said }) => [
    `## ${role === "user" ? "You" : "Answer"}`,
    ...said.map(write).filter(Boolean),
  ]);
  return [`# ${inLine(title)}`, ...parts].join("\n\n").concat("\n");
}

/** @param {import("../../web/chat/types.js").ChatPart} part */
function write(part) {
  switch (part.type) {
    case "text": {
      const attached = readAttached(part.text);
      return attached ? `Attached file ${inLine(attached.name)}:\n\n${fenced(attached.text)}` : part.text.trim();
    }
    case "file":
      return `*Attached: ${inLine(String(part.file.name ?? part.file.mediaType ?? part.file.type))}*`;
    case "tool": {
      const { name, argumentsText, result } = part;
      const given = `Tool ${inLine(name)}:\n\n${fenced(argumentsText, "json")}`;
      return result ? `${given}\n\n${result.isError ? "It failed" : "Its result"}:\n\n${fenced(result.text)}` : given;
    }
    default:
      return "";
  }
}

/**
 * A block of code whose fence is longer than any in it.
 * @param {string} text
 * @param {string} [language]
 */
function fenced(text, language = "") {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

/** Words on one line, without marks of Markdown. @param {string} text */
const inLine = (text) => text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>#|]/g, "\\$&");
