/**
 * HTML and SVG that a model wrote, drawn in a frame that is shut in: no script, no form, no network, no link that leads anywhere. A picture
 * or a style sheet from elsewhere would carry the conversation to a stranger, so only data in the text itself is drawn.
 */

import createPurify from "../vendor/purify.es.mjs";
import { h } from "./dom.js";

const LANGUAGES = new Set(["html", "svg", "xml"]);
const MOST_CHARACTERS = 500_000;
/** Names of such attributes. */
const ADDRESS = /^(?:href|xlink:href|src|srcset|poster|action|formaction|background|ping|data|cite)$/i;

/** @param {string} language */
export const canPreview = (language) => LANGUAGES.has(language.toLowerCase());

/**
 * Shows or hides the preview below a block of code, unless the page shows it in a place of its own: then `staysail-preview` is prevented. Its
 * `html` is a document without scripts, links and addresses, for a frame with an empty `sandbox` and a policy that lets nothing be loaded.
 * @param {HTMLElement} figure
 * @param {string} language
 * @param {string} text
 */
export function preview(figure, language, text) {
  const shown = figure.querySelector(".artifact");
  if (shown) return shown.remove();
  const detail = { language, html: text.length > MOST_CHARACTERS ? "This is too long to be drawn here." : asDocument(language, text) };
  const event = new CustomEvent("staysail-preview", { bubbles: true, composed: true, cancelable: true, detail });
  if (!figure.dispatchEvent(event)) return;
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
  const isVector = isDrawing(language, text);
  const picture = h("img", {
    alt: isVector ? "Drawing of this code" : "Drawing of this page",
    class: isVector ? "artifact-vector" : "artifact-page",
  });
  const source = isVector ? vector(text) : page(text);
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  picture.addEventListener("error", () => picture.replaceWith(h("p", {}, "This could not be drawn.")));
  return picture;
}

/**
 * @param {string} language
 * @param {string} text
 */
const isDrawing = (language, text) => language.toLowerCase() !== "html" || /^\s*<svg[\s>]/i.test(text);

/**
 * The document as one that a frame can show.
 * @param {string} language
 * @param {string} text
 */
function asDocument(language, text) {
  const head = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">';
  if (isDrawing(language, text))
    return `${head}<style>body { margin: 0 } svg { max-inline-size: 100%; block-size: auto }</style>${vector(text)}`;
  const { sheets, body } = withoutReach(text);
  return `${head}<style>${sheets}</style>${styled(body.outerHTML)}`;
}

/**
 * A drawing in SVG, sanitised; "" where there is none.
 * @param {string} text
 */
export function vector(text) {
  const markup = createPurify(window).sanitize(text, { USE_PROFILES: { svg: true, svgFilters: true } });
  const parsed = new DOMParser().parseFromString(markup, "text/html").querySelector("svg");
  if (!parsed) return "";
  withoutAddresses(parsed);
  parsed.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(parsed);
}

/**
 * A page as a picture.
 * @param {string} text
 */
function page(text) {
  const { sheets, body } = withoutReach(text);
  const markup = styled(new XMLSerializer().serializeToString(body));
  const style = new XMLSerializer().serializeToString(Object.assign(new Document().createElement("style"), { textContent: sheets }));
  const [width, height] = [800, 450];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${style}<foreignObject width="100%" height="100%">${markup}</foreignObject></svg>`;
}

/**
 * A page without scripts, addresses and anything else that reaches beyond it. Its styles are kept out of the parser, which would hold them against the
 * security policy of this page.
 * @param {string} text
 * @returns {{sheets: string, body: HTMLElement}} styles of elements stand in data-style
 */
function withoutReach(text) {
  const sheets = [...text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)].map(([, sheet]) => sheet).join("\n");
  const plain = text.replace(/<style[^>]*>[\s\S]*?(?:<\/style>|$)/gi, "").replace(/(<[a-z][^>]*?\s)style(?=\s*=)/gi, "$1data-style");
  const safe = createPurify(window).sanitize(plain, { WHOLE_DOCUMENT: true, FORBID_TAGS: ["base", "link", "meta", "style"] });
  const { body } = new DOMParser().parseFromString(safe, "text/html");
  for (const picture of body.querySelectorAll("img")) if (!picture.src.startsWith("data:image/")) picture.replaceWith(picture.alt);
  withoutAddresses(body);
  return { sheets, body };
}

/** Removes links, and attributes that load from elsewhere. @param {Element} root */
function withoutAddresses(root) {
  for (const node of root.querySelectorAll("*")) {
    for (const { name, value } of [...node.attributes])
      if (ADDRESS.test(name) && !/^(?:#|data:image\/)/.test(value)) node.removeAttribute(name);
  }
}

/** @param {string} markup of withoutReach */
const styled = (markup) => markup.replaceAll(" data-style=", " style=");
