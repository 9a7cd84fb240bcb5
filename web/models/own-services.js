/**
 * Embedders, rerankers and transcribers of the developer's own, and those of the AI SDK: they are called here and never cross to Python.
 *
 * @import { RankedDocument, Transcription } from "../types.js"
 */

import { ProviderError } from "../errors.js";

const NO_USAGE = {
  inputTokens: 0,
  outputTokens: 0,
  totalTokens: 0,
  cachedInputTokens: 0,
  cacheCreationInputTokens: 0,
  reasoningTokens: 0,
};

/**
 * Returns one vector for each text, in order. A model of the AI SDK is called as often as its limit of texts needs.
 * @param {any} model
 * @param {string[]} texts
 * @param {{signal?: AbortSignal, dimensions?: number}} options
 * @returns {Promise<number[][]>}
 */
export async function embed(model, texts, { signal, dimensions }) {
  /** @type {ArrayLike<number>[]} */
  const vectors = [];
  if ("specificationVersion" in model) {
    const ai = /** @type {any} */ (model);
    const most = (await ai.maxEmbeddingsPerCall) ?? Number.POSITIVE_INFINITY;
    for (let at = 0; at < texts.length; at += most)
      vectors.push(...(await ai.doEmbed({ values: texts.slice(at, at + most), abortSignal: signal })).embeddings);
  } else vectors.push(...(await model.embed(texts, { signal, dimensions })));
  if (vectors.length !== texts.length)
    throw new ProviderError(`the embedder gave ${vectors.length} vectors for ${texts.length} texts`, { code: "embeddings" });
  return vectors.map((vector) => Array.from(vector));
}

/**
 * @param {any} model
 * @param {string} query
 * @param {readonly string[]} texts
 * @param {{topN?: number, signal?: AbortSignal}} options
 * @returns {Promise<RankedDocument[]>} best first
 */
export async function rerank(model, query, texts, { topN, signal }) {
  /** @type {{index: number, score: number}[]} */
  let ranked;
  if ("specificationVersion" in model) {
    const request = { query, documents: { type: "text", values: [...texts] }, topN, abortSignal: signal };
    const { ranking } = await /** @type {any} */ (model).doRerank(request);
    ranked = ranking.map((/** @type {{index: number, relevanceScore: number}} */ { index, relevanceScore: score }) => ({ index, score }));
  } else ranked = [...(await model.rerank(query, [...texts], { topN, signal }))];
  const best = ranked.sort((a, b) => b.score - a.score).slice(0, topN);
  return best.map(({ index, score }) => ({ index, score, document: texts[index] }));
}

/**
 * @param {any} model
 * @param {Uint8Array} bytes
 * @param {{signal?: AbortSignal, mediaType?: string, filename?: string, language?: string, prompt?: string, temperature?: number}} options
 * @returns {Promise<Transcription>}
 */
export async function transcribe(model, bytes, { signal, mediaType = "audio/wav", ...options }) {
  if (!("specificationVersion" in model)) {
    const heard = await model.transcribe(bytes, { signal, mediaType, ...options });
    return { ...blank(), ...(typeof heard === "string" ? { text: heard } : heard) };
  }
  const result = await /** @type {any} */ (model).doGenerate({ audio: bytes, mediaType, abortSignal: signal });
  const { text, language, durationInSeconds, segments = [], response } = result;
  const timed = segments.map((/** @type {{text: string, startSecond: number, endSecond: number}} */ { text, startSecond, endSecond }) => ({
    text,
    start: startSecond,
    end: endSecond,
  }));
  return {
    ...blank(),
    text,
    language: language ?? null,
    durationS: durationInSeconds ?? null,
    segments: timed,
    raw: response?.body ?? null,
  };
}

/** @returns {Transcription} */
const blank = () => ({ text: "", language: null, durationS: null, segments: [], usage: { ...NO_USAGE }, raw: null });
