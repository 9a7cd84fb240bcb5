/**
 * The tag `<staysail-chat>` in TSX: `import "staysail/jsx"` once, or `"types": ["staysail/jsx"]` in tsconfig.json. For React 19 and later, which
 * sets properties and listens to events of elements.
 */

import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { StaysailChat } from "./types/element/element.js";
import type { AgentOptions, Message } from "./types/types.js";

type ChatEventName =
  | "send"
  | "event"
  | "done"
  | "citation"
  | "error"
  | "clear"
  | "conversation"
  | "restored"
  | "progress"
  | "ready"
  | "model";
type ChatEvents = { [name in ChatEventName as `onstaysail-${name}`]?: (event: CustomEvent) => void };
type ChatProperties = {
  model?: AgentOptions["model"];
  apiKey?: AgentOptions["apiKey"];
  "api-key"?: string;
  baseURL?: string;
  "base-url"?: string;
  preamble?: AgentOptions["preamble"];
  reasoning?: AgentOptions["reasoning"];
  tools?: StaysailChat["tools"];
  toolViews?: StaysailChat["toolViews"];
  options?: Partial<AgentOptions>;
  agent?: StaysailChat["agent"];
  history?: Message[];
  conversation?: string;
  conversations?: StaysailChat["conversations"];
  durable?: boolean | string;
  models?: boolean;
  runtimeURL?: string;
  "runtime-url"?: string;
  placeholder?: string;
  start?: "load";
  theme?: "light" | "dark" | "auto";
};

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "staysail-chat": DetailedHTMLProps<HTMLAttributes<StaysailChat>, StaysailChat> & ChatProperties & ChatEvents;
    }
  }
}
