// A language model that WebLLM runs on the graphics card. It loads with the first question.

import { CreateMLCEngine } from "@mlc-ai/web-llm";

const REASONS = { tool_calls: "tool_calls", length: "length", abort: "other" };
const textOf = ({ role, content }) => ({ role, content: content.map(({ text }) => text ?? "").join("") });

/** modelId: one of WebLLM's list. options: of CreateMLCEngine, such as appConfig and initProgressCallback. */
export function webLLM(modelId, options) {
  let loading;
  const load = () => {
    loading ??= CreateMLCEngine(modelId, options);
    loading.catch(() => (loading = undefined)); // the next question tries again
    return loading;
  };
  return {
    name: modelId,
    traits: { tools: false },
    async *stream({ preamble, messages, maxTokens, temperature }, { signal }) {
      const engine = await load();
      signal.addEventListener("abort", () => engine.interruptGenerate());
      const chunks = await engine.chat.completions.create({
        stream: true,
        stream_options: { include_usage: true },
        messages: [...(preamble ? [{ role: "system", content: preamble }] : []), ...messages.map(textOf)],
        max_tokens: maxTokens,
        temperature,
      });
      let reason = "stop";
      for await (const { choices, usage } of chunks) {
        if (choices[0]?.delta.content) yield choices[0].delta.content;
        reason = REASONS[choices[0]?.finish_reason] ?? reason;
        if (usage) yield { type: "usage", inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens };
      }
      yield { type: "finish", finishReason: reason };
    },
  };
}
