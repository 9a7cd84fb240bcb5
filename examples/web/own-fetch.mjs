// Requests go through a function of yours: to add headers, to use a proxy that holds the key, to log.

import { Agent } from "staysail/openai";

const agent = new Agent({
  model: "gpt-6-luna",
  apiKey: "the proxy has the real one",
  fetch: (url, { headers, ...init }) => {
    console.log(init.method, new URL(url).pathname.split("/").at(-1));
    return fetch(url, { ...init, headers: { ...headers, "x-session": "42" } });
  },
});
console.log(await agent.prompt("Hello"));
