/** The frame in which a sandbox's worker runs: of nobody's origin, under a policy that lets nothing be fetched. */

import { fileURL } from "../runtime/package-files.js";

/** From the load of the frame up to the first line of its script. */
const ARRIVE_MS = 2000;

export class Frame {
  #node = document.createElement("iframe");
  #arrive = () => {};
  #hear;

  /**
   * @param {string} title
   * @param {(message: string) => void} onCrash is called where the worker broke
   */
  constructor(title, onCrash) {
    this.#node.title = title;
    this.#hear = (/** @type {MessageEvent} */ event) => {
      if (event.source !== this.#node.contentWindow) return;
      if (event.data === "here") this.#arrive();
      else onCrash(String(event.data).slice(0, 500));
    };
    addEventListener("message", this.#hear);
  }

  /** Puts the frame into the page. */
  async load() {
    const address = fileURL("sandbox/frame.html", () => new URL("./frame.html", import.meta.url));
    this.#node.setAttribute("sandbox", "allow-scripts");
    this.#node.hidden = true;
    await embed(this.#node, address, document.documentElement, (arrive) => (this.#arrive = arrive));
  }

  /**
   * Starts the worker.
   * @param {string} source
   * @param {MessagePort} port its only way to the page
   */
  start(source, port) {
    this.#node.contentWindow?.postMessage(source, "*", [port]);
  }

  /** Ends the worker. */
  close() {
    removeEventListener("message", this.#hear);
    this.#node.remove();
  }
}

/**
 * Puts a frame into the page, from its address or from its text. A public CDN serves it as plain text and without the page's COEP header;
 * a page's policy may allow frames of the page's origin alone, and no inline scripts.
 * @param {HTMLIFrameElement} frame
 * @param {string} address
 * @param {Node} place
 * @param {(arrive: () => void) => void} listen gets a function to be called once the frame's script runs
 */
export async function embed(frame, address, place, listen) {
  const ways = [async () => frame.setAttribute("src", address), async () => frame.setAttribute("srcdoc", await fetchText(address))];
  if (new URL(address, location.href).origin !== location.origin) ways.reverse();
  for (const show of ways) {
    const arrived = new Promise((resolve) => {
      listen(() => resolve(true));
      // A browser shows a page of its own in place of a frame that it blocks, without an event.
      frame.addEventListener("load", () => setTimeout(resolve, ARRIVE_MS, false), { once: true });
    });
    try {
      await show();
      place.appendChild(frame);
      if (await arrived) return;
    } catch {} // it could not be fetched
    frame.remove();
    for (const name of ["src", "srcdoc"]) frame.removeAttribute(name);
  }
  throw new Error(
    `its frame was blocked: ${address} needs the page's COEP header and "Cross-Origin-Resource-Policy: cross-origin", or the page a policy that allows inline scripts`,
  );
}

/** @param {string} address */
async function fetchText(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the server answered ${response.status}`); // with a page of its own, whose scripts nobody wants
  return response.text();
}
