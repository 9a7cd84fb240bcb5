/** Adds help to the card of an error: a way to the setting, and the command by which a server on this computer allows the page. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { openPanel } from "../panel-frame.js";
import { fieldFor } from "./provider-form.js";

const ORIGIN = location.origin;

/** The command that starts each server so that pages may call it. @type {Record<string, (string | {code: string})[]>} */
const ALLOWING = {
  lmstudio: [
    "In LM Studio, switch on “Enable CORS” in the settings of its server; or start the server by ",
    { code: "lms server start --cors" },
  ],
  ollama: ["Start Ollama by ", { code: `OLLAMA_ORIGINS=${ORIGIN} ollama serve` }],
  llamacpp: ["Start llama.cpp by ", { code: "llama-server -m model.gguf --port 8080" }, ": it lets every page call it."],
  vllm: ["Start vLLM with ", { code: `--allowed-origins '["${ORIGIN}"]'` }],
  "openai-compatible": ["The server has to answer with the header ", { code: `Access-Control-Allow-Origin: ${ORIGIN}` }],
};
const WORDS = { key: "Give the key", base: "Give the address", model: "Choose a model" };

/** @param {StaysailChat} chat */
export function helpWithFaults(chat) {
  chat.addEventListener("staysail-fault", (event) => {
    const { error, add } = /** @type {CustomEvent<{error: any, add: (...nodes: (Node | string)[]) => void}>} */ (event).detail;
    const provider = find("provider", HTMLSelectElement).value;
    if (error?.name === "NetworkError" && (error.code === "cors" || error.code === "unreachable")) {
      const how = ALLOWING[provider];
      if (how && error.code === "unreachable")
        add(h("p", {}, `Either nothing runs at ${hostOf()}, or it does not let pages call it: a page cannot tell the two apart.`));
      if (how) add(h("p", {}, ...how.map((part) => (typeof part === "string" ? part : h("code", {}, part.code)))));
    }
    const field = fieldFor(error);
    if (!field || !(field.id in WORDS)) return;
    const go = () => {
      openPanel("settings");
      field.focus();
    };
    add(h("button", { type: "button", class: "button", click: go }, WORDS[/** @type {keyof typeof WORDS} */ (field.id)]));
  });
}

function hostOf() {
  const base = find("base", HTMLInputElement);
  return URL.parse(base.value || base.placeholder)?.host ?? "this address";
}
