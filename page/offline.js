/** Keeps the page for visits without a network: offline-worker.js. */

import { find } from "./find.js";

/** @param {EventTarget} chat after its start of Python the other files are fetched */
export function keepOffline(chat) {
  const registered = navigator.serviceWorker?.register("offline.js"); // there is none where the page came over plain HTTP
  registered?.catch(() => {}); // some private windows keep nothing: then the page needs its network
  chat.addEventListener("staysail-ready", () => void registered?.then(keepAll, () => {}), { once: true });
}

async function keepAll() {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    find("offline-note", HTMLElement).hidden = !data.kept;
    port1.close();
  };
  active?.postMessage("keep", [port2]);
}
