// The extension's service worker, where Python cannot run: an offscreen document runs the agent.

import { Agent } from "staysail/openai";

const HANDLERS = {
  /** An agent here, for the error's words. */
  here: ({ baseURL }) => new Agent({ apiKey: "k", model: "gpt-4o", baseURL }).prompt("Hello?"),
  async offscreen({ baseURL }) {
    await chrome.offscreen.createDocument({ url: "offscreen.html", reasons: ["WORKERS"], justification: "runs an agent" });
    return chrome.runtime.sendMessage({ to: "agent", baseURL });
  },
};

chrome.runtime.onMessage.addListener((message, _sender, respond) => {
  const handle = HANDLERS[message.to];
  if (!handle) return false;
  handle(message).then(respond, ({ name, message }) => respond(`${name}: ${message}`));
  return true;
});
