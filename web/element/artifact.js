/**
 * HTML and SVG that a model wrote, drawn in a frame that is shut in: no script, no form, no network, no link that leads anywhere. A picture
 * or a style sheet from elsewhere would carry the conversation to a stranger, so only data in the text itself is drawn.
 */

import createPurify from "../vendor/purify.es.mjs";
import { h } from "./dom.js";

const LANGUAGES = new Set(["html", "svg", "xml"]);
const MOST_CHARACTERS = 500_000;

/** @param {string} language */
export const canPreview = (language) => LANGUAGES.has(language.toLowerCase());

/**
 * Shows or hides the preview below a block of code.
 * @param {HTMLElement} figure
 * @param {string} language
 * @param {string} text
 */
export function preview(figure, language, text) {
  const shown = figure.querySelector(".artifact");
  if (shown) return shown.remove();
  figure.append(
    h("div", { class: "artifact" }, text.length > MOST_CHARACTERS ? "This is too long to be drawn here." : draw(language, text)),
  );
}

/**
 * A picture of the document: an SVG image of sanitised markup loads nothing and runs nothing, in every browser and under every content
 * security policy.
 * @param {string} language
 * @param {string} text
 */
function draw(language, text) {
  const isVector = language.toLowerCase() !== "html" || /^\s*<svg[\s>]/i.test(text);
  const purify = createPurify(window);
  const picture = h("img", {
    alt: isVector ? "Drawing of this code" : "Drawing of this page",
    class: isVector ? "artifact-vector" : "artifact-page",
  });
  const source = isVector ? vector(purify.sanitize(text, { USE_PROFILES: { svg: true, svgFilters: true } })) : page(purify, text);
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  picture.addEventListener("error", () => picture.replaceWith(h("p", {}, "This could not be drawn.")));
  return picture;
}

/** @param {string} markup */
function vector(markup) {
  const parsed = new DOMParser().parseFromString(markup, "text/html").querySelector("svg");
  if (!parsed) return "";
  parsed.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(parsed);
}

/**
 * A page as a picture. Its styles are kept out of the parser, which would hold them against the security policy of this page.
 * @param {ReturnType<typeof createPurify>} purify
 * @param {string} text
 */
function page(purify, text) {
  const sheets = [...text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)].map(([, sheet]) => sheet).join("\n");
  const plain = text.replace(/<style[^>]*>[\s\S]*?(?:<\/style>|$)/gi, "").replace(/(<[a-z][^>]*?\s)style(?=\s*=)/gi, "$1data-style");
  const safe = purify.sanitize(plain, { WHOLE_DOCUMENT: true, FORBID_TAGS: ["base", "link", "meta", "style"] });
  const parsed = new DOMParser().parseFromString(safe, "text/html");
  for (const picture of parsed.querySelectorAll("img")) if (!picture.src.startsWith("data:image/")) picture.replaceWith(picture.alt);
  const markup = new XMLSerializer().serializeToString(parsed.body).replaceAll(" data-style=", " style=");
  const style = new XMLSerializer().serializeToString(Object.assign(new Document().createElement("style"), { textContent: sheets }));
  const [width, height] = [800, 450];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${style}<foreignObject width="100%" height="100%">${markup}</foreignObject></svg>`;
}
