/** The types of a tool between a program and Python. */

import type { Peer } from "../bridge/rpc.js";
import type { CallOptions, NativeTool, ToolApproval, ToolContext } from "../types.js";
import type { AgentLike } from "./member.js";

/** A checked tool: its definition for the model, and the function behind it. */
export type BoundTool = {
  name: string;
  needsApproval?: ToolApproval;
  define(prompt: string, peer: Peer, crew: Joinable): Promise<WireTool>;
  call(args: any, context: ToolContext): unknown;
};

/** A tool's definition as Python reads it. module: of a Python function. agent, kind, events: of an agent that is a tool. */
export type WireTool = {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
  strict?: boolean;
  timeout_s?: number;
  idempotent?: boolean;
  native?: NativeTool;
  module?: string;
  agent?: string;
  kind?: "tool" | "handoff";
  events?: boolean;
};

/** An agent behind a tool of another agent. options: of each of its runs. */
export type Delegation = {
  agent: AgentLike | (() => AgentLike);
  kind: "tool" | "handoff";
  name?: string;
  description?: string;
  events?: boolean;
  needsApproval?: ToolApproval;
  idempotent?: boolean;
  options?: CallOptions;
};

/** The agents of one call, as a tool sees them. `Crew` implements it. */
export interface Joinable {
  join(tool: object, delegation: Delegation): Promise<string>;
}
