/** An MCP server in the list: its state, switches for its tools, and buttons where it is not connected. */

/** @import { PythonTool } from "../../web/agent/python-tools.js" */

import { h } from "../../web/element/dom.js";

export class ServerEntry {
  isConnected = false;
  hasFailed = false;
  node;
  #about = h("span", { class: "server-name" });
  #remove = h("button", { type: "button" });
  #body = h("div", {});
  #url;
  #onChange;
  /** @type {PythonTool[]} */
  #tools = [];
  /** @type {HTMLInputElement[]} */
  #boxes = [];
  #ask;

  /**
   * @param {string} url
   * @param {boolean} asks whether its tools ask before they run
   * @param {{remove: () => void, change: () => void}} actions change: called when a switch changes
   */
  constructor(url, asks, { remove, change }) {
    this.#ask = h("input", { type: "checkbox", checked: asks, autocomplete: "off", change });
    this.#url = url;
    this.#onChange = change;
    this.#remove.addEventListener("click", remove);
    this.node = h("li", {}, h("div", { class: "server-head" }, this.#about, this.#remove), h("p", { class: "note" }, url), this.#body);
  }

  /** The tools that are switched on. */
  get tools() {
    return this.#tools.filter((_, position) => this.#boxes[position].checked);
  }

  /** Whether its tools ask before they run. */
  get asks() {
    return this.#ask.checked;
  }

  /** The names of the tools that are switched off. */
  get off() {
    return this.#tools.filter((_, position) => !this.#boxes[position].checked).map(({ name }) => name);
  }

  wait() {
    this.#set("Connecting again…");
  }

  /**
   * @param {string} about
   * @param {PythonTool[]} tools
   * @param {string[]} off
   */
  connected(about, tools, off) {
    this.#set(about);
    this.isConnected = true;
    this.#tools = tools;
    this.#boxes = tools.map(({ name }) =>
      h("input", { type: "checkbox", checked: !off.includes(name), autocomplete: "off", change: this.#onChange }),
    );
    this.#body.append(
      h("label", { class: "server-asks" }, this.#ask, h("span", {}, "Ask me before its tools run")),
      h(
        "ul",
        { class: "tools" },
        ...tools.map(({ name, description }, position) =>
          h(
            "li",
            {},
            h("label", {}, this.#boxes[position], h("span", {}, h("code", {}, name), h("span", { class: "tool-about" }, description))),
          ),
        ),
      ),
    );
  }

  /**
   * @param {string} why
   * @param {string} label of the button
   * @param {() => void} act called by the button
   */
  failed(why, label, act) {
    this.#set("Not connected", "Forget");
    this.hasFailed = true;
    this.#body.append(
      h("p", { class: "kept-status failed" }, why),
      h("div", { class: "row-buttons" }, h("button", { type: "button", click: act }, label)),
    );
  }

  /**
   * @param {string} about
   * @param {string} [label] of the button that removes it
   */
  #set(about, label = "Disconnect") {
    this.isConnected = this.hasFailed = false;
    this.#tools = this.#boxes = [];
    this.#about.textContent = about;
    this.#remove.textContent = label;
    this.#remove.ariaLabel = `${label} ${this.#url}`;
    this.#body.replaceChildren();
  }
}
