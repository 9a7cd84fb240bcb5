/** The details of one span: its attributes, its events, and its requests and responses. All of it is shown as text. */

/** @import { Span } from "../../web/types.js" */

import { h } from "../../web/element/dom.js";

const WIRE = "staysail.exchange";
const LONG = 300;

/** @param {Span} span */
export function drawDetails({ spanId, attributes, events, status, message }) {
  const exchanges = events.filter(({ name }) => name === WIRE);
  const others = events.filter(({ name }) => name !== WIRE && name !== "exception");
  return h(
    "div",
    { class: "span-details" },
    status === "error" && h("p", { class: "span-error" }, message),
    ...others.map(({ attributes }) => h("p", { class: "note" }, describe(attributes))),
    ...exchanges.map((exchange, index) =>
      drawExchange(exchange.attributes, `${spanId}/${index}`, exchanges.length > 1 ? ` ${index + 1}` : ""),
    ),
    h(
      "dl",
      { class: "span-attributes" },
      ...Object.entries(attributes).flatMap(([name, value]) => [h("dt", {}, name), drawValue(pretty(value))]),
    ),
  );
}

/** A long one scrolls, for the keyboard too. @param {string} text */
function drawValue(text) {
  return h("dd", text.length > LONG ? { class: "long", tabindex: 0 } : {}, text);
}

/** @param {Record<string, unknown>} attributes */
function describe(attributes) {
  if (attributes["staysail.attempt"] === undefined) return `Handed over to ${attributes["gen_ai.agent.name"] ?? "another agent"}`;
  return `Call ${attributes["staysail.attempt"]} after ${Number(attributes["staysail.delay_s"]).toFixed(1)} s: ${attributes["exception.message"]}`;
}

/**
 * @param {Record<string, any>} attributes
 * @param {string} key
 * @param {string} number
 */
function drawExchange(attributes, key, number) {
  const status = attributes["http.response.status_code"] ?? "no answer";
  const answered = [attributes["staysail.response.headers"], attributes["staysail.response.body"], attributes["exception.message"]];
  return h(
    "details",
    { class: "exchange", "data-key": key },
    h("summary", {}, `Raw request and response${number} (${status})`),
    h("p", { class: "note" }, "As it went over the wire, with the keys removed."),
    ...block(
      `Request: ${attributes["http.request.method"]} ${attributes["url.full"]}`,
      attributes["staysail.request.headers"],
      attributes["staysail.request.body"],
    ),
    ...block(`Response: ${status}`, ...answered),
  );
}

/**
 * @param {string} title
 * @param {...(string | undefined)} texts
 */
function block(title, ...texts) {
  const text = texts.filter(Boolean).map(pretty).join("\n\n");
  return [h("h4", {}, title), h("pre", { tabindex: 0, role: "group", "aria-label": title }, text || "(empty)")];
}

/** JSON in lines; anything else as it is. @param {unknown} value */
function pretty(value) {
  const text = String(value);
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
