/** The hosts that Python of the agent may reach: none, until the visitor allows them, in the settings or at a result that needs one. */

/** @import { ToolResult } from "../../web/types.js" */

import { find } from "../find.js";

const REFUSED = /this code may not reach ([\w.:[\]-]+);/;
const NO_PACKAGE = /^This runtime has no such package\b/m;

/**
 * Returns a function that lists the hosts.
 * @param {EventTarget} chat
 * @param {() => void} onChange
 * @returns {() => string[]}
 */
export function watchPythonHosts(chat, onChange) {
  const field = find("python-hosts", HTMLInputElement);
  const offer = find("python-offer", HTMLElement);
  const button = /** @type {HTMLButtonElement} */ (offer.querySelector("button"));
  const words = /** @type {HTMLElement} */ (offer.querySelector("span"));
  /** @type {string[]} */
  let needed = [];

  const hosts = () => field.value.split(/[\s,]+/).filter(Boolean);
  field.addEventListener("change", onChange);
  chat.addEventListener("staysail-send", () => (offer.hidden = true));
  chat.addEventListener("staysail-event", (event) => {
    const { type, name, text } = /** @type {CustomEvent<ToolResult>} */ (event).detail;
    if (type !== "tool_result" || name !== "python") return;
    const host = REFUSED.exec(text)?.[1];
    const isPackage = !host && NO_PACKAGE.test(text);
    needed = host && !hosts().includes(host) ? [host] : [];
    if (!needed.length && !isPackage) return;
    words.textContent = isPackage
      ? "Python has no such package here. Allow the hosts of your package index in the settings, under Tools."
      : `Python needs ${host}. What its code sends there leaves this page.`;
    button.hidden = isPackage;
    offer.hidden = false;
  });
  button.addEventListener("click", () => {
    field.value = [...hosts(), ...needed].join(", ");
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
    words.textContent = `Allowed: ${needed.join(" and ")}. Ask again, and Python reaches it.`;
    button.hidden = true;
    /** @type {HTMLElement} */ (chat).focus();
  });
  return hosts;
}
