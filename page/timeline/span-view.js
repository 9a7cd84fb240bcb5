/** What is known of one span: its attributes, what happened within it, and what went over the wire. All of it is text. */

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
    ...others.map(({ attributes: told }) => h("p", { class: "note" }, describe(told))),
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

/** @param {Record<string, unknown>} told */
function describe(told) {
  if (told["staysail.attempt"] === undefined) return `Handed over to ${told["gen_ai.agent.name"] ?? "another agent"}`;
  return `Call ${told["staysail.attempt"]} after ${Number(told["staysail.delay_s"]).toFixed(1)} s: ${told["exception.message"]}`;
}

/**
 * @param {Record<string, any>} told
 * @param {string} key
 * @param {string} number
 */
function drawExchange(told, key, number) {
  const status = told["http.response.status_code"] ?? "no answer";
  const answered = [told["staysail.response.headers"], told["staysail.response.body"], told["exception.message"]];
  return h(
    "details",
    { class: "exchange", "data-key": key },
    h("summary", {}, `Raw request and response${number} (${status})`),
    h("p", { class: "note" }, "As it went over the wire, with the keys removed."),
    ...block(
      `Request: ${told["http.request.method"]} ${told["url.full"]}`,
      told["staysail.request.headers"],
      told["staysail.request.body"],
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
  return [h("h4", {}, title), h("pre", { tabindex: 0, role: "region", "aria-label": title }, text || "(empty)")];
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
