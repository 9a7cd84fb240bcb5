// The entries' types against the packages' own.

import type { EmbeddingModelV4, LanguageModelV4 } from "@ai-sdk/provider";
import { anthropic } from "@ai-sdk/anthropic";
import { openai } from "@ai-sdk/openai";
import { useChat } from "@ai-sdk/react";
import { type ChatTransport, type UIMessage, streamText } from "ai";
import { HttpAgent, type AbstractAgent } from "@ag-ui/client";
import type { ChatModelAdapter, ThreadHistoryAdapter } from "@assistant-ui/react";
import { agUiAgent } from "staysail/ag-ui";
import { chatModelAdapter, threadHistory } from "staysail/assistant-ui";
import { Agent, EmbeddingModel } from "staysail";
import { StaysailTransport, languageModel } from "staysail/ai-sdk";

const agent = new Agent({ model: anthropic("claude-opus-5-5") });
export const transport: ChatTransport<UIMessage> = new StaysailTransport({ agent });
export const chat = () => useChat({ transport: new StaysailTransport({ agent }), resume: true });
export const model: LanguageModelV4 = languageModel("local");
export const text = streamText({ model: languageModel("local"), prompt: "Hello" });
const embedder: EmbeddingModelV4 = openai.embedding("text-embedding-3-small");
export const embeddings = new EmbeddingModel({ model: embedder });
export const client: AbstractAgent = agUiAgent(HttpAgent, { agent, threadId: "t" });
export const history: ThreadHistoryAdapter = threadHistory({ id: "t", agent });
export const adapter: ChatModelAdapter = chatModelAdapter({ agent });
export const own = new Agent({
  model: {
    name: "mine",
    async *stream({ messages }, { signal }) {
      signal.throwIfAborted();
      yield `${messages.length} messages`;
      yield { type: "finish", finishReason: "stop" };
    },
  },
});
// @ts-expect-error: a model has a name
new Agent({ model: { stream: async function* () {} } });
// @ts-expect-error: a transport has an agent
new StaysailTransport({});
