/**
 * A sandbox that a page holds for this worker, with the methods of `Sandbox` in sandbox.js. The page has to load for-workers.js.
 *
 * @import { SandboxEvent, SandboxOptions, Work } from "./sandbox.js"
 */

import { fileURL } from "../runtime/package-files.js";

export const CHANNEL = "staysail-sandboxes";
const FIND_MS = 5_000;

export class Sandbox {
  #options;
  #channel = new BroadcastChannel(CHANNEL);
  #id = crypto.randomUUID();
  #runs = 0;
  /** @type {string | undefined} */
  #page;

  /** @param {SandboxOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @param {Work} work
   * @returns {AsyncGenerator<SandboxEvent>}
   */
  async *run(work) {
    const page = (this.#page ??= await this.#findPage());
    const run = ++this.#runs;
    /** @type {any[]} */
    const news = [];
    let wake = () => {};
    this.#channel.onmessage = ({ data }) => {
      const isMine = data.sandbox === this.#id && data.run === run;
      if (!isMine && !(data.type === "gone" && data.page === page)) return;
      news.push(data);
      wake();
    };
    this.#channel.postMessage({ type: "run", page, sandbox: this.#id, run, options: this.#options, work });
    let isOver = false;
    try {
      for (;;) {
        if (!news.length) await new Promise((resolve) => (wake = () => resolve(undefined)));
        for (const message of news.splice(0)) {
          isOver = message.type !== "event";
          if (message.type === "gone") this.#page = undefined;
          if (message.type === "gone") throw new Error("the page that held the sandbox was closed");
          if (message.error) throw new Error(message.error);
          if (isOver) return;
          yield message.event;
        }
      }
    } finally {
      if (!isOver) this.#channel.postMessage({ type: "leave", page, sandbox: this.#id, run });
    }
  }

  end() {
    this.#channel.postMessage({ type: "end", page: this.#page, sandbox: this.#id });
  }

  /** @returns {Promise<string>} */
  #findPage() {
    const ask = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      const script = fileURL("sandbox/for-workers.js", () => new URL("./for-workers.js", import.meta.url));
      const why = `only a page can hold a sandbox, and none answers this worker: put <script type="module" src="${script}"></script> into the page`;
      const timer = setTimeout(() => reject(new Error(why)), FIND_MS);
      this.#channel.onmessage = ({ data }) => {
        if (data.type !== "page" || data.ask !== ask) return;
        clearTimeout(timer);
        resolve(data.page);
      };
      this.#channel.postMessage({ type: "who", ask });
    });
  }
}
