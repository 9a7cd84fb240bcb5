/**
 * Sanitises HTML that a model wrote: a page that it has read may have dictated it. Allowed is
 * a short list of tags and attributes that draw text; nothing that runs, submits, styles or loads. A picture is not
 * loaded either, because its address can carry the conversation to a stranger: its address is kept aside in
 * `data-source` for the user to decide on (see media.js).
 */

import createPurify from "../vendor/purify.es.mjs";

const TAGS = [
  "a",
  "abbr",
  "b",
  "blockquote",
  "br",
  "caption",
  "code",
  "dd",
  "del",
  "details",
  "div",
  "dl",
  "dt",
  "em",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "hr",
  "i",
  "img",
  "ins",
  "kbd",
  "li",
  "mark",
  "ol",
  "p",
  "pre",
  "q",
  "rp",
  "rt",
  "ruby",
  "s",
  "samp",
  "small",
  "span",
  "strong",
  "sub",
  "summary",
  "sup",
  "table",
  "tbody",
  "td",
  "tfoot",
  "th",
  "thead",
  "tr",
  "u",
  "ul",
  "var",
  "wbr",
];
const HARMLESS = ["align", "colspan", "dir", "lang", "open", "reversed", "rowspan", "start"];
const ATTRIBUTES = [...HARMLESS, "alt", "class", "data-source", "href", "src", "title"];
const LINK = /^(?:https?:|mailto:)/i;
const LANGUAGE_CLASS = /^language-[\w+#.-]+$/;
const INLINE_PICTURE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,/i;

/** @type {ReturnType<typeof createPurify> | undefined} */
let purify;

/**
 * @param {string} html
 * @returns {DocumentFragment} safe to insert
 */
export function sanitise(html) {
  purify ??= configure();
  return purify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ADD_URI_SAFE_ATTR: HARMLESS, // all others are held against LINK
    ALLOWED_URI_REGEXP: LINK,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

function configure() {
  const own = createPurify(window); // hooks of its own, whatever else the page uses the library for
  own.addHook("uponSanitizeAttribute", (node, attribute) => {
    // No class but a code block's language: a model must not dress its text as a part of the chat.
    if (attribute.attrName === "class") attribute.keepAttr = node.nodeName === "CODE" && LANGUAGE_CLASS.test(attribute.attrValue);
    if (attribute.attrName === "data-source") attribute.keepAttr = false;
  });
  own.addHook("beforeSanitizeAttributes", (node) => {
    if (node.nodeName !== "IMG") return;
    node.removeAttribute("data-source");
  });
  // The document this runs in is inert, so that no picture has begun to load.
  own.addHook("afterSanitizeAttributes", (node) => {
    if (node.nodeName === "IMG") {
      const source = node.getAttribute("src") ?? "";
      if (INLINE_PICTURE.test(source)) return;
      node.removeAttribute("src");
      if (/^https?:/i.test(source)) node.setAttribute("data-source", source);
    } else if (node.nodeName === "A" && node.hasAttribute("href")) {
      node.setAttribute("target", "_blank");
      node.setAttribute("rel", "noopener noreferrer nofollow");
    }
  });
  return own;
}
