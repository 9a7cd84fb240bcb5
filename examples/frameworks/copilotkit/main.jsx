// A page with CopilotKit's chat and no runtime behind it: the agent runs in the page, and paints it by a tool of the page.

import "@copilotkit/react-core/v2/styles.css";
import { HttpAgent } from "@ag-ui/client";
import { CopilotChat, CopilotKitProvider, useFrontendTool } from "@copilotkit/react-core/v2";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { configure } from "staysail";
import { agUiAgent } from "staysail/ag-ui";
import { Agent } from "staysail/openai";
import { z } from "zod";

configure({ runtimeURL: "/wheels/" }); // Pyodide's files; leave it out, and they come from a public CDN
const baseURL = new URLSearchParams(location.search).get("base"); // a proxy of yours that adds the key
const agent = new Agent({ model: "gpt-6-luna", baseURL, preamble: "You paint the page." });
const agents = { default: agUiAgent(HttpAgent, { agent, agentId: "default" }) };

function Painted() {
  const [colour, setColour] = useState("white");
  useFrontendTool({
    name: "paint",
    description: "Paints the page.",
    parameters: z.object({ colour: z.string() }),
    handler: async ({ colour }) => (setColour(colour), `painted ${colour}`),
    render: ({ args, result }) => <p className="painting">{result ?? `painting ${args.colour ?? ""}`}</p>,
  });
  return <main style={{ background: colour, height: "100vh" }}><CopilotChat /></main>;
}

createRoot(document.getElementById("root")).render(
  <CopilotKitProvider selfManagedAgents={agents}>
    <Painted />
  </CopilotKitProvider>,
);
