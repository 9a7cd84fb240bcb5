/**
 * An app below the tool call that it shows: its frame, the questions that it asks the user, and a line about it. The app is loaded when it
 * comes into view, and leaves with its element; moved elsewhere it begins anew.
 *
 * @import { McpApp, McpAppTool } from "../mcp.js"
 * @import { EndedCall } from "./app-host.js"
 * @import { AppQuestion } from "./app-questions.js"
 *
 * @typedef {object} AppSource
 * @property {EndedCall} call the tool call that the app shows
 * @property {string} title
 * @property {() => Promise<McpApp>} load
 * @property {() => Promise<McpAppTool[]>} tools the tools that the app may call
 * @property {(tool: McpAppTool, args: Record<string, unknown>) => unknown} isAllowed whether a call needs no answer of the user
 * @property {(name: string, args: Record<string, unknown>, signal: AbortSignal) => Promise<Record<string, any>>} callTool
 * @property {(text: string) => unknown} [sendMessage]
 * @property {(question: AppQuestion) => unknown} [approve] asks the user, in place of the buttons below the frame
 * @property {() => "light" | "dark"} [theme]
 * @property {number} mostHeight pixels
 */

import { fileURL } from "../runtime/package-files.js";
import { embed } from "../sandbox/frame.js";
import { AppHost } from "./app-host.js";
import { AppQuestions } from "./app-questions.js";
import { reachableHosts, writePolicy } from "./policy.js";

const NAME = "staysail-mcp-app";
const FIRST_HEIGHT = 120;
const LEAST_HEIGHT = 20;
/** Messages that reach the page past the frame around the app, which nobody reads. */
const MOST_STRAY = 1000;
const LOCAL = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;

/** On a server, where pages are rendered, there is none. @type {typeof HTMLElement} */
const Element = globalThis.HTMLElement ?? Object;

export class AppView extends Element {
  /** @type {AppSource | undefined} */
  source;
  #place = document.createElement("div");
  #about = document.createElement("p");
  #questions = new AppQuestions();
  /** @type {AbortController | undefined} */
  #life;
  /** Tools whose calls the user allowed for as long as the app is shown. @type {Set<string>} */
  #allowed = new Set();

