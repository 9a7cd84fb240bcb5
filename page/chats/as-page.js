/**
 * A chat as one HTML file that opens alone: no script, nothing from elsewhere, the colours of the system. Answers pass the sanitiser of the chat; the
 * file's own security policy forbids all but its style sheet and pictures that stand in it.
 *
 * @import { MediaPart } from "../../web/element/types.js"
 * @import { ChatPart } from "../../web/chat/types.js"
 * @import { Source, StoredConversation } from "../../web/types.js"
 */

import { readHistory } from "../../web/chat.js";
import { h } from "../../web/element/dom.js";
import { lex, render } from "../../web/element/markdown-lexer.js";
import { PICTURE } from "../../web/element/media.js";
import { sanitise } from "../../web/element/sanitise.js";
import { readAttached } from "./attached.js";
import { STYLE } from "./page-style.js";

/** Characters of base64 of one picture, and of all of them. */
const MOST_PICTURE = 2_000_000;
const MOST_PICTURES = 12_000_000;
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";

/**
 * @param {Pick<StoredConversation, "title" | "messages">} conversation
 * @param {Date} [now]
 * @returns {string} HTML
 */
export function asPage({ title, messages }, now = new Date()) {
  let room = MOST_PICTURES;
  const takes = (/** @type {string} */ data) => {
    if (data.length > Math.min(room, MOST_PICTURE)) return false;
    room -= data.length;
    return true;
  };
  const written = readHistory(messages).map(({ role, parts }) => {
    const sources = parts.flatMap((part) => (part.type === "source" ? [part.source] : []));
    return h(
      "article",
      { class: role },
      h("h2", {}, role === "user" ? "You" : "Answer"),
      ...parts.flatMap((part) => drawn(part, role, takes)),
      sources.length > 0 && passages(sources),
    );
  });
  const body = h(
    "main",
    {},
    h("h1", { dir: "auto" }, title),
    h("p", { class: "note" }, `Saved ${now.toISOString().slice(0, 10)}`),
    ...written,
  );
  const head = [
    h("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }),
    h("meta", { name: "viewport", content: "width=device-width" }),
    h("meta", { name: "color-scheme", content: "light dark" }),
    h("meta", { name: "referrer", content: "no-referrer" }),
    h("title", {}, title),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${head.map(({ outerHTML }) => outerHTML).join("\n")}
<style>${STYLE}</style>
</head>
<body>
${body.outerHTML}
</body>
</html>
`;
}

/**
 * @param {ChatPart} part
 * @param {string} role
 * @param {(data: string) => boolean} takes whether a picture has room
 * @returns {(Node | string)[]}
 */
function drawn(part, role, takes) {
  switch (part.type) {
    case "text": {
      const attached = role === "user" ? readAttached(part.text) : undefined;
      if (attached) return [folded(`Attached file ${attached.name}`, attached.text)];
      return [role === "user" ? h("p", { class: "said", dir: "auto" }, part.text) : markdown(part.text)];
    }
    case "reasoning":
      return [folded("Thoughts", part.text)];
    case "file":
      return [file(/** @type {MediaPart} */ (part.file), takes)];
    case "tool": {
      const { name, argumentsText, result } = part;
      const pictures = (result?.content ?? []).flatMap((one) => ("data" in one && one.type === "image" ? [file(one, takes)] : []));
      return [folded(`Tool ${name}${result?.isError ? ", which failed" : ""}`, argumentsText, result?.text), ...pictures];
    }
    default:
      return [];
  }
}

/** @param {string} text */
function markdown(text) {
  const { tokens, links } = lex(text.replaceAll("\r", ""));
  const safe = sanitise(render(tokens, links));
  for (const picture of safe.querySelectorAll("img")) {
    if (!picture.hasAttribute("src")) picture.replaceWith(picture.alt || "[picture]"); // its address belongs to another site
  }
  return h("div", { class: "markdown", dir: "auto" }, safe);
}

/**
 * @param {MediaPart} part
 * @param {(data: string) => boolean} takes
 */
function file({ type, data, mediaType, name }, takes) {
  if (type === "image" && typeof data === "string" && PICTURE.test(String(mediaType)) && takes(data)) {
    return h("img", { src: `data:${mediaType};base64,${data}`, alt: name ?? "attached picture" });
  }
  return h("p", { class: "note" }, `Attached: ${name ?? mediaType ?? type}`);
}

/**
 * @param {string} title
 * @param {...(string | undefined)} texts
 */
function folded(title, ...texts) {
  return h("details", {}, h("summary", {}, title), ...texts.map((text) => (text ? h("pre", { dir: "auto" }, text) : "")));
}

/** @param {Source[]} sources */
function passages(sources) {
  const items = sources.map(({ id, source, document }) =>
    h("li", {}, h("details", {}, h("summary", {}, source ?? id), h("pre", { dir: "auto" }, document?.text ?? ""))),
  );
  return h("section", {}, h("h3", {}, "Passages the model was given"), h("ol", {}, ...items));
}
