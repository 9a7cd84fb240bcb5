// Runs that pause, survive and are hooked into; conversations.

import { Agent, Conversations } from "staysail";
import type { ApprovalRequest, Completion, ConversationInfo, PausedRun, Reply, RunInfo, StoredConversation } from "staysail/types";
import { is } from "./is.js";

export async function durable(): Promise<void> {
  const agent = new Agent({ model: "openai:gpt-4o", durable: true, approvalTimeoutMs: 5000 });
  const [run] = await agent.runs();
  is<RunInfo | undefined>()(run as RunInfo | undefined);
  is<"running" | "paused" | "done" | "failed" | "stopped">()(run!.state);
  is<string | null>()(run!.conversation);
  const reply = await agent.resume(run!.id, {
    approvals: { a: true, b: { refuse: "no" }, c: { approve: true, arguments: {} }, d: { result: 1 } },
  });
  is<ApprovalRequest[] | undefined>()(reply.pending);
  is<string | undefined>()(reply.pending![0]!.agent);
  is<PausedRun | undefined>()(reply.run);
  for await (const event of agent.resumeStream(run!.id)) if (event.type === "run_started") is<string>()(event.runId);
  for await (const event of agent.watch(run!.id))
    if (event.type === "tool_progress") is<"stdout" | "stderr" | "progress" | "display">()(event.stream);
  await agent.forgetRun(run!.id);
  // @ts-expect-error: a run is known by its id, or given whole
  await agent.resume(7);
  // @ts-expect-error: an answer says what it is
  await agent.resume(run!.id, { approvals: { a: "yes" } });
  // @ts-expect-error: a name, or whether
  new Agent({ model: "openai:gpt-4o", durable: 1 });
}

export function hooks(): Agent[] {
  return [
    new Agent({
      model: "openai:gpt-4o",
      usageLimits: { requests: 5, cost: 0.5, prices: { "openai:gpt-4o": { input: 2.5, output: 10 } } },
      hooks: {
        beforeModel: (context, request) => (context.step > 3 ? { stop: "enough" } : { request: { ...request, maxTokens: 10 } }),
        afterModel(_context, completion) {
          is<Completion>()(completion);
          return completion.finishReason === "length" ? { askAgain: "Be brief." } : undefined;
        },
        beforeTool: async (_context, call) => (call.name === "pay" ? { skip: "paid" } : undefined),
      },
    }),
    // @ts-expect-error: there is no such hook
    new Agent({ model: "openai:gpt-4o", hooks: { beforeAll: () => undefined } }),
    // @ts-expect-error: a price has both sides
    new Agent({ model: "openai:gpt-4o", usageLimits: { prices: { m: { input: 1 } } } }),
  ];
}

export async function conversations(): Promise<void> {
  const kept = new Conversations("crew");
  const agent = new Agent({
    model: "openai:gpt-4o",
    conversations: kept,
    conversation: "a",
    memory: [{ summary: { overTokens: 9000 } }, { tokenWindow: 16_000 }],
  });
  is<Reply<string>>()(await agent.run("Hello"));
  is<ConversationInfo[]>()(await kept.list());
  is<StoredConversation>()(await kept.load("a"));
  is<string>()(await kept.fork("a", 2));
  is<string[]>()(await kept.import(await kept.export()));
  // @ts-expect-error: its id is a text
  new Agent({ model: "openai:gpt-4o", conversation: 1 });
  // @ts-expect-error: a policy has a size
  new Agent({ model: "openai:gpt-4o", memory: { slidingWindow: "20" } });
}
