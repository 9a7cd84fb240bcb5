// A component's test as its author writes it: the environment, jsdom or happy-dom, comes from the command line.

import { Agent } from "staysail/openai";
import { expect, test } from "vitest";

test("an agent answers beside a document that is no browser's", async () => {
  document.body.innerHTML = "<output></output>";
  const agent = new Agent({ apiKey: "k", model: "gpt-4o", baseURL: process.env.PROVIDER });
  document.querySelector("output").textContent = await agent.prompt("Hello?");
  expect(document.body.textContent).toBe("Hello from Node.");
}, 60_000);
