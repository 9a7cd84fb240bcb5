import type { AgentEvent, CallOptions, Content, PausedRun, ResumeOptions } from "../types.js";

/** The part of an Agent that the entries for other frameworks call. */
export interface AgentLike {
  stream(prompt: Content, options?: CallOptions<any>): AsyncIterable<AgentEvent<any>>;
  resumeStream(run: PausedRun | string, options?: ResumeOptions<any>): AsyncIterable<AgentEvent<any>>;
}
