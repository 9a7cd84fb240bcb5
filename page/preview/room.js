/** The frame in which a model's pages and diagrams are drawn: with an origin of its own, under a policy that forbids all requests. */

import { h } from "../../web/element/dom.js";

const ADDRESS = "page/preview/frame.html";

export class Room {
  node;
  /** Fulfilled once the frame listens. @type {Promise<void>} */
  ready;

  /**
   * @param {string} title
   * @param {(message: any) => void} [hear] called with the frame's messages
   */
  constructor(title, hear = () => {}) {
    this.node = h("iframe", { sandbox: "allow-scripts", src: ADDRESS, title });
    this.ready = new Promise((resolve) => {
      addEventListener("message", ({ source, data }) => {
        if (source !== this.node.contentWindow) return;
        if (data === "here") resolve();
        else hear(data);
      });
    });
  }

  /** @param {object} message */
  async say(message) {
    await this.ready;
    this.node.contentWindow?.postMessage(message, "*");
  }
}
