import { configure } from "staysail";
import { Agent } from "staysail/openai";

configure({ runtimeURL: "/pyodide/", assetsURL: "/staysail/" });

chrome.runtime.onMessage.addListener(({ to, baseURL }, _sender, respond) => {
  if (to !== "agent") return false;
  const agent = new Agent({ apiKey: "k", model: "gpt-4o", baseURL });
  agent.prompt("Hello?").then(respond, ({ name, message }) => respond(`${name}: ${message}`));
  return true;
});