  connectedCallback() {
    this.style.display = "block";
    this.#about.className = "app-about";
    this.#about.setAttribute("role", "status");
    this.replaceChildren(this.#place, this.#questions.node, this.#about);
    const life = new AbortController();
    this.#life = life;
    const seen = new IntersectionObserver(([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      seen.disconnect();
      this.#begin(life.signal).catch((error) => this.#end(`The app cannot be shown: ${error.message}`));
    });
    seen.observe(this);
    life.signal.addEventListener("abort", () => seen.disconnect());
  }

  disconnectedCallback() {
    this.#end("");
  }

  /** @param {AbortSignal} signal ends with the app */
  async #begin(signal) {
    const { source } = this;
    if (!source) return;
    const app = await source.load();
    if (signal.aborted) return;
    const frame = document.createElement("iframe");
    frame.title = `App of ${source.title}`;
    frame.setAttribute("sandbox", "allow-scripts allow-forms");
    frame.referrerPolicy = "no-referrer";
    Object.assign(frame.style, { display: "block", inlineSize: "100%", blockSize: `${FIRST_HEIGHT}px`, border: "0", colorScheme: "auto" });
    const declared = app.meta?.csp ?? {};
    const page = { isLocal: LOCAL.test(location.hostname) };
    const post = (/** @type {object} */ data) => frame.contentWindow?.postMessage(data, "*");
    const host = this.#hostFor(source, frame, (message) => post({ message }));
    let arrive = () => {};
    let strays = 0;
    const hear = (/** @type {MessageEvent} */ { source: from, data }) => {
      if (from !== frame.contentWindow) {
        if (isWithin(from, frame.contentWindow) && ++strays > MOST_STRAY)
          this.#end("The app was stopped: it sent too many messages to the page.");
      } else if (data?.kind === "here") {
        arrive();
        host.reset();
        post({ html: app.html, policy: writePolicy(declared, page) });
      } else if (data?.kind === "over") this.#end(`The app was stopped: ${data.text}.`);
      else if (data?.kind === "app") void host.receive(data.text);
    };
    addEventListener("message", hear, { signal });
    signal.addEventListener("abort", () => {
      host.reset();
      frame.remove();
    });
    this.#watchTheme(host, signal);
    const hosts = reachableHosts(declared, page);
    this.#about.textContent = hosts.length ? `The app may reach ${hosts.join(", ")}.` : "";
    const address = fileURL("mcp-apps/app-frame.html", () => new URL("./app-frame.html", import.meta.url));
    await embed(frame, address, this.#place, (called) => (arrive = called));
  }

  /**
   * @param {AppSource} source
   * @param {HTMLIFrameElement} frame
   * @param {(message: object) => void} send
   */
  #hostFor(source, frame, send) {
    const ask = (/** @type {AppQuestion} */ question, /** @type {AbortSignal} */ signal) =>
      source.approve ? Promise.resolve(source.approve(question)) : this.#questions.ask(question, signal);
    const life = /** @type {AbortController} */ (this.#life).signal;
    return new AppHost(
      send,
      source.call,
      {
        callTool: async (name, args, signal) => {
          const tool = (await source.tools()).find((one) => one.name === name);
          if (!tool) throw new Error(`there is no tool ${name.slice(0, 100)} that this app may call`);
          const free = this.#allowed.has(name) || (await source.isAllowed(tool, args)) === true;
          const answer = free || (await ask({ type: "tool", tool, arguments: args }, AbortSignal.any([signal, life])));
          if (answer === "always") this.#allowed.add(name);
          if (answer !== true && answer !== "always") throw new Error("the user refused the call");
          return source.callTool(name, args, signal);
        },
        sendMessage:
          source.sendMessage &&
          (async (text) => {
            if ((await ask({ type: "message", text }, life)) !== true) return false;
            await source.sendMessage?.(text);
            return true;
          }),
        openLink: async (url) => {
          if ((await ask({ type: "link", url }, life)) !== true) return false;
          open(url, "_blank", "noopener,noreferrer");
          return true;
        },
        resize: (height) => {
          frame.style.blockSize = `${Math.min(Math.max(Math.ceil(height), LEAST_HEIGHT), source.mostHeight)}px`;
        },
      },
      () => ({
        theme: this.#theme(),
        displayMode: "inline",
        availableDisplayModes: ["inline"],
        containerDimensions: { width: this.clientWidth, maxHeight: source.mostHeight },
        locale: navigator.language,
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        platform: "web",
      }),
    );
  }

  /** @returns {"light" | "dark"} */
  #theme() {
    if (this.source?.theme) return this.source.theme();
    const schemes = getComputedStyle(this).colorScheme;
    const isDark = schemes.includes("dark") && (!schemes.includes("light") || matchMedia("(prefers-color-scheme: dark)").matches);
    return isDark ? "dark" : "light";
  }

  /**
   * @param {AppHost} host
   * @param {AbortSignal} signal
   */
  #watchTheme(host, signal) {
    let theme = this.#theme();
    const look = () => {
      if (theme !== this.#theme()) host.tell({ theme: (theme = this.#theme()) });
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look, { signal });
    const changes = new MutationObserver(look);
    const root = this.getRootNode();
    for (const node of [document.documentElement, ...(root instanceof ShadowRoot ? [root.host] : [])])
      changes.observe(node, { attributes: true });
    signal.addEventListener("abort", () => changes.disconnect());
  }

  /** @param {string} why text for the user */
  #end(why) {
    this.#life?.abort();
    this.#questions.clear();
    this.#about.textContent = why;
  }
}

/** @param {AppSource} source */
export function newAppView(source) {
  if (!customElements.get(NAME)) customElements.define(NAME, AppView);
  return Object.assign(/** @type {AppView} */ (document.createElement(NAME)), { source });
}

/**
 * Whether a window stands within another.
 * @param {MessageEventSource | null} source
 * @param {Window | null} outer
 */
function isWithin(source, outer) {
  let inner = /** @type {Window | null} */ (source);
  while (inner?.parent && inner !== inner.parent) {
    inner = inner.parent;
    if (inner === outer) return true;
  }
  return false;
}
