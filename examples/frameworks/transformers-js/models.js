// A language model and an embedder that transformers.js runs in the page.

import { InterruptableStoppingCriteria, pipeline, TextStreamer } from "@huggingface/transformers";

/** Calls a function once, and again where it failed. */
function once(make) {
  let made;
  return () => {
    made ??= make();
    made.catch(() => (made = undefined));
    return made;
  };
}

const generator = once(async () => {
  const generate = await pipeline("text-generation", "HuggingFaceTB/SmolLM2-135M-Instruct", { dtype: "q8" });
  const { model } = generate;
  const forward = model.forward.bind(model);
  model.forward = async (inputs) => {
    await new Promise((resolve) => setTimeout(resolve)); // between tokens the page draws, and hears of "stop"
    return forward(inputs);
  };
  return generate;
});
const extractor = once(() => pipeline("feature-extraction", "Xenova/all-MiniLM-L6-v2", { dtype: "q8" }));

const textOf = ({ role, content }) => ({ role, content: content.map(({ text }) => text ?? "").join("") });

async function answer({ preamble, messages, maxTokens, temperature }, signal, pieces) {
  const generate = await generator();
  const { tokenizer } = generate;
  const chat = [...(preamble ? [{ role: "system", content: preamble }] : []), ...messages.map(textOf)];
  const usage = { inputTokens: tokenizer.apply_chat_template(chat, { add_generation_prompt: true }).input_ids.dims[1], outputTokens: 0 };
  const stopping = new InterruptableStoppingCriteria();
  signal.addEventListener("abort", () => stopping.interrupt());
  const streamer = new TextStreamer(tokenizer, {
    skip_prompt: true,
    skip_special_tokens: true,
    callback_function: (text) => signal.aborted || pieces.enqueue(text),
    token_callback_function: () => usage.outputTokens++,
  });
  const sampling = temperature ? { do_sample: true, temperature } : { do_sample: false };
  const most = maxTokens ?? 256;
  await generate(chat, { ...sampling, max_new_tokens: most, streamer, stopping_criteria: stopping });
  pieces.enqueue({ type: "finish", finishReason: usage.outputTokens < most ? "stop" : "length", usage });
  pieces.close();
}

export const languageModel = {
  name: "SmolLM2-135M-Instruct",
  traits: { tools: false, contextTokens: 2048 },
  stream: (request, { signal }) =>
    new ReadableStream({ start: (pieces) => void answer(request, signal, pieces).catch((error) => pieces.error(error)) }),
};

export const embedder = {
  name: "all-MiniLM-L6-v2",
  embed: async (texts) => (await (await extractor())(texts, { pooling: "mean", normalize: true })).tolist(),
};
