// Tracing: each run as spans by OpenTelemetry's conventions. An exporter is a function, "console", {otlp: url} or {indexedDB: name}.

import { Agent } from "staysail/openai";

const agent = new Agent({
  apiKey: process.env.OPENAI_API_KEY,
  model: "gpt-6-luna",
  name: "bosun",
  tools: [
    { name: "depth", description: "Metres of water below the keel.", parameters: { type: "object", properties: {} }, execute: () => 12 },
  ],
  tracer: {
    raw: true,
    exporter({ name, parentId, attributes, events, status }) {
      const wire = events.find((event) => event.name === "staysail.exchange")?.attributes;
      const sent = wire ? `, sent ${JSON.parse(wire["staysail.request.headers"]).authorization}` : "";
      console.log(`${parentId ? "  " : ""}${name}: ${attributes["gen_ai.usage.output_tokens"] ?? 0} tokens, ${status}${sent}`);
    },
  },
});

console.log(await agent.prompt("How deep is it?"));
