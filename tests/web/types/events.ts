// Events are a union told apart by `type`.

import { Agent, decodeReadableStream } from "staysail";
import type { AgentEvent, Reply, Usage } from "staysail/types";
import { is } from "./is.js";

const agent = new Agent({ model: "openai:gpt-4o" });

export async function follow(): Promise<string[]> {
  const told: string[] = [];
  for await (const event of agent.stream("Hello")) told.push(describe(event));
  return told;
}

function describe(event: AgentEvent<string>): string {
  switch (event.type) {
    case "text_delta":
    case "reasoning_delta":
      return event.text;
    case "tool_call_delta":
      return event.argumentsDelta;
    case "tool_call_done":
      return event.name;
    case "tool_result":
      // @ts-expect-error: a result has no arguments
      event.arguments;
      return event.isError ? "failed" : event.text;
    case "step_started":
      return String(event.step);
    case "source_found":
      return event.source.id;
    case "file_created":
      return event.part.mediaType ?? "";
    case "replay_done":
      return "";
    case "step_done":
      is<Usage>()(event.usage);
      return event.finishReason;
    case "retry_scheduled":
      return `${event.attempt} in ${event.delayS} s`;
    case "request_adjusted":
      return event.message;
    case "model_changed":
      return `${event.previous} → ${event.model}`;
    case "output_delta":
      return JSON.stringify(event.output);
    case "run_started":
      return event.runId;
    case "approval_needed":
      return event.request.tool;
    case "nested_event":
      return `${event.agent}: ${describe(event.event as AgentEvent<string>)}`;
    case "tool_progress":
      return event.text;
    case "handed_over":
      return event.agent;
    case "message_queued":
    case "message_delivered":
      return `${event.when}: ${event.message.content.length}`;
    case "run_done":
      is<Reply<string>>()(event.reply);
      return event.reply.text;
    default:
      return event satisfies never; // every kind was named
  }
}

export function incomplete(event: AgentEvent): string {
  if (event.type === "text_delta") return event.text;
  // @ts-expect-error: there are others
  return event satisfies never;
}

export function misspelt(event: AgentEvent): boolean {
  // @ts-expect-error: no event is called that
  return event.type === "text-delta";
}

export async function choices(): Promise<void> {
  const stream = await agent.promptStream("Hello", { chunkSize: 8 });
  for await (const choice of decodeReadableStream(stream)) {
    is<string | null>()(choice.text);
    is<Usage | undefined>()(choice.usage);
    // @ts-expect-error: may be null
    choice.text.length;
  }
}
